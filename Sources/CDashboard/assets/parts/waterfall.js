// The operations of a journal as a waterfall: one row per operation, with a bar on a common time axis.

import { h } from "../lib/dom.js";
import { path, serverNow } from "../lib/api.js";
import { at, between, duration, none } from "../lib/format.js";
import { may } from "../lib/session.js";
import { badge, finalStates, jobLink } from "./badges.js";
import { detail } from "./blocks.js";
import { timeLeft } from "./waits.js";

const width = 1000;
/** The minimum width of a bar, so that a short operation in a long journal is visible. */
const minWidth = 4;
/** The parts of the axis that have a label. */
const ticks = [0, 0.25, 0.5, 0.75, 1];
const maxIndent = 5;
/** The types whose bar is a wait. The other bars are work, or enclose other operations. */
const waitTypes = ["timer", "signal", "job"];

/**
 * The waterfall.
 *
 * @param {object} view `job`, `operations`, `depth(operation)`, `open` (the identifiers of open rows), `current` (the
 *   identifier of the row that the Tab key reaches), `toggle(id)`, `focus(id)`, `actions`
 */
export function waterfall(view) {
  const { operations } = view;
  const axis = axisOf(view);
  const current = operations.some(({ id }) => id === view.current) ? view.current : operations[0]?.id;
  const hasChildren = operations.some(({ job_id: job }) => job);
  return h("div", { class: `panel waterfall${hasChildren ? " with-children" : ""}` },
    h("div", { class: "waterfall-head", "aria-hidden": "true" },
      h("span", {}, "Operation"), h("span", {}, "Status"),
      h("span", { class: "waterfall-ticks" }, ticks.map((part) => h("span", { key: part }, duration((axis.length * part) / 1000)))),
      h("span", { class: "waterfall-took" }, "Took")),
    h("ol", { onkeydown: moveFocus, "aria-label": "Operations" }, operations.map((operation) =>
      row(operation, view, axis, operation.id === current))),
    legend());
}

function axisOf({ job, operations }) {
  const end = job.finished_at ? Date.parse(job.finished_at) : serverNow();
  const start = Math.min(...operations.map((operation) => Date.parse(operation.started_at)));
  const ends = operations.map((operation) => (operation.ended_at ? Date.parse(operation.ended_at) : end));
  const length = Math.max(1, Math.max(...ends) - start);
  return { start, end, length, x: (time) => Math.max(0, Math.min(width, ((time - start) / length) * width)) };
}

function row(operation, view, axis, isCurrent) {
  const { id, name, status } = operation;
  const isOpen = view.open.has(id);
  const indent = Math.min(view.depth(operation), maxIndent);
  return h("li", { key: id, class: `operation${isOpen ? " open" : ""}`, "data-operation": id },
    h("div", { class: "operation-line" },
      h("button", {
        class: "operation-row", tabindex: isCurrent ? "0" : "-1", "aria-expanded": isOpen ? "true" : "false",
        onclick: () => view.toggle(id), onfocus: () => view.focus(id),
      },
        h("span", { class: `operation-name indent-${indent}` },
          h("strong", {}, name), " ", h("span", { class: "muted" }, note(operation))),
        h("span", { class: "operation-status" }, badge(status)),
        bar(operation, axis),
        h("span", { class: "waterfall-took" }, took(operation, view.job))),
      operation.job_id && h("span", { class: "operation-child" }, jobLink(operation.job_id, `job …${operation.job_id.slice(-6)}`))),
    isOpen && contents(operation, view));
}

/** The type, the attempt of a step that was retried, and the end of a wait. */
function note({ type, status, until, attempt }) {
  return [type, attempt > 1 && `, attempt ${attempt}`, status === "waiting" && until && [" until ", at(until)]];
}

function took({ status, until, started_at: start, ended_at: end }, job) {
  if (end) return duration(between(start, end));
  if (finalStates.includes(job.state)) return none;
  return status === "waiting" && until ? timeLeft(until) : duration(between(start));
}

function bar(operation, axis) {
  const left = axis.x(Date.parse(operation.started_at));
  const right = axis.x(operation.ended_at ? Date.parse(operation.ended_at) : axis.end);
  const size = Math.max(minWidth, right - left);
  return h("svg", { class: "operation-bar", viewBox: `0 0 ${width} 20`, preserveAspectRatio: "none", "aria-hidden": "true" },
    ticks.map((part) => h("line", { key: part, class: "grid", x1: part * width, x2: part * width, y1: 0, y2: 20 })),
    shape(operation, Math.min(left, width - size), size));
}

/** Work is a high bar, a wait a low one, and a group a line with two ends. */
function shape({ type, status }, x, size) {
  const rect = (tone, y, height, left = x, length = size) =>
    h("rect", { class: `${tone} ${status}`, x: left, y, width: length, height });
  if (type === "group") {
    return [rect("bar-group", 9, 2), rect("bar-group", 5, 10, x, 2), rect("bar-group", 5, 10, x + size - 2, 2)];
  }
  if (type === "marker") return rect("bar-marker", 4, 12, x, minWidth);
  const isWait = waitTypes.includes(type) || status === "waiting";
  return isWait ? rect("bar-wait", 8, 4) : rect("bar-work", 3, 14);
}

function legend() {
  const entry = (type, status, text) => h("span", { key: text },
    h("svg", { width: 28, height: 20, "aria-hidden": "true" }, shape({ type, status }, 0, 28)), text);
  return h("p", { class: "graph-legend muted" },
    entry("step", "succeeded", "work"), entry("timer", "succeeded", "wait"), entry("group", "succeeded", "group of operations"),
    entry("step", "failed", "failed"),
    h("span", { class: "waterfall-keys", key: "keys" }, h("kbd", {}, "↑"), h("kbd", {}, "↓"), "move, ", h("kbd", {}, "Enter"), "opens"));
}

/** What an open row shows. */
function contents(operation, view) {
  const { id, type, error, attempt, input, output } = operation;
  return h("div", { class: "operation-contents" },
    h("dl", { class: "operation-details" },
      detail("ID", h("code", {}, id)), detail("Type", type), type === "step" && detail("Attempt", attempt),
      detail("Started", at(operation.started_at)), operation.ended_at && detail("Ended", at(operation.ended_at)),
      operation.until && type !== "step" && detail("Until", at(operation.until)),
      operation.job_id && detail("Child job", jobLink(operation.job_id)),
      operation.signal_token && detail("Approval page",
        h("a", { href: path`/v1/signals/${operation.signal_token}`, target: "_blank", rel: "noreferrer" }, "open"))),
    input !== null && value("Input", input),
    (output !== null || operation.status === "succeeded") && value("Output", output),
    error && value("Error", error),
    may("jobs:write") && buttons(operation, view));
}

/** JSON as text: it never becomes markup. */
function value(name, content) {
  return h("div", { key: name }, h("h3", {}, name),
    h("pre", { class: "code", tabindex: "0", role: "group", "aria-label": name }, JSON.stringify(content, null, 2)));
}

function buttons(operation, { job, actions }) {
  const later = job.operations - operation.number;
  return h("div", { class: "actions" },
    operation.type === "signal" && operation.status === "waiting"
      && h("button", { key: "signal", onclick: () => actions.signal(operation.name) }, "Send this signal…"),
    h("button", { key: "restart", onclick: () => actions.restart(operation, later) }, "Restart from here…"),
    h("button", { key: "fork", onclick: () => actions.fork(operation) }, "Fork from here…"));
}

/** Moves the focus between rows with the arrow keys, Home and End. */
function moveFocus(event) {
  if (!event.target.classList.contains("operation-row")) return;
  const rows = [...event.currentTarget.querySelectorAll(".operation-row")];
  const place = rows.indexOf(event.target);
  const targets = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: rows.length - 1 };
  const target = rows[targets[event.key]];
  if (!target) return;
  event.preventDefault();
  target.focus();
}
