/**
 * Posts as text with links. Addresses become links and names of channels lead to their pages; everything else stays
 * text, whatever it looks like.
 * @module
 */
import { h } from "./dom.js";
import { channelPath } from "./names.js";

/** @typedef {{kind: "text" | "link" | "channel", text: string, address?: string}} Token */

// A web address up to a space or a mark that ends it, or a channel's name with a dotted or local domain.
const pattern = /(https?:\/\/[^\s<>"'`{}|\\^]+)|((?<![\w@./+%-])[\w][\w.+-]*@(?:[\w-]+\.)*[\w-]*\w(?![\w@]))/giu;

/**
 * @param {string} text
 * @returns {Token[]}
 */
export function tokens(text) {
  /** @type {Token[]} */
  const found = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    const whole = match[1] ? withoutTail(match[0]) : match[0];
    const address = match[1] ? webAddress(whole) : channelPath(whole);
    if (!address) continue;
    if (match.index > end) found.push({ kind: "text", text: text.slice(end, match.index) });
    found.push({ kind: match[1] ? "link" : "channel", text: whole, address });
    end = match.index + whole.length;
  }
  if (end < text.length) found.push({ kind: "text", text: text.slice(end) });
  return found;
}

/**
 * Marks that end a sentence don't belong to its last address, nor does a bracket that it did not open.
 * @param {string} match
 */
function withoutTail(match) {
  let text = match;
  for (;;) {
    const last = text.at(-1) ?? "";
    if (/[.,;:!?…]/.test(last)) text = text.slice(0, -1);
    else if (last === ")" && text.split("(").length < text.split(")").length) text = text.slice(0, -1);
    else if (last === "]" && text.split("[").length < text.split("]").length) text = text.slice(0, -1);
    else return text;
  }
}

/**
 * The address as the browser reads it, if it is one of the web; without names and passwords in it.
 * @param {string} text
 */
function webAddress(text) {
  let url;
  try {
    url = new URL(text);
  } catch {
    return null;
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") return null;
  if (url.username || url.password || !url.hostname) return null;
  return url.href;
}

/**
 * A post's text.
 * @param {string} text
 * @returns {(Node | string)[]}
 */
export function richText(text) {
  return tokens(text).map((token) => {
    if (token.kind === "text") return token.text;
    if (token.kind === "channel") return h("a", { href: token.address, class: "mention" }, token.text);
    return h("a", { href: token.address, target: "_blank", rel: "noopener noreferrer nofollow ugc", class: "outside" },
      token.text);
  });
}

/**
 * The first part of a long text, cut at a space.
 * @param {string} text
 * @param {number} length In characters.
 * @param {number} [lines] At most so many lines of it.
 * @returns {string | null} `null` where the whole is short enough.
 */
export function excerpt(text, length, lines = Infinity) {
  const first = text.split("\n", lines === Infinity ? undefined : lines + 1);
  if (first.length > lines) return excerpt(first.slice(0, lines).join("\n"), length) ?? first.slice(0, lines).join("\n");
  if (text.length <= length * 1.3) return null;
  const cut = text.lastIndexOf(" ", length);
  let end = cut > length / 2 ? cut : length;
  // Not between the halves of one character.
  if (/[\uD800-\uDBFF]/.test(text[end - 1] ?? "")) end -= 1;
  return text.slice(0, end);
}
