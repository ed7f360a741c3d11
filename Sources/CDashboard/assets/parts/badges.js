// Small things that stand for a state: always with a word, never by colour alone.

import { h } from "../lib/dom.js";
import { path } from "../lib/api.js";
import { shortID } from "../lib/format.js";

export const states = [
  "pending", "processing", "retrying", "scheduled", "blocked", "completed", "failed", "cancelled",
];
export const finalStates = ["completed", "failed", "cancelled"];

/** A job's or a worker's state. */
export function badge(state) {
  return h("span", { class: `badge ${state}` }, h("span", { class: "badge-dot", "aria-hidden": "true" }), state);
}

/** A link to a job, by the end of its identifier. */
export function jobLink(id, text = shortID(id)) {
  return h("a", { class: "mono", href: path`/jobs/${id}`, title: id }, text);
}

/** A link to a queue. */
export function queueLink(name) {
  return h("a", { href: path`/queues/${name}` }, name);
}

/** Labels or tags. `link(key, value)` makes them lead somewhere. */
export function labels(pairs, link) {
  const entries = Object.entries(pairs ?? {});
  if (!entries.length) return null;
  return h("ul", { class: "labels" }, entries.map(([key, value]) =>
    h("li", { key }, link ? h("a", { href: link(key, value) }, `${key}: ${value}`) : `${key}: ${value}`)));
}
