// A table of jobs.

import { h } from "../lib/dom.js";
import { query } from "../lib/api.js";
import { ago, between, duration, none } from "../lib/format.js";
import { badge, jobLink, labels, queueLink } from "./badges.js";
import { table } from "./blocks.js";
import { suspensionText } from "./waits.js";

/** The table; `isQueueShown: false` leaves the queue out. */
export function jobTable(jobs, { isQueueShown = true } = {}) {
  const columns = [
    { name: "State" }, { name: "Kind" }, { name: "Job" }, isQueueShown && { name: "Queue" },
    { name: "Submitted", isNumber: true }, { name: "Ran", isNumber: true }, { name: "Attempt", isNumber: true },
    { name: "Result", isWhole: true },
  ].filter(Boolean);
  return table("Jobs", columns, jobs.map((job) => ({ key: job.id, cells: cells(job, isQueueShown) })));
}

function cells(job, isQueueShown) {
  return [
    badge(job.state),
    h("span", { class: "kind" }, job.kind),
    jobLink(job.id),
    isQueueShown && queueLink(job.queue),
    ago(job.created_at),
    job.started_at ? duration(between(job.started_at, job.finished_at)) : none,
    job.attempt ? `${job.attempt} of ${job.max_attempts}` : none,
    outcome(job),
  ].filter((cell) => cell !== false);
}

function outcome(job) {
  if (job.state === "processing" && job.progress) {
    return h("span", { class: "progress" },
      h("progress", { max: 100, value: job.progress.percent, "aria-label": "Progress" }),
      h("span", { class: "clip" }, `${Math.round(job.progress.percent)} % ${job.progress.message ?? ""}`));
  }
  if (job.state === "suspended") return h("span", { class: "clip" }, suspensionText(job));
  if (job.error) return h("span", { class: "clip bad-text" }, `${job.error.type}: ${job.error.message}`);
  if (job.state === "scheduled" || job.state === "retrying") return h("span", {}, "due ", ago(job.run_at));
  return labels(job.tags, (key, value) => `/jobs${query({ tag: `${key}:${value}` })}`);
}
