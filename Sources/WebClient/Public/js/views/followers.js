/**
 * Who follows a channel; for its owner also what they may do in it.
 * @module
 */
import { avatar } from "../avatar.js";
import { announce, fill, h } from "../dom.js";
import { inWords } from "../errors.js";
import { icon } from "../icons.js";
import { channelPath } from "../names.js";
import { roleNames } from "../roles.js";
import { toast } from "../toast.js";
import { openDialog } from "./confirm.js";

const rank = ["owner", "moderator", "publisher", "member", "pending", "none", "outcast"];

/** @param {Record<string, string>} subscribers @returns {[string, string][]} Highest role first, then by name. */
export function byRank(subscribers) {
  return Object.entries(subscribers).sort(([left, leftRole], [right, rightRole]) =>
    rank.indexOf(leftRole) - rank.indexOf(rightRole) || left.localeCompare(right));
}

/**
 * Those who have asked, with an answer for each; nothing for those who may not answer.
 * @param {import("./channel.js").ChannelPage} page
 * @param {HTMLElement} place
 */
async function showQuestions(page, place) {
  if (!page.canModerate || page.metadata.access_model === "open") return;
  // Where a server has no such list, there is nothing to answer.
  const all = await page.app.api.subscriptions(page.name).catch(() => []);
  const asking = (all ?? []).filter((each) => each.subscription === "pending");
  fill(place, asking.map(({ jid }) => {
    const answer = async (/** @type {boolean} */ yes) => {
      try {
        await page.app.api.approve(page.name, jid, yes);
        row.remove();
        announce(yes ? `${jid} follows now.` : `${jid} was refused.`);
        await page.refreshDetails();
      } catch (error) {
        toast(inWords(error), "problem");
      }
    };
    const row = h("li", { class: "question" }, avatar(jid, "small"), h("span", { class: "name" }, jid, " asks to follow"),
      h("button", { type: "button", class: "button", onclick: () => answer(true) }, "Accept"),
      h("button", { type: "button", class: "button quiet", onclick: () => answer(false) }, "Refuse"));
    return row;
  }));
}

/** @param {import("./channel.js").ChannelPage} page */
export function showFollowers(page) {
  const people = byRank(page.subscribers).filter(([, role]) => role !== "none" && role !== "pending");
  const questions = h("ul", { class: "people long" });
  const list = h("ul", { class: "people long" }, people.map(([name, role]) => h("li", null,
    h("a", { href: channelPath(name), onclick: () => dialog.close() }, avatar(name, "small"),
      h("span", { class: "name" }, name)),
    page.role === "owner" && role !== "owner" ? roleSelect(page, name, role)
      : h("span", { class: "tag" }, roleNames[role] ?? role))));
  const dialog = openDialog("Followers", "followers",
    h("button", { type: "button", class: "plain close", "aria-label": "Close", onclick: () => dialog.close() },
      icon("close")), questions, list);
  showQuestions(page, questions);
}

/** @param {import("./channel.js").ChannelPage} page @param {string} name @param {string} role */
function roleSelect(page, name, role) {
  const select = h("select", { "aria-label": `Role of ${name}`, onchange: async () => {
    select.disabled = true;
    try {
      await page.app.api.setRole(page.name, name, select.value);
      announce(`${name} is now: ${roleNames[select.value]}.`);
      await page.refreshDetails();
    } catch (error) {
      select.value = role;
      toast(inWords(error), "problem");
    } finally {
      select.disabled = false;
    }
  } }, ["moderator", "publisher", "member", "outcast"].map((each) =>
    h("option", { value: each, selected: each === role }, roleNames[each])));
  if (!["moderator", "publisher", "member", "outcast"].includes(role)) {
    select.prepend(h("option", { value: role, selected: true }, roleNames[role] ?? role));
  }
  return select;
}
