/**
 * Addresses to views, by the history API.
 * @module
 */
import { fill } from "./dom.js";
import { Emitter } from "./state.js";

/**
 * @typedef {{element: HTMLElement, title: string, ready?: Promise<void>, leave?: () => void}} View
 * @typedef {(place: URL) => View | string} Route A view, or the path to go to instead.
 */

/** Shows the view of the current address in an outlet. Event: `place`, after each change of view. */
export class Router extends Emitter {
  #outlet;
  #resolve;
  /** @type {View | null} */
  #view = null;
  #path = "";

  /**
   * @param {HTMLElement} outlet
   * @param {Route} resolve
   */
  constructor(outlet, resolve) {
    super();
    this.#outlet = outlet;
    this.#resolve = resolve;
  }

  start() {
    history.scrollRestoration = "manual";
    window.addEventListener("popstate", (event) => {
      if (this.#key() === this.#path) return;
      this.#show(true, event.state?.scroll ?? 0);
    });
    document.addEventListener("click", (event) => this.#click(event));
    this.#show(false, 0);
  }

  /** @param {string} path @param {{replace?: boolean}} [options] */
  go(path, options = {}) {
    if (options.replace) {
      history.replaceState(null, "", path);
    } else {
      history.replaceState({ scroll: window.scrollY }, "");
      history.pushState(null, "", path);
    }
    this.#show(true, 0);
  }

  /** Shows the same address anew, for example after a login. */
  refresh() {
    this.#show(true, 0);
  }

  #key() {
    return location.pathname + location.search;
  }

  /** @param {boolean} isNavigation @param {number} scroll */
  #show(isNavigation, scroll) {
    let result = this.#resolve(new URL(location.href));
    // Two redirections at most: a third would be a circle.
    for (let count = 0; typeof result === "string" && count < 2; count += 1) {
      history.replaceState(null, "", result);
      result = this.#resolve(new URL(location.href));
    }
    if (typeof result === "string") return;
    this.#view?.leave?.();
    this.#view = result;
    this.#path = this.#key();
    fill(this.#outlet, result.element);
    this.setTitle(result.title);
    this.emit("place");
    window.scrollTo({ top: 0, behavior: "instant" });
    const view = result;
    if (scroll > 0) {
      view.ready?.then(() => {
        if (this.#view === view) window.scrollTo({ top: scroll, behavior: "instant" });
      });
    }
    // The keyboard follows the eye: a new page begins at its heading, unless the view itself chose a field.
    if (isNavigation && !this.#outlet.contains(document.activeElement)) {
      const target = this.#outlet.querySelector("[autofocus]") ?? this.#outlet.querySelector("h1");
      if (target instanceof HTMLElement) {
        if (target.tagName === "H1") target.tabIndex = -1;
        target.focus({ preventScroll: true });
      }
    }
  }

  /** @param {string} title */
  setTitle(title) {
    this.baseTitle = title;
    this.#writeTitle();
  }

  /** Shows in the window's title how much is unread. @param {number} count */
  setUnread(count) {
    this.unread = count;
    this.#writeTitle();
  }

  /** @type {number} */ unread = 0;
  /** @type {string} */ baseTitle = "";

  #writeTitle() {
    const name = this.baseTitle ? `${this.baseTitle} · Buddycloud` : "Buddycloud";
    document.title = this.unread > 0 ? `(${this.unread}) ${name}` : name;
  }

  /** @param {MouseEvent} event */
  #click(event) {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    if (!(link instanceof HTMLAnchorElement) || link.target || link.origin !== location.origin) return;
    if (link.pathname.startsWith("/api/") || link.hasAttribute("download")) return;
    if (link.pathname + link.search === this.#key() && link.hash) return;
    event.preventDefault();
    this.go(link.pathname + link.search);
  }
}
