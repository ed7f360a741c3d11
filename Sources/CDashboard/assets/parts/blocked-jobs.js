// The jobs that waited for a failed job: how many are in which state, and the first of them.

import { h } from "../lib/dom.js";
import { path } from "../lib/api.js";
import { count, plural, shortID } from "../lib/format.js";
import { badge } from "./badges.js";
import { stateOrder } from "./chain.js";
import { countStates } from "./relation-counts.js";

/** The number of jobs that are listed. */
const listed = 5;

/** The jobs that waited for a job; null if there are none. */
export function blockedJobs(id, relations) {
  const relation = relations.find(({ name }) => name === "dependents");
  if (!relation?.jobs.length) return null;
  const { jobs, hasMore } = relation;
  const counts = countStates(jobs);
  const states = stateOrder.filter((state) => counts.has(state));
  const words = states.map((state) => `${count(counts.get(state))} ${state}`).join(", ");
  const first = states.flatMap((state) => jobs.filter((job) => job.state === state)).slice(0, listed);
  return h("div", { class: "panel blocked-jobs" },
    h("p", {}, h("strong", {}, `${plural(jobs.length, "job")}${hasMore ? " or more" : ""} waited for this job`), `: ${words}`),
    h("ul", {}, first.map((job) => h("li", { key: job.id }, badge(job.state),
      h("a", { href: path`/jobs/${job.id}`, class: "blocked-job" }, h("span", { class: "kind" }, job.kind), " ",
        h("span", { class: "mono muted" }, shortID(job.id)))))),
    jobs.length > listed && h("a", { href: path`/jobs/${id}/dependents` }, "All of them"));
}
