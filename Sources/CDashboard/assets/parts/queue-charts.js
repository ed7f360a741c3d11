// The charts of one queue, or of all queues together.

import { duration, rate, short } from "../lib/format.js";
import { readRows } from "../lib/history-rows.js";
import { historyCharts } from "./history-charts.js";

const charts = [
  ["Depth", short, [["pending", "tone-depth", "depth", true]]],
  ["Jobs/s", rate, [["in", "tone-in", "in"], ["out", "tone-out", "out"], ["failed", "tone-bad", "failed"]]],
  ["Wait, p95", duration, [["wait", "tone-wait", "wait"]]],
  ["Run, p95", duration, [["run", "tone-run", "run"]]],
];

/** The charts of a queue; of all queues together if `queue` is null. */
export function queueCharts(queue) {
  return historyCharts({ source: (range, signal) => readRows(queue, range, signal), charts, jobs: { queue } });
}
