// The columns of a table of jobs, and the dialog that chooses them. The browser remembers the choice.

import { h } from "../lib/dom.js";
import { query } from "../lib/api.js";
import { open } from "../lib/dialog.js";
import { ago, at, between, count, duration } from "../lib/format.js";
import { badge, jobLink, kindLink, labels, queueLink, workerLink } from "../parts/badges.js";
import { suspensionText } from "../parts/waits.js";
import { recall, remember } from "../lib/remembered.js";

const place = "job-columns";
/** The maximum number of characters of a payload or result in a cell. */
const maxValue = 300;

/** All columns. `values` are the payloads and results of the jobs by ID, as far as they have been read. */
const all = [
  { id: "state", name: "State", cell: (job) => badge(job.state) },
  { id: "kind", name: "Kind", cell: (job) => kindLink(job.kind) },
  { id: "job", name: "Job", isFixed: true, cell: (job) => jobLink(job.id) },
  { id: "queue", name: "Queue", cell: (job) => queueLink(job.queue) },
  { id: "submitted", name: "Submitted", isNumber: true, cell: (job, { time }) => time(job.created_at) },
  { id: "due", name: "Due", isNumber: true, cell: (job, { time }) => time(job.run_at) },
  { id: "started", name: "Started", isNumber: true, cell: (job, { time }) => time(job.started_at) },
  { id: "ended", name: "Ended", isNumber: true, cell: (job, { time }) => time(job.finished_at) },
  { id: "duration", name: "Duration", isNumber: true, cell: (job) => (job.started_at ? duration(between(job.started_at, job.finished_at)) : null) },
  { id: "attempt", name: "Attempt", isNumber: true, cell: (job) => (job.attempt ? `${job.attempt} of ${job.max_attempts}` : null) },
  { id: "priority", name: "Priority", isNumber: true, cell: (job) => count(job.priority) },
  { id: "worker", name: "Worker", cell: (job) => job.worker && workerLink(job.worker) },
  { id: "caller", name: "Caller", cell: (job) => job.caller },
  { id: "actor", name: "Actor", cell: (job) => (job.actor ? h("a", { href: `/jobs${query({ actor: job.actor })}` }, job.actor) : null) },
  { id: "tags", name: "Tags", isWhole: true, cell: tagList },
  { id: "error", name: "Error", isWhole: true, cell: (job) => (job.error ? errorText(job.error) : null) },
  { id: "details", name: "Details", isWhole: true, cell: details },
  { id: "payload", name: "Payload", isWhole: true, isLarge: true, cell: (job, { values }) => value(values.get(job.id)?.payload) },
  { id: "result", name: "Result", isWhole: true, isLarge: true, cell: (job, { values }) => value(values.get(job.id)?.result) },
];
const initial = ["state", "kind", "job", "queue", "submitted", "duration", "attempt", "details"];

/** The chosen columns, and whether times are shown as dates. */
export function chosenColumns() {
  const { ids, isExact } = recall(place, { ids: initial, isExact: false });
  return { columns: all.filter(({ id, isFixed }) => isFixed || ids.includes(id)), isExact };
}

/** The columns of tables on other pages. */
export function defaultColumns({ isQueueShown = true } = {}) {
  return all.filter(({ id }) => initial.includes(id) && (isQueueShown || id !== "queue"));
}

/** The cells of a job. */
export function cellsOf(job, columns, { values = new Map(), isExact = false } = {}) {
  const context = { values, time: (text) => text && (isExact ? at : ago)(text), columns };
  return columns.map((column) => column.cell(job, context));
}

/** Opens the dialog; `changed` is called after each change. */
export function chooseColumns(changed) {
  open("Columns", (close, draw) => {
    const chosen = recall(place, { ids: initial, isExact: false });
    const store = (next) => {
      remember(place, { ...chosen, ...next });
      draw();
      changed();
    };
    const toggle = (id) => store({ ids: chosen.ids.includes(id) ? chosen.ids.filter((other) => other !== id) : [...chosen.ids, id] });
    return [
      h("fieldset", { class: "column-choice" }, h("legend", { class: "unseen" }, "Columns"),
        all.map(({ id, name, isFixed }) => h("label", { class: "check", key: id },
          h("input", { type: "checkbox", name: id, checked: isFixed || chosen.ids.includes(id), disabled: isFixed, onchange: () => toggle(id) }), name))),
      h("label", { class: "check exact-times" },
        h("input", { type: "checkbox", name: "exact", checked: chosen.isExact, onchange: () => store({ isExact: !chosen.isExact }) }),
        "Times with date and zone"),
      h("div", { class: "actions" },
        h("button", { class: "quiet", onclick: () => store({ ids: initial, isExact: false }) }, "Reset"),
        h("button", { class: "primary", autofocus: true, onclick: close }, "Done")),
    ];
  });
}

function tagList(job) {
  return labels(job.tags, (key, text) => `/jobs${query({ tag: `${key}:${text}` })}`);
}

function errorText({ type, message }) {
  const text = `${type}: ${message}`;
  return h("span", { class: "long-text bad-text", title: text }, text);
}

function value(data) {
  if (data === undefined) return null;
  const text = JSON.stringify(data);
  return h("code", { class: "long-text", title: text.slice(0, 5000) }, text.length > maxValue ? `${text.slice(0, maxValue)}…` : text);
}

/** What matters most in the state of the job: progress, waits, the error, the due time, or the tags. */
function details(job, { time, columns }) {
  const isShown = (id) => columns.some((column) => column.id === id);
  if (job.state === "processing" && job.progress) {
    return h("span", { class: "progress" },
      h("progress", { max: 100, value: job.progress.percent, "aria-label": "Progress" }),
      h("span", { class: "clip" }, `${Math.round(job.progress.percent)} % ${job.progress.message ?? ""}`));
  }
  if (job.state === "suspended") return h("span", { class: "long-text" }, suspensionText(job));
  if (job.error && !isShown("error")) return errorText(job.error);
  if ((job.state === "scheduled" || job.state === "retrying") && !isShown("due")) return h("span", {}, "due ", time(job.run_at));
  return isShown("tags") ? null : tagList(job);
}
