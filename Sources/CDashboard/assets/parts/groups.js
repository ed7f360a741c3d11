// Dead letters, grouped by error.

import { get, post, query } from "../lib/api.js";

/** The maximum number of groups. The server returns the largest; the newest of them are shown first. */
const maxGroups = 100;

/** The groups as `{key, kind, fingerprint, queue, type, message, count, firstSeen, lastSeen, example}`, newest first. */
export async function groupsOfFailures(signal, { queue, kind } = {}) {
  const { items } = await get(`/v1/dead-letters/groups${query({ queue, kind, limit: maxGroups })}`, signal);
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

/** Makes every job of a group pending again; returns their number. */
export function redriveGroup(group) {
  return postGroup("/v1/dead-letters/redrive", group);
}

/** Deletes every job of a group; returns their number. */
export function discardGroup(group) {
  return postGroup("/v1/dead-letters/discard", group);
}

async function postGroup(url, { queue, kind, fingerprint }) {
  const { count } = await post(url, { filter: { queue, kind, fingerprint } });
  return count;
}
