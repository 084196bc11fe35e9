/**
 * What happens now, for the whole page: the user's own queue, and the channel on show where that queue does not bring it.
 * @module
 */
import { Feed } from "./feed.js";
import { POSTS, channelOfPosts, localID } from "./names.js";
import { Emitter, RecentSet } from "./state.js";

/**
 * @typedef {{kind: "post" | "retract", channel: string, entry: import("./api.js").Entry}} LiveEvent
 * @typedef {"idle" | import("./feed.js").FeedState} LiveState
 */

/** From the worst to the best: the page is as connected as its worst feed. */
const order = ["offline", "reconnecting", "connecting", "live", "idle"];

/**
 * Events: `event` (a `LiveEvent`, each once however many feeds bring it), `reset` (something was missed: load again),
 * `state` (a `LiveState`).
 */
export class Live extends Emitter {
  #api;
  #session;
  #following;
  /** @type {Feed | null} */
  #own = null;
  /** @type {{channel: string, feed: Feed | null} | null} */
  #watched = null;
  #seen = new RecentSet(5000);
  /** @type {LiveState} */
  state = "idle";

  /**
   * @param {import("./api.js").Api} api
   * @param {import("./session.js").Session} session
   * @param {import("./following.js").Following} following
   */
  constructor(api, session, following) {
    super();
    this.#api = api;
    this.#session = session;
    this.#following = following;
    following.on("change", () => this.#aim());
    session.on("change", () => this.restart());
    this.restart();
  }

  /** Begins anew with the session's credentials. */
  restart() {
    this.#own?.stop();
    this.#watched?.feed?.stop();
    if (this.#watched) this.#watched.feed = null;
    this.#seen = new RecentSet(5000);
    this.#own = this.#session.user === null ? null : this.#feed({ streams: false });
    this.#aim();
    this.#tell();
  }

  /** Settled when the user's own queue is being followed. */
  get ready() {
    return this.#own?.ready ?? Promise.resolve();
  }

  /** The channel on show. */
  get watched() {
    return this.#watched?.channel ?? null;
  }

  /**
   * Hears a channel from now on, until another one is watched.
   * @param {string} channel
   * @returns {Promise<void>} Settled when nothing that happens afterwards can be missed.
   */
  async watch(channel) {
    this.unwatch();
    this.#watched = { channel, feed: null };
    this.#aim();
    await this.#own?.ready;
    await this.#watched?.feed?.ready;
  }

  unwatch() {
    this.#watched?.feed?.stop();
    this.#watched = null;
    this.#tell();
  }

  /** Gives the watched channel a feed of its own if, and only if, the user's queue does not bring it. */
  #aim() {
    const watched = this.#watched;
    if (!watched) return;
    const isOwn = this.#session.user !== null && this.#following.isFollowed(watched.channel);
    if (isOwn && watched.feed) {
      // The new follower's own queue begins with the following; a moment of both is harmless, a gap is not.
      const feed = watched.feed;
      watched.feed = null;
      this.ready.then(() => setTimeout(() => feed.stop(), 5000));
    } else if (!isOwn && !watched.feed) {
      watched.feed = this.#feed({ node: `${watched.channel}/${POSTS}`, streams: this.#session.user === null });
    }
    this.#tell();
  }

  /** @param {{node?: string, streams: boolean}} source */
  #feed(source) {
    const fallback = source.node === undefined ? null : channelOfPosts(source.node);
    return new Feed(this.#api, source, {
      onItem: (item, kind) => this.#receive(item, kind, fallback),
      onReset: () => this.emit("reset"),
      onState: () => this.#tell(),
    });
  }

  /** @param {any} item @param {string | undefined} kind @param {string | null} fallback */
  #receive(item, kind, fallback) {
    if (typeof item?.id !== "string") return;
    const channel = typeof item.source === "string" ? channelOfPosts(item.source) : fallback;
    if (channel === null) return;
    const entry = { ...item, id: localID(item.id) };
    const event = kind === "retract" ? "retract" : "post";
    if (!this.#seen.add(`${event} ${channel} ${entry.id} ${entry.updated ?? ""}`)) return;
    this.emit("event", { kind: event, channel, entry });
  }

  #tell() {
    const states = [this.#own?.state, this.#watched?.feed?.state].filter((state) => state && state !== "refused");
    const state = order.find((candidate) => states.includes(/** @type {any} */ (candidate))) ?? "idle";
    if (state === this.state) return;
    this.state = /** @type {LiveState} */ (state);
    this.emit("state", this.state);
  }
}
