// The kinds, queues, tags and types of errors that the server knows: of the newest jobs, workers, schedules and dead letters. Fields
// complete them.

import { get, getAll, Problem } from "../lib/api.js";

/** How long the names are used before they are read again, in milliseconds. */
const lifetime = 30_000;
const jobsRead = 500;
let names = { kinds: [], queues: [], tags: [], errors: [] };
let reading = null;
let readAt = -Infinity;

/** The names that are known now. */
export function knownNames() {
  return names;
}

/** Reads the names, unless they are fresh; calls `changed` after that. */
export async function readNames(changed) {
  if (performance.now() - readAt > lifetime) {
    readAt = performance.now();
    reading = read();
  }
  await reading;
  changed();
}

async function read() {
  const [jobs, queues, workers, schedules, groups] = await Promise.all([
    get(`/v1/jobs?fields=summary&limit=${jobsRead}`), getAll("/v1/queues"), getAll("/v1/workers"), getAll("/v1/schedules"),
    get("/v1/dead-letters/groups?limit=100"),
  ].map(itemsOf));
  const kinds = [
    ...jobs.map(({ kind }) => kind), ...workers.flatMap((worker) => worker.kinds), ...schedules.map(({ job }) => job?.kind),
    ...groups.map(({ kind }) => kind),
  ];
  const tags = jobs.flatMap((job) => Object.entries(job.tags).map(([key, value]) => `${key}:${value}`));
  names = {
    kinds: sorted(kinds), queues: sorted(queues.map(({ name }) => name)), tags: sorted(tags),
    errors: sorted(groups.map((group) => group.error_type)),
  };
}

/** The items of a list; none if the key may not read it. Completion is a help that may be missing. */
async function itemsOf(list) {
  try {
    return (await list).items;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    return [];
  }
}

function sorted(texts) {
  return [...new Set(texts.filter(Boolean))].sort();
}
