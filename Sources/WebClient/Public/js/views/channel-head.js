/**
 * The head of a channel's page: who or what it is, and whether one follows it.
 * @module
 */
import { avatar } from "../avatar.js";
import { announce, fill, h } from "../dom.js";
import { inWords } from "../errors.js";
import { icon, iconButton } from "../icons.js";
import { isTopic, localPart } from "../names.js";
import { accessModels, roleNames } from "../roles.js";
import { richText } from "../text.js";
import { toast } from "../toast.js";
import { confirmAction } from "./confirm.js";
import { editChannel } from "./edit-channel.js";
import { showFollowers } from "./followers.js";

export class ChannelHead {
  #page;
  #title = h("h1", { tabindex: -1 });
  #address = h("p", { class: "address" });
  #about = h("p", { class: "about" });
  #badges = h("ul", { class: "badges", "aria-label": "About this channel" });
  #actions = h("div", { class: "actions" });
  element;

  /** @param {import("./channel.js").ChannelPage} page */
  constructor(page) {
    this.#page = page;
    this.#title.textContent = localPart(page.name);
    this.#address.textContent = page.name;
    this.element = h("header", { class: "channel-head" }, avatar(page.name, "large"),
      h("div", { class: "names" }, this.#title, this.#address), h("div", { class: "more" }, this.#about, this.#badges),
      this.#actions);
  }

  show() {
    const { metadata, name, role, subscribers } = this.#page;
    this.#title.textContent = metadata.title || localPart(name);
    // New channels describe themselves by their title: once is enough.
    fill(this.#about, metadata.description === metadata.title ? null : richText(metadata.description ?? ""));
    const access = accessModels[metadata.access_model ?? ""];
    const count = Object.values(subscribers).filter((each) => each !== "outcast" && each !== "none").length;
    fill(this.#badges,
      h("li", { class: "badge" }, icon(isTopic(name) ? "topic" : "person"), isTopic(name) ? "Topic" : "Personal"),
      access && h("li", { class: "badge", title: access.title }, icon(access.symbol), access.label),
      role !== null && role !== "none" && roleNames[role]
        && h("li", { class: "badge role" }, role === "owner" ? "You own it" : roleNames[role]),
      count > 0 && h("li", null, iconButton("people", count === 1 ? "1 follower" : `${count} followers`,
        { class: "badge link", "aria-haspopup": "dialog", onclick: () => showFollowers(this.#page) })));
    this.#badges.hidden = this.#page.isMissing;
    this.#actions.hidden = this.#page.isMissing;
    this.#showActions();
  }

  #showActions() {
    const { app, role, name } = this.#page;
    const focused = this.#actions.contains(document.activeElement);
    const follow = (/** @type {boolean} */ on) => this.#follow(on);
    /** @type {(Node | false | null)[]} */
    const buttons = [];
    if (role === null) {
      const login = `/login?to=${encodeURIComponent(location.pathname)}`;
      buttons.push(h("a", { class: "button", href: login }, icon("plus"), "Follow"));
    } else if (!app.following.isLoaded) {
      buttons.push(null);
    } else if (role === "owner") {
      buttons.push(iconButton("pencil", "Edit", { class: "button quiet", "aria-haspopup": "dialog",
        onclick: () => editChannel(this.#page) }));
    } else if (role === "none" || role === "invited") {
      buttons.push(iconButton("plus", "Follow", { class: "button follow", onclick: () => follow(true) }));
    } else if (role === "pending") {
      buttons.push(iconButton("close", "Asked to follow", { class: "button quiet follow pending",
        title: "Withdraw the question", onclick: () => follow(false) }));
    } else if (role !== "outcast") {
      buttons.push(iconButton("check", "Following", { class: "button quiet follow on", "aria-pressed": "true",
        title: `Stop following ${name}`, onclick: () => follow(false) }));
    }
    fill(this.#actions, buttons);
    if (focused) /** @type {HTMLElement | null} */ (this.#actions.querySelector("button, a"))?.focus();
  }

  /** @param {boolean} on */
  async #follow(on) {
    const { app, name, role } = this.#page;
    if (!on && role !== "pending" && !await confirmAction({
      title: `Stop following ${localPart(name)}?`,
      text: "Its posts no longer appear in your list. You can follow it again at any time.",
      action: "Stop following" })) return;
    // Not `disabled`: that would take the focus from the button.
    if (this.#actions.ariaBusy === "true") return;
    this.#actions.ariaBusy = "true";
    try {
      await app.api.follow(name, on);
      const roles = await app.api.subscribed();
      const now = roles?.[`${name}/posts`] ?? "none";
      app.following.setRole(name, now === "none" ? null : now);
      announce(on ? now === "pending" ? "You have asked to follow this channel." : `You follow ${name} now.`
        : `You no longer follow ${name}.`);
      // Closed posts open with the following, and close with its end.
      if (this.#page.metadata.access_model === "open") await this.#page.refreshDetails();
      else await this.#page.load();
    } catch (error) {
      toast(inWords(error, { 403: "You are not allowed to follow this channel." }), "problem");
      this.show();
    } finally {
      this.#actions.ariaBusy = "false";
    }
  }
}
