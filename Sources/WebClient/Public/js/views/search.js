/**
 * Finding channels and posts.
 * @module
 */
import { avatar } from "../avatar.js";
import { fill, h } from "../dom.js";
import { inWords } from "../errors.js";
import { icon } from "../icons.js";
import { channelPath, domainPart, isChannelName, isTopic, localPart, postPath } from "../names.js";
import { excerpt } from "../text.js";
import { timeElement } from "../time.js";

/** How many of each kind are shown. */
const most = 30;

/** @param {import("../api.js").FoundChannel[]} items */
export function channelCards(items) {
  return h("ul", { class: "cards" }, items.filter((item) => isChannelName(item.jid ?? "")).map((item) =>
    h("li", null, h("a", { class: "channel-card", href: channelPath(item.jid) }, avatar(item.jid, "middle"),
      h("span", { class: "texts" },
        h("span", { class: "first" }, h("strong", null, item.title || localPart(item.jid)),
          isTopic(item.jid) && h("span", { class: "tag" }, "topic")),
        h("span", { class: "address" }, localPart(item.jid), h("wbr"), `@${domainPart(item.jid)}`),
        item.description && h("span", { class: "about" }, item.description))))));
}

/** @param {any} item A post as the directory gives it. */
function postResult(item) {
  // The full id names the node: tag:SERVER,/user/CHANNEL/posts,ID. Newer servers say it in `source`.
  const channel = /\/user\/([^/,]+)\//.exec(item.parent_fullid ?? item.id ?? "")?.[1]
    ?? /^([^/]+)\//.exec(item.source ?? "")?.[1] ?? item.author ?? "";
  const text = item.content ?? "";
  const shown = excerpt(text, 240);
  return h("li", null, h("a", { class: "post-card", href: isChannelName(channel) ? postPath(channel, item.id) : undefined },
    h("span", { class: "meta" }, h("strong", null, item.author ?? "somebody"),
      channel && channel !== item.author && h("span", null, ` in ${channel}`), " · ",
      timeElement(item.published ?? item.updated)),
    h("span", { class: "text" }, shown === null ? text : `${shown}…`)));
}

/** @param {import("../main.js").App} app @param {string} query @returns {import("../router.js").View} */
export function searchView(app, query) {
  const field = h("input", { id: "q", name: "q", type: "search", value: query, autocomplete: "off", required: true,
    maxlength: 200, autofocus: query === "", placeholder: "A topic, a name, some words" });
  const results = h("div", { class: "results", "aria-live": "polite" });
  const form = h("form", { class: "search-box", role: "search", onsubmit: (/** @type {Event} */ event) => {
    event.preventDefault();
    if (field.value.trim()) app.router.go(`/search?q=${encodeURIComponent(field.value.trim())}`);
  } }, h("label", { for: "q", class: "unseen" }, "Search"), h("div", { class: "joined" }, field,
    h("button", { type: "submit", class: "button" }, icon("search"), h("span", null, "Search"))));
  const element = h("div", { class: "search-page" }, h("h1", null, "Find channels"), form, results);
  const ready = query ? search(app, query, results) : suggest(app, results);
  return { element, title: query ? `Search: ${query}` : "Find channels", ready };
}

/** @param {import("../main.js").App} app @param {HTMLElement} results */
async function suggest(app, results) {
  const answer = await app.api.topics(12).catch(() => null);
  if (!answer?.items?.length) return;
  fill(results, h("section", null, h("h2", null, "Some topics"), channelCards(answer.items)));
}

/** @param {import("../main.js").App} app @param {string} query @param {HTMLElement} results */
async function search(app, query, results) {
  fill(results, h("p", { class: "hint" }, "Searching…"));
  const [channels, posts] = await Promise.allSettled(
    [app.api.search("metadata", query, most), app.api.search("content", query, most)]);
  if (channels.status === "rejected" && posts.status === "rejected") {
    fill(results, h("p", { class: "problem", role: "alert" }, inWords(channels.reason)));
    return;
  }
  const found = channels.status === "fulfilled" ? channels.value?.items ?? [] : [];
  const said = posts.status === "fulfilled" ? posts.value?.items ?? [] : [];
  const direct = directAddress(app, query);
  fill(results,
    found.length > 0 && h("section", null, h("h2", null, "Channels"), channelCards(found)),
    said.length > 0 && h("section", null, h("h2", null, "Posts"), h("ul", { class: "cards" }, said.map(postResult))),
    found.length + said.length === 0 && h("div", { class: "blank" }, icon("search"),
      h("p", null, "Nothing found for “", query, "”.")),
    direct && !found.some((/** @type {any} */ item) => item.jid === direct)
      && h("p", { class: "hint" }, "Or go straight to ", h("a", { href: channelPath(direct) }, direct), "."));
}

/** @param {import("../main.js").App} app @param {string} query */
function directAddress(app, query) {
  if (isChannelName(query)) return query;
  const completed = `${query}@${app.session.domain}`;
  return app.session.domain && isChannelName(completed) ? completed : null;
}
