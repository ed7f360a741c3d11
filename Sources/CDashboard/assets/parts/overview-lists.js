// The three lists at the end of the overview: running jobs, workers, dead letters.

import { h } from "../lib/dom.js";
import { ago, between, count, duration, plural } from "../lib/format.js";
import { badge, jobLink, kindLink, workerLink } from "./badges.js";
import { empty } from "./blocks.js";

const shown = 6;

/** The jobs with the longest run time. */
export function runningList(jobs) {
  if (!jobs.length) return empty("No running jobs", "Jobs are listed here while workers run them.");
  const longest = [...jobs].sort((one, other) => one.started_at.localeCompare(other.started_at)).slice(0, shown);
  return h("ul", { class: "list" }, longest.map((job) => h("li", { key: job.id },
    h("div", { class: "list-main" }, kindLink(job.kind), " ", jobLink(job.id)),
    h("div", { class: "list-note" }, `${duration(between(job.started_at))} on `, job.worker ? workerLink(job.worker) : "a worker"),
    job.progress && h("progress", { max: 100, value: job.progress.percent, "aria-label": `Progress of ${job.id}` }))));
}

/** The workers; late ones first. */
export function workerList(workers) {
  if (!workers.length) {
    return empty("No workers", "Start one: ", h("code", {}, "longhaul worker --handlers handlers.json5"));
  }
  const order = { late: 0, healthy: 1, gone: 2 };
  const sorted = [...workers].sort((one, other) => order[one.state] - order[other.state]).slice(0, shown);
  return h("ul", { class: "list" },
    sorted.map((worker) => h("li", { key: worker.id },
      h("div", { class: "list-main" }, badge(worker.state), " ", workerLink(worker)),
      h("div", { class: "list-note" }, `runs ${plural(worker.running.length, "job")}, last seen `, ago(worker.last_heartbeat_at)))),
    workers.length > shown && h("li", { key: "more", class: "muted" }, `and ${count(workers.length - shown)} more`));
}

/** The groups of dead letters with the newest failures. */
export function deadLetterList(groups) {
  if (!groups.length) return empty("No dead letters", "A job that has used all its attempts is listed here, with all its errors.");
  return h("ul", { class: "list" }, groups.slice(0, shown).map((group) => h("li", { key: group.key },
    h("div", { class: "list-main" }, h("strong", { class: "number" }, count(group.count)), " ", kindLink(group.kind), " ", ago(group.lastSeen)),
    h("div", { class: "list-note clip" }, group.type ? `${group.type}: ${group.message}` : group.message))));
}
