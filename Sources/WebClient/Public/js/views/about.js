/**
 * The column beside the posts on wide screens: facts, and who follows.
 * @module
 */
import { avatar } from "../avatar.js";
import { fill, h } from "../dom.js";
import { channelPath, localPart } from "../names.js";
import { accessModels, roleNames } from "../roles.js";
import { timeElement } from "../time.js";
import { byRank, showFollowers } from "./followers.js";

/** So many followers are shown by picture and name. */
const shown = 8;

export class ChannelAbout {
  #page;
  element = h("aside", { class: "about-side", "aria-label": "About this channel" });

  /** @param {import("./channel.js").ChannelPage} page */
  constructor(page) {
    this.#page = page;
  }

  show() {
    const { metadata, subscribers } = this.#page;
    const followers = byRank(subscribers).filter(([, role]) => role !== "outcast" && role !== "none");
    const access = accessModels[metadata.access_model ?? ""];
    const posting = metadata.default_affiliation === "publisher" ? "Everybody who follows." : "Those whom the owner lets.";
    fill(this.element, !this.#page.isMissing
      && h("section", { class: "panel" }, h("h2", null, "About"), h("dl", null,
        access && [h("dt", null, "Who reads"), h("dd", null, access.title)],
        metadata.default_affiliation && [h("dt", null, "Who posts"), h("dd", null, posting)],
        metadata.creation_date && [h("dt", null, "Since"), h("dd", null, timeElement(metadata.creation_date))],
        h("dt", null, "Feed"), h("dd", null,
          h("a", { href: `/api${channelPath(this.#page.name)}/content/posts`, target: "_blank" }, "Atom")))),
      followers.length > 0 && h("section", { class: "panel" }, h("h2", null, "Followers"),
        h("ul", { class: "people" }, followers.slice(0, shown).map(([name, role]) =>
          h("li", null, h("a", { href: channelPath(name), title: name }, avatar(name, "small"),
            h("span", { class: "name" }, localPart(name)),
            (role === "owner" || role === "moderator") && h("span", { class: "tag" }, roleNames[role]))))),
        followers.length > shown && h("button", { type: "button", class: "plain more", "aria-haspopup": "dialog",
          onclick: () => showFollowers(this.#page) }, `All ${followers.length}`)));
  }
}
