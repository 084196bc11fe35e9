/**
 * Questions before steps that people regret.
 * @module
 */
import { h } from "../dom.js";

/**
 * A dialog that is removed when it closes, and gives the focus back.
 * @param {string} title
 * @param {string} name Of its style.
 * @param {...(Node | null | false)} content
 */
export function openDialog(title, name, ...content) {
  const dialog = h("dialog", { class: `dialog ${name}`, "aria-label": title }, h("h2", null, title),
    ...content.filter((each) => each !== null && each !== false));
  dialog.addEventListener("close", () => dialog.remove());
  // A click beside it is a click on the dialog element itself.
  dialog.addEventListener("pointerdown", (event) => { if (event.target === dialog) dialog.close(); });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/**
 * @param {{title: string, text: string, action: string, isDangerous?: boolean}} question
 * @returns {Promise<boolean>}
 */
export function confirmAction(question) {
  return new Promise((resolve) => {
    const form = h("form", { method: "dialog", class: "actions" },
      h("button", { class: "button quiet", value: "" }, "Cancel"),
      h("button", { class: question.isDangerous ? "button danger" : "button", value: "yes" }, question.action));
    const dialog = openDialog(question.title, "question", h("p", null, question.text), form);
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"));
  });
}
