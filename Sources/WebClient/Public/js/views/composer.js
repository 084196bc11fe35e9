/**
 * Where a post or a reply is written.
 * @module
 */
import { announce, fill, h } from "../dom.js";
import { inWords } from "../errors.js";

/** From here on the count of characters is shown. */
const countFrom = 200;

/** What was begun and not sent, until this page is closed. @type {Map<string, string>} */
const drafts = new Map();

/**
 * @typedef {{key: string, label: string, submit: string, send: (text: string) => Promise<void>, onCancel?: () => void,
 *   isReply?: boolean}} ComposerContent `key`: under which an unfinished text is kept.
 */

/** A growing text field. What is written stays until the server has it. */
export class Composer {
  #content;
  #field;
  #count = h("span", { class: "count-characters", "aria-live": "off" });
  #problem = h("p", { class: "problem", role: "alert" });
  #button;
  element;

  /** @param {ComposerContent} content */
  constructor(content) {
    this.#content = content;
    this.#field = h("textarea", {
      rows: 1, name: "content", "aria-label": content.label, placeholder: content.label,
      oninput: () => this.#changed(),
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event),
    });
    this.#button = h("button", { type: "submit", class: "button", disabled: true, title: "Ctrl+Enter" }, content.submit);
    this.element = h("form", { class: content.isReply ? "composer reply" : "composer",
      onsubmit: (/** @type {Event} */ event) => {
        event.preventDefault();
        this.#send();
      } }, this.#field, this.#problem,
      h("div", { class: "composer-foot" }, h("span", { class: "hint keys" }, "Ctrl+Enter sends"), this.#count,
        content.onCancel && h("button", { type: "button", class: "plain", onclick: content.onCancel }, "Cancel"), this.#button));
  }

  /** Puts back what was begun earlier; to be called once the field is on the page. */
  restore() {
    const draft = drafts.get(this.#content.key);
    if (!draft) return;
    this.#field.value = draft;
    this.#changed();
  }

  focus() {
    this.#field.focus({ preventScroll: true });
    this.element.scrollIntoView({ block: "nearest" });
  }

  get isEmpty() {
    return this.#field.value.trim() === "";
  }

  #changed() {
    const length = [...this.#field.value].length;
    if (length > 0) drafts.set(this.#content.key, this.#field.value);
    else drafts.delete(this.#content.key);
    this.#count.textContent = length >= countFrom ? `${length} characters` : "";
    this.#button.disabled = this.isEmpty || this.element.ariaBusy === "true";
    this.element.classList.toggle("used", length > 0);
    if (this.#problem.textContent) fill(this.#problem);
    this.#field.style.height = "auto";
    this.#field.style.height = `${this.#field.scrollHeight}px`;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.#send();
    } else if (event.key === "Escape" && this.#content.onCancel && this.isEmpty) {
      this.#content.onCancel();
    }
  }

  async #send() {
    const text = this.#field.value.trim();
    if (!text || this.element.ariaBusy === "true") return;
    this.element.ariaBusy = "true";
    this.#button.disabled = true;
    this.#field.readOnly = true;
    fill(this.#problem);
    try {
      await this.#content.send(text);
      this.#field.value = "";
      announce(this.#content.isReply ? "Your reply is posted." : "Your post is posted.");
    } catch (error) {
      fill(this.#problem, inWords(error), " Your text is still here.");
    } finally {
      this.element.ariaBusy = "false";
      this.#field.readOnly = false;
      const problem = this.#problem.textContent;
      this.#changed();
      if (problem) fill(this.#problem, problem);
      // A button that becomes disabled loses the focus: it goes back to where one writes.
      if (this.element.isConnected && document.activeElement === document.body) this.focus();
    }
  }
}
