/**
 * Creating a topic channel.
 * @module
 */
import { fill, h } from "../dom.js";
import { inWords } from "../errors.js";
import { channelPath } from "../names.js";
import { toast } from "../toast.js";

/** @param {import("../main.js").App} app @returns {import("../router.js").View} */
export function newTopicView(app) {
  const domain = `topics.${app.session.domain}`;
  const problem = h("p", { class: "problem", role: "alert" });
  const name = h("input", { id: "topic-name", name: "name", required: true, maxlength: 100, autofocus: true,
    autocomplete: "off", autocapitalize: "none", spellcheck: "false", pattern: "[^\\s@\\/:&'\"<>]+",
    title: "No spaces, and none of @ / : & ' \" < >", "aria-describedby": "topic-address" });
  const address = h("p", { class: "hint address", id: "topic-address" }, `…@${domain}`);
  name.addEventListener("input", () => {
    address.textContent = `${name.value.trim().toLowerCase() || "…"}@${domain}`;
  });
  const title = h("input", { id: "topic-title", name: "title", maxlength: 50, autocomplete: "off" });
  const about = h("textarea", { id: "topic-about", name: "description", maxlength: 200, rows: 3 });
  const button = h("button", { type: "submit", class: "button big" }, "Create the channel");
  const form = h("form", { class: "card sign", onsubmit: async (/** @type {Event} */ event) => {
    event.preventDefault();
    fill(problem);
    button.disabled = true;
    const channel = `${name.value.trim().toLowerCase()}@${domain}`;
    try {
      await app.api.createTopic(channel);
      app.following.setRole(channel, "owner");
      const changes = { title: title.value.trim(), description: about.value.trim() };
      if (changes.title || changes.description) {
        await app.api.configure(channel, changes).catch((error) =>
          toast(`The channel is there, but its title could not be set. ${inWords(error)}`, "problem"));
      }
      app.router.go(channelPath(channel));
    } catch (error) {
      const taken = "There is already a channel of this name, or the server could not create it. Please try another name.";
      fill(problem, inWords(error, { 500: taken, 409: taken, 403: "You are not allowed to create channels here." }));
      name.focus();
    } finally {
      button.disabled = false;
    }
  } }, h("h1", null, "New topic channel"),
    h("p", { class: "lead" }, "A place for a subject: anybody can find it and follow it, and you look after it."),
    h("div", { class: "field" }, h("label", { for: "topic-name" }, "Name"), name, address),
    h("div", { class: "field" }, h("label", { for: "topic-title" }, "Title ", h("small", null, "(optional)")), title),
    h("div", { class: "field" }, h("label", { for: "topic-about" }, "What it is about ", h("small", null, "(optional)")), about),
    problem, button);
  return { element: h("div", { class: "narrow" }, form), title: "New topic channel" };
}
