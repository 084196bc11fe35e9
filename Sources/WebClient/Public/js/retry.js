/**
 * When to try again.
 * @module
 */

/** The first and the longest pause, in milliseconds. */
const first = 500;
const longest = 30_000;

/**
 * Doubling pauses with "full jitter": clients that lost the same server don't all come back at once.
 * @param {number} failures In a row, from 1.
 * @returns {number} Milliseconds, between a quarter and the whole of the step.
 */
export function backoff(failures) {
  const step = Math.min(longest, first * 2 ** Math.min(failures - 1, 10));
  return step * (0.25 + 0.75 * Math.random());
}

/**
 * Waits; not longer than until the network comes back, the page is looked at again, or somebody asks (`retryNow`).
 * @param {number} milliseconds
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
export function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      window.removeEventListener("buddycloud:retry", done);
      document.removeEventListener("visibilitychange", seen);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const seen = () => { if (document.visibilityState === "visible") done(); };
    const timer = setTimeout(done, milliseconds);
    window.addEventListener("online", done);
    window.addEventListener("buddycloud:retry", done);
    document.addEventListener("visibilitychange", seen);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}

/**
 * Waits for something, but not for ever.
 * @param {Promise<any>} promise
 * @param {number} milliseconds
 * @returns {Promise<void>}
 */
export async function within(promise, milliseconds) {
  await Promise.race([promise, new Promise((resolve) => setTimeout(resolve, milliseconds))]);
}

/** Ends all pauses. */
export function retryNow() {
  window.dispatchEvent(new Event("buddycloud:retry"));
}
