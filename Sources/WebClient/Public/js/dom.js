/**
 * Elements as expressions. Text becomes text nodes; there is no way here to turn a string into markup.
 * @module
 */

/** @typedef {Node | string | number | null | undefined | false} Child */

const svgNamespace = "http://www.w3.org/2000/svg";

/**
 * Whether an address may stand in a link: of this page, or http(s). Keeps `javascript:` and the like out even where
 * a caller forgot to check.
 * @param {string} address
 */
export function isSafeAddress(address) {
  if (address.startsWith("#")) return true;
  if (address.startsWith("/")) return !/^\/[/\\]/.test(address.replace(/[\t\r\n]/g, ""));
  return /^https?:\/\//i.test(address);
}

/**
 * An HTML element.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any> | null} [properties] `class`, `data` (an object), `on…` (listeners), any attribute;
 *   `true` sets an empty attribute, `false`, `null` and `undefined` set none.
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name === "href" && !isSafeAddress(String(value))) continue;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

/** @param {Node} parent @param {(Child | Child[])[]} children */
function append(parent, children) {
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    parent.appendChild(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/**
 * Replaces what is inside an element.
 * @param {Element} element
 * @param {...(Child | Child[])} children
 */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/**
 * An element of SVG.
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...(Node | string)} children
 */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS(svgNamespace, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/**
 * Tells people who listen instead of looking.
 * @param {string} text
 */
export function announce(text) {
  const region = document.getElementById("announcer");
  if (!region) return;
  region.textContent = "";
  // Emptied first, so that the same words twice are heard twice.
  requestAnimationFrame(() => { region.textContent = text; });
}

/**
 * Changes the page above what the reader looks at without moving it: measures an element in view before and after
 * and scrolls by the difference.
 * @param {HTMLElement} list The element whose children are candidates.
 * @param {() => void} change
 */
export function withoutJump(list, change) {
  const anchor = [...list.querySelectorAll("[data-entry]")].find((element) => {
    const box = element.getBoundingClientRect();
    return box.bottom > 72 && box.height > 0;
  });
  const before = anchor?.getBoundingClientRect().top;
  change();
  if (anchor === undefined || before === undefined || !anchor.isConnected) return;
  const moved = anchor.getBoundingClientRect().top - before;
  if (Math.abs(moved) >= 1) window.scrollBy({ top: moved, behavior: "instant" });
}
