/**
 * Notes that come and go.
 * @module
 */
import { h } from "./dom.js";
import { icon } from "./icons.js";

/**
 * Shows a note for a while at the edge of the page.
 * @param {string} text
 * @param {"note" | "problem"} [kind]
 */
export function toast(text, kind = "note") {
  const note = h("div", { class: `toast ${kind}`, role: kind === "problem" ? "alert" : "status" }, text);
  const close = h("button", { type: "button", class: "plain", "aria-label": "Dismiss", onclick: () => note.remove() },
    icon("close"));
  note.append(close);
  document.getElementById("toasts")?.append(note);
  setTimeout(() => note.remove(), kind === "problem" ? 12000 : 6000);
}
