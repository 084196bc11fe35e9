/**
 * Server-sent events of one node, for readers without credentials.
 * @module
 */
import { apiRoot } from "./api.js";

/**
 * @typedef {{opened: () => void, received: (kind: string, data: any, id: string) => void}} StreamListener
 */

/**
 * Reads until the stream breaks or `signal` ends it. Reconnecting is the caller's: the browser's own gives up for good
 * on an error answer, and has no backoff.
 * @param {{node: string, cursor: string}} source
 * @param {AbortSignal} signal
 * @param {StreamListener} listener
 * @returns {Promise<"opened" | "never opened">}
 */
export function readStream(source, signal, listener) {
  const url = new URL("notifications/posts", apiRoot);
  url.searchParams.set("node", source.node);
  url.searchParams.set("since", `cursor:${source.cursor}`);
  return new Promise((resolve) => {
    const events = new EventSource(url);
    /** @type {"opened" | "never opened"} */
    let state = "never opened";
    const finish = () => {
      events.close();
      signal.removeEventListener("abort", finish);
      window.removeEventListener("offline", finish);
      resolve(state);
    };
    const receive = (/** @type {MessageEvent} */ event) => {
      let data = null;
      try {
        data = JSON.parse(event.data);
      } catch {
        // An event that is not for us; its cursor counts all the same.
      }
      listener.received(event.type === "message" ? "post" : event.type, data, event.lastEventId);
    };
    events.addEventListener("open", () => {
      state = "opened";
      listener.opened();
    });
    for (const kind of ["post", "retract", "reset", "message"]) events.addEventListener(kind, receive);
    events.addEventListener("error", finish);
    signal.addEventListener("abort", finish);
    window.addEventListener("offline", finish);
    if (signal.aborted) finish();
  });
}
