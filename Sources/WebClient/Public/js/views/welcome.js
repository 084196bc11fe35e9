/**
 * The first page for strangers, and the page for addresses where nothing is.
 * @module
 */
import { avatar } from "../avatar.js";
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { channelPath, isChannelName } from "../names.js";
import { channelCards } from "./search.js";

/** @param {import("../main.js").App} app @returns {import("../router.js").View} */
export function welcomeView(app) {
  const field = h("input", {
    id: "open-channel", name: "channel", type: "text", placeholder: "alice@example.com, or a topic", autocomplete: "off",
    autocapitalize: "none", spellcheck: "false", maxlength: 200, required: true,
  });
  const open = h("form", { class: "open-box", onsubmit: (/** @type {Event} */ event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (text) app.router.go(isChannelName(text) ? channelPath(text) : `/search?q=${encodeURIComponent(text)}`);
  } }, h("label", { for: "open-channel" }, "Open a channel"),
    h("div", { class: "joined" }, field, h("button", { type: "submit", class: "button" }, "Open")));
  const topics = h("section", { class: "some-topics", hidden: true, "aria-labelledby": "topics-title" },
    h("h2", { id: "topics-title" }, "Topics to begin with"));
  const element = h("div", { class: "welcome" },
    h("section", { class: "hero" }, sample(),
      h("h1", null, "A place for conversations that belong to you."),
      h("p", { class: "lead" },
        "Everybody here has a channel. Post to yours, follow people and topics, and see answers the moment they are "
        + "written. Reading open channels needs no account."),
      h("div", { class: "actions" },
        h("a", { class: "button big", href: "/register" }, "Get your channel"),
        h("a", { class: "button big quiet", href: "/login" }, "Log in")),
      open),
    h("ul", { class: "points" },
      point("globe", "Open by default", "Anybody can read an open channel, live, in any browser. Closed ones ask first."),
      point("topic", "People and topics", "A channel can be yours, or be about something. Both work the same way."),
      point("people", "No tracking", "This page talks to this server and to nobody else. No cookies, no third parties.")),
    topics);
  const ready = app.api.topics(6).then((answer) => {
    const items = answer?.items ?? [];
    if (items.length === 0) return;
    topics.hidden = false;
    topics.append(channelCards(items));
  }).catch(() => { /* The page is whole without. */ });
  return { element, title: "", ready };
}

/** A conversation as it looks here: an illustration, so nothing for those who listen. */
function sample() {
  const lines = [["Robin", "The swifts are back!"], ["Mira", "Counted nine over the market."], ["Jun", "Make that ten."]];
  return h("div", { class: "sample", "aria-hidden": "true" }, lines.map(([name, text]) =>
    h("div", { class: "sample-post" }, avatar(name, "small"), h("div", null, h("b", null, name), h("span", null, text)))));
}

/** @param {string} symbol @param {string} title @param {string} text */
function point(symbol, title, text) {
  return h("li", null, icon(symbol), h("div", null, h("h2", null, title), h("p", null, text)));
}

/** @returns {import("../router.js").View} */
export function missingView() {
  return {
    title: "Not found",
    element: h("div", { class: "blank" }, icon("cloud"), h("h1", null, "There is nothing here"),
      h("p", null, "This address does not lead to a channel. Names of channels look like ",
        h("code", null, "alice@example.com"), "."),
      h("p", null, h("a", { class: "button", href: "/" }, "Go to the start"))),
  };
}
