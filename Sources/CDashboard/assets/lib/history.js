// The last hour of the queues, for charts: kept by the server (`GET /v1/history`), so that it survives a restart and
// a reload. Where a server keeps none, what this page saw itself must do.

import { find, path, serverNow } from "./api.js";

const minutes = 60;
const minute = 60_000;
/** The minutes change once a minute; the running one is worth a look more often. */
const readEvery = 5000;
/** The most samples of its own that the page keeps a queue. */
const kept = 1800;

const seen = new Map();
const read = new Map();

/** Remembers what a queue's status said just now. */
export function remember(queue) {
  const samples = seen.get(queue.name) ?? [];
  samples.push({
    time: serverNow(), depth: queue.depth, in: queue.enqueue_rate, out: queue.drain_rate,
    failed: queue.failure_rate, wait: queue.wait_seconds?.p95 ?? null, run: queue.run_seconds?.p95 ?? null,
  });
  if (samples.length > kept) samples.shift();
  seen.set(queue.name, samples);
}

/**
 * The last hour as rows `{time, depth, in, out, failed, wait, run}`, rates a second, by the name of the queue.
 *
 * @param {string|null} name one queue; every queue if null
 * @returns {Promise<{rows: Map<string, object[]>, isKept: boolean}>}
 */
export async function lastHour(name, signal) {
  const url = (name === null ? "/v1/history" : path`/v1/queues/${name}/history`) + `?minutes=${minutes}`;
  let known = read.get(url);
  if (!known || performance.now() - known.at > readEvery) {
    const answer = await find(url, signal);
    known = { at: performance.now(), rows: answer && byQueue(answer.items, name) };
    read.set(url, known);
  }
  return { rows: known.rows ?? seen, isKept: known.rows !== null };
}

function byQueue(items, name) {
  const groups = new Map();
  for (const item of items) {
    const queue = item.queue ?? name;
    if (!groups.has(queue)) groups.set(queue, new Map());
    groups.get(queue).set(Date.parse(item.at), item);
  }
  return new Map([...groups].map(([queue, samples]) => [queue, everyMinute(samples)]));
}

/** A minute in which nothing happened and nothing waited has no sample: it is a row of zeros all the same. */
function everyMinute(samples) {
  const now = serverNow();
  const running = Math.floor(now / minute) * minute;
  const rows = [];
  for (let at = running - (minutes - 1) * minute; at <= running; at += minute) {
    rows.push(row(samples.get(at) ?? {}, at, now));
  }
  return rows;
}

function row(sample, at, now) {
  const end = Math.min(at + minute, now);
  // The first seconds of a minute are too few to tell a rate by.
  const span = Math.max(10, (end - at) / 1000);
  return {
    time: end, depth: sample.depth ?? 0, in: (sample.enqueued ?? 0) / span, out: (sample.finished ?? 0) / span,
    failed: (sample.failed ?? 0) / span, wait: sample.wait_p95_seconds ?? null, run: sample.run_p95_seconds ?? null,
  };
}

/** Several queues' hours as one: sums of what adds up, the worst of what does not. */
export function together(hours) {
  const whole = new Map();
  for (const rows of hours) {
    for (const [slot, each] of bySlot(rows)) {
      const sum = whole.get(slot);
      if (sum) add(each, sum);
      else whole.set(slot, { ...each });
    }
  }
  return [...whole.values()].sort((one, other) => one.time - other.time);
}

/** One row for every ten seconds, so that queues read at different moments can be added up. */
function bySlot(rows) {
  return new Map(rows.map((each) => [Math.round(each.time / 10_000), each]));
}

function add(each, sum) {
  for (const name of ["depth", "in", "out", "failed"]) sum[name] += each[name];
  for (const name of ["wait", "run"]) {
    if (each[name] !== null) sum[name] = Math.max(sum[name] ?? 0, each[name]);
  }
}
