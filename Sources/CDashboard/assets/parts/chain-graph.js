// The graph of the related jobs: boxes in columns, each to the right of its dependencies and its parent.

import { h } from "../lib/dom.js";
import { path } from "../lib/api.js";
import { count, plural } from "../lib/format.js";
import { box, layOut } from "./chain-layout.js";

/** The meaning of each kind of line, for the legend. */
const meanings = { needs: "the second waits for the first", made: "the first submitted the second" };

/** The graph as a panel that scrolls sideways if it is too wide. */
export function chainGraph({ nodes, edges }, ownID) {
  const { places, lines, width, height } = layOut(nodes, edges);
  const drawn = nodes.filter(({ more }) => !more).length;
  const kinds = Object.keys(meanings).filter((kind) => lines.some((line) => line.kind === kind));
  return h("div", { class: "panel graph-panel" },
    h("div", { class: "graph", tabindex: "0", role: "region", "aria-label": "Graph of related jobs" },
      h("svg", { viewBox: `0 0 ${width} ${height}`, width, height },
        h("title", {}, `${plural(drawn, "related job")} and the order in which they run`),
        lines.map(edge),
        nodes.map((node) => (node.more ? summary(node, places.get(node.id)) : job(node, places.get(node.id), node.id === ownID))))),
    h("p", { class: "graph-legend muted" }, kinds.map((kind) => h("span", { key: kind },
      h("svg", { width: 40, height: 10, "aria-hidden": "true" }, arrow(kind, "M0 5H38", head(39, 5))),
      meanings[kind]))));
}

/** Scrolls the graph so that the job of the page is in the middle. */
export function centre(panel) {
  const own = panel?.querySelector("[aria-current] rect");
  if (own) panel.scrollLeft = Number(own.getAttribute("x")) + box.width / 2 - panel.clientWidth / 2;
}

function edge({ from, to, kind, points, isBackward }) {
  return h("g", { key: `${from} ${to}`, "data-from": from, "data-to": to },
    isBackward ? arrow(kind, arch(points), upwardHead(...points[1])) : arrow(kind, curve(points), head(...points.at(-1))));
}

/** A line and its arrowhead, which is never dashed. */
function arrow(kind, line, tip) {
  return [h("path", { class: `edge ${kind}`, d: line }), h("path", { class: "edge", d: tip })];
}

function curve(points) {
  let text = `M${points[0].join(" ")}`;
  for (let index = 1; index < points.length; index += 1) {
    const [[x1, y1], [x2, y2]] = [points[index - 1], points[index]];
    const half = (x1 + x2) / 2;
    text += y1 === y2 ? `H${x2}` : `C${half} ${y1} ${half} ${y2} ${x2} ${y2}`;
  }
  return text;
}

/** A line from right to left, below the boxes. */
function arch([[x1, y1], [x2, y2]]) {
  const low = Math.max(y1, y2) + 26;
  return `M${x1} ${y1}C${x1} ${low} ${x2} ${low} ${x2} ${y2}`;
}

function upwardHead(x, y) {
  return `M${x - 4} ${y + 6}L${x} ${y}L${x + 4} ${y + 6}`;
}

/** The head of an arrow that points to the right. */
function head(x, y) {
  return `M${x - 6} ${y - 4}L${x} ${y}L${x - 6} ${y + 4}`;
}

function job({ id, kind, state }, { x, y }, isOwn) {
  return h("a", { key: id, href: path`/jobs/${id}`, "aria-current": isOwn ? "true" : null, "aria-label": `${kind}, ${state}`, "data-id": id },
    h("title", {}, `${kind}, ${state}`),
    h("rect", { class: `node ${state}${isOwn ? " own" : ""}`, x, y, width: box.width, height: box.height, rx: 8 }),
    h("circle", { class: `node-dot ${state}`, cx: x + 16, cy: y + box.height / 2, r: 5 }),
    h("text", { class: "node-name", x: x + 30, y: y + 21 }, cut(kind, 23)),
    h("text", { class: "node-note", x: x + 30, y: y + 37 }, `${state} · ${id.slice(-6)}`));
}

/** A box for the jobs that are not drawn. */
function summary({ id, more, hasMore, states, list, next }, { x, y }) {
  const words = next ? "further jobs" : `and ${count(more)}${hasMore ? "+" : ""} more`;
  const note = states.map(([state, number]) => `${count(number)} ${state}`).join(", ");
  const inside = [
    h("title", {}, note ? `${words}: ${note}` : words),
    h("rect", { class: "node more", x, y, width: box.width, height: box.height, rx: 8 }),
    h("text", { class: "node-name", x: x + 16, y: y + (note ? 21 : 29) }, words),
    note && h("text", { class: "node-note", x: x + 16, y: y + 37 }, cut(note, 29)),
  ];
  return h("a", {
    key: id, href: next ? path`/jobs/${next.id}` : list, "aria-label": next ? "Further jobs" : note ? `${words}: ${note}` : words, "data-id": id,
  }, inside);
}

function cut(text, length) {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
