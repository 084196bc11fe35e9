/**
 * One entry: who, when, what.
 * @module
 */
import { avatar } from "../avatar.js";
import { fill, h } from "../dom.js";
import { inWords } from "../errors.js";
import { iconButton } from "../icons.js";
import { channelPath, domainPart, homeDomain, isChannelName, localPart, postPath } from "../names.js";
import { excerpt, richText } from "../text.js";
import { timeElement } from "../time.js";
import { toast } from "../toast.js";
import { confirmAction } from "./confirm.js";

/** Longer posts are cut there, with a button for the rest. In characters. */
const cutAt = 1200;
/** And in lines. */
const cutAtLines = 24;

export class PostView {
  #page;
  #entry;
  #actions = h("div", { class: "post-actions" });
  element;

  /**
   * @param {import("./channel.js").ChannelPage} page
   * @param {import("../api.js").Entry} entry
   * @param {boolean} isRoot
   */
  constructor(page, entry, isRoot) {
    this.#page = page;
    this.#entry = entry;
    this.element = h("article", { class: isRoot ? "post root" : "post answer", tabindex: -1, data: { entry: entry.id },
      "aria-label": entry.author ? `Post by ${entry.author}` : "Removed post" });
    if (entry.author === null && entry.content === null) {
      this.element.classList.add("removed");
      this.element.append(h("p", { class: "hint" }, "This post was removed."));
      return;
    }
    const isEdited = entry.updated && entry.published && entry.updated.slice(0, 19) > entry.published.slice(0, 19)
      && Date.parse(entry.updated) - Date.parse(entry.published) > 1000;
    this.element.append(
      avatar(entry.author ?? "?", isRoot ? "middle" : "small"),
      h("header", null, this.#author(),
        h("a", { class: "permalink", href: postPath(page.name, entry.id) }, timeElement(entry.published ?? entry.updated)),
        isEdited && h("span", { class: "hint" }, "edited"), this.#actions),
      this.#text());
    this.showRights();
  }

  #author() {
    const author = this.#entry.author;
    if (!author || !isChannelName(author)) return h("span", { class: "author" }, author ?? "somebody");
    // The domain is worth its room only where it is another one.
    const isForeign = domainPart(author) !== homeDomain(this.#page.name);
    return h("a", { class: "author", href: channelPath(author), title: author }, h("strong", null, localPart(author)),
      isForeign && h("span", { class: "domain" }, `@${domainPart(author)}`));
  }

  #text() {
    const content = this.#entry.content ?? "";
    const first = excerpt(content, cutAt, cutAtLines);
    const body = h("div", { class: "text", dir: "auto" }, richText(first ?? content));
    if (first !== null) {
      body.append("… ", h("button", { type: "button", class: "plain rest", onclick: () => {
        fill(body, richText(content));
        this.element.focus({ preventScroll: true });
      } }, "Show all"));
    }
    if (content === "") body.append(h("span", { class: "hint" }, "(no text)"));
    return body;
  }

  /** Authors take back what is theirs, moderators what is not. */
  showRights() {
    const { app, canModerate } = this.#page;
    const isOwn = this.#entry.author !== null && this.#entry.author === app.session.user;
    const may = isOwn || canModerate;
    if (may === (this.#actions.childElementCount > 0)) return;
    fill(this.#actions, may && iconButton("bin", "Delete", { class: "plain delete", onclick: () => this.#delete() }));
    const label = this.#actions.querySelector("span");
    label?.classList.add("unseen");
    this.#actions.querySelector("button")?.setAttribute("title", "Delete");
  }

  async #delete() {
    const isReply = Boolean(this.#entry.replyTo);
    const isSure = await confirmAction({
      title: isReply ? "Delete this reply?" : "Delete this post?",
      text: "It disappears for everybody. This can’t be undone.", action: "Delete", isDangerous: true });
    if (!isSure) return;
    try {
      await this.#page.remove(this.#entry.id);
    } catch (error) {
      toast(inWords(error, { 404: "It was gone already.", 403: "You are not allowed to delete this." }), "problem");
    }
  }
}
