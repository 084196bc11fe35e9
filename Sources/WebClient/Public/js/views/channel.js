/**
 * The page of a channel.
 * @module
 */
import { ApiError, inWords } from "../api.js";
import { announce, fill, h, icon, iconButton } from "../dom.js";
import { localPart } from "../names.js";
import { ChannelAbout } from "./about.js";
import { ChannelHead } from "./channel-head.js";
import { Composer } from "./composer.js";
import { Stream } from "./conversation-stream.js";

/** Conversations per page. */
const pageSize = 15;

/** @param {import("../main.js").App} app @param {string} name @returns {import("../router.js").View} */
export function channelView(app, name) {
  const page = new ChannelPage(app, name);
  return { element: page.element, title: localPart(name), ready: page.load(), leave: () => page.leave() };
}

/** Loads a channel, keeps it up to date, and hands what happens to its parts. */
export class ChannelPage {
  app;
  name;
  /** @type {import("../api.js").Metadata} */
  metadata = {};
  /** @type {Record<string, string>} */
  subscribers = {};
  #head;
  #about;
  #stream;
  #composerPlace = h("div", { class: "composer-place" });
  #streamPlace = h("div", { class: "stream-place" });
  #pill = iconButton("up", "", { class: "pill", hidden: true, onclick: () => this.#showWaiting() });
  #older = h("button", { type: "button", class: "button quiet older", hidden: true, onclick: () => this.#loadOlder() },
    "Load older posts");
  /** @type {import("../live.js").LiveEvent[] | null} Events that arrive while the page loads. */
  #early = [];
  /** @type {string | undefined} */
  #last;
  #generation = 0;
  /** @type {(() => void)[]} */
  #endings = [];
  element;

  /** @param {import("../main.js").App} app @param {string} name */
  constructor(app, name) {
    this.app = app;
    this.name = name;
    this.#head = new ChannelHead(this);
    this.#about = new ChannelAbout(this);
    this.#stream = new Stream(this, (count) => this.#showPill(count));
    this.element = h("div", { class: "channel" }, this.#head.element,
      h("div", { class: "channel-main" }, this.#composerPlace, this.#pill, this.#streamPlace, this.#older),
      this.#about.element);
    fill(this.#streamPlace, skeleton());
    const { live, following } = app;
    this.#endings = [
      live.on("event", (event) => { if (event.channel === name) this.#receive(event); }),
      live.on("reset", () => { this.load(); }),
      following.on("change", () => this.#showRole()),
    ];
    const read = () => { if (document.visibilityState === "visible") following.markRead(name); };
    document.addEventListener("visibilitychange", read);
    this.#endings.push(() => document.removeEventListener("visibilitychange", read));
  }

  /** The reader's role here: an affiliation, `pending`, …, `none` for everybody else, `null` for strangers. */
  get role() {
    return this.app.session.user === null ? null : this.app.following.role(this.name) ?? "none";
  }

  get canPost() {
    return ["owner", "moderator", "publisher"].includes(this.role ?? "");
  }

  get canModerate() {
    return ["owner", "moderator"].includes(this.role ?? "");
  }

  leave() {
    this.#generation += 1;
    for (const end of this.#endings) end();
    this.app.live.unwatch();
  }

  /** Loads all there is to see, after making sure that no later event is missed. */
  async load() {
    const generation = ++this.#generation;
    const { api, live, following } = this.app;
    this.#early = [];
    // The first visit does not wait for the list of followed channels to fail.
    await this.app.loaded;
    if (generation !== this.#generation) return;
    // An unreachable server must say so here instead of leaving the reader with a page that waits.
    const watching = live.watch(this.name);
    await Promise.race([watching, new Promise((resolve) => setTimeout(resolve, 4000))]);
    const [metadata, threads, subscribers] = await Promise.allSettled(
      [api.metadata(this.name), api.threads(this.name, { max: pageSize }), api.subscribers(this.name)]);
    if (generation !== this.#generation) return;
    this.metadata = metadata.status === "fulfilled" ? metadata.value ?? {} : {};
    this.subscribers = subscribers.status === "fulfilled" ? subscribers.value ?? {} : {};
    this.app.router.setTitle(this.metadata.title || localPart(this.name));
    if (threads.status === "rejected") {
      this.#showFailure(threads.reason);
      return;
    }
    this.#stream.show(threads.value ?? []);
    this.#last = threads.value?.at(-1)?.id;
    this.#older.hidden = (threads.value?.length ?? 0) < pageSize;
    fill(this.#streamPlace, this.#stream.element);
    const early = this.#early ?? [];
    this.#early = null;
    for (const event of early) this.#receive(event);
    this.#showRole();
    if (document.visibilityState === "visible") following.markRead(this.name);
  }

  /** After following, unfollowing or a change of the channel itself. */
  async refreshDetails() {
    const [metadata, subscribers] = await Promise.allSettled(
      [this.app.api.metadata(this.name), this.app.api.subscribers(this.name)]);
    if (metadata.status === "fulfilled") this.metadata = metadata.value ?? {};
    if (subscribers.status === "fulfilled") this.subscribers = subscribers.value ?? {};
    this.app.router.setTitle(this.metadata.title || localPart(this.name));
    this.#showRole();
  }

  /** @param {string} content @param {string} [replyTo] @returns {Promise<void>} Fails with what is to be said. */
  async post(content, replyTo) {
    const entry = await this.app.api.post(this.name, replyTo ? { content, replyTo } : { content });
    this.#stream.addOwn({ ...entry, replyTo: entry.replyTo ?? replyTo });
  }

  /** @param {string} id */
  async remove(id) {
    await this.app.api.remove(this.name, id);
    this.#stream.retract(id);
  }

  /** @param {import("../live.js").LiveEvent} event */
  #receive(event) {
    if (this.#early) {
      this.#early.push(event);
    } else if (event.kind === "retract") {
      this.#stream.retract(event.entry.id);
    } else if (this.#stream.arrive(event.entry)) {
      announce(`New post by ${event.entry.author ?? "somebody"}.`);
    }
  }

  #showRole() {
    this.#head.show();
    this.#about.show();
    this.#stream.showRights();
    const key = `${this.role} ${this.app.following.isLoaded}`;
    if (this.#composerPlace.dataset.key === key) return;
    this.#composerPlace.dataset.key = key;
    fill(this.#composerPlace, this.#composerOrReason());
  }

  #composerOrReason() {
    if (this.canPost) {
      return new Composer({
        label: this.name === this.app.session.user ? "Post to your channel" : `Post to ${this.metadata.title || localPart(this.name)}`,
        submit: "Post", send: (text) => this.post(text),
      }).element;
    }
    if (this.role === null) {
      const to = `?to=${encodeURIComponent(location.pathname)}`;
      return h("p", { class: "invitation" }, h("a", { href: `/login${to}` }, "Log in"), " or ",
        h("a", { href: `/register${to}` }, "get your own channel"), " to take part in the conversation.");
    }
    if (!this.app.following.isLoaded) return null;
    if (this.role === "none") return h("p", { class: "invitation" }, "Follow this channel to take part in the conversation.");
    if (this.role === "pending") return h("p", { class: "invitation" }, "You have asked to follow this channel. Its owner will answer.");
    if (this.role === "member") return h("p", { class: "invitation" }, "You follow this channel. Only some of its followers may post.");
    return null;
  }

  async #loadOlder() {
    this.#older.disabled = true;
    try {
      const threads = await this.app.api.threads(this.name, { max: pageSize, after: this.#last }) ?? [];
      const first = this.#stream.append(threads);
      this.#last = threads.at(-1)?.id ?? this.#last;
      this.#older.hidden = threads.length < pageSize;
      announce(`${threads.length} older conversations loaded.`);
      first?.focus({ preventScroll: true });
    } catch (error) {
      announce(inWords(error));
      this.#older.after(h("p", { class: "problem", role: "alert" }, inWords(error)));
    } finally {
      this.#older.disabled = false;
    }
  }

  /** @param {number} count Of conversations that wait above. */
  #showPill(count) {
    this.#pill.hidden = count === 0;
    const label = count === 1 ? "1 new post" : `${count} new posts`;
    /** @type {HTMLElement} */ (this.#pill.lastElementChild).textContent = label;
  }

  #showWaiting() {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const first = this.#stream.showWaiting();
    window.scrollTo({ top: 0, behavior: calm ? "instant" : "smooth" });
    first?.focus({ preventScroll: true });
  }

  /** @param {unknown} error */
  #showFailure(error) {
    const status = error instanceof ApiError ? error.status : -1;
    const isClosed = status === 401 || status === 403;
    this.#older.hidden = true;
    this.#showRole();
    if (isClosed || status === 404) fill(this.#composerPlace);
    fill(this.#streamPlace, h("div", { class: "blank" }, icon(isClosed ? "lock" : "cloud"),
      h("h2", null, isClosed ? "This channel is closed" : status === 404 ? "There is no such channel" : "The posts could not be loaded"),
      h("p", null, isClosed ? this.role === "pending"
        ? "You have asked to follow it. Its posts appear here when its owner has said yes."
        : "Only its followers may read it. You can ask to follow it."
        : status === 404 ? ["Nobody has a channel called ", h("code", null, this.name), " here."] : inWords(error)),
      !isClosed && status !== 404 && h("button", { type: "button", class: "button", onclick: () => this.load() }, "Try again")));
  }
}

/** Grey shapes while the posts load. */
function skeleton() {
  return h("div", { class: "skeleton", "aria-label": "Loading", role: "img" },
    [1, 2, 3].map(() => h("div", null, h("i"), h("b"), h("b"))));
}
