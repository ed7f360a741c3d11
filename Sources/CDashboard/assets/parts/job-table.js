// A table of jobs.

import { h } from "../lib/dom.js";
import { cellsOf, defaultColumns } from "../jobs/columns.js";
import { rowMenu } from "../jobs/job-actions.js";
import { table } from "./blocks.js";

/**
 * The table. `isQueueShown: false` leaves the queue out. With `changed`, each job has a menu of actions, which call it.
 * `columns` and the other options are those of jobs/columns.js.
 */
export function jobTable(jobs, { isQueueShown = true, changed, columns = defaultColumns({ isQueueShown }), ...options } = {}) {
  const menu = { name: "Actions", isUnseen: true, cell: (job) => rowMenu(job, changed) };
  const all = changed ? [...columns, menu] : columns;
  return h("div", { class: "job-list", key: "job-list" }, table("Jobs", all, jobs.map((job) => ({ key: job.id, cells: cellsOf(job, all, options) }))));
}
