// The last hour of the queues, for charts: kept by the server (`GET /v1/history`), so that it survives a restart and
// a reload.

import { getAll, path, serverNow } from "./api.js";

const minutes = 60;
const minute = 60_000;
/** The minutes change once a minute; the running one is worth a look more often. */
const readEvery = 5000;
/** A minute that has run for less than this, in seconds, tells no rate yet. */
const fewest = 20;

const read = new Map();

/**
 * The last hour as rows `{time, depth, in, out, failed, wait, run}`, rates a second, by the name of the queue.
 *
 * @param {string|null} name one queue; every queue if null
 * @returns {Promise<Map<string, object[]>>}
 */
export async function lastHour(name, signal) {
  const url = (name === null ? "/v1/history" : path`/v1/queues/${name}/history`) + `?minutes=${minutes}`;
  let known = read.get(url);
  if (!known || performance.now() - known.at > readEvery) {
    const { items } = await getAll(url, signal);
    known = { at: performance.now(), rows: byQueue(items) };
    read.set(url, known);
  }
  return known.rows;
}

function byQueue(items) {
  const groups = new Map();
  for (const item of items) {
    if (!groups.has(item.queue)) groups.set(item.queue, new Map());
    groups.get(item.queue).set(Date.parse(item.at), item);
  }
  const now = serverNow();
  return new Map([...groups].map(([queue, samples]) => [queue, everyMinute(samples, now)]));
}

/** A minute in which nothing happened and nothing waited has no sample: it is a row of zeros all the same. */
function everyMinute(samples, now) {
  const running = Math.floor(now / minute) * minute;
  const rows = [];
  for (let at = running - (minutes - 1) * minute; at <= running; at += minute) {
    rows.push(row(samples.get(at) ?? {}, at, now));
  }
  return rows;
}

function row(sample, at, now) {
  const end = Math.min(at + minute, now);
  const seconds = (end - at) / 1000;
  const each = (number) => (seconds < fewest ? null : (number ?? 0) / seconds);
  return {
    time: end, depth: sample.depth ?? 0, in: each(sample.enqueued), out: each(sample.finished),
    failed: each(sample.failed), wait: sample.wait_p95_seconds ?? null, run: sample.run_p95_seconds ?? null,
  };
}

/** Several queues' hours as one: sums of what adds up, the worst of what does not. */
export function together(hours) {
  const [first = [], ...others] = hours;
  return first.map((each, index) => {
    const sum = { ...each };
    for (const rows of others) add(rows[index], sum);
    return sum;
  });
}

function add(each, sum) {
  for (const name of ["depth", "in", "out", "failed"]) {
    if (each[name] !== null) sum[name] += each[name];
  }
  for (const name of ["wait", "run"]) {
    if (each[name] !== null) sum[name] = Math.max(sum[name] ?? 0, each[name]);
  }
}
