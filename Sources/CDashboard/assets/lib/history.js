// The last hour of each queue, for the small charts in tables. The server stores it (`GET /v1/history`), so it survives a
// restart and a reload.

import { getAll, path, serverNow } from "./api.js";

const minutes = 60;
const minute = 60_000;
/** The time between two reads, in milliseconds. The current minute changes all the time. */
const readEvery = 5000;
/** The maximum number of pages of one read: the hour of 166 queues. */
const maxPages = 20;
/** A later read covers the minutes since the one before, and this many more. */
const overlap = 2;

const read = new Map();

/**
 * The last hour as rows `{time, depth}` by the name of the queue. With very many queues the rows begin later.
 *
 * @param {string|null} name one queue; every queue if null
 * @returns {Promise<Map<string, object[]>>}
 */
export async function lastHour(name, signal) {
  const url = name === null ? "/v1/history" : path`/v1/queues/${name}/history`;
  const known = read.get(url);
  if (known && performance.now() - known.at <= readEvery) return known.rows;
  const at = performance.now();
  const samples = (known && await newer(url, known, signal)) ?? await whole(url, signal);
  samples.rows = rowsOf(samples);
  read.set(url, { ...samples, at });
  return samples.rows;
}

/** The samples with those of the minutes since they were read; null if these are too many. */
async function newer(url, { at, items, since }, signal) {
  const span = Math.ceil((performance.now() - at) / minute) + overlap;
  if (span >= minutes) return null;
  const more = await getAll(`${url}?minutes=${span}`, signal, maxPages);
  if (more.hasMore) return null;
  const merged = new Map(items);
  for (const item of more.items) merged.set(placeOf(item), item);
  const first = serverNow() - (minutes + 1) * minute;
  for (const [place, item] of merged) if (Date.parse(item.at) < first) merged.delete(place);
  return { items: merged, since };
}

/** The samples of the hour, or of its newest part. The API returns the oldest first: a read that ends early lacks the
 * newest, so a shorter time is read instead. */
async function whole(url, signal) {
  for (let span = minutes; ; span = Math.floor(span / 2)) {
    const { items, hasMore } = await getAll(`${url}?minutes=${span}`, signal, maxPages);
    if (hasMore && span > 1) continue;
    const since = Math.floor(serverNow() / minute) * minute - (span - 1) * minute;
    return { items: new Map(items.map((item) => [placeOf(item), item])), since };
  }
}

function placeOf({ at, queue }) {
  return `${at} ${queue}`;
}

function rowsOf({ items, since }) {
  const groups = new Map();
  for (const item of items.values()) {
    if (!groups.has(item.queue)) groups.set(item.queue, new Map());
    groups.get(item.queue).set(Date.parse(item.at), item);
  }
  const now = serverNow();
  return new Map([...groups].map(([queue, samples]) => [queue, everyMinute(samples, since, now)]));
}

/** A minute in which nothing happened and nothing waited has no sample: its row has zeros. */
function everyMinute(samples, since, now) {
  const running = Math.floor(now / minute) * minute;
  const rows = [];
  for (let at = Math.max(since, running - (minutes - 1) * minute); at <= running; at += minute) {
    rows.push({ time: Math.min(at + minute, now), depth: samples.get(at)?.depth ?? 0 });
  }
  return rows;
}
