/**
 * Logging in and registering.
 * @module
 */
import { fill, h } from "../dom.js";
import { inWords } from "../errors.js";

/**
 * A field with its label, and a place for what is to say about it.
 * @param {string} label
 * @param {Record<string, any>} properties Of the input; `id` is needed.
 * @param {string} [hint]
 */
function field(label, properties, hint) {
  return h("div", { class: "field" },
    h("label", { for: properties.id }, label),
    h("input", { ...properties, "aria-describedby": hint ? `${properties.id}-hint` : undefined }),
    hint && h("p", { class: "hint", id: `${properties.id}-hint` }, hint));
}

/**
 * A form that sends once at a time and says what went wrong.
 * @param {{title: string, lead: Node | string, fields: HTMLElement[], submit: string, foot: HTMLElement,
 *   send: (data: FormData) => Promise<void>, words: Record<number, string>}} content
 */
function signForm(content) {
  const problem = h("p", { class: "problem", role: "alert" });
  const button = h("button", { type: "submit", class: "button big" }, content.submit);
  const form = h("form", { class: "card sign", onsubmit: async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    fill(problem);
    button.disabled = true;
    try {
      await content.send(new FormData(form));
    } catch (error) {
      fill(problem, inWords(error, content.words));
      /** @type {HTMLElement | null} */ (form.querySelector("input"))?.focus();
    } finally {
      button.disabled = false;
    }
  } }, h("h1", null, content.title), h("p", { class: "lead" }, content.lead), content.fields, problem, button, content.foot);
  return form;
}

function stay() {
  return h("div", { class: "field check" },
    h("input", { id: "stay", name: "stay", type: "checkbox", "aria-describedby": "stay-hint" }),
    h("label", { for: "stay" }, "Stay signed in"),
    h("p", { class: "hint", id: "stay-hint" },
      "Keeps your name and password in this browser until you sign out: only for a device of your own. Otherwise they "
      + "are kept in this tab until you close it. There are no cookies."));
}

/** @param {import("../main.js").App} app @param {URL} place @returns {import("../router.js").View} */
export function logInView(app, place) {
  const element = signForm({
    title: "Log in",
    lead: "Welcome back.",
    fields: [
      field("Name", { id: "name", name: "name", autocomplete: "username", autocapitalize: "none", spellcheck: "false",
        required: true, autofocus: true, maxlength: 200 }),
      field("Password", { id: "password", name: "password", type: "password", autocomplete: "current-password",
        required: true, maxlength: 1000 }),
      stay(),
    ],
    submit: "Log in",
    foot: h("p", { class: "foot" }, "New here? ", h("a", { href: `/register${place.search}` }, "Get your channel"), "."),
    words: { 401: "This name and password don’t belong together.", 403: "This name and password don’t belong together." },
    send: (data) => app.session.logIn(app.api, {
      name: String(data.get("name")).trim(), password: String(data.get("password")), stay: data.has("stay") }),
  });
  return { element: h("div", { class: "narrow" }, element), title: "Log in" };
}

/** @param {import("../main.js").App} app @param {URL} place @returns {import("../router.js").View} */
export function registerView(app, place) {
  const element = signForm({
    title: "Get your channel",
    lead: "Choose a name: it becomes your address here.",
    fields: [
      field("Name", { id: "name", name: "name", autocomplete: "username", autocapitalize: "none", spellcheck: "false",
        required: true, autofocus: true, maxlength: 200, pattern: "[^\\s@\\/:&'\"<>]+(@[^\\s@\\/:&'\"<>]+)?",
        title: "Letters, digits, dots and dashes; no spaces." },
        "Letters, digits, dots and dashes."),
      field("Password", { id: "password", name: "password", type: "password", autocomplete: "new-password",
        required: true, maxlength: 1000 }),
      field("E-mail", { id: "email", name: "email", type: "email", autocomplete: "email", required: true, maxlength: 300 },
        "Shown to nobody. The server can use it to help you when you have lost your password."),
      stay(),
    ],
    submit: "Register",
    foot: h("p", { class: "foot" }, "You have a channel? ", h("a", { href: `/login${place.search}` }, "Log in"), "."),
    words: {
      409: "This name is already taken. Please choose another one.",
      503: "This name is already taken, or the server is closed to new users. Please choose another name.",
      403: "This server does not take new users at the moment.",
    },
    send: async (data) => {
      const name = String(data.get("name")).trim();
      const password = String(data.get("password"));
      await app.api.register({ username: name, password, email: String(data.get("email")).trim() });
      await app.session.logIn(app.api, { name, password, stay: data.has("stay") });
    },
  });
  return { element: h("div", { class: "narrow" }, element), title: "Register" };
}
