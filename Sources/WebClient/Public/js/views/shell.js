/**
 * What surrounds every page: the bar with search, the state of the connection and the account, and the list of channels.
 * @module
 */
import { avatar } from "../avatar.js";
import { announce, fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { retryNow } from "../retry.js";
import { ChannelList } from "./channel-list.js";

/** @type {Record<string, {label: string, title: string}>} */
const states = {
  connecting: { label: "Connecting…", title: "Connecting to the server." },
  live: { label: "Live", title: "New posts appear by themselves." },
  reconnecting: { label: "Reconnecting…", title: "The server can’t be reached. What you see may be old. Click to try now." },
  offline: { label: "Offline", title: "Your device has no network. What you see may be old. Click to try now." },
};

/** The bar and the side. */
export class Shell {
  #app;
  #bar = /** @type {HTMLElement} */ (document.getElementById("bar"));
  #side = /** @type {HTMLElement} */ (document.getElementById("side"));
  #connection = h("button", { type: "button", class: "connection", hidden: true, onclick: retryNow });
  #account = h("div", { class: "account" });
  #list;
  #drawer = h("dialog", { class: "drawer", "aria-label": "Channels" });
  #menu = h("button", { type: "button", class: "plain menu", "aria-label": "Channels", onclick: () => this.#open() },
    icon("menu"));
  #announced = "idle";

  /** @param {import("../main.js").App} app */
  constructor(app) {
    this.#app = app;
    this.#list = new ChannelList(app);
  }

  start() {
    const field = h("input", {
      type: "search", name: "q", placeholder: "Search channels and posts", "aria-label": "Search channels and posts",
      autocomplete: "off", maxlength: 200,
    });
    const search = h("form", { class: "find", role: "search", onsubmit: (/** @type {Event} */ event) => {
      event.preventDefault();
      if (field.value.trim()) this.#app.router.go(`/search?q=${encodeURIComponent(field.value.trim())}`);
    } }, icon("search"), field);
    fill(this.#bar, this.#menu,
      h("a", { class: "brand", href: "/", "aria-label": "Buddycloud, home" }, icon("cloud"), h("span", null, "buddycloud")),
      search, h("a", { class: "find-link plain", href: "/search", "aria-label": "Search" }, icon("search")),
      this.#connection, this.#account);
    this.#side.append(this.#list.element);
    document.body.append(this.#drawer);
    this.#drawer.addEventListener("close", () => this.#side.append(this.#list.element));
    this.#drawer.addEventListener("click", (event) => {
      if (event.target === this.#drawer) this.#drawer.close();
    });
    this.#app.router.on("place", () => this.#drawer.close());
    this.#app.session.on("change", () => this.#showAccount());
    this.#app.live.on("state", (state) => this.#showState(state));
    this.#showAccount();
    this.#showState(this.#app.live.state);
  }

  /** On small screens the list comes in as a dialog, which keeps the focus and closes on Escape. */
  #open() {
    this.#drawer.append(this.#list.element);
    this.#drawer.showModal();
  }

  #showAccount() {
    const user = this.#app.session.user;
    document.body.classList.toggle("stranger", user === null);
    if (user === null) {
      fill(this.#account,
        h("a", { class: "button quiet", href: "/login" }, "Log in"),
        h("a", { class: "button", href: "/register" }, "Register"));
    } else {
      fill(this.#account,
        h("a", { class: "me", href: `/${user}`, title: user, "aria-label": `Your channel, ${user}` }, avatar(user, "small")));
    }
  }

  /** @param {import("../live.js").LiveState} state */
  #showState(state) {
    const shown = states[state];
    this.#connection.hidden = shown === undefined;
    this.#connection.dataset.state = state;
    if (!shown) return;
    this.#connection.title = shown.title;
    fill(this.#connection, h("span", { class: "dot" }), h("span", { class: "label" }, shown.label));
    if (state === "reconnecting" || state === "offline") announce(shown.title);
    else if (state === "live" && ["reconnecting", "offline"].includes(this.#announced)) announce("The connection is back.");
    if (state !== "connecting") this.#announced = state;
  }
}
