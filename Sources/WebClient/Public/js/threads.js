/**
 * A channel's conversations as data: which entry belongs where. Knows nothing of the page.
 * @module
 */
import { localID } from "./names.js";

/** @typedef {import("./api.js").Entry} Entry */
/** @typedef {{id: string, entries: Entry[]}} Conversation The root first, then replies, oldest first. */
/** @typedef {{kind: "new", conversation: Conversation}
 *   | {kind: "reply", conversation: Conversation, entry: Entry}
 *   | {kind: "changed", entry: Entry}
 *   | {kind: "known"}
 *   | {kind: "orphan", parent: string}} Placement */

/** What stands where a post was taken away. @param {string} id @returns {Entry} */
function removed(id) {
  return { id, author: null, published: null, updated: null, content: null };
}

/** Conversations by the id of their root, and every entry's way to its conversation. */
export class Conversations {
  /** @type {Map<string, Conversation>} */
  #byRoot = new Map();
  /** @type {Map<string, Conversation>} */
  #byEntry = new Map();
  #retracted = new Set();

  /** @param {import("./api.js").Thread[]} threads @returns {Conversation[]} Those that were not known. */
  load(threads) {
    /** @type {Conversation[]} */
    const added = [];
    for (const thread of threads) {
      const entries = thread.items.map((entry) => ({ ...entry, id: localID(entry.id) }));
      const root = entries.find((entry) => !entry.replyTo) ?? removed(localID(thread.id));
      if (this.#byRoot.has(root.id)) continue;
      const conversation = { id: root.id, entries: [root] };
      this.#register(conversation, root);
      for (const entry of entries) if (entry !== root) this.#insert(conversation, entry);
      added.push(conversation);
    }
    return added;
  }

  /** @param {Entry} entry @returns {Placement} */
  place(entry) {
    const known = this.#byEntry.get(entry.id);
    if (known) return this.#change(known, entry);
    if (this.#retracted.has(entry.id)) return { kind: "known" };
    if (!entry.replyTo) {
      const conversation = { id: entry.id, entries: [entry] };
      this.#register(conversation, entry);
      return { kind: "new", conversation };
    }
    const conversation = this.#byEntry.get(localID(entry.replyTo));
    if (!conversation) return { kind: "orphan", parent: localID(entry.replyTo) };
    this.#insert(conversation, entry);
    return { kind: "reply", conversation, entry };
  }

  /**
   * @param {string} id
   * @returns {"conversation" | "root" | "reply" | null} What is gone: a post without answers goes wholly, one with
   *   answers leaves its place.
   */
  retract(id) {
    this.#retracted.add(id);
    const conversation = this.#byEntry.get(id);
    if (!conversation) return null;
    if (conversation.id === id && conversation.entries.length > 1) {
      conversation.entries[0] = removed(id);
      return "root";
    }
    if (conversation.id === id) {
      this.#byEntry.delete(id);
      this.#byRoot.delete(id);
      return "conversation";
    }
    conversation.entries = conversation.entries.filter((entry) => entry.id !== id);
    this.#byEntry.delete(id);
    return "reply";
  }

  /** @param {string} id Of any entry in it. */
  conversation(id) {
    return this.#byEntry.get(id) ?? null;
  }

  get isEmpty() {
    return this.#byRoot.size === 0;
  }

  /** @param {Conversation} conversation @param {Entry} entry @returns {Placement} */
  #change(conversation, entry) {
    const at = conversation.entries.findIndex((other) => other.id === entry.id);
    const before = conversation.entries[at];
    if ((entry.updated ?? "") <= (before.updated ?? "") && before.updated) return { kind: "known" };
    if (entry.content === before.content && entry.updated === before.updated) return { kind: "known" };
    conversation.entries[at] = entry;
    return { kind: "changed", entry };
  }

  /** @param {Conversation} conversation @param {Entry} root */
  #register(conversation, root) {
    this.#byRoot.set(conversation.id, conversation);
    this.#byEntry.set(root.id, conversation);
  }

  /** Replies stand by their time of publication. @param {Conversation} conversation @param {Entry} entry */
  #insert(conversation, entry) {
    let at = conversation.entries.length;
    while (at > 1 && (conversation.entries[at - 1].published ?? "") > (entry.published ?? "￿")) at -= 1;
    conversation.entries.splice(at, 0, entry);
    this.#byEntry.set(entry.id, conversation);
  }
}
