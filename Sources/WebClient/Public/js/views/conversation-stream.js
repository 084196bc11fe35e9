/**
 * The list of conversations, and how it changes under a reader's eyes without moving away from them.
 * @module
 */
import { h, withoutJump } from "../dom.js";
import { icon } from "../icons.js";
import { localID } from "../names.js";
import { Conversations } from "../threads.js";
import { ConversationView } from "./conversation.js";

/** So far from the top, in pixels, a reader still counts as being there. */
const nearTop = 160;

export class Stream {
  #page;
  #model = new Conversations();
  /** @type {Map<string, ConversationView>} */
  #views = new Map();
  /** @type {import("../threads.js").Conversation[]} Newest last. */
  #waiting = [];
  #onWaiting;
  #list = h("div", { class: "conversations" });
  #empty = h("div", { class: "blank", hidden: true }, icon("cloud"), h("h2", null, "No posts yet"), h("p"));
  element = h("section", { class: "stream", "aria-label": "Posts" }, this.#empty, this.#list);

  /** @param {import("./channel.js").ChannelPage} page @param {(count: number) => void} onWaiting */
  constructor(page, onWaiting) {
    this.#page = page;
    this.#onWaiting = onWaiting;
  }

  /**
   * Shows a first page. What is on the page already stays as it is and is completed, so that loading again after a
   * `reset` does not tear away a half-written reply.
   * @param {import("../api.js").Thread[]} threads
   */
  show(threads) {
    const isFirst = this.#model.isEmpty;
    if (isFirst) {
      this.append(threads);
      return;
    }
    for (const thread of [...threads].reverse()) for (const entry of thread.items) this.arrive(entry);
  }

  /** @param {import("../api.js").Thread[]} threads Older ones. @returns {HTMLElement | undefined} The first of them. */
  append(threads) {
    const views = this.#model.load(threads).map((conversation) => this.#view(conversation));
    this.#list.append(...views.map((view) => view.element));
    this.#showEmpty();
    return views[0]?.element;
  }

  /** What the user has written here themselves is shown at once. @param {import("../api.js").Entry} entry */
  addOwn(entry) {
    this.#take(entry, true);
  }

  /** @param {import("../api.js").Entry} entry @returns {boolean} Whether it is new here. */
  arrive(entry) {
    return this.#take(entry, entry.author !== null && entry.author === this.#page.app.session.user && !this.#isReading());
  }

  /** @param {import("../api.js").Entry} entry @param {boolean} atOnce @returns {boolean} */
  #take(entry, atOnce) {
    const placement = this.#model.place(entry);
    switch (placement.kind) {
      case "known":
        return false;
      case "new":
        if (!atOnce && this.#isReading()) {
          this.#waiting.push(placement.conversation);
          this.#onWaiting(this.#waiting.length);
        } else {
          this.#prepend([...this.#waiting, placement.conversation], true);
        }
        return true;
      case "reply": {
        const view = this.#views.get(placement.conversation.id);
        withoutJump(this.#list, () => view?.update(entry.id));
        return true;
      }
      case "changed": {
        const conversation = this.#model.conversation(entry.id);
        withoutJump(this.#list, () => this.#views.get(conversation?.id ?? "")?.replace(placement.entry));
        return false;
      }
      case "orphan":
        this.#fetchConversation(placement.parent, entry);
        return true;
    }
  }

  /** @param {string} id */
  retract(id) {
    const conversation = this.#model.conversation(id);
    const kind = this.#model.retract(id);
    if (!conversation || kind === null) return;
    const view = this.#views.get(conversation.id);
    const waits = this.#waiting.findIndex((each) => each.id === id);
    if (kind === "conversation" && waits >= 0) {
      this.#waiting.splice(waits, 1);
      this.#onWaiting(this.#waiting.length);
    }
    withoutJump(this.#list, () => {
      if (kind === "conversation") {
        view?.element.remove();
        this.#views.delete(id);
      } else if (kind === "root") {
        view?.replace(conversation.entries[0]);
      } else {
        view?.update();
      }
    });
    this.#showEmpty();
  }

  /** Shows what waits above the reader. @returns {HTMLElement | undefined} The newest of it. */
  showWaiting() {
    this.#prepend(this.#waiting, true);
    return /** @type {HTMLElement | undefined} */ (this.#list.firstElementChild ?? undefined);
  }

  /**
   * Brings one post on the page, with its conversation, and marks it.
   * @param {string} id
   * @returns {Promise<HTMLElement | null>} `null` where there is no such post.
   */
  async reveal(id) {
    if (!this.#model.conversation(id)) {
      const entry = await this.#page.app.api.entry(this.#page.name, id).catch(() => null);
      if (!entry) return null;
      const placed = { ...entry, id: localID(entry.id) };
      if (entry.replyTo && !this.#model.conversation(localID(entry.replyTo))) {
        await this.#fetchConversation(localID(entry.replyTo), placed);
      } else {
        this.#take(placed, true);
      }
      if (!entry.replyTo) await this.#fetchReplies(placed.id);
    }
    const view = this.#views.get(this.#model.conversation(id)?.id ?? "");
    view?.element.classList.add("linked");
    return view?.reveal(id) ?? null;
  }

  /** Whether somebody is writing in it. */
  get isInUse() {
    return this.#list.querySelector("textarea") !== null;
  }

  /** After the reader's role has changed: who may reply and delete. */
  showRights() {
    for (const view of this.#views.values()) view.showRights();
    this.#showEmpty();
  }

  /** Whether new posts at the top would disturb: the reader is further down, or writes a reply. */
  #isReading() {
    if (window.scrollY > nearTop && this.#list.childElementCount > 0) return true;
    return this.#list.contains(document.activeElement) && document.activeElement?.tagName === "TEXTAREA";
  }

  /** @param {import("../threads.js").Conversation[]} conversations Newest last. @param {boolean} isFresh */
  #prepend(conversations, isFresh) {
    const views = conversations.map((conversation) => this.#view(conversation)).reverse();
    for (const view of views) view.element.classList.toggle("fresh", isFresh);
    this.#list.prepend(...views.map((view) => view.element));
    this.#waiting = [];
    this.#onWaiting(0);
    this.#showEmpty();
  }

  /** @param {import("../threads.js").Conversation} conversation */
  #view(conversation) {
    const view = new ConversationView(this.#page, conversation);
    this.#views.set(conversation.id, view);
    return view;
  }

  /**
   * A reply to something older than what is loaded: its conversation comes back with it.
   * @param {string} id
   * @param {import("../api.js").Entry} reply
   */
  async #fetchConversation(id, reply) {
    try {
      const root = await this.#page.app.api.entry(this.#page.name, id);
      if (root.replyTo) {
        await this.#fetchConversation(root.replyTo, root);
      } else {
        this.#take({ ...root, id: localID(root.id) }, true);
        await this.#fetchReplies(id);
      }
      if (this.#model.conversation(id)) this.#take(reply, false);
    } catch {
      // Its conversation is gone, or we may not see it.
    }
  }

  /** The replies to a post that is not part of a loaded page. @param {string} id */
  async #fetchReplies(id) {
    const { api, session } = this.#page.app;
    // Strangers may not ask for replies; they see those that come.
    if (session.user === null) return;
    const replies = await api.replies(this.#page.name, id).catch(() => []);
    for (const entry of replies ?? []) this.#take({ ...entry, id: localID(entry.id) }, false);
  }

  #showEmpty() {
    this.#empty.hidden = !this.#model.isEmpty || this.#waiting.length > 0;
    const isOwn = this.#page.name === this.#page.app.session.user;
    /** @type {HTMLElement} */ (this.#empty.querySelector("p")).textContent = isOwn
      ? "This is your channel. Write something: whoever follows you sees it at once."
      : this.#page.canPost ? "Be the first to write something." : "New posts appear here by themselves.";
  }
}
