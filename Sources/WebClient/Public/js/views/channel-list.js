/**
 * The followed channels, with what is unread.
 * @module
 */
import { avatar } from "../avatar.js";
import { fill, h } from "../dom.js";
import { icon, iconButton } from "../icons.js";
import { channelPath, homeDomain, isTopic, localPart } from "../names.js";

/** The navigation at the side. Rows keep their elements, so that neither focus nor pointer loses them. */
export class ChannelList {
  #app;
  /** @type {Map<string, HTMLLIElement>} */
  #rows = new Map();
  #list = h("ul", { class: "channels" });
  #empty = h("p", { class: "hint" });
  #actions = h("div", { class: "side-actions" });
  #foot = h("div", { class: "side-foot" });
  element = h("nav", { class: "side-nav", "aria-label": "Channels" });

  /** @param {import("../main.js").App} app */
  constructor(app) {
    this.#app = app;
    fill(this.element, h("h2", null, "Channels"), this.#list, this.#empty, this.#actions, this.#foot);
    app.following.on("change", () => this.#show());
    app.following.on("unread", () => this.#show());
    app.session.on("change", () => this.#show());
    app.router.on("place", () => this.#mark());
    this.element.addEventListener("pointerleave", () => this.#order());
    this.#show();
  }

  #show() {
    const { session, following } = this.#app;
    const followed = following.list;
    const names = new Set(followed.map((each) => each.channel));
    for (const [name, row] of this.#rows) {
      if (names.has(name)) continue;
      row.remove();
      this.#rows.delete(name);
    }
    for (const each of followed) this.#row(each);
    this.#order();
    this.#mark();
    this.#empty.textContent = session.user === null
      ? "Channels that you follow stand here, with what is new in them."
      : following.isLoaded && followed.length < 2 ? "You don’t follow anybody yet. Search for a topic that you like." : "";
    fill(this.#actions,
      session.user !== null && h("a", { class: "row-link", href: "/new" }, icon("plus"), "New topic channel"),
      h("a", { class: "row-link", href: "/search" }, icon("search"), "Find channels"));
    fill(this.#foot, session.user !== null && [
      h("span", { class: "who", title: session.user }, avatar(session.user, "small"), h("span", null, session.user)),
      iconButton("exit", "Sign out", { class: "plain sign-out", onclick: () => {
        session.logOut();
        this.#app.router.go("/");
      } })]);
  }

  /** @param {import("../following.js").Followed} followed */
  #row(followed) {
    const { channel, role, unread, mentions } = followed;
    const row = this.#rows.get(channel) ?? h("li", null, h("a", { href: channelPath(channel) }));
    this.#rows.set(channel, row);
    const domain = homeDomain(channel);
    const waits = role === "pending" || role === "invited";
    const count = unread > 99 ? "99+" : String(unread);
    const key = [role, unread, mentions].join();
    if (row.dataset.key === key) return;
    row.dataset.key = key;
    fill(/** @type {Element} */ (row.firstElementChild), avatar(channel, "small"),
      h("span", { class: "name" },
        isTopic(channel) && h("span", { class: "hash", "aria-label": "topic" }, "#"), localPart(channel),
        domain !== this.#app.session.domain && h("span", { class: "domain" }, `@${domain}`)),
      waits && h("span", { class: "tag" }, role),
      unread > 0 && h("span", { class: mentions > 0 ? "count mention" : "count" },
        mentions > 0 && h("span", { "aria-hidden": "true" }, "@"), count, h("span", { class: "unseen" }, " unread")));
  }

  /** Rows don't change places under a pointer or while the keyboard is among them. */
  #order() {
    const wanted = this.#app.following.list.map((each) => this.#rows.get(each.channel)).filter((row) => row !== undefined);
    const isNew = wanted.some((row) => !row.isConnected || row.parentElement !== this.#list);
    const busy = this.#list.matches(":hover") || this.#list.contains(document.activeElement);
    const same = wanted.every((row, index) => this.#list.children[index] === row);
    if (same || (busy && !isNew)) return;
    const focused = this.#list.contains(document.activeElement) ? document.activeElement : null;
    this.#list.append(...wanted);
    if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  }

  #mark() {
    for (const link of this.#list.querySelectorAll("a")) {
      if (link.pathname === location.pathname) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }
}
