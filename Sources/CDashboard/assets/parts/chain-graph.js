// A chain as a graph: jobs in columns, each to the right of what it waits for or came from.

import { h } from "../lib/dom.js";
import { path } from "../lib/api.js";

const box = { width: 190, height: 46 };
const gap = { x: 56, y: 16 };
const margin = 6;

export function chainGraph({ jobs, edges, isCut }, ownID) {
  const places = layOut(jobs, edges);
  const columns = Math.max(...[...places.values()].map(({ column }) => column)) + 1;
  const rows = Math.max(...[...places.values()].map(({ row }) => row)) + 1;
  const width = columns * box.width + (columns - 1) * gap.x + 2 * margin;
  const height = rows * box.height + (rows - 1) * gap.y + 2 * margin;
  return h("div", { class: "panel graph", tabindex: "0", role: "region", "aria-label": "Chain of jobs" },
    h("svg", { viewBox: `0 0 ${width} ${height}`, width, height },
      h("title", {}, `${jobs.length} jobs that hang together`),
      edges.map(({ from, to, kind }) => h("path", { class: `edge ${kind}`, d: curve(places.get(from), places.get(to)) })),
      jobs.map((job) => node(job, places.get(job.id), job.id === ownID))),
    isCut && h("p", { class: "muted" }, "There are more jobs in this chain than are drawn."));
}

function left({ column }) {
  return margin + column * (box.width + gap.x);
}

function top({ row }) {
  return margin + row * (box.height + gap.y);
}

function curve(from, to) {
  const x1 = left(from) + box.width;
  const y1 = top(from) + box.height / 2;
  const x2 = left(to);
  const y2 = top(to) + box.height / 2;
  const bend = Math.max(20, (x2 - x1) / 2);
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

function node(job, place, isOwn) {
  const x = left(place);
  const y = top(place);
  return h("a", { key: job.id, href: path`/jobs/${job.id}`, "aria-current": isOwn ? "true" : null, "aria-label": `${job.kind}, ${job.state}` },
    h("rect", { class: isOwn ? "node own" : "node", x, y, width: box.width, height: box.height, rx: 8 }),
    h("circle", { class: `node-dot ${job.state}`, cx: x + 16, cy: y + box.height / 2, r: 5 }),
    h("text", { class: "node-name", x: x + 30, y: y + 20 }, cut(job.kind, 22)),
    h("text", { class: "node-note", x: x + 30, y: y + 36 }, `${job.state} · ${job.id.slice(-6)}`));
}

function cut(text, length) {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

/** A column for each job: one more than the farthest right of those before it. Cycles cannot be; a bound on the
 * rounds makes sure that a fault in the data hangs no page. */
function layOut(jobs, edges) {
  const column = new Map(jobs.map(({ id }) => [id, 0]));
  for (let round = 0, isMoving = true; isMoving && round < jobs.length; round += 1) {
    isMoving = false;
    for (const { from, to } of edges) {
      if (column.get(to) > column.get(from)) continue;
      column.set(to, column.get(from) + 1);
      isMoving = true;
    }
  }
  const filled = [];
  const places = new Map();
  for (const { id } of [...jobs].sort((one, other) => one.id.localeCompare(other.id))) {
    const at = column.get(id);
    filled[at] = (filled[at] ?? 0) + 1;
    places.set(id, { column: at, row: filled[at] - 1 });
  }
  return places;
}
