// Operations on many jobs.

import { find, get, patch, path, post, Problem } from "../lib/api.js";
import { plural } from "../lib/format.js";

/** The maximum number of jobs of one operation. */
const maxJobs = 10_000;
/** The number of calls at the same time, for operations that have no call for many jobs. */
const width = 4;

/** The operations that the API has for many jobs. */
export const bulkActions = {
  retry: { name: "Retry", done: (count) => `${plural(count, "job is", "jobs are")} pending again.` },
  cancel: { name: "Cancel", done: (count) => `${plural(count, "job is", "jobs are")} cancelled. Workers stop those that run.` },
  delete: { name: "Delete", done: (count) => `${plural(count, "job is", "jobs are")} deleted.` },
};

/**
 * The number of selected jobs for which each operation is possible, by its name: `{count, more}`. `more` is true if the
 * filter selects further jobs.
 *
 * @param {object} selection `{ids}` or `{filter}`
 */
export async function dryRun(selection) {
  const actions = Object.keys(bulkActions);
  const answers = await Promise.all(actions.map((action) =>
    post(`/v1/jobs/${action}`, { ...selection, ...limitOf(selection), dry_run: true })));
  return Object.fromEntries(actions.map((action, index) => [action, answers[index]]));
}

/**
 * Performs an operation on the selected jobs: `{count, more}`. `more` is true if a filter selects further jobs. They need
 * another call of the user: jobs that were retried can have failed again, and an automatic repetition would not end.
 */
export function perform(action, selection) {
  return post(`/v1/jobs/${action}`, { ...selection, ...limitOf(selection) });
}

function limitOf({ filter }) {
  return filter ? { limit: maxJobs } : {};
}

/** Calls `change(id)` for each job. Returns the number of jobs that were changed, and the messages of the others. */
export async function forEachJob(ids, change) {
  const waiting = [...ids];
  const errors = [];
  async function run() {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      try {
        await change(id);
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem;
        errors.push(problem.message);
      }
    }
  }
  await Promise.all(Array.from({ length: width }, run));
  return { changed: ids.length - errors.length, errors };
}

/** Makes a scheduled or retrying job due now. */
export const runNow = (id) => post(path`/v1/jobs/${id}/run-now`);
/** Changes the priority of a job that waits. */
export const setPriority = (id, priority) => patch(path`/v1/jobs/${id}`, { priority });
/** A job with its payload. */
export const readJob = (id) => get(path`/v1/jobs/${id}`);

/** The jobs as they are now, without those that were deleted. */
export async function readAgain(jobs) {
  const found = new Map();
  await forEachJob(jobs.map(({ id }) => id), async (id) => { found.set(id, await find(path`/v1/jobs/${id}`)); });
  return jobs.map((job) => (found.has(job.id) ? found.get(job.id) : job)).filter(Boolean);
}
