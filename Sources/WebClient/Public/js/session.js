/**
 * Who is logged in, and where that is remembered.
 * @module
 */
import { channelOfPosts, domainPart, isTopic, localPart } from "./names.js";
import { Emitter, safeStorage } from "./state.js";

const key = "buddycloud.session";
const forTab = safeStorage(() => sessionStorage);
const forDevice = safeStorage(() => localStorage);

/**
 * The credentials of HTTP Basic. They are kept for this tab only, or on this device where the user asked for it.
 * Events: `change`, `refused` (the server no longer takes them).
 */
export class Session extends Emitter {
  /** @type {{user: string, authorization: string} | null} */
  #current = forTab.read(key) ?? forDevice.read(key);

  constructor() {
    super();
    // Signed out in another window of this device: then here as well.
    window.addEventListener("storage", (event) => {
      if (event.key !== key || event.newValue !== null || !this.#current || forTab.read(key)) return;
      this.#current = null;
      this.emit("change");
    });
  }

  /** The user's full name, which is also their channel's. */
  get user() {
    return this.#current?.user ?? null;
  }

  /** The domain of the user's server; empty for strangers. */
  get domain() {
    return this.user ? domainPart(this.user) : "";
  }

  get authorization() {
    return this.#current?.authorization ?? null;
  }

  /** Where state that belongs to this session may be kept: as long as the session itself. */
  get storage() {
    return forDevice.read(key) ? forDevice : forTab;
  }

  /**
   * @param {import("./api.js").Api} api
   * @param {{name: string, password: string, stay: boolean}} form
   */
  async logIn(api, form) {
    const authorization = basic(form.name, form.password);
    await api.check(authorization);
    const user = form.name.includes("@") ? form.name.split("/")[0] : ownChannel(form.name, await api.subscribed(authorization));
    this.#forget();
    this.#current = { user, authorization };
    (form.stay ? forDevice : forTab).write(key, this.#current);
    this.emit("change");
  }

  /** Forgets all that is kept on this device. */
  logOut() {
    this.#forget();
    this.emit("change");
  }

  /** The server said 401 to these credentials. */
  refused() {
    if (!this.#current) return;
    this.#forget();
    this.emit("refused");
    this.emit("change");
  }

  #forget() {
    if (this.#current) {
      forTab.remove(`buddycloud.read.${this.#current.user}`);
      forDevice.remove(`buddycloud.read.${this.#current.user}`);
    }
    this.#current = null;
    forTab.remove(key);
    forDevice.remove(key);
  }
}

/** @param {string} name @param {string} password */
function basic(name, password) {
  const bytes = new TextEncoder().encode(`${name}:${password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

/**
 * The user's own channel: the personal one that they own and that bears their name. The server completes a bare name
 * with its domain, and this is where we learn which.
 * @param {string} name
 * @param {Record<string, string>} subscribed
 */
function ownChannel(name, subscribed) {
  const owned = Object.entries(subscribed ?? {})
    .filter(([, role]) => role === "owner")
    .map(([node]) => channelOfPosts(node))
    .filter((channel) => channel !== null && !isTopic(channel));
  const own = owned.find((channel) => localPart(channel ?? "").toLowerCase() === name.toLowerCase());
  return own ?? owned[0] ?? name;
}
