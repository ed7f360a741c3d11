// The runs of the distributed maps of an execution, with their counts.

import { h } from "../lib/dom.js";
import { ago, between, count, duration, share } from "../lib/format.js";
import { table } from "./blocks.js";
import { executionStatuses } from "./execution-table.js";
import { statusBadge } from "./status-marks.js";

const counted = ["pending", "running", "succeeded", "failed", "timed_out", "aborted"];

/** A table of map runs. */
export function mapRunTable(runs) {
  const columns = [
    { name: "Status" }, { name: "Map", isWhole: true }, { name: "Done", isNumber: true }, { name: "Items", isNumber: true },
    ...counted.map((name) => ({ name: capital(name), isNumber: true })),
    { name: "Child executions", isNumber: true, isWideOnly: true }, { name: "Started", isNumber: true, isWideOnly: true }, { name: "Took", isNumber: true },
  ];
  return table("Map runs", columns, runs.map((run) => ({ key: run.arn, cells: cells(run) })));
}

function cells({ arn, label, status, items, executions, started_at: start, ended_at: end }) {
  const done = items.total - items.pending - items.running;
  const part = items.total ? done / items.total : 0;
  return [
    statusBadge(executionStatuses[status]),
    h("span", { title: arn }, label),
    h("span", { class: "depth" }, share(part), h("progress", { max: Math.max(1, items.total), value: done, "aria-label": `${count(done)} of ${count(items.total)} items` })),
    count(items.total),
    ...counted.map((name) => h("span", { class: items[name] && name !== "succeeded" && name !== "pending" && name !== "running" ? "bad-text" : null }, count(items[name]))),
    count(executions?.total),
    ago(start),
    duration(between(start, end)),
  ];
}

function capital(name) {
  const words = (executionStatuses[name] ?? name).replace("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
