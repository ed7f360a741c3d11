// Badges of states, and links. A state is shown by a word, never by colour alone.

import { h } from "../lib/dom.js";
import { path } from "../lib/api.js";
import { shortID } from "../lib/format.js";

export const states = [
  "pending", "processing", "retrying", "scheduled", "blocked", "suspended", "completed", "failed", "cancelled",
];
export const finalStates = ["completed", "failed", "cancelled"];

/** The state of a job, a worker or an operation. */
export function badge(state) {
  return h("span", { class: `badge ${state}` }, h("span", { class: "badge-dot", "aria-hidden": "true" }), state);
}

/** A link to a job that shows the end of its ID. */
export function jobLink(id, text = shortID(id)) {
  return h("a", { class: "mono", href: path`/jobs/${id}`, title: id }, text);
}

/** A link to a queue. */
export function queueLink(name) {
  return h("a", { href: path`/queues/${name}` }, name);
}

/** A link to a kind. */
export function kindLink(kind) {
  return h("a", { class: "kind", href: path`/kinds/${kind}` }, kind);
}

/** A link to a worker, `{id, name}`. */
export function workerLink({ id, name }) {
  return h("a", { href: path`/workers/${id}`, title: id }, name);
}

/** A link to a schedule. */
export function scheduleLink(name) {
  return h("a", { href: path`/schedules/${name}` }, name);
}

/** Labels or tags. `link(key, value)` returns the target of a link. */
export function labels(pairs, link) {
  const entries = Object.entries(pairs ?? {});
  if (!entries.length) return null;
  return h("ul", { class: "labels" }, entries.map(([key, value]) =>
    h("li", { key }, link ? h("a", { href: link(key, value) }, `${key}: ${value}`) : `${key}: ${value}`)));
}
