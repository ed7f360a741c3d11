// How many of the related jobs of a job are in which state: a line for each type of relation, with links to the lists.

import { h } from "../lib/dom.js";
import { path, query } from "../lib/api.js";
import { count } from "../lib/format.js";
import { stateOrder } from "./chain.js";

/** The name of each relation. */
export const relationNames = {
  dependencies: "Waits for", children: "Children", dependents: "Waiting for this job",
};
const width = 1000;

/** The relations with several jobs; null if there are none. */
export function relationCounts(id, relations) {
  const shown = relations.filter(({ total }) => total > 1);
  if (!shown.length) return null;
  return h("ul", { class: "panel relations", key: "relations" }, shown.map((relation) => line(id, relation)));
}

function line(id, { name, jobs, total, hasMore }) {
  const counts = countStates(jobs);
  const done = counts.get("completed") ?? 0;
  const known = hasMore ? jobs.length : total;
  return h("li", { key: name },
    h("a", { class: "relation-name", href: path`/jobs/${id}/${name}` }, relationNames[name]),
    h("span", { class: "relation-done" }, `${count(done)} of ${count(known)} completed`,
      hasMore && h("span", { class: "muted" }, name === "children" ? ` (the newest of ${count(total)})` : " (the newest)")),
    bar(counts, known),
    h("ul", { class: "relation-states" }, stateOrder.filter((state) => counts.has(state)).map((state) => h("li", { key: state, class: state },
      h("a", { href: path`/jobs/${id}/${name}` + query({ state }) },
        h("span", { class: "badge-dot", "aria-hidden": "true" }), `${count(counts.get(state))} ${state}`)))));
}

/** The number of jobs by state. */
export function countStates(jobs) {
  const counts = new Map();
  for (const { state } of jobs) counts.set(state, (counts.get(state) ?? 0) + 1);
  return counts;
}

function bar(counts, total) {
  let x = 0;
  const order = stateOrder.toReversed().filter((state) => counts.has(state));
  return h("svg", { class: "relation-bar", viewBox: `0 0 ${width} 6`, preserveAspectRatio: "none", "aria-hidden": "true" },
    h("rect", { class: "relation-track", key: "track", width, height: 6 }),
    order.map((state) => {
      const part = (counts.get(state) / total) * width;
      x += part;
      return h("rect", { key: state, class: `node-dot ${state}`, x: x - part, width: part, height: 6 });
    }));
}
