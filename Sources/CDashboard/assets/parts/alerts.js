// The alerts of the overview, computed from the data that it shows. Each alert describes a problem and links to the page
// where an operator can fix it. docs/runbook.md describes the steps.

import { path } from "../lib/api.js";
import { between, count, duration, plural, rate, share } from "../lib/format.js";

/** A queue is filling up from this share of its maximum depth. */
const fullShare = 0.8;
/** A queue is falling behind if its pending jobs need more than this time to start, in seconds. */
const maxDrainSeconds = 300;
/** The minimum number of pending jobs for that alert. */
const minBacklog = 100;
/** The minimum share of failed attempts for an alert, and the minimum rate per second. */
const failingShare = 0.2;
const minFailureRate = 0.05;
/** A group of dead letters causes an alert for this time after its latest failure, in seconds. */
const recentSeconds = 600;
/** A job may hang if it runs this many times as long as the p95 of its queue, and at least this number of seconds. */
const hangingFactor = 5;
const hangingMinSeconds = 60;

/** All alerts, the most severe first: `{key, tone, title, text, href, action}`. */
export function alerts({ queues, workers, running, groups, failedWebhooks }) {
  const found = [
    ...queues.flatMap(ofQueue), ...failing(queues, groups), ...workers.flatMap(ofWorker), ...unserved(queues, workers),
    ...hanging(running, queues),
    ...failedWebhooks.flatMap(ofWebhook),
  ];
  const order = { bad: 0, warn: 1 };
  return found.sort((one, other) => order[one.tone] - order[other.tone]);
}

function ofQueue(queue) {
  const found = [];
  const href = path`/queues/${queue.name}`;
  const used = queue.max_depth === null ? 0 : queue.depth / Math.max(1, queue.max_depth);
  const drain = queue.drain_rate > 0 ? queue.depth / queue.drain_rate : Infinity;
  if (queue.depth > 0 && used >= fullShare) {
    found.push({
      key: `flood:${queue.name}`, tone: "bad", href, action: "Open queue",
      title: used >= 1 ? `${queue.name} is full` : `${queue.name} is filling up`,
      text: `${count(queue.depth)} of ${count(queue.max_depth)} jobs pending; `
        + (used >= 1 ? "the server refuses submissions." : "beyond that, the server refuses submissions."),
    });
  } else if (queue.depth >= minBacklog && drain > maxDrainSeconds && queue.enqueue_rate > queue.drain_rate) {
    found.push({
      key: `flood:${queue.name}`, tone: "warn", href, action: "Open queue", title: `${queue.name} is falling behind`,
      text: `${count(queue.depth)} pending; ${rate(queue.enqueue_rate)} jobs per second are submitted, ${rate(queue.drain_rate)} start.`,
    });
  }
  if (queue.paused && queue.depth > 0) {
    found.push({
      key: `paused:${queue.name}`, tone: "warn", href, action: "Open queue", title: `${queue.name} is paused`,
      text: `${plural(queue.depth, "job")} pending; no job starts until the queue is resumed.`,
    });
  }
  return found;
}

function ofWorker(worker) {
  if (worker.state === "healthy" || (worker.state === "gone" && !worker.running.length)) return [];
  const silent = duration(between(worker.last_heartbeat_at));
  return [{
    key: `worker:${worker.id}`, tone: worker.running.length ? "bad" : "warn", href: path`/workers/${worker.id}`, action: "Open worker",
    title: `${worker.name} does not answer`,
    text: `Last seen ${silent} ago. `
      + (worker.running.length ? `It has ${plural(worker.running.length, "running job")}, which other workers get when the lease ends.` : "It has no running jobs."),
  }];
}

/** Queues with pending jobs and no healthy worker. */
function unserved(queues, workers) {
  const served = new Set(workers.filter(({ state }) => state === "healthy").flatMap((worker) => worker.queues));
  return queues
    .filter((queue) => queue.depth > 0 && !queue.paused && !served.has(queue.name) && queue.oldest_pending_seconds > 2)
    .map((queue) => ({
      key: `unserved:${queue.name}`, tone: "bad", href: "/workers", action: "See workers",
      title: `No worker serves ${queue.name}`,
      text: `${plural(queue.depth, "job")} pending, the oldest for ${duration(queue.oldest_pending_seconds)}.`,
    }));
}

function hanging(running, queues) {
  const p95s = new Map(queues.map((queue) => [queue.name, queue.run_seconds?.p95 ?? null]));
  return running
    .map((job) => ({ job, ran: between(job.started_at), p95: p95s.get(job.queue) ?? null }))
    .filter(({ ran, p95 }) => p95 !== null && ran > Math.max(hangingMinSeconds, p95 * hangingFactor))
    .sort((one, other) => other.ran - one.ran)
    .slice(0, 3)
    .map(({ job, ran, p95 }) => ({
      key: `hanging:${job.id}`, tone: "warn", href: path`/jobs/${job.id}`, action: "Open job",
      title: `A job of ${job.kind} may hang`,
      text: `It has run for ${duration(ran)} on ${job.worker?.name ?? "its worker"}; the p95 of ${job.queue} is ${duration(p95)}.`,
    }));
}

function ofWebhook(delivery) {
  if (between(delivery.ended_at) > recentSeconds) return [];
  return [{
    key: `webhook:${delivery.id}`, tone: "warn", href: path`/jobs/${delivery.job_id}`, action: "Open job",
    title: "A webhook failed", text: delivery.attempts.at(-1)?.error ?? "The receiver did not get it.",
  }];
}

/** The failures: one alert for each queue whose attempts fail, with its dead letters, and one for each other kind. */
function failing(queues, groups) {
  const recent = groups.filter((group) => between(group.lastSeen) <= recentSeconds);
  const bad = queues.filter((queue) => isFailing(queue) && !isSingle(queue, recent));
  const names = new Set(bad.map(({ name }) => name));
  const others = Map.groupBy(recent.filter(({ queue }) => !names.has(queue)), ({ kind }) => kind);
  return [
    ...bad.map((queue) => ofFailingQueue(queue, recent.filter((group) => group.queue === queue.name))),
    ...[...others].map(([kind, found]) => ofKind(kind, found)),
  ];
}

function isFailing(queue) {
  return queue.failure_rate >= minFailureRate && queue.failure_rate >= queue.drain_rate * failingShare;
}

/** Whether one job has failed in the queue, and no other attempt: soon after the start of a server, this is a high rate. */
function isSingle(queue, groups) {
  const own = groups.filter((group) => group.queue === queue.name);
  return own.length === 1 && own[0].count === 1 && !queue.counts.retrying;
}

function ofFailingQueue(queue, groups) {
  const text = `${rate(queue.failure_rate)} attempts per second fail in ${queue.name}, `
    + `${share(queue.failure_rate / Math.max(queue.drain_rate, queue.failure_rate))} of all.`;
  const href = `/dead-letters?queue=${encodeURIComponent(queue.name)}`;
  const kinds = [...new Set(groups.map(({ kind }) => kind))];
  if (!kinds.length) {
    // No job has used all its attempts yet.
    return {
      key: `failing:${queue.name}`, tone: "bad", href: `/jobs?queue=${encodeURIComponent(queue.name)}&state=retrying`, action: "See jobs",
      title: `Attempts fail in ${queue.name}`, text,
    };
  }
  const title = kinds.length === 1 ? `${kinds[0]} keeps failing` : `${kinds[0]} and ${plural(kinds.length - 1, "other kind")} keep failing`;
  return { key: `failing-kind:${queue.name}`, tone: "bad", href, action: "See dead letters", title, text: `${text} ${deadLetters(groups)}` };
}

function ofKind(kind, groups) {
  const isRepeated = groups.reduce((sum, group) => sum + group.count, 0) > 1;
  return {
    key: `failing-kind:${kind}`, tone: isRepeated ? "bad" : "warn", href: "/dead-letters", action: "See dead letters",
    title: `${kind} ${isRepeated ? "keeps failing" : "has failed"}`, text: deadLetters(groups),
  };
}

/** The number of dead letters of groups, the newest first, and the latest error. */
function deadLetters(groups) {
  const number = groups.reduce((sum, group) => sum + group.count, 0);
  return `${plural(number, "dead letter")}, the latest ${duration(between(groups[0].lastSeen))} ago: ${groups[0].message}`;
}
