// The payloads and results of the jobs in the list. They are read only for columns that show them, and once for each job,
// because they do not change.

import { get, path, query } from "../lib/api.js";
import { forEachJob } from "./bulk.js";
import { readFilter } from "./filter.js";

/** Up to this number of missing values, the jobs are read one by one. */
const maxSingle = 10;
/** The maximum number of pages that are read for the values of one page of the list. A page with large values ends early. */
const maxPages = 5;

/** Reads the values; `all` has them by the ID of the job. `keep` forgets those of other jobs than the shown ones. */
export function valueReader() {
  const all = new Map();
  const isMissing = ({ id, state }) => !all.has(id) || (state === "completed" && all.get(id).result === undefined);
  const store = ({ id, state, payload, result }) => all.set(id, { payload, result: state === "completed" ? result : undefined });

  /** Reads the missing values of jobs of a page of the list, if one of the columns shows them. */
  async function read(jobs, columns, parameters, signal) {
    if (!columns.some(({ isLarge }) => isLarge)) return;
    const missing = jobs.filter(isMissing);
    // A search is too expensive to repeat it.
    if (missing.length > maxSingle && !parameters.has("q")) await readPages(jobs, parameters, signal);
    await forEachJob(jobs.filter(isMissing).map(({ id }) => id), async (id) => store(await get(path`/v1/jobs/${id}`, signal)));
  }

  async function readPages(jobs, parameters, signal) {
    let cursor = parameters.get("cursor");
    for (let page = 0; page < maxPages && jobs.some(isMissing); page += 1) {
      const { items, next_cursor: next } = await get(`/v1/jobs${query({ ...readFilter(parameters), limit: jobs.length, cursor })}`, signal);
      items.forEach(store);
      cursor = next;
      if (!cursor) break;
    }
  }

  function keep(jobs) {
    const shown = new Set(jobs.map(({ id }) => id));
    for (const id of all.keys()) if (!shown.has(id)) all.delete(id);
  }

  return { all, keep, read };
}
