/**
 * The way back in time, below a channel's posts.
 * @module
 */
import { announce, h } from "../dom.js";
import { ApiError, inWords } from "../errors.js";

/** @typedef {import("../api.js").Thread} Thread */

export class OlderPosts {
  #page;
  #size;
  #show;
  /** The conversations that were loaded, newest first: where "older" begins. @type {string[]} */
  #order = [];
  #button = h("button", { type: "button", class: "button quiet older", hidden: true, onclick: () => this.#load() },
    "Load older posts");
  #problem = h("p", { class: "problem", role: "alert" });
  element = h("div", { class: "older-place" }, this.#button, this.#problem);

  /**
   * @param {import("./channel.js").ChannelPage} page
   * @param {number} size Of a page of conversations.
   * @param {(threads: Thread[]) => HTMLElement | undefined} show Shows them and gives the first.
   */
  constructor(page, size, show) {
    this.#page = page;
    this.#size = size;
    this.#show = show;
  }

  /** After the first page. @param {Thread[]} threads */
  begin(threads) {
    this.#order = threads.map((thread) => thread.id);
    this.#button.hidden = threads.length < this.#size;
    this.#problem.textContent = "";
  }

  async #load() {
    // Not `disabled`: that would take the focus from the button.
    if (this.#button.ariaBusy === "true") return;
    this.#button.ariaBusy = "true";
    this.#problem.textContent = "";
    try {
      const threads = await this.#next();
      const first = this.#show(threads);
      this.#order.push(...threads.map((thread) => thread.id));
      this.#button.hidden = threads.length < this.#size;
      announce(`${threads.length} older conversations loaded.`);
      first?.focus({ preventScroll: true });
    } catch (error) {
      this.#problem.textContent = inWords(error);
    } finally {
      this.#button.ariaBusy = "false";
    }
  }

  /** The page after the last conversation that still exists. @returns {Promise<Thread[]>} */
  async #next() {
    for (;;) {
      try {
        const after = this.#order.at(-1);
        return await this.#page.app.api.threads(this.#page.name, { max: this.#size, after }) ?? [];
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 404 || this.#order.length === 0) throw error;
        this.#order.pop();
      }
    }
  }
}
