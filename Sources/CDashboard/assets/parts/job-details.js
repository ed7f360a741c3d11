// The details of a job: its queue, times, durations, rules and origin.

import { h } from "../lib/dom.js";
import { path, query } from "../lib/api.js";
import { at, between, count, duration, plural } from "../lib/format.js";
import { traceLink } from "../lib/session.js";
import { kindLink, labels, queueLink, workerLink } from "./badges.js";
import { detail } from "./blocks.js";

/** The kind of the jobs that are executions of state machines. */
const executionKind = "longhaul.execution";

export function jobDetails(job) {
  return h("dl", { class: "panel details" }, place(job), times(job), origin(job), rules(job));
}

function place(job) {
  return [
    detail("Queue", queueLink(job.queue)),
    detail("Kind", kindLink(job.kind)),
    job.kind === executionKind && detail("Execution", h("a", { href: path`/executions/${job.id}` }, "open")),
    detail("Priority", count(job.priority)),
    detail("Attempt", `${job.attempt} of ${job.max_attempts}`),
    job.operations > 0 && detail("Operations", count(job.operations)),
    job.position !== null && detail("Position", job.position === 0 ? "next" : `${plural(job.position, "job")} ahead`),
    job.worker && detail("Worker", workerLink(job.worker)),
  ];
}

function times(job) {
  const ran = job.attempts.reduce((sum, { started_at: start, finished_at: end }) => sum + between(start, end), 0);
  return [
    detail("Submitted", at(job.created_at)),
    job.run_at !== job.created_at && detail("Due", at(job.run_at)),
    job.estimated_start_at && detail("Estimated start", at(job.estimated_start_at)),
    job.attempts.length > 0 && detail("First start", at(job.attempts[0].started_at)),
    job.finished_at && detail("Ended", at(job.finished_at)),
    detail(job.finished_at ? "Total time" : "Age", duration(between(job.created_at, job.finished_at))),
    job.attempts.length > 0 && detail("Run time", `${duration(ran)}${job.attempts.length > 1 ? ` in ${job.attempts.length} attempts` : ""}`),
    job.expires_at && detail("Expires", at(job.expires_at)),
  ];
}

function origin(job) {
  return [
    detail("Caller", job.caller),
    job.actor && detail("Actor", h("a", { href: `/jobs${query({ actor: job.actor })}` }, job.actor)),
    Object.keys(job.tags).length > 0 && detail("Tags", labels(job.tags, (key, value) => `/jobs${query({ tag: `${key}:${value}` })}`)),
    job.callback_url && detail("Callback URL", h("span", { class: "break" }, job.callback_url)),
    job.traceparent && detail("Trace", trace(job.traceparent.split("-")[1])),
  ];
}

function trace(id) {
  const link = traceLink(id);
  return link ? h("a", { class: "mono break trace-link", href: link, target: "_blank", rel: "noopener noreferrer" }, id) : h("span", { class: "mono" }, id);
}

function rules(job) {
  return [
    job.timeout_seconds && detail("Timeout", duration(job.timeout_seconds)),
    job.backoff && detail("Back-off", backoffText(job.backoff)),
    job.retention_seconds !== null && detail("Retention", duration(job.retention_seconds)),
  ];
}

/** The back-off between attempts. */
function backoffText({ type, initial_seconds: initial, max_seconds: max }) {
  return type === "fixed" ? duration(initial) : `${type}, ${duration(initial)} to ${duration(max)}`;
}
