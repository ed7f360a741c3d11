// A table of jobs.

import { h } from "../lib/dom.js";
import { cellsOf, defaultColumns } from "../jobs/columns.js";
import { table } from "./blocks.js";

/** The table. `isQueueShown: false` leaves the queue out. `columns` and the other options are those of jobs/columns.js. */
export function jobTable(jobs, { isQueueShown = true, columns = defaultColumns({ isQueueShown }), ...options } = {}) {
  return h("div", { class: "job-list", key: "job-list" },
    table("Jobs", columns, jobs.map((job) => ({ key: job.id, cells: cellsOf(job, columns, options) }))));
}
