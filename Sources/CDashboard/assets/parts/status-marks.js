// The marks of states of a machine: a shape for each status and, without an execution, for each type. Colour is never the
// only difference.

import { h } from "../lib/dom.js";

/** The outline, filled with the colour of the status, and the sign inside it. Both are drawn around 0 0, 16 pixels wide. */
const statusShapes = {
  running: { outline: "M0-8A8 8 0 1 1 0 8A8 8 0 1 1 0-8Z", sign: "M-2.5-4L4 0L-2.5 4Z" },
  succeeded: { outline: "M0-8A8 8 0 1 1 0 8A8 8 0 1 1 0-8Z", sign: "M-3.8 .3L-1 3.2L4-2.8" },
  failed: { outline: "M-3.5-8H3.5L8-3.5V3.5L3.5 8H-3.5L-8 3.5V-3.5Z", sign: "M-3-3L3 3M3-3L-3 3" },
  "timed out": { outline: "M-7-8H7L2 0L7 8H-7L-2 0Z", sign: "M-2.5 5.5H2.5" },
  aborted: { outline: "M-7-7H7V7H-7Z", sign: "M-3.5 0H3.5" },
  caught: { outline: "M0-8.5L8.5 7H-8.5Z", sign: "M0-3V1.5M0 4V4.3" },
};

const typeShapes = {
  Task: "M-7-6H7V6H-7ZM-3-2.5L0 0L-3 2.5M1.5 3H4",
  Choice: "M0-8L8 0L0 8L-8 0Z",
  Wait: "M0-7.5A7.5 7.5 0 1 1 0 7.5A7.5 7.5 0 1 1 0-7.5ZM0-4V0L3 2",
  Pass: "M-7 0H6M2-4L6 0L2 4",
  Parallel: "M-6-7V7M0-7V7M6-7V7",
  Map: "M-7-3H3V7H-7ZM-3-3V-7H7V3H3",
  Succeed: "M0-7.5A7.5 7.5 0 1 1 0 7.5A7.5 7.5 0 1 1 0-7.5ZM-3.5 .3L-1 3L3.7-2.8",
  Fail: "M-3.3-7.5H3.3L7.5-3.3V3.3L3.3 7.5H-3.3L-7.5 3.3V-3.3ZM-2.7-2.7L2.7 2.7M2.7-2.7L-2.7 2.7",
};

/** A class for a status: it has no spaces. */
export function statusClass(status) {
  return status ? `status-${status.replace(" ", "-")}` : "status-none";
}

/** The mark of a status, as a part of an SVG. */
export function statusMark(status, x, y) {
  const shape = statusShapes[status];
  return h("g", { class: `mark-of ${statusClass(status)}`, transform: `translate(${x} ${y})` },
    shape ? [h("path", { class: "mark-outline", d: shape.outline }), h("path", { class: "mark-sign", d: shape.sign })]
      : h("circle", { class: "mark-empty", r: 6.5 }));
}

/** The mark of a type, as a part of an SVG. */
export function typeMark(type, x, y) {
  return h("path", { class: "mark-type", d: typeShapes[type] ?? "M-6-6H6V6H-6Z", transform: `translate(${x} ${y})` });
}

/** A status with its mark and its word. */
export function statusBadge(status) {
  const words = status ?? "not reached";
  return h("span", { class: "badge status-badge" },
    h("svg", { class: "status-svg", viewBox: "-9 -9 18 18", width: 16, height: 16, "aria-hidden": "true" }, statusMark(status, 0, 0)),
    words);
}
