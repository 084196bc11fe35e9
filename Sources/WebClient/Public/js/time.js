/**
 * Times as people say them.
 * @module
 */
import { h } from "./dom.js";

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });
const dayOfYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const dayWithYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

/**
 * @param {Date} date
 * @param {Date} now
 */
export function sayTime(date, now) {
  const seconds = (now.getTime() - date.getTime()) / 1000;
  if (seconds < 45) return "just now"; // Also what a clock that is a little ahead of ours says.
  if (seconds < 3600) return relative.format(-Math.max(1, Math.round(seconds / 60)), "minute");
  if (seconds < 86400) return relative.format(-Math.round(seconds / 3600), "hour");
  if (seconds < 7 * 86400) return relative.format(-Math.round(seconds / 86400), "day");
  return (date.getFullYear() === now.getFullYear() ? dayOfYear : dayWithYear).format(date);
}

/**
 * A `<time>` that keeps itself right.
 * @param {string | null | undefined} iso
 */
export function timeElement(iso) {
  const date = new Date(iso ?? NaN);
  if (Number.isNaN(date.getTime())) return h("time", null, "");
  return h("time", { datetime: date.toISOString(), title: whole.format(date), data: { relative: "" } },
    sayTime(date, new Date()));
}

/** Brings all times of the page up to date, now and twice a minute. */
export function keepTimesRight() {
  const refresh = () => {
    const now = new Date();
    for (const element of document.querySelectorAll("time[data-relative]")) {
      const text = sayTime(new Date(element.getAttribute("datetime") ?? ""), now);
      if (element.textContent !== text) element.textContent = text;
    }
  };
  setInterval(refresh, 30_000);
  document.addEventListener("visibilitychange", refresh);
}
