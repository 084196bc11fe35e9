/**
 * The HTTP API in this page's words. Everything that leaves the page goes through `request`.
 * @module
 */
import { ApiError, errorDetail } from "./errors.js";
import { POSTS, segment } from "./names.js";

/**
 * @typedef {{id: string, source?: string, author: string | null, published: string | null, updated: string | null,
 *   content: string | null, replyTo?: string | null}} Entry
 * @typedef {{id: string, updated: string, items: Entry[]}} Thread
 * @typedef {{title?: string, description?: string, access_model?: string, creation_date?: string,
 *   channel_type?: string, default_affiliation?: string}} Metadata
 * @typedef {{last_cursor: string, items: any[], retracted?: any[], reset?: boolean}} Notifications
 * @typedef {{jid: string, title?: string | null, description?: string | null, channelType?: string | null}} FoundChannel
 */

/** `…/api/`, beside the folder of the scripts: a prefix in front of the whole page works as well. */
export const apiRoot = new URL("../api/", import.meta.url);

/** The calls. One per page; credentials come from the session at each call. */
export class Api {
  #session;

  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.#session = session;
  }

  /**
   * @param {string} method
   * @param {string} path Relative to the API's root, already escaped.
   * @param {{query?: Record<string, string | number | undefined>, body?: any, signal?: AbortSignal, timeout?: number,
   *   authorization?: string | null}} [options] `timeout` in milliseconds.
   * @returns {Promise<any>} The JSON, or `null` where the answer has none.
   */
  async request(method, path, options = {}) {
    const url = new URL(path, apiRoot);
    for (const [name, value] of Object.entries(options.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const used = options.authorization === undefined ? this.#session.authorization : options.authorization;
    /** @type {Record<string, string>} */
    const headers = { Accept: "application/json" };
    if (used) headers.Authorization = used;
    if (options.body !== undefined) headers["Content-Type"] = "application/json";
    const timeout = AbortSignal.timeout(options.timeout ?? 30_000);
    let response;
    try {
      response = await fetch(url, {
        method, headers,
        body: options.body === undefined ? undefined : JSON.stringify(options.body),
        // No cookies anywhere, and no password box of the browser's on a 401.
        credentials: "omit", cache: "no-store",
        signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
      });
      if (response.ok) return parse(await response.text());
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw new ApiError(0, "");
    }
    const error = new ApiError(response.status, await errorDetail(response));
    if (response.status === 401 && used && used === this.#session.authorization) this.#session.refused();
    throw error;
  }

  /** Checks credentials. @param {string} authorization */
  check(authorization) {
    return this.request("GET", "", { authorization });
  }

  /** @param {{username: string, password: string, email: string}} account */
  register(account) {
    return this.request("POST", "account", { body: account, authorization: null });
  }

  /** Nodes by name with the role in them. @param {string} [authorization] @returns {Promise<Record<string, string>>} */
  subscribed(authorization) {
    return this.request("GET", "subscribed", { authorization });
  }

  /** @param {string} channel @param {boolean} follow */
  follow(channel, follow) {
    return this.request("POST", "subscribed", { body: { [`${channel}/${POSTS}`]: follow ? "member" : "none" } });
  }

  /** @param {string} since ISO 8601. @param {number} max Entries per channel. */
  sync(since, max) {
    return this.request("GET", "sync", { query: { since, max, summary: "true" } });
  }

  /** @param {string} channel @returns {Promise<Metadata>} */
  metadata(channel) {
    return this.request("GET", `${segment(channel)}/metadata/${POSTS}`);
  }

  /** @param {string} channel @param {Metadata} changes */
  configure(channel, changes) {
    return this.request("POST", `${segment(channel)}/metadata/${POSTS}`, { body: changes });
  }

  /** @param {string} channel @param {{max: number, after?: string}} page @returns {Promise<Thread[]>} */
  threads(channel, page) {
    return this.request("GET", `${segment(channel)}/content/${POSTS}/threads`, { query: page });
  }

  /** @param {string} channel @param {string} id @returns {Promise<Entry>} */
  entry(channel, id) {
    return this.request("GET", `${segment(channel)}/content/${POSTS}/${segment(id)}`);
  }

  /** @param {string} channel @param {string} id @returns {Promise<Entry[]>} */
  replies(channel, id) {
    return this.request("GET", `${segment(channel)}/content/${POSTS}/${segment(id)}/replyto`);
  }

  /** @param {string} channel @param {{content: string, replyTo?: string}} entry @returns {Promise<Entry>} */
  post(channel, entry) {
    return this.request("POST", `${segment(channel)}/content/${POSTS}`, { body: entry });
  }

  /** @param {string} channel @param {string} id */
  remove(channel, id) {
    return this.request("DELETE", `${segment(channel)}/content/${POSTS}/${segment(id)}`);
  }

  /** Roles by user. @param {string} channel @returns {Promise<Record<string, string>>} */
  subscribers(channel) {
    return this.request("GET", `${segment(channel)}/subscribers/${POSTS}`);
  }

  /** @param {string} channel @param {string} user @param {string} role */
  setRole(channel, user, role) {
    return this.request("POST", `${segment(channel)}/subscribers/${POSTS}`, { body: { [user]: role } });
  }

  /**
   * Who has asked to follow, among others.
   * @param {string} channel
   * @returns {Promise<{jid: string, subscription: string}[]>}
   */
  subscriptions(channel) {
    return this.request("GET", `${segment(channel)}/subscribers/${POSTS}/approve`);
  }

  /** @param {string} channel @param {string} user @param {boolean} yes */
  approve(channel, user, yes) {
    return this.request("POST", `${segment(channel)}/subscribers/${POSTS}/approve`,
      { body: [{ jid: user, subscription: yes ? "subscribed" : "none" }] });
  }

  /** @param {string} channel */
  createTopic(channel) {
    return this.request("POST", segment(channel));
  }

  /** @param {string} channel */
  deleteChannel(channel) {
    return this.request("DELETE", segment(channel));
  }

  /** @param {"metadata" | "content"} type @param {string} q @param {number} max */
  search(type, q, max) {
    return this.request("GET", "search", { query: { type, q, max } });
  }

  /**
   * Some topic channels, for those who don't know yet what to look for: the directory finds them by the domain that
   * all of them have.
   * @param {number} max
   * @returns {Promise<{items: FoundChannel[]}>}
   */
  topics(max) {
    return this.search("metadata", "topics", max);
  }

  /**
   * The realtime endpoint. Answers at once for an empty `since`, otherwise when there is something or the server's
   * time is up.
   * @param {{since: string, node?: string}} query
   * @param {AbortSignal} signal
   * @param {number} timeout In milliseconds.
   * @returns {Promise<Notifications>}
   */
  notifications(query, signal, timeout) {
    return this.request("GET", "notifications/posts", { query, signal, timeout });
  }
}

/** Clients have always had to read an `OK` and an empty body as "no JSON". @param {string} text */
function parse(text) {
  if (text === "" || text === "OK") return null;
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError(502, "an answer that is not JSON.");
  }
}
