/**
 * The one mechanism by which parts of the page hear of each other.
 * @module
 */

/**
 * Listeners by event name.
 */
export class Emitter {
  /** @type {Map<string, Set<(detail: any) => void>>} */
  #listeners = new Map();

  /**
   * @param {string} name
   * @param {(detail: any) => void} listener
   * @returns {() => void} Ends it.
   */
  on(name, listener) {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => { listeners.delete(listener); };
  }

  /** @param {string} name @param {any} [detail] */
  emit(name, detail) {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        listener(detail);
      } catch (error) {
        console.error(error);
      }
    }
  }
}

/**
 * What was seen lately: a set that forgets its oldest members.
 */
export class RecentSet {
  #members = new Set();
  #capacity;

  /** @param {number} capacity */
  constructor(capacity) {
    this.#capacity = capacity;
  }

  /**
   * @param {string} key
   * @returns {boolean} Whether it is new.
   */
  add(key) {
    if (this.#members.has(key)) return false;
    this.#members.add(key);
    if (this.#members.size > this.#capacity) this.#members.delete(this.#members.values().next().value);
    return true;
  }
}

/**
 * Storage that may be forbidden (private windows, full disks): then nothing is remembered.
 * @param {() => Storage} choose
 */
export function safeStorage(choose) {
  return {
    /** @param {string} key @returns {any} */
    read(key) {
      try {
        return JSON.parse(choose().getItem(key) ?? "null");
      } catch {
        return null;
      }
    },
    /** @param {string} key @param {any} value */
    write(key, value) {
      try {
        choose().setItem(key, JSON.stringify(value));
      } catch {
        // Not remembered, then.
      }
    },
    /** @param {string} key */
    remove(key) {
      try {
        choose().removeItem(key);
      } catch {
        // Was not there.
      }
    },
  };
}
