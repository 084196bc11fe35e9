/**
 * The icons, drawn on a square of 24. Built as elements: nothing is fetched for them, and nothing flickers.
 * @module
 */
import { h, svg } from "./dom.js";

/** Outlines, by name. @type {Record<string, string>} */
const lines = {
  menu: "M4 7h16M4 12h16M4 17h16",
  close: "M6 6l12 12M18 6L6 18",
  search: "M5 11a6 6 0 1 0 12 0a6 6 0 1 0 -12 0M15.6 15.6L20 20",
  plus: "M12 5v14M5 12h14",
  check: "M5 12.5l4.5 4.5L19 7.5",
  reply: "M9.5 6L4 11.5 9.5 17M4.5 11.5H14a6 6 0 0 1 6 6V19",
  bin: "M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7M10.5 11v5M13.5 11v5",
  pencil: "M5 19l.8-3.8L15.5 5.5l3 3L8.8 18.2z",
  people: "M5.8 9a3.2 3.2 0 1 0 6.4 0a3.2 3.2 0 1 0 -6.4 0M3 19c.4-3.5 2.7-5.3 6-5.3s5.6 1.8 6 5.3M15.5 6.2"
    + "a3 3 0 0 1 0 5.7M17.3 14.2c2.2.7 3.4 2.3 3.7 4.8",
  person: "M8.3 8.5a3.7 3.7 0 1 0 7.4 0a3.7 3.7 0 1 0 -7.4 0M5 20c.4-4 3-6 7-6s6.6 2 7 6",
  topic: "M9.5 4.5l-2 15M16.5 4.5l-2 15M4.5 9.5h15.5M4 15h15.5",
  globe: "M4 12a8 8 0 1 0 16 0a8 8 0 1 0 -16 0M4 12h16M12 4c-5 5-5 11 0 16M12 4c5 5 5 11 0 16",
  lock: "M7.5 10.5h9a2 2 0 0 1 2 2v5a2 2 0 0 1 -2 2h-9a2 2 0 0 1 -2 -2v-5a2 2 0 0 1 2 -2M8.5 10.5V8"
    + "a3.5 3.5 0 0 1 7 0v2.5",
  up: "M12 19V5.5M6 11l6-6 6 6",
  exit: "M13 5H6v14h7M10.5 12H20M16.5 8.5L20 12l-3.5 3.5",
};

/** Filled shapes. @type {Record<string, string>} */
const solids = {
  cloud: "M7 19a5 5 0 0 1-.6-9.96A7 7 0 0 1 19.7 10.1 4.6 4.6 0 0 1 19.4 19z",
};

/**
 * Decoration: whatever it says is also said in words.
 * @param {string} name
 */
export function icon(name) {
  const isSolid = name in solids;
  return svg("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" },
    svg("path", isSolid ? { d: solids[name], fill: "currentColor" } : {
      d: lines[name], fill: "none", stroke: "currentColor", "stroke-width": 1.9, "stroke-linecap": "round",
      "stroke-linejoin": "round" }));
}

/**
 * A button with an icon and a word.
 * @param {string} symbol
 * @param {string} label
 * @param {Record<string, any>} properties
 */
export function iconButton(symbol, label, properties) {
  return h("button", { type: "button", ...properties }, icon(symbol), h("span", null, label));
}
