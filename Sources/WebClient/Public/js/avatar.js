/**
 * A picture for everybody who has none: colours, a quiet pattern and a letter that follow from the name alone.
 * @module
 */
import { svg } from "./dom.js";
import { isTopic, localPart } from "./names.js";

/** FNV-1a, 32 bits. @param {string} text */
function hash(text) {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  }
  return value;
}

// Pairs of ground and shape, dark enough for white letters (contrast 4.5 and more on the ground).
const pairs = [
  ["#0d6464", "#138080"], ["#7a4321", "#96562e"], ["#3f5a8a", "#4f6ea6"], ["#7b3b63", "#964a7a"],
  ["#4c6330", "#5e7a3c"], ["#8a3b3b", "#a64a4a"], ["#5a4a8a", "#6d5ba6"], ["#2f6b4f", "#3a8463"],
  ["#755512", "#8f6a1c"], ["#35626f", "#437c8c"],
];

/**
 * A decoration: the name stands beside it.
 * @param {string} name
 * @param {"small" | "middle" | "large"} size
 */
export function avatar(name, size) {
  const value = hash(name.toLowerCase());
  const [ground, shape] = pairs[value % pairs.length];
  const x = 6 + ((value >>> 8) % 30);
  const y = 4 + ((value >>> 16) % 34);
  const radius = 11 + ((value >>> 24) % 9);
  const letter = [...localPart(name)].find((character) => /[\p{L}\p{N}]/u.test(character)) ?? "?";
  return svg("svg", { class: `avatar ${size}${isTopic(name) ? " topic" : ""}`, viewBox: "0 0 40 40", "aria-hidden": "true" },
    svg("rect", { width: 40, height: 40, fill: ground }),
    svg("circle", { cx: x, cy: y, r: radius, fill: shape }),
    svg("circle", { cx: 40 - x, cy: 40 - y / 2, r: radius / 2, fill: shape }),
    svg("text", { x: 20, y: 20, "text-anchor": "middle", "dominant-baseline": "central", fill: "#fff" },
      letter.toUpperCase()));
}
