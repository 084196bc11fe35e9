/**
 * The channels of the user's list, with what is unread in each.
 * @module
 */
import { channelOfPosts, localPart } from "./names.js";
import { Emitter } from "./state.js";

/**
 * @typedef {{channel: string, role: string, unread: number, mentions: number, active: string}} Followed
 *   `role`: an affiliation or `pending`, `invited`, …; `active`: ISO time of the newest post known, or empty.
 */

/** How far a first visit on a device looks back for unread posts: a week. */
const firstLook = 7 * 86_400_000;
/** Entries per channel that the summary counts at most. */
const countedAtMost = 99;
/** So many events wait for the list at most; later ones are in the summary of the next load. */
const earlyAtMost = 500;

const followingRoles = ["owner", "moderator", "publisher", "member"];

/**
 * Events: `change` (the list or a role), `unread` (only counts or order).
 *
 * The server keeps no read state. What was unread, and up to when we have counted, is therefore kept with the session;
 * at the next start the summary of `/sync` since then is added, and from there on live events count.
 */
export class Following extends Emitter {
  #api;
  #session;
  /** @type {Map<string, Followed>} */
  #channels = new Map();
  /** The newest server time that the counts include. */
  #counted = "";
  isLoaded = false;
  /** What arrived while the list was loading. @type {{event: import("./live.js").LiveEvent, isRead: boolean}[]} */
  #early = [];

  /** @param {import("./api.js").Api} api @param {import("./session.js").Session} session */
  constructor(api, session) {
    super();
    this.#api = api;
    this.#session = session;
    session.on("change", () => this.clear());
    window.addEventListener("storage", (event) => {
      if (event.key === this.#key) this.#takeRemembered();
    });
  }

  get #key() {
    return `buddycloud.read.${this.#session.user}`;
  }

  clear() {
    this.#channels.clear();
    this.#counted = "";
    this.isLoaded = false;
    this.#early = [];
    this.emit("change");
  }

  /** Loads the list and counts what came since the last visit. */
  async load() {
    const user = this.#session.user;
    if (user === null) return;
    const remembered = this.#session.storage.read(this.#key);
    const since = remembered?.counted || new Date(Date.now() - firstLook).toISOString();
    const [roles, summary] = await Promise.all([
      this.#api.subscribed(),
      // Counts are a comfort: the list is shown without them as well.
      this.#api.sync(since, countedAtMost).catch(() => ({})),
    ]);
    if (user !== this.#session.user) return;
    this.#channels.clear();
    for (const [node, role] of Object.entries(roles ?? {})) {
      const channel = channelOfPosts(node);
      if (channel === null || role === "none" || role === "outcast") continue;
      const before = remembered?.channels?.[channel];
      this.#channels.set(channel, {
        channel, role, unread: before?.unread ?? 0, mentions: before?.mentions ?? 0, active: before?.active ?? "",
      });
    }
    this.#counted = since;
    for (const [node, counts] of Object.entries(summary ?? {})) this.#add(channelOfPosts(node), counts);
    this.isLoaded = true;
    for (const { event, isRead } of this.#early.splice(0)) this.arrived(event, isRead);
    this.#remember();
    this.emit("change");
  }

  /** @param {string | null} channel @param {any} counts One channel's part of the summary. */
  #add(channel, counts) {
    const followed = channel === null ? undefined : this.#channels.get(channel);
    if (!followed) return;
    followed.unread += Number(counts?.totalCount) || 0;
    followed.mentions += Number(counts?.mentionsCount) || 0;
    this.#note(followed, counts?.lastPost ?? counts?.lastUpdated ?? "");
  }

  /** @param {Followed} followed @param {string} time */
  #note(followed, time) {
    if (time > followed.active) followed.active = time;
    if (time > this.#counted) this.#counted = time;
  }

  /**
   * A post arrived. Counts it, unless it is the user's own, is being looked at, or was in the summary already.
   * @param {import("./live.js").LiveEvent} event
   * @param {boolean} isRead
   */
  arrived(event, isRead) {
    if (!this.isLoaded && this.#early.length < earlyAtMost) this.#early.push({ event, isRead });
    const followed = this.#channels.get(event.channel);
    if (!this.isLoaded || !followed || event.kind !== "post") return;
    const time = event.entry.updated ?? "";
    const isCounted = time !== "" && time <= followed.active;
    if (!isRead && !isCounted && event.entry.author !== this.#session.user) {
      followed.unread += 1;
      if (event.entry.content?.includes(this.#session.user ?? " ")) followed.mentions += 1;
    }
    this.#note(followed, time);
    this.#remember();
    this.emit("unread");
  }

  /** @param {string} channel */
  markRead(channel) {
    const followed = this.#channels.get(channel);
    if (!followed || (followed.unread === 0 && followed.mentions === 0)) return;
    followed.unread = 0;
    followed.mentions = 0;
    this.#remember();
    this.emit("unread");
  }

  /** @param {string} channel @returns {string | null} */
  role(channel) {
    return this.#channels.get(channel)?.role ?? null;
  }

  /** @param {string} channel */
  isFollowed(channel) {
    return followingRoles.includes(this.role(channel) ?? "");
  }

  /** @param {string} channel @param {string | null} role */
  setRole(channel, role) {
    if (role === null) this.#channels.delete(channel);
    else this.#channels.set(channel, {
      unread: 0, mentions: 0, active: "", ...this.#channels.get(channel), channel, role });
    this.#remember();
    this.emit("change");
  }

  /** Own channel first, then the latest activity, then by name. @returns {Followed[]} */
  get list() {
    const own = this.#session.user;
    return [...this.#channels.values()].sort((left, right) =>
      Number(right.channel === own) - Number(left.channel === own)
      || compare(right.active, left.active)
      || localPart(left.channel).localeCompare(localPart(right.channel)));
  }

  get unread() {
    return [...this.#channels.values()].reduce((sum, followed) => sum + followed.unread, 0);
  }

  #remember() {
    if (!this.isLoaded) return;
    const channels = Object.fromEntries([...this.#channels.values()].map(
      ({ channel, unread, mentions, active }) => [channel, { unread, mentions, active }]));
    this.#session.storage.write(this.#key, { counted: this.#counted, channels });
  }

  /** Another window of this device has read or heard something. */
  #takeRemembered() {
    const remembered = this.#session.storage.read(this.#key);
    for (const [channel, state] of Object.entries(remembered?.channels ?? {})) {
      const followed = this.#channels.get(channel);
      if (followed) Object.assign(followed, state);
    }
    if (remembered?.counted > this.#counted) this.#counted = remembered.counted;
    this.emit("unread");
  }
}

/** @param {string} left @param {string} right */
function compare(left, right) {
  return left < right ? -1 : left > right ? 1 : 0;
}
