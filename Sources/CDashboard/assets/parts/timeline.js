// The timeline of a job: a bar in proportion to time, and a list of the same events.

import { h } from "../lib/dom.js";
import { serverNow } from "../lib/api.js";
import { at, between, duration } from "../lib/format.js";
import { finalStates } from "./badges.js";
import { suspensionText } from "./waits.js";

const width = 1000;
/** The minimum width of an attempt, so that a short one in a long timeline is visible. */
const minWidth = 4;

/** The timeline. */
export function timeline(job) {
  const spans = spansOf(job);
  return h("div", { class: "panel timeline" }, picture(job, spans), h("ol", { class: "moments" },
    moments(job, spans).map(({ key, tone, name, time, text }) => h("li", { key, class: tone },
      h("span", { class: "moment-name" }, name), h("span", { class: "moment-time" }, time && at(time)),
      h("span", { class: "moment-text" }, text)))));
}

/** Alternating waits and attempts, from the submission to the end or until now. */
function spansOf(job) {
  const spans = [];
  let from = job.created_at;
  for (const attempt of job.attempts) {
    spans.push({ kind: "wait", start: from, end: attempt.started_at, isFirst: spans.length === 0 });
    spans.push({ kind: "attempt", attempt, start: attempt.started_at, end: attempt.finished_at });
    from = attempt.finished_at;
  }
  if (!finalStates.includes(job.state) && from !== null) {
    spans.push({ kind: "wait", start: from, end: null, isFirst: spans.length === 0 });
  } else if (!job.attempts.length && job.finished_at) {
    spans.push({ kind: "wait", start: from, end: job.finished_at, isFirst: true });
  }
  return spans;
}

function picture(job, spans) {
  const start = Date.parse(job.created_at);
  const end = job.finished_at ? Date.parse(job.finished_at) : Math.max(serverNow(), start + 1);
  const x = (time) => Math.max(0, Math.min(width, ((time - start) / Math.max(1, end - start)) * width));
  const took = duration((end - start) / 1000);
  return h("svg", {
    class: "timeline-bar", viewBox: `0 0 ${width} 20`, role: "img", preserveAspectRatio: "none",
    "aria-label": `${job.state}; ${took} since the submission, ${job.attempts.length} attempts`,
  },
    h("rect", { class: "track", width, height: 20, rx: 3 }),
    spans.map((span, index) => {
      const left = x(Date.parse(span.start));
      const right = x(span.end ? Date.parse(span.end) : end);
      const isAttempt = span.kind === "attempt";
      const size = isAttempt ? Math.max(minWidth, right - left) : right - left;
      return h("rect", {
        key: index, class: isAttempt ? toneOf(span.attempt, job) : waitTone(span, job),
        x: Math.min(left, width - size), width: Math.max(0, size), y: isAttempt ? 0 : 7, height: isAttempt ? 20 : 6,
      });
    }));
}

function waitTone(span, job) {
  if (span.end === null && job.state === "suspended") return "timeline-suspended";
  return span.isFirst ? "timeline-wait" : "timeline-backoff";
}

function toneOf(attempt, job) {
  if (!attempt.finished_at) return "timeline-running";
  if (attempt.error) return "timeline-failed";
  return job.state === "cancelled" ? "timeline-cancelled" : "timeline-done";
}

function moments(job, spans) {
  const found = [{ key: "submitted", tone: "plain", name: "Submitted", time: job.created_at, text: `by ${job.caller}` }];
  for (const span of spans) {
    if (span.kind === "attempt") found.push(attemptMoment(span.attempt, job));
    else if (span.end === null) found.push(waiting(job, span));
  }
  if (job.finished_at) {
    found.push({
      key: "end", tone: job.state, name: { completed: "Completed", failed: "Dead letter", cancelled: "Cancelled" }[job.state] ?? job.state,
      time: job.finished_at, text: `${duration(between(job.created_at, job.finished_at))} after the submission`,
    });
  }
  return found;
}

function attemptMoment(attempt, job) {
  const ran = duration(between(attempt.started_at, attempt.finished_at));
  const tone = toneOf(attempt, job).replace("timeline-", "");
  const words = {
    running: `runs for ${ran} on ${attempt.worker}`, done: `ran ${ran} on ${attempt.worker}`,
    cancelled: `ran ${ran} on ${attempt.worker}, then was cancelled`,
    failed: `ran ${ran} on ${attempt.worker}, then failed: ${attempt.error?.type}`,
  };
  return { key: `attempt-${attempt.number}-${attempt.started_at}`, tone, name: `Attempt ${attempt.number}`, time: attempt.started_at, text: words[tone] };
}

function waiting(job, span) {
  const waited = `for ${duration(between(span.start))}`;
  const words = {
    pending: ["Pending", `waits for a worker ${waited}`], scheduled: ["Scheduled", "waits until it is due"],
    blocked: ["Blocked", `waits for ${job.depends_on.length === 1 ? "another job" : `${job.depends_on.length} other jobs`}`],
    retrying: ["Retrying", "waits for the end of its back-off"],
    suspended: ["Suspended", suspensionText(job)],
  };
  const [name, text] = words[job.state] ?? [job.state, ""];
  return { key: "now", tone: job.state, name, time: ["pending", "suspended"].includes(job.state) ? null : job.run_at, text };
}
