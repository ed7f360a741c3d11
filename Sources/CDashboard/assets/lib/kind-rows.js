// The recent jobs of a kind, and their figures. The server keeps no statistics of kinds, so the figures are computed from the
// latest jobs.

import { getAll, query, serverNow } from "./api.js";

const minute = 60_000;
/** The maximum number of pages of jobs that a range is computed from, 500 jobs each. */
const maxPages = 4;

/**
 * The jobs of a kind that were submitted in a range, newest first.
 *
 * @returns {Promise<{items: object[], since: number}>} `since` is the time of the oldest job that was read if there are more,
 *   otherwise the start of the range
 */
export async function readJobs(kind, range, signal) {
  const { items, hasMore } = await getAll(`/v1/jobs${query({
    kind, fields: "summary", created_after: new Date(range.from).toISOString(),
    created_before: range.isLive ? null : new Date(range.to).toISOString(),
  })}`, signal, maxPages);
  return { items, since: hasMore ? Date.parse(items.at(-1).created_at) : range.from };
}

/** Rows for charts, `{at, time, in, out, failed, wait, run}`: rates per second, and 95th percentiles in seconds. */
export function rowsOf({ items, since }, range) {
  const size = range.step * minute;
  const first = Math.floor(range.from / size) * size;
  const now = serverNow();
  const rows = [];
  for (let at = first; at < range.to; at += size) {
    rows.push({ at, time: Math.min(at + size, now), in: 0, out: 0, failed: 0, waits: [], runs: [] });
  }
  for (const job of items) count(job, (time) => rows[Math.floor((Date.parse(time) - first) / size)]);
  return rows.map((row) => (row.time <= since ? empty(row) : finished(row)));
}

/** Adds a job to the rows of its times. */
function count(job, rowAt) {
  const [submitted, started, ended] = [job.created_at, job.started_at, job.finished_at].map((time) => time && rowAt(time));
  if (submitted) submitted.in += 1;
  if (started) started.waits.push(waitOf(job));
  if (!ended) return;
  ended.out += 1;
  if (job.state === "failed") ended.failed += 1;
  if (job.started_at) ended.runs.push(runOf(job));
}

function finished({ at, time, in: submitted, out, failed, waits, runs }) {
  const seconds = Math.max(minute, time - at) / 1000;
  return {
    at, time, in: submitted / seconds, out: out / seconds, failed: failed / seconds, wait: quantile(waits, 0.95), run: quantile(runs, 0.95),
  };
}

/** A row before the oldest job that was read: its values are unknown. */
function empty({ at, time }) {
  return { at, time, in: null, out: null, failed: null, wait: null, run: null };
}

/** The time from due to the start of the latest attempt, in seconds. */
export function waitOf(job) {
  return Math.max(0, (Date.parse(job.started_at) - Date.parse(job.run_at)) / 1000);
}

/** The time of the latest attempt, in seconds. */
export function runOf(job) {
  return Math.max(0, (Date.parse(job.finished_at) - Date.parse(job.started_at)) / 1000);
}

/** A quantile of numbers; null without any. */
export function quantile(values, share) {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted.length ? sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] : null;
}
