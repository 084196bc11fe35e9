/**
 * What stands in a channel's page where posts or the field to write them can't.
 * @module
 */
import { h } from "../dom.js";
import { icon } from "../icons.js";

/** @typedef {import("./channel.js").ChannelPage} ChannelPage */

/** What a reader who may not post does about it. @param {ChannelPage} page */
export function invitation(page) {
  const text = (/** @type {(Node | string)[]} */ ...words) => h("p", { class: "invitation" }, words);
  if (page.role === null) {
    const to = `?to=${encodeURIComponent(location.pathname)}`;
    return text(h("a", { href: `/login${to}` }, "Log in"), " or ", h("a", { href: `/register${to}` }, "get your own channel"),
      " to take part in the conversation.");
  }
  if (!page.app.following.isLoaded) return null;
  switch (page.role) {
    case "none": return text("Follow this channel to take part in the conversation.");
    case "pending": return text("You have asked to follow this channel. Its owner will answer.");
    case "member": return text("You follow this channel. Only some of its followers may post.");
    default: return null;
  }
}

/**
 * Why there are no posts to see.
 * @param {ChannelPage} page
 * @param {number} status Of the answer; 0 where there was none.
 * @param {string} words For all that is neither closed nor missing.
 */
export function failure(page, status, words) {
  if (status === 401 || status === 403) {
    return blank("lock", "This channel is closed", page.role === "pending"
      ? "You have asked to follow it. Its posts appear here when its owner has said yes."
      : "Only its followers may read it. You can ask to follow it.");
  }
  if (status === 404) {
    return blank("cloud", "There is no such channel", "Nobody has a channel called ", h("code", null, page.name), " here.");
  }
  const again = h("button", { type: "button", class: "button", onclick: () => page.load() }, "Try again");
  const element = blank("cloud", "The posts could not be loaded", words);
  element.append(again);
  return element;
}

/** @param {string} symbol @param {string} title @param {...(Node | string)} words */
function blank(symbol, title, ...words) {
  return h("div", { class: "blank" }, icon(symbol), h("h2", null, title), h("p", null, words));
}

/** Grey shapes while the posts load. */
export function skeleton() {
  return h("div", { class: "skeleton", "aria-label": "Loading", role: "img" },
    [1, 2, 3].map(() => h("div", null, h("i"), h("b"), h("b"))));
}
