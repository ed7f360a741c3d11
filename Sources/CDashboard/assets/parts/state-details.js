// One state of a machine: its definition, and in an execution its visits with their input, output, variables and errors.

import { h } from "../lib/dom.js";
import { readJSON } from "../lib/api.js";
import { clock, count, duration, plural } from "../lib/format.js";
import { detail } from "./blocks.js";
import { json } from "./json.js";
import { statusBadge } from "./status-marks.js";

/**
 * The details of a state; calls `draw` when another visit is chosen. `describe(view)` describes them. A view has `machine`, `name`, and
 * for an execution `visits`, `items(visit)` (the items of a Map state as text) and `showEvents(name)`.
 */
export function stateDetails(draw) {
  const chosen = new Map();

  function describe({ machine, name, visits, items, showEvents }) {
    const state = machine.states.get(name);
    if (!state) return h("p", { class: "muted", key: "none" }, "Choose a state in the graph or in the list.");
    return h("div", { class: "panel state-details", key: `details ${name}` },
      h("div", { class: "state-head" }, h("h3", {}, name), h("span", { class: "muted" }, state.isDistributed ? "Distributed map" : state.type)),
      visits && (visits.length ? ofVisit(name, visits, items, showEvents) : h("p", { class: "muted" }, unreached(state))),
      h("details", { open: !visits }, h("summary", {}, "Definition"), json("Definition", shortened(state.definition))));
  }

  function ofVisit(name, visits, items, showEvents) {
    const index = Math.min(chosen.get(name) ?? defaultVisit(visits), visits.length - 1);
    const visit = visits[index];
    return [
      visits.length > 1 && visitTools(name, visits, index),
      h("dl", { class: "details", key: "facts" },
        detail("Status", statusBadge(visit.status)),
        visit.iteration !== null && visit.iteration !== undefined && detail("Item", count(visit.iteration)),
        detail("Entered", h("span", {}, clock(new Date(visit.start).toISOString()), " ", h("span", { class: "muted" }, `event ${visit.id}`))),
        visit.end !== null && detail("Took", duration((visit.end - visit.start) / 1000)),
        visit.retries > 0 && detail("Retries", count(visit.retries)),
        visit.counts && detail("Items", items(visit))),
      showEvents && h("p", { key: "events" }, h("button", { onclick: () => showEvents(name) }, "Show its events")),
      (visit.error?.error || visit.error?.cause) && h("div", { class: "panel error-panel", key: "error" },
        h("strong", {}, visit.error.error ?? "Error"), visit.error.cause && h("p", { class: "pre" }, text(visit.error.cause))),
      json("Input", visit.input),
      visit.output !== undefined && json("Output", visit.output),
      Object.keys(visit.variables).length > 0 && json("Variables on entry", visit.variables),
      visit.assigned && Object.keys(visit.assigned).length > 0 && json("Assigned", visit.assigned),
    ];
  }

  function choose(name, index) {
    chosen.set(name, index);
    draw();
  }

  function visitTools(name, visits, index) {
    const button = (text, label, to, isEnabled) =>
      h("button", { key: label, class: "icon", "aria-label": label, title: label, disabled: !isEnabled, onclick: () => choose(name, to) }, text);
    const failed = visits.findIndex(({ status }, place) => place > index && isBad(status));
    return h("div", { class: "actions visit-tools", key: "visits" },
      button("‹", "Earlier visit", index - 1, index > 0),
      h("label", {}, h("span", { class: "unseen" }, "Visit"),
        h("input", { type: "number", min: 1, max: visits.length, value: index + 1, onchange: (event) => choose(name, place(event.target.value, visits)) })),
      h("span", { class: "muted" }, `of ${count(visits.length)}`),
      button("›", "Later visit", index + 1, index < visits.length - 1),
      failed >= 0 && h("button", { key: "failed", onclick: () => choose(name, failed) }, "Next error"));
  }

  return { describe };
}

function unreached({ isInChildren }) {
  return isInChildren ? "This state runs in the child executions of the distributed map. They have histories of their own."
    : "The execution has not reached this state.";
}

function place(text, visits) {
  return Math.max(0, Math.min(visits.length - 1, Math.round(Number(text) || 1) - 1));
}

/** The visit that needs attention, else the latest one. */
function defaultVisit(visits) {
  const running = visits.findLastIndex(({ status }) => status === "running");
  if (running >= 0) return running;
  const failed = visits.findIndex(({ status }) => isBad(status));
  return failed >= 0 ? failed : visits.length - 1;
}

function isBad(status) {
  return status === "failed" || status === "timed out" || status === "aborted";
}

/** "990 of 1,000 succeeded, 10 failed" */
export function countsText({ total, started, succeeded, failed, aborted }) {
  return [
    `${count(succeeded)} of ${total === null ? plural(started, "item") : count(total)} succeeded`,
    failed && `${count(failed)} failed`, aborted && `${count(aborted)} aborted`,
  ].filter(Boolean).join(", ");
}

/** A cause that is JSON is easier to read in lines. */
function text(cause) {
  try {
    return JSON.stringify(readJSON(cause), null, 2);
  } catch {
    return cause;
  }
}

/** A definition without those of the states inside it. */
function shortened(definition) {
  const leaveOut = (scope) => (scope?.States ? { ...scope, States: `${plural(Object.keys(scope.States).length, "state")} …` } : scope);
  const result = { ...definition };
  for (const name of ["ItemProcessor", "Iterator"]) if (result[name]) result[name] = leaveOut(result[name]);
  if (Array.isArray(result.Branches)) result.Branches = result.Branches.map(leaveOut);
  return result;
}
