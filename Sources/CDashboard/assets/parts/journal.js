// The journal of a durable job: reads a part of its operations, and keeps what is open.

import { h } from "../lib/dom.js";
import { get, path, query } from "../lib/api.js";
import { count } from "../lib/format.js";
import { finalStates } from "./badges.js";
import { errorBox } from "./blocks.js";
import { waterfall } from "./waterfall.js";

/** The number of operations that are shown together. A journal has up to 10,000. */
const windowSize = 200;
/** The maximum time between two reads while the job has not ended, in milliseconds. */
const maxInterval = 5000;
const endedStatuses = ["succeeded", "failed", "cancelled"];

/** The view of the journal of a job; calls `draw` when its content changes. `actions` are those of `parts/durable.js`. */
export function journalView(id, draw, actions) {
  const controller = new AbortController();
  const parents = new Map();
  const open = new Set();
  const state = { job: null, operations: [], after: 0, current: null, problem: null, signature: "", readAt: -Infinity };

  /** Reads the shown operations again if they may have changed. */
  async function follow(job, signal) {
    state.job = job;
    const total = job.operations ?? 0;
    if (state.after >= total) state.after = 0;
    const signature = JSON.stringify([job.state, job.attempt, total, job.paused, job.waits_for, job.started_at]);
    const isFinal = finalStates.includes(job.state);
    const isRunning = job.state === "processing" && state.operations.some(({ status }) => !endedStatuses.includes(status));
    const isOld = !isFinal && performance.now() - state.readAt > maxInterval;
    if (signature === state.signature && !isRunning && !isOld) return;
    await read(total, signal);
    state.signature = signature;
  }

  async function read(total, signal) {
    const found = [];
    let cursor = state.after;
    while (found.length < windowSize && cursor !== null && total > 0) {
      const limit = windowSize - found.length;
      const page = await get(path`/v1/jobs/${id}/journal` + query({ cursor: cursor || null, limit }), signal);
      found.push(...page.items);
      cursor = page.next_cursor;
    }
    for (const operation of found) parents.set(operation.id, operation.parent_id);
    state.operations = found;
    state.readAt = performance.now();
  }

  /** Shows the operations after this number. */
  async function show(after) {
    state.after = after;
    open.clear();
    state.current = null;
    try {
      await read(state.job.operations, controller.signal);
      state.problem = null;
    } catch (problem) {
      if (problem.name === "AbortError") return;
      state.problem = problem;
    }
    draw();
  }

  /** The number of operations around one: 0 for an operation without a parent. */
  function depth(operation) {
    let level = 0;
    for (let parent = operation.parent_id; parent && level < 8; parent = parents.get(parent)) level += 1;
    return level;
  }

  /** The buttons for the other parts of a long journal. */
  function tools() {
    const total = state.job?.operations ?? 0;
    if (total <= windowSize) return total > 0 && h("span", { class: "muted" }, `${count(total)} ${total === 1 ? "operation" : "operations"}`);
    const last = Math.floor((total - 1) / windowSize) * windowSize;
    const end = Math.min(state.after + windowSize, total);
    const button = (key, text, isEnabled, after) => h("button", { key, disabled: !isEnabled, onclick: () => show(after) }, text);
    return [
      h("span", { class: "muted", key: "place" }, `${count(state.after + 1)}–${count(end)} of ${count(total)} operations`),
      button("first", "First", state.after > 0, 0),
      button("earlier", "Earlier", state.after > 0, Math.max(0, state.after - windowSize)),
      button("later", "Later", end < total, end),
      button("last", "Last", end < total, last),
    ];
  }

  function describe() {
    const { job, operations, problem } = state;
    if (!operations.length) return errorBox(problem);
    return [
      errorBox(problem),
      waterfall({
        job, operations, depth, open, current: state.current, actions,
        toggle(operation) {
          if (!open.delete(operation)) open.add(operation);
          draw();
        },
        focus(operation) {
          if (state.current === operation) return;
          state.current = operation;
          draw();
        },
      }),
    ];
  }

  return { follow, tools, describe, close: () => controller.abort() };
}
