// Dead letters, grouped by fault.

import { get, post, query } from "../lib/api.js";

/** The most groups shown: they are the largest, of which the newest come first. */
const most = 100;

/** The groups as `{key, kind, fingerprint, queue, type, message, count, firstSeen, lastSeen, example}`, newest first. */
export async function groupsOfFailures(signal, { queue } = {}) {
  const { items } = await get(`/v1/dead-letters/groups${query({ queue, limit: most })}`, signal);
  return items.map(read).sort((one, other) => other.lastSeen.localeCompare(one.lastSeen));
}

function read(group) {
  return {
    key: `${group.queue} ${group.fingerprint}`, kind: group.kind, fingerprint: group.fingerprint, queue: group.queue,
    type: group.error_type, message: group.example?.error.message ?? "", count: group.count,
    firstSeen: group.first_seen_at, lastSeen: group.last_seen_at, example: group.example?.id ?? null,
  };
}

/** The latest dead letters. */
export async function latestOf(queue, signal) {
  const page = await get(`/v1/dead-letters${query({ queue, fields: "summary", limit: 20 })}`, signal);
  return page.items;
}

/** Makes every job of a group pending again; answers how many. */
export function redriveGroup(group) {
  return settle("/v1/dead-letters/redrive", group);
}

/** Removes every job of a group; answers how many. */
export function discardGroup(group) {
  return settle("/v1/dead-letters/discard", group);
}

async function settle(url, { queue, kind, fingerprint }) {
  const { count } = await post(url, { filter: { queue, kind, fingerprint } });
  return count;
}
