// The history of a queue, or of all queues together, as rows for charts. The server stores it (`GET /v1/history`), so it
// survives a restart and a reload.

import { get, path, query, serverNow } from "./api.js";

const minute = 60_000;
/** The time for which the server has samples, in minutes: of minutes, and of hours. A longer request gets samples of hours. */
const maxMinutes = 1440;
const maxHourMinutes = 10_080;
/** The minimum age of the current step in seconds; before that it has no rate. */
const minSeconds = 20;

/**
 * Reads the rows of a range: `{at, time, depth, in, out, failed, wait, run}`, with the start and the end of a step, the depth,
 * rates per second, and 95th percentiles in seconds.
 *
 * @param {string|null} queue one queue; all queues together if null
 * @param {object} range of `lib/time-range.js`
 */
export async function readRows(queue, range, signal) {
  const size = range.step * minute;
  const now = serverNow();
  const max = range.step < 60 ? maxMinutes : maxHourMinutes;
  const first = Math.floor(Math.max(range.from, now - (max - 1) * minute) / size) * size;
  const { items } = await get((queue === null ? "/v1/history" : path`/v1/queues/${queue}/history`) + query({
    minutes: Math.min(max, Math.floor((now - first) / minute) + 1), step_minutes: range.step, total: queue === null ? "true" : null,
    // The answer begins with the oldest step: the later ones are not needed.
    limit: Math.min(500, Math.ceil((range.to - first) / size) + 2),
  }), signal);
  const samples = new Map(items.map((item) => [Date.parse(item.at), item]));
  const rows = [];
  for (let at = first; at < range.to; at += size) rows.push(row(samples.get(at) ?? {}, at, Math.min(at + size, now)));
  return rows;
}

/** A step in which nothing happened and nothing waited has no sample: its row has zeros. */
function row(sample, at, time) {
  const seconds = (time - at) / 1000;
  const each = (number) => (seconds < minSeconds ? null : (number ?? 0) / seconds);
  return {
    at, time, depth: sample.depth ?? 0, in: each(sample.enqueued), out: each(sample.finished),
    failed: each(sample.failed), wait: sample.wait_p95_seconds ?? null, run: sample.run_p95_seconds ?? null,
  };
}

/** The present values of queues, for the end of a chart: the same as those of their tiles. */
export function presentRow(queues) {
  const sum = (value) => queues.reduce((total, queue) => total + value(queue), 0);
  const largest = (name) => {
    const known = queues.map((queue) => queue[name]?.p95).filter((value) => value !== undefined);
    return known.length ? Math.max(...known) : null;
  };
  return {
    depth: sum((queue) => queue.depth), in: sum((queue) => queue.enqueue_rate), out: sum((queue) => queue.finish_rate),
    failed: sum((queue) => queue.failure_rate), wait: largest("wait_seconds"), run: largest("run_seconds"),
  };
}
