// Formats numbers, durations, times and sizes.

import { h } from "./dom.js";
import { serverNow } from "./api.js";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const seconds = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const withZone = new Intl.DateTimeFormat(undefined, { timeZoneName: "short" });

export const none = "–";

/** 1,234 */
export function count(value) {
  return value === null || value === undefined ? none : whole.format(value);
}

/** 1.2M, a short form for large numbers. */
export function short(value) {
  return value < 10_000 ? count(value) : compact.format(value);
}

/** A rate per second, with at most three digits. */
export function rate(value) {
  if (value === null || value === undefined) return none;
  if (value === 0) return "0";
  if (value < 0.01) return "<0.01";
  if (value < 10) return value.toFixed(value < 1 ? 2 : 1);
  return short(value);
}

/** A share as a percentage. */
export function share(value) {
  if (!Number.isFinite(value)) return none;
  return value > 0 && value < 0.01 ? "<1 %" : `${Math.round(value * 100)} %`;
}

/** 340 ms, 2.4 s, 3 min 20 s, 4 h 5 min, 2 d 3 h. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return none;
  if (seconds < 0) return "0 s";
  if (seconds > 0 && seconds < 0.001) return "<1 ms";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  const total = Math.round(seconds);
  if (total < 60) return `${total} s`;
  if (total < 3600) return pair(total, 60, "min", 1, "s");
  if (total < 86_400) return pair(total, 3600, "h", 60, "min");
  return pair(total, 86_400, "d", 3600, "h");
}

function pair(total, large, largeName, small, smallName) {
  const rest = Math.floor((total % large) / small);
  return `${Math.floor(total / large)} ${largeName}${rest ? ` ${rest} ${smallName}` : ""}`;
}

/** 9.1 kB */
export function bytes(size) {
  if (size < 1000) return `${size} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = size;
  let unit = -1;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** 30 Nov 2026, 14:03:22 CET: date, time and zone, in the order of the browser's language. */
function moment(text) {
  const date = new Date(text);
  return `${day.format(date)}, ${seconds.format(date)} ${zone(date)}`;
}

/** The zone of the browser at a time: CET, UTC, GMT+5:30. */
export function zone(date = new Date(serverNow())) {
  return withZone.formatToParts(date).find(({ type }) => type === "timeZoneName").value;
}

/** A time with milliseconds, the zone's name and the time of the API, for tooltips. */
function exact(text) {
  const date = new Date(text);
  const { timeZone } = withZone.resolvedOptions();
  return `${day.format(date)}, ${clock(text)} ${zone(date)} (${timeZone})\n${text}`;
}

/** 14:03:22.081, for lines of a log. */
export function clock(text) {
  const date = new Date(text);
  return `${seconds.format(date)}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** Seconds between two times of the API; until now without a second one. */
export function between(start, end) {
  return ((end ? Date.parse(end) : serverNow()) - Date.parse(start)) / 1000;
}

/** "3 min ago", "in 5 s" */
export function relative(text) {
  const age = between(text);
  const size = Math.abs(age);
  if (size < 1) return "now";
  const words = coarse(size);
  return age > 0 ? `${words} ago` : `in ${words}`;
}

function coarse(seconds) {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** A time element that shows a relative time; the tooltip shows the exact time. */
export function ago(text) {
  if (!text) return h("span", { class: "muted" }, none);
  return h("time", { datetime: text, title: exact(text) }, relative(text));
}

/** A time element that shows date, time and zone; the tooltip shows the milliseconds as well. */
export function at(text) {
  if (!text) return h("span", { class: "muted" }, none);
  return h("time", { datetime: text, title: exact(text) }, moment(text));
}

/** The end of an ID. IDs begin with a time, and the IDs of jobs from the same time differ only at the end. */
export function shortID(id) {
  return id.length > 20 ? `…${id.slice(-12)}` : id;
}

/** A number with a noun, in the singular or plural. */
export function plural(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`;
}
