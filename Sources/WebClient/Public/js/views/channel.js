/**
 * The page of a channel.
 * @module
 */
import { announce, fill, h } from "../dom.js";
import { ApiError, inWords } from "../errors.js";
import { iconButton } from "../icons.js";
import { localPart } from "../names.js";
import { within } from "../retry.js";
import { ChannelAbout } from "./about.js";
import { ChannelHead } from "./channel-head.js";
import { failure, invitation, skeleton } from "./channel-states.js";
import { Composer } from "./composer.js";
import { Stream } from "./conversation-stream.js";
import { OlderPosts } from "./older-posts.js";

/** Conversations per page. */
const pageSize = 15;
/** How long we wait for the live connection before we load all the same. In milliseconds. */
const patience = 3000;

/**
 * @param {import("../main.js").App} app
 * @param {string} name
 * @param {string | null} post The id of the post to begin at.
 * @returns {import("../router.js").View}
 */
export function channelView(app, name, post) {
  const page = new ChannelPage(app, name);
  const ready = page.load().then(() => { if (post) return page.reveal(post); });
  return { element: page.element, title: localPart(name), ready, leave: () => page.leave() };
}

/** Loads a channel, keeps it up to date, and hands what happens to its parts. */
export class ChannelPage {
  app;
  name;
  /** @type {import("../api.js").Metadata} */
  metadata = {};
  /** @type {Record<string, string>} */
  subscribers = {};
  /** Whether the server knows no such channel. */
  isMissing = false;
  #head;
  #about;
  #stream;
  #composerPlace = h("div", { class: "composer-place" });
  #streamPlace = h("div", { class: "stream-place" });
  #pill = iconButton("up", "", { class: "pill", hidden: true, onclick: () => this.#showWaiting() });
  #older;
  /** @type {import("../live.js").LiveEvent[] | null} Events that arrive while the page loads. */
  #early = [];
  #generation = 0;
  /** Whether it is worth trying again when the server is back. */
  #hasFailed = false;
  /** @type {(() => void)[]} */
  #endings = [];
  element;

  /** @param {import("../main.js").App} app @param {string} name */
  constructor(app, name) {
    this.app = app;
    this.name = name;
    this.#head = new ChannelHead(this);
    this.#about = new ChannelAbout(this);
    this.#stream = this.#newStream();
    this.#older = new OlderPosts(this, pageSize, (threads) => this.#stream.append(threads));
    this.element = h("div", { class: "channel" }, this.#head.element,
      h("div", { class: "channel-main" }, this.#composerPlace,
        h("div", null, h("div", { class: "pill-place" }, this.#pill), this.#streamPlace), this.#older.element),
      this.#about.element);
    fill(this.#streamPlace, skeleton());
    const { live, following } = app;
    this.#endings = [
      live.on("event", (event) => { if (event.channel === name) this.#receive(event); }),
      live.on("reset", () => this.#begin()),
      live.on("state", (state) => { if (state === "live" && this.#hasFailed) this.load(); }),
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

  /** Drafts belong to a user and a channel. */
  get draftKey() {
    return `${this.app.session.user} ${this.name}`;
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
    this.#hasFailed = false;
    // Not for ever: an unreachable server is to be told in words, instead of by a page that waits.
    await within(this.app.loaded, patience);
    if (generation !== this.#generation) return;
    await within(live.watch(this.name), patience);
    const [metadata, threads, subscribers] = await Promise.allSettled(
      [api.metadata(this.name), api.threads(this.name, { max: pageSize }), api.subscribers(this.name)]);
    if (generation !== this.#generation) return;
    this.metadata = metadata.status === "fulfilled" ? metadata.value ?? {} : {};
    this.subscribers = subscribers.status === "fulfilled" ? subscribers.value ?? {} : {};
    this.app.router.setTitle(this.metadata.title || localPart(this.name));
    this.isMissing = false;
    if (threads.status === "rejected") {
      this.#showFailure(threads.reason);
      return;
    }
    this.#stream.show(threads.value ?? []);
    this.#older.begin(threads.value ?? []);
    fill(this.#streamPlace, this.#stream.element);
    const early = this.#early ?? [];
    this.#early = null;
    for (const event of early) this.#receive(event);
    this.#showRole();
    if (document.visibilityState === "visible") following.markRead(this.name);
  }

  #newStream() {
    return new Stream(this, (count) => this.#showPill(count));
  }

  /** Something was missed: loads all anew, but keeps what is on show if a reply is being written in it. */
  #begin() {
    if (!this.#stream.isInUse) {
      this.#stream = this.#newStream();
      this.#showPill(0);
    }
    this.load();
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

  /** Shows one post, wherever it is. @param {string} id */
  async reveal(id) {
    const element = await this.#stream.reveal(id);
    if (!element) return;
    element.scrollIntoView({ block: "center", behavior: "instant" });
    element.focus({ preventScroll: true });
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
    if (!this.canPost) return invitation(this);
    const isOwn = this.name === this.app.session.user;
    const composer = new Composer({
      key: this.draftKey, label: isOwn ? "Post to your channel" : `Post to ${this.metadata.title || localPart(this.name)}`,
      submit: "Post", send: (text) => this.post(text),
    });
    requestAnimationFrame(() => composer.restore());
    return composer.element;
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
    this.#hasFailed = ![401, 403, 404].includes(status);
    const isClosed = status === 401 || status === 403;
    this.#older.begin([]);
    this.isMissing = status === 404;
    this.#showRole();
    if (isClosed || status === 404) {
      fill(this.#composerPlace);
      delete this.#composerPlace.dataset.key;
    }
    fill(this.#streamPlace, failure(this, status, inWords(error)));
  }
}
