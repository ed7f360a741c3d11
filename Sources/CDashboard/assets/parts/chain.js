// The jobs related to a job: its dependencies, its dependents, its parent and its children.
//
// The graph is read from the job outwards, so the nearest jobs are drawn. If a job has many relations of one type, the
// most important are drawn and a summary node counts the others.

import { find, getAll, path, Problem, query } from "../lib/api.js";

/** The maximum number of jobs, of related jobs of one type for each job, and of steps from the job of the page. */
const limits = { jobs: 40, group: 8, hops: 6 };
/** The number of children and dependents that are read for each other job. Of the job of the page, up to 2,000 are read. */
const pageSize = 50;
/** The order of states: those that need attention come first. */
export const stateOrder = ["failed", "processing", "retrying", "cancelled", "pending", "suspended", "blocked", "scheduled", "completed"];

/**
 * Reads the graph around a job: `{nodes, edges, relations}`.
 *
 * A node is `{id, kind, state}`, or a summary `{id, more, states, list, next}` of `more` jobs that are not drawn; `list` is
 * the page that lists them, and `next` a job that continues the graph, if it was cut because of its distance. An edge is
 * `{from, to, kind}`, with the kind "needs" from a job to one that waits for it, and "made" from a parent to its child.
 * `relations` are the related jobs of the job itself: `{name, jobs, total, hasMore}`.
 */
export async function chainOf(job, signal) {
  const chain = new Chain(job);
  let front = [job.id];
  for (let hop = 0; front.length > 0; hop += 1) {
    const families = await Promise.all(front.map((id) => familyOf(id, signal, hop === 0)));
    if (hop === 0) chain.relations = families[0]?.relations ?? [];
    const isEnd = hop >= limits.hops;
    front = families.filter(Boolean).flatMap((family) => chain.add(family, isEnd));
  }
  return chain.graph();
}

/** A job with its related jobs by type; null if the job was deleted. */
async function familyOf(id, signal, isOwn) {
  const read = isOwn ? readAll : readPage;
  const [job, dependents] = await Promise.all([find(path`/v1/jobs/${id}`, signal), read(path`/v1/jobs/${id}/dependents`, signal)]);
  if (!job) return null;
  const children = job.children_count > 0 ? await read(path`/v1/jobs/${id}/children`, signal) : null;
  const needed = new Set(job.depends_on);
  const ownChildren = (children?.items ?? []).filter((child) => !needed.has(child.id));
  const isSplit = children && ownChildren.length === 0;
  return {
    job,
    relations: [
      // The children that a parent waits for are counted as its children.
      !isSplit && { name: "dependencies", jobs: job.dependencies, total: needed.size, hasMore: false },
      children && { name: "children", jobs: children.items, total: job.children_count, hasMore: children.hasMore },
      dependents && { name: "dependents", jobs: dependents.items, total: dependents.items.length, hasMore: dependents.hasMore },
    ].filter(Boolean),
    groups: [
      group("dependencies", job.dependencies, needed.size, (other) => ({ from: other, to: id, kind: "needs" })),
      group("dependents", dependents?.items, null, (other) => ({ from: id, to: other, kind: "needs" }), dependents?.hasMore),
      group("parent", job.parent_id ? [{ id: job.parent_id }] : [], null, (other) => ({ from: other, to: id, kind: "made" })),
      // The children that a parent waits for are drawn as what it needs.
      group("children", ownChildren, isSplit ? null : job.children_count - ((children?.items.length ?? 0) - ownChildren.length),
        (other) => ({ from: id, to: other, kind: "made" })),
    ],
  };
}

/** The first jobs of a list; null if the job was deleted. */
async function readPage(url, signal) {
  const page = await find(url + query({ limit: pageSize, fields: "summary" }), signal);
  return page && { items: page.items, hasMore: page.next_cursor !== null };
}

async function readAll(url, signal) {
  try {
    return await getAll(`${url}?fields=summary`, signal);
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null;
    throw error;
  }
}

/** Related jobs of one type. `total` is their number if it is known; `hasMore` is true if there are further ones. */
function group(name, jobs, total, edge, hasMore = false) {
  return { name, jobs: jobs ?? [], total: total ?? jobs?.length ?? 0, edge, hasMore: Boolean(hasMore) };
}

class Chain {
  constructor(own) {
    this.nodes = new Map([[own.id, summary(own)]]);
    this.edges = new Map();
    this.known = new Map();
    this.relations = [];
  }

  /** Adds the related jobs of a job; returns the identifiers of the new ones. With `isEnd` they are only counted. */
  add({ job, groups }, isEnd) {
    this.nodes.set(job.id, summary(job));
    this.known.set(job.id, job);
    return groups.flatMap((each) => this.addGroup(job, each, isEnd));
  }

  addGroup(job, { name, jobs, total, edge, hasMore }, isEnd) {
    const drawn = jobs.filter(({ id }) => this.nodes.has(id));
    const others = jobs.filter(({ id }) => !this.nodes.has(id)).sort((one, other) => rank(one) - rank(other));
    const room = isEnd ? 0 : Math.max(0, Math.min(limits.group - drawn.length, limits.jobs - this.nodes.size));
    // A summary needs as much space as a job, so it never replaces a single job.
    const chosen = others.slice(0, others.length === room + 1 && room > 0 && total <= jobs.length && !hasMore ? room + 1 : room);
    for (const other of chosen) this.nodes.set(other.id, summary(other));
    for (const other of [...drawn, ...chosen]) this.remember(other, edge(other.id));
    const hidden = others.slice(chosen.length);
    const more = Math.max(total, jobs.length) - drawn.length - chosen.length;
    if (more > 0) this.addSummary(`${name} of ${job.id}`, { more, hasMore, hidden, isFar: isEnd, list: path`/jobs/${job.id}/${name}` }, edge);
    return chosen.map(({ id }) => id);
  }

  remember(job, edge) {
    if (job.depends_on && !this.known.has(job.id)) this.known.set(job.id, job);
    this.connect(edge);
  }

  addSummary(id, { more, hasMore, hidden, isFar, list }, edge) {
    const states = new Map();
    // Counts by state need all jobs; counts of a part would be misleading.
    for (const { state } of hidden.length === more ? hidden : []) if (state) states.set(state, (states.get(state) ?? 0) + 1);
    this.nodes.set(id, { id, more, hasMore, states: [...states].sort(byState), list, next: isFar ? hidden[0] ?? null : null });
    this.connect(edge(id));
  }

  connect({ from, to, kind }) {
    const name = `${from} ${to}`;
    if (from !== to && (kind === "needs" || !this.edges.has(name))) this.edges.set(name, { from, to, kind });
  }

  graph() {
    for (const job of this.known.values()) {
      for (const needed of job.depends_on) if (this.nodes.has(needed)) this.connect({ from: needed, to: job.id, kind: "needs" });
      if (this.nodes.has(job.parent_id)) this.connect({ from: job.parent_id, to: job.id, kind: "made" });
    }
    // A parent that was deleted, or not read, has neither kind nor state.
    const nodes = [...this.nodes.values()].filter(({ kind, more }) => kind || more);
    const ids = new Set(nodes.map(({ id }) => id));
    return { nodes, relations: this.relations, edges: [...this.edges.values()].filter(({ from, to }) => ids.has(from) && ids.has(to)) };
  }
}

function summary({ id, kind, state }) {
  return { id, kind, state };
}

function byState([one], [other]) {
  return rank({ state: one }) - rank({ state: other });
}

function rank({ state }) {
  const place = stateOrder.indexOf(state);
  return place < 0 ? stateOrder.length : place;
}
