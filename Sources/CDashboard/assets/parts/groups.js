// Dead letters, grouped by fault.

import { find, get, post, query } from "../lib/api.js";

/** How many dead letters are looked at where the server does not group them itself. */
const sample = 200;

/** The groups as `{key, kind, type, message, count, firstSeen, lastSeen, example, filter}`, newest first. */
export async function groupsOfFailures(signal, { queue } = {}) {
  const answer = await find(`/v1/dead-letters/groups${query({ queue, limit: 100 })}`, signal);
  const groups = answer ? answer.items.map(fromServer) : await byHand(queue, signal);
  return groups.sort((one, other) => other.lastSeen.localeCompare(one.lastSeen));
}

function fromServer(group) {
  return {
    key: `${group.queue} ${group.fingerprint}`, kind: group.kind, fingerprint: group.fingerprint, queue: group.queue,
    type: group.error_type, message: group.example?.error.message ?? "", count: group.count,
    firstSeen: group.first_seen_at, lastSeen: group.last_seen_at, example: group.example?.id ?? null,
  };
}

async function byHand(queue, signal) {
  const page = await get(`/v1/jobs${query({ state: "failed", queue, limit: sample })}`, signal);
  const groups = new Map();
  for (const job of page.items) {
    const key = `${job.kind} ${job.error?.type ?? ""}`;
    const group = groups.get(key) ?? {
      key, kind: job.kind, fingerprint: null, queue: job.queue, type: job.error?.type ?? "",
      message: job.error?.message ?? "", count: 0, firstSeen: job.finished_at, lastSeen: job.finished_at,
      example: job.id,
    };
    group.count += 1;
    if (job.finished_at < group.firstSeen) group.firstSeen = job.finished_at;
    if (job.finished_at > group.lastSeen) group.lastSeen = job.finished_at;
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** The latest dead letters. */
export async function latestOf(queue, signal) {
  const page = await get(`/v1/jobs${query({ state: "failed", queue, limit: 20 })}`, signal);
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
