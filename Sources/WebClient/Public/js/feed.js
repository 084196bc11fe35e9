/**
 * One source of live events: a queue of the API, followed from a cursor, through every interruption.
 * @module
 */
import { ApiError } from "./errors.js";
import { backoff, pause } from "./retry.js";
import { readStream } from "./stream.js";

/**
 * @typedef {"connecting" | "live" | "reconnecting" | "offline" | "refused"} FeedState
 * @typedef {{onItem: (item: any, kind?: string) => void, onReset: () => void, onState: (state: FeedState) => void}} FeedListener
 */

/** How long we wait for a held answer: longer than the server's own time (55 s by default), so that this only ends
 *  connections that died without a word. In milliseconds. */
const heldTimeout = 120_000;

/** Answers faster than this that bring nothing are not a hold. In milliseconds. */
const tooFast = 500;

/**
 * Follows the user's own queue (no `node`) by long-polling, or one node as a stranger by server-sent events, with
 * long-polling where these don't come through.
 */
export class Feed {
  /** @type {string | null} */
  #cursor = null;
  #failures = 0;
  #end = new AbortController();
  /** @type {FeedState} */
  state = "connecting";
  #api;
  #node;
  #streams;
  #listener;
  #markReady = () => {};

  /**
   * @param {import("./api.js").Api} api
   * @param {{node?: string, streams: boolean}} source `streams`: whether server-sent events may be used; they can't
   *   carry credentials.
   * @param {FeedListener} listener
   */
  constructor(api, source, listener) {
    this.#api = api;
    this.#node = source.node;
    this.#streams = source.streams && "EventSource" in globalThis;
    this.#listener = listener;
    /**
     * Settled when the cursor is known, so that whatever happens from now on will be told; also when it was refused.
     */
    this.ready = new Promise((resolve) => { this.#markReady = () => resolve(undefined); });
    this.#run();
  }

  stop() {
    this.#end.abort();
    this.#markReady();
  }

  async #run() {
    const signal = this.#end.signal;
    while (!signal.aborted) {
      try {
        await this.#connect(signal);
        if (this.#streams) await this.#stream(signal);
        else await this.#poll(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof ApiError && [401, 403, 404].includes(error.status)) {
          this.#become("refused");
          this.#markReady();
          return;
        }
        this.#failures += 1;
        this.#become(navigator.onLine === false ? "offline" : "reconnecting");
        await pause(backoff(this.#failures), signal);
      }
    }
  }

  /**
   * Asks for the queue's head: the first time to begin there, later to see that the server is back.
   * @param {AbortSignal} signal
   */
  async #connect(signal) {
    const answer = await this.#ask({ since: "" }, signal, 15_000);
    if (this.#cursor === null) {
      this.#cursor = answer.last_cursor;
    } else if (Number(answer.last_cursor) < Number(this.#cursor)) {
      // The server knows less than we have seen: it began anew.
      this.#cursor = answer.last_cursor;
      this.#listener.onReset();
    }
    this.#become("live");
    this.#markReady();
  }

  /** @param {AbortSignal} signal */
  async #poll(signal) {
    for (let empty = 0; !signal.aborted;) {
      const began = performance.now();
      const answer = await this.#ask({ since: `cursor:${this.#cursor}` }, signal, heldTimeout);
      this.#failures = 0;
      this.#take(answer);
      empty = answer.items.length === 0 && performance.now() - began < tooFast ? empty + 1 : 0;
      if (empty > 0) await pause(backoff(empty), signal);
    }
  }

  /** @param {AbortSignal} signal */
  async #stream(signal) {
    const result = await readStream({ node: this.#node ?? "", cursor: this.#cursor ?? "0" }, signal, {
      opened: () => { this.#failures = 0; },
      received: (kind, data, id) => {
        if (kind === "reset") this.#listener.onReset();
        for (const item of Array.isArray(data?.items) ? data.items : data ? [data] : []) {
          if (kind !== "reset") this.#listener.onItem(item, kind);
        }
        if (id) this.#cursor = id;
      },
    });
    // Something between us and the server does not let streams through: ask instead.
    if (result === "never opened" && this.#failures > 0) this.#streams = false;
    if (!signal.aborted) throw new ApiError(0, "");
  }

  /** @param {import("./api.js").Notifications} answer */
  #take(answer) {
    if (answer.reset) this.#listener.onReset();
    for (const item of answer.items) this.#listener.onItem(item);
    for (const item of answer.retracted ?? []) this.#listener.onItem(item, "retract");
    this.#cursor = answer.last_cursor;
  }

  /** @param {{since: string}} query @param {AbortSignal} signal @param {number} timeout */
  async #ask(query, signal, timeout) {
    const whole = this.#node === undefined ? query : { ...query, node: this.#node };
    // A held request does not notice by itself that the network has gone.
    const gone = new AbortController();
    const offline = () => gone.abort();
    window.addEventListener("offline", offline);
    let answer;
    try {
      answer = await this.#api.notifications(whole, AbortSignal.any([signal, gone.signal]), timeout);
    } finally {
      window.removeEventListener("offline", offline);
    }
    if (typeof answer?.last_cursor !== "string" || !Array.isArray(answer.items)) {
      throw new ApiError(502, "an answer without a cursor.");
    }
    return answer;
  }

  /** @param {FeedState} state */
  #become(state) {
    if (this.state === state || this.#end.signal.aborted) return;
    this.state = state;
    this.#listener.onState(state);
  }
}
