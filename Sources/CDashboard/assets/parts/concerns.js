// What needs someone, read from the same facts that the overview shows. Each says what is wrong, and leads to where
// it can be mended. The runbook (docs/runbook.md) tells the cures.

import { path } from "../lib/api.js";
import { between, count, duration, plural, rate, share } from "../lib/format.js";

/** From which share of its bound a queue counts as filling up. */
const fullShare = 0.8;
/** A backlog that would take longer than this to work off, in seconds, is a flood. */
const longDrain = 300;
/** The fewest jobs that make a flood: a queue of ten is no flood however slow it is. */
const fewest = 100;
/** From which share of failed attempts a queue counts as failing, and the least rate a second. */
const failingShare = 0.2;
const leastFailures = 0.05;
/** How lately a group of dead letters must have grown to be news, in seconds. */
const recently = 600;
/** A job that runs this many times as long as 95 of 100 do, and at least so many seconds, hangs. */
const hangingTimes = 5;
const hangingLeast = 60;

/** All concerns, the worst first: `{key, tone, title, text, href, action}`. */
export function concerns({ queues, workers, running, groups }) {
  const found = [
    ...queues.flatMap(ofQueue), ...workers.flatMap(ofWorker), ...unattended(queues, workers),
    ...hanging(running, queues), ...groups.flatMap(ofGroup),
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
      text: `${count(queue.depth)} of at most ${count(queue.max_depth)} jobs pending; `
        + (used >= 1 ? "submissions are refused." : "beyond that, submissions are refused."),
    });
  } else if (queue.depth >= fewest && drain > longDrain && queue.enqueue_rate > queue.drain_rate) {
    found.push({
      key: `flood:${queue.name}`, tone: "warn", href, action: "Open queue", title: `${queue.name} is falling behind`,
      text: `${count(queue.depth)} pending; ${rate(queue.enqueue_rate)} a second come in, ${rate(queue.drain_rate)} are started.`,
    });
  }
  if (queue.failure_rate >= leastFailures && queue.failure_rate >= queue.drain_rate * failingShare) {
    found.push({
      key: `failing:${queue.name}`, tone: "bad", href: `/dead-letters?queue=${encodeURIComponent(queue.name)}`,
      action: "See faults", title: `Attempts fail in ${queue.name}`,
      text: `${rate(queue.failure_rate)} a second, ${share(queue.failure_rate / Math.max(queue.drain_rate, queue.failure_rate))} of those started.`,
    });
  }
  if (queue.paused && queue.depth > 0) {
    found.push({
      key: `paused:${queue.name}`, tone: "warn", href, action: "Open queue", title: `${queue.name} is paused`,
      text: `${plural(queue.depth, "job")} pending; none is given out until it is resumed.`,
    });
  }
  return found;
}

function ofWorker(worker) {
  if (worker.state === "healthy" || (worker.state === "gone" && !worker.running.length)) return [];
  const silent = duration(between(worker.last_heartbeat_at));
  return [{
    key: `worker:${worker.id}`, tone: worker.running.length ? "bad" : "warn", href: "/workers", action: "See workers",
    title: `${worker.name} does not answer`,
    text: `Last heard of ${silent} ago. `
      + (worker.running.length ? `It holds ${plural(worker.running.length, "job")}, which others take over when the lease ends.` : "It holds no job any more."),
  }];
}

/** Queues with work that nobody asks for. */
function unattended(queues, workers) {
  const asked = new Set(workers.filter(({ state }) => state === "healthy").flatMap((worker) => worker.queues));
  return queues
    .filter((queue) => queue.depth > 0 && !queue.paused && !asked.has(queue.name) && queue.oldest_pending_seconds > 2)
    .map((queue) => ({
      key: `unattended:${queue.name}`, tone: "bad", href: "/workers", action: "See workers",
      title: `No worker serves ${queue.name}`,
      text: `${plural(queue.depth, "job")} pending, the oldest for ${duration(queue.oldest_pending_seconds)}.`,
    }));
}

function hanging(running, queues) {
  const usual = new Map(queues.map((queue) => [queue.name, queue.run_seconds?.p95 ?? null]));
  return running
    .map((job) => ({ job, ran: between(job.started_at), p95: usual.get(job.queue) ?? null }))
    .filter(({ ran, p95 }) => p95 !== null && ran > Math.max(hangingLeast, p95 * hangingTimes))
    .sort((one, other) => other.ran - one.ran)
    .slice(0, 3)
    .map(({ job, ran, p95 }) => ({
      key: `hanging:${job.id}`, tone: "warn", href: path`/jobs/${job.id}`, action: "Open job",
      title: `A job of ${job.kind} may hang`,
      text: `It has run for ${duration(ran)} on ${job.worker?.name ?? "its worker"}; 95 of 100 in ${job.queue} take ${duration(p95)} at most.`,
    }));
}

function ofGroup(group) {
  const age = between(group.lastSeen);
  if (age > recently) return [];
  return [{
    key: `poisoned:${group.key}`, tone: group.count > 1 ? "bad" : "warn", href: "/dead-letters", action: "See dead letters",
    title: `${group.kind} ${group.count > 1 ? "keeps failing" : "has failed"}`,
    text: `${plural(group.count, "dead letter")}, the latest ${duration(age)} ago: ${group.message}`,
  }];
}
