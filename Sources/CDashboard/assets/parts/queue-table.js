// The table of queues.

import { h } from "../lib/dom.js";
import { bar, sparkline } from "../lib/charts.js";
import { count, duration, none, rate, share, short } from "../lib/format.js";
import { badge, queueLink } from "./badges.js";
import { table } from "./blocks.js";

const columns = [
  { name: "Queue", isWhole: true }, { name: "Depth", isNumber: true }, { name: "Last hour", isWideOnly: true },
  { name: "Oldest", isNumber: true }, { name: "In/s", isNumber: true }, { name: "Out/s", isNumber: true },
  { name: "Failing", isNumber: true }, { name: "Wait p50 / p95", isNumber: true },
  { name: "Run p50 / p95", isNumber: true }, { name: "Running", isNumber: true },
  { name: "Dead", isNumber: true },
];

/** The table; `hours` maps the name of a queue to its rows of the last hour. */
export function queueTable(queues, hours) {
  return table("Queues", columns, queues.map((queue) => ({ key: queue.name, cells: cells(queue, hours.get(queue.name) ?? []) })));
}

function cells(queue, rows) {
  const bound = queue.max_depth;
  const used = bound === null ? "no maximum" : `${count(queue.depth)} of ${count(bound)}`;
  const failing = queue.failure_rate > 0 ? queue.failure_rate / Math.max(queue.drain_rate, queue.failure_rate) : 0;
  return [
    h("span", { class: "name" }, queueLink(queue.name), queue.paused && badge("paused")),
    h("span", { class: "depth" }, h("strong", {}, short(queue.depth)), bound !== null && bar(queue.depth, bound, used)),
    sparkline(rows.slice(-60).map((row) => row.depth), `Depth of ${queue.name} over the last hour`),
    duration(queue.oldest_pending_seconds),
    rate(queue.enqueue_rate),
    rate(queue.finish_rate),
    h("span", { class: failing >= 0.2 ? "bad-text" : null }, failing ? share(failing) : "0"),
    quantiles(queue.wait_seconds),
    quantiles(queue.run_seconds),
    count(queue.counts.processing),
    queue.counts.failed
      ? h("a", { href: `/dead-letters?queue=${encodeURIComponent(queue.name)}` }, short(queue.counts.failed)) : "0",
  ];
}

function quantiles(values) {
  return values ? `${duration(values.p50)} / ${duration(values.p95)}` : none;
}
