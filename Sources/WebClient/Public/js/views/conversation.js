/**
 * One post with its replies.
 * @module
 */
import { fill, h } from "../dom.js";
import { iconButton } from "../icons.js";
import { Composer } from "./composer.js";
import { PostView } from "./post.js";

/** Longer conversations show their last replies only, until asked for all. */
const collapseFrom = 6;
const keptWhenCollapsed = 3;

export class ConversationView {
  #page;
  #conversation;
  /** @type {Map<string, PostView>} */
  #posts = new Map();
  #replies = h("div", { class: "replies" });
  #more = h("button", { type: "button", class: "plain earlier", hidden: true, onclick: () => this.#expand() });
  #replyPlace = h("div", { class: "reply-place" });
  /** @type {Composer | null} */
  #composer = null;
  #isExpanded = false;
  element;

  /** @param {import("./channel.js").ChannelPage} page @param {import("../threads.js").Conversation} conversation */
  constructor(page, conversation) {
    this.#page = page;
    this.#conversation = conversation;
    this.element = h("div", { class: "conversation", tabindex: -1 });
    this.#build();
  }

  #build() {
    const [root] = this.#conversation.entries;
    fill(this.element, this.#post(root, true).element, this.#more, this.#replies, this.#replyPlace);
    this.update();
    this.showRights();
  }

  /** Brings the replies in line with the conversation. @param {string} [fresh] The id of one that just came. */
  update(fresh) {
    const replies = this.#conversation.entries.slice(1);
    const hidden = this.#isExpanded || replies.length < collapseFrom ? 0 : replies.length - keptWhenCollapsed;
    const visible = replies.slice(hidden);
    this.#more.hidden = hidden === 0;
    this.#more.textContent = `Show ${hidden} earlier replies`;
    const wanted = visible.map((entry) => this.#posts.get(entry.id) ?? this.#post(entry, false));
    const ids = new Set(visible.map((entry) => entry.id));
    for (const [id, view] of this.#posts) {
      if (id === this.#conversation.id || ids.has(id)) continue;
      view.element.remove();
      this.#posts.delete(id);
    }
    wanted.forEach((view, index) => {
      const there = this.#replies.children[index];
      if (there !== view.element) this.#replies.insertBefore(view.element, there ?? null);
    });
    if (fresh) this.#posts.get(fresh)?.element.classList.add("fresh");
    this.element.classList.toggle("has-replies", replies.length > 0);
  }

  /**
   * Shows one of its entries, even among those that are folded away.
   * @param {string} id
   * @returns {HTMLElement | null}
   */
  reveal(id) {
    if (!this.#posts.has(id)) {
      this.#isExpanded = true;
      this.update();
    }
    return this.#posts.get(id)?.element ?? null;
  }

  /** @param {import("../api.js").Entry} entry A newer state of one that is shown. */
  replace(entry) {
    const before = this.#posts.get(entry.id);
    if (!before) return;
    const after = this.#post(entry, entry.id === this.#conversation.id);
    before.element.replaceWith(after.element);
    this.showRights();
  }

  showRights() {
    const { canPost } = this.#page;
    for (const view of this.#posts.values()) view.showRights();
    if (canPost && !this.#composer && this.#replyPlace.childElementCount === 0) {
      fill(this.#replyPlace, iconButton("reply", "Reply", { class: "plain reply-button", onclick: () => this.#openReply() }));
    } else if (!canPost && !this.#composer) {
      fill(this.#replyPlace);
    }
  }

  #openReply() {
    const author = this.#conversation.entries[0].author;
    this.#composer = new Composer({
      key: `${this.#page.draftKey} ${this.#conversation.id}`,
      label: author ? `Reply to ${author}` : "Reply", submit: "Reply", isReply: true,
      send: async (text) => {
        await this.#page.post(text, this.#conversation.id);
        this.#closeReply();
      },
      onCancel: () => this.#closeReply(),
    });
    fill(this.#replyPlace, this.#composer.element);
    this.#composer.restore();
    this.#composer.focus();
  }

  #closeReply() {
    this.#composer = null;
    fill(this.#replyPlace);
    this.showRights();
    /** @type {HTMLElement | null} */ (this.#replyPlace.firstElementChild)?.focus({ preventScroll: true });
  }

  #expand() {
    this.#isExpanded = true;
    this.update();
    const first = this.#replies.firstElementChild;
    if (first instanceof HTMLElement) first.focus({ preventScroll: true });
  }

  /** @param {import("../api.js").Entry} entry @param {boolean} isRoot */
  #post(entry, isRoot) {
    const view = new PostView(this.#page, entry, isRoot);
    this.#posts.set(entry.id, view);
    return view;
  }
}
