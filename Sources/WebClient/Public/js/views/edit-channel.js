/**
 * What an owner changes about a channel.
 * @module
 */
import { fill, h } from "../dom.js";
import { inWords } from "../errors.js";
import { isTopic, localPart } from "../names.js";
import { accessModels } from "../roles.js";
import { toast } from "../toast.js";
import { confirmAction, openDialog } from "./confirm.js";

/** @param {string} name @param {string} value @param {Record<string, string>} options */
function select(name, value, options) {
  return h("select", { id: `edit-${name}`, name }, Object.entries(options).map(([key, label]) =>
    h("option", { value: key, selected: key === value }, label)));
}

/** @param {import("./channel.js").ChannelPage} page */
export function editChannel(page) {
  const { metadata, name, app } = page;
  const problem = h("p", { class: "problem", role: "alert" });
  const save = h("button", { type: "submit", class: "button" }, "Save");
  const form = h("form", { onsubmit: async (/** @type {Event} */ event) => {
    event.preventDefault();
    fill(problem);
    save.disabled = true;
    try {
      const data = new FormData(form);
      const changes = Object.fromEntries(["title", "description", "access_model", "default_affiliation"]
        .map((key) => [key, String(data.get(key) ?? "")])
        .filter(([key, value]) => value !== (metadata[/** @type {keyof typeof metadata} */ (key)] ?? "")));
      if (Object.keys(changes).length > 0) await app.api.configure(name, changes);
      dialog.close();
      await page.refreshDetails();
    } catch (error) {
      fill(problem, inWords(error));
    } finally {
      save.disabled = false;
    }
  } },
  h("div", { class: "field" }, h("label", { for: "edit-title" }, "Title"),
    h("input", { id: "edit-title", name: "title", maxlength: 128, value: metadata.title ?? "", autocomplete: "off" })),
  h("div", { class: "field" }, h("label", { for: "edit-description" }, "Description"),
    h("textarea", { id: "edit-description", name: "description", maxlength: 1024, rows: 4 }, metadata.description ?? "")),
  h("div", { class: "field" }, h("label", { for: "edit-access_model" }, "Who can read"),
    select("access_model", metadata.access_model ?? "open", Object.fromEntries(
      Object.entries(accessModels).map(([key, model]) => [key, `${model.label}: ${model.title}`])))),
  h("div", { class: "field" }, h("label", { for: "edit-default_affiliation" }, "New followers"),
    select("default_affiliation", metadata.default_affiliation ?? "publisher",
      { publisher: "may post and reply", member: "may only read" })),
  problem,
  h("div", { class: "actions" },
    isTopic(name) && h("button", { type: "button", class: "plain danger", onclick: () => removeChannel(page, dialog) },
      "Delete this channel…"),
    h("span", { class: "space" }),
    h("button", { type: "button", class: "button quiet", onclick: () => dialog.close() }, "Cancel"), save));
  const dialog = openDialog(`Edit ${localPart(name)}`, "edit", form);
}

/** @param {import("./channel.js").ChannelPage} page @param {HTMLDialogElement} dialog */
async function removeChannel(page, dialog) {
  const { app, name } = page;
  const isSure = await confirmAction({
    title: `Delete ${name}?`, text: "All its posts and its list of followers are deleted for everybody. This can’t be undone.",
    action: "Delete the channel", isDangerous: true });
  if (!isSure) return;
  try {
    await app.api.deleteChannel(name);
    dialog.close();
    app.following.setRole(name, null);
    app.router.go("/");
    toast(`${name} is deleted.`);
  } catch (error) {
    toast(inWords(error), "problem");
  }
}
