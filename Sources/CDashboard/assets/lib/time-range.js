// The time range of charts: the last hour to the last week, or a part of it that was zoomed into. The URL contains it, so
// that a view can be shared, and so that the browser's back button undoes a zoom.

import { serverNow } from "./api.js";

const minute = 60_000;
const day = 1440;

/** The ranges to choose: the text, the length and the step between two points, in minutes. */
export const ranges = {
  "1h": { text: "1 h", words: "the last hour", minutes: 60, step: 1 },
  "6h": { text: "6 h", words: "the last 6 hours", minutes: 360, step: 5 },
  "24h": { text: "24 h", words: "the last 24 hours", minutes: day, step: 15 },
  "7d": { text: "7 d", words: "the last 7 days", minutes: 7 * day, step: 60 },
};
/** The steps of a zoomed range, in minutes, and the number of points that is enough. */
const steps = [1, 5, 15, 60];
const enough = 120;

/**
 * The range of a URL.
 *
 * @returns {{name: string|null, from: number, to: number, step: number, isLive: boolean}} times in milliseconds, the step in
 *   minutes. A live range ends now. The name is null for a zoomed range
 */
export function readRange(parameters) {
  const now = serverNow();
  const [from, to] = ["from", "to"].map((name) => Date.parse(parameters.get(name) ?? ""));
  if (from < to && to - from >= minute) return zoomed(from, Math.min(to, now), now);
  const name = Object.hasOwn(ranges, parameters.get("range")) ? parameters.get("range") : "1h";
  const { minutes, step } = ranges[name];
  return { name, from: now - minutes * minute, to: now, step, isLive: true };
}

function zoomed(from, to, now) {
  const isOld = now - from >= (day - 1) * minute;
  const fitting = steps.find((step) => (to - from) / (step * minute) <= enough) ?? steps.at(-1);
  return { name: null, from, to, step: isOld ? Math.max(60, fitting) : fitting, isLive: now - to < minute };
}

/** The URL of this page with another range: a name, or `{from, to}` in milliseconds. */
export function withRange(parameters, range) {
  const next = new URLSearchParams(parameters);
  for (const name of ["range", "from", "to"]) next.delete(name);
  if (typeof range !== "string") {
    next.set("from", new Date(range.from).toISOString());
    next.set("to", new Date(range.to).toISOString());
  } else if (range !== "1h") {
    next.set("range", range);
  }
  return location.pathname + (next.size ? `?${next}` : "");
}

/** Rounds the ends of a selection to whole steps, of at least one. */
export function wholeSteps([one, other], { step, from, to }) {
  const size = step * minute;
  const first = Math.floor(Math.min(one, other) / size) * size;
  const last = Math.ceil(Math.max(one, other) / size) * size;
  return { from: Math.max(first, Math.floor(from / minute) * minute), to: Math.min(Math.max(last, first + size), Math.ceil(to / minute) * minute) };
}

const timeOfDay = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "short" });
const date = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

/** 14:03; in a range that does not lie within today, with the day of the week or the date. */
export function timeText(time, { from }) {
  const now = serverNow();
  const text = timeOfDay.format(time);
  if (new Date(from).toDateString() === new Date(now).toDateString()) return text;
  return `${(now - from < 6 * day * minute ? weekday : date).format(time)} ${text}`;
}
