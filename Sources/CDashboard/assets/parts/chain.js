// The jobs around a job: those it waits for, the one that made it, those it made.

import { find, path } from "../lib/api.js";

/** The most jobs drawn: beyond it a picture tells nothing. */
const most = 40;

/** The jobs that hang together with a job, and the edges between them: `{jobs, edges, isCut}`. */
export async function chainOf(job, signal) {
  const jobs = new Map([[job.id, job]]);
  const missing = new Set();
  let front = neighbours(job);
  while (front.length && jobs.size < most) {
    const wanted = front.filter((id) => !jobs.has(id) && !missing.has(id)).slice(0, most - jobs.size);
    const found = await Promise.all(wanted.map((id) => find(path`/v1/jobs/${id}`, signal)));
    found.forEach((each, index) => (each ? jobs.set(each.id, each) : missing.add(wanted[index])));
    front = [...new Set(found.filter(Boolean).flatMap(neighbours))].filter((id) => !jobs.has(id) && !missing.has(id));
  }
  return { jobs: [...jobs.values()], edges: edgesOf(jobs), isCut: front.length > 0 };
}

function neighbours(job) {
  return [job.parent_id, ...job.depends_on, ...childrenOf(job)].filter(Boolean);
}

/** The jobs that a job made, by ID; absent where the server does not tell. */
function childrenOf(job) {
  const children = job.children?.items ?? job.children ?? [];
  return children.map((child) => child.id ?? child);
}

function edgesOf(jobs) {
  const edges = new Map();
  const add = (from, to, kind) => {
    if (from !== to && jobs.has(from) && jobs.has(to) && !edges.has(from + to)) edges.set(from + to, { from, to, kind });
  };
  for (const job of jobs.values()) {
    for (const needed of job.depends_on) add(needed, job.id, "needs");
    if (job.parent_id) add(job.parent_id, job.id, "made");
    for (const child of childrenOf(job)) add(job.id, child, "made");
  }
  return [...edges.values()];
}
