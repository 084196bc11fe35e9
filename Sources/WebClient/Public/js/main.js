/**
 * Puts the page together.
 * @module
 */
import { Api } from "./api.js";
import { ApiError } from "./errors.js";
import { Following } from "./following.js";
import { Live } from "./live.js";
import { channelPath, isChannelName } from "./names.js";
import { backoff, pause } from "./retry.js";
import { Router } from "./router.js";
import { Session } from "./session.js";
import { keepTimesRight } from "./time.js";
import { toast } from "./toast.js";
import { channelView } from "./views/channel.js";
import { newTopicView } from "./views/new-topic.js";
import { searchView } from "./views/search.js";
import { Shell } from "./views/shell.js";
import { logInView, registerView } from "./views/sign.js";
import { missingView, welcomeView } from "./views/welcome.js";

/**
 * What the views share.
 * @typedef {{api: Api, session: Session, following: Following, live: Live, router: Router,
 *   loaded: Promise<void>}} App `loaded`: settled when the list of followed channels is there, or nobody is logged in.
 */

const session = new Session();
const api = new Api(session);
const following = new Following(api, session);
const live = new Live(api, session, following);
const outlet = /** @type {HTMLElement} */ (document.getElementById("main"));

/** @type {App} */
const app = { api, session, following, live, router: new Router(outlet, route), loaded: Promise.resolve() };

/** @param {URL} place @returns {import("./router.js").View | string} */
function route(place) {
  const [first = "", ...rest] = place.pathname.split("/").filter(Boolean).map(decode);
  if (rest.length > 0) return missingView();
  switch (first) {
    case "": return session.user === null ? welcomeView(app) : channelPath(session.user);
    case "login": return session.user === null ? logInView(app, place) : back(place);
    case "register": return session.user === null ? registerView(app, place) : back(place);
    case "search": return searchView(app, place.searchParams.get("q") ?? "");
    case "new": return session.user === null ? `/login?to=${encodeURIComponent("/new")}` : newTopicView(app);
    default: return isChannelName(first) ? channelView(app, first, place.searchParams.get("post")) : missingView();
  }
}

/** Where somebody wanted to go before they were asked to log in; only within this page. @param {URL} place */
function back(place) {
  const to = place.searchParams.get("to") ?? "/";
  return /^\/[^/\\]/.test(to) && !/^\/(login|register)\b/.test(to) ? to : "/";
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

let loading = new AbortController();

/** (Re)loads the list of followed channels, as often as it takes. */
function loadFollowing() {
  loading.abort();
  loading = new AbortController();
  app.loaded = load(loading.signal);
}

/** @param {AbortSignal} signal */
async function load(signal) {
  for (let failures = 0; !signal.aborted;) {
    try {
      // The cursor first, so that nothing falls between.
      await live.ready;
      if (!signal.aborted) await following.load();
      return;
    } catch (error) {
      if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return;
      failures += 1;
      await pause(backoff(failures), signal);
    }
  }
}

const shell = new Shell(app);
shell.start();
keepTimesRight();

session.on("refused", () => toast("The server no longer takes your password. Please log in again.", "problem"));
session.on("change", () => {
  loadFollowing();
  app.router.refresh();
});
live.on("event", (event) => {
  following.arrived(event, event.channel === live.watched && document.visibilityState === "visible");
});
live.on("reset", loadFollowing);
following.on("change", () => app.router.setUnread(following.unread));
following.on("unread", () => app.router.setUnread(following.unread));

loadFollowing();
app.router.start();
