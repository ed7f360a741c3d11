// The rest of a search that ended early: the server searches for about a second, and continues with the next call.

import { h } from "../lib/dom.js";
import { get, Problem, query } from "../lib/api.js";
import { at, plural } from "../lib/format.js";

/** Continues the search of a page of the list; `draw` shows what has been found, after `prepare(jobs, signal)`. */
export function searchContinuation(draw, prepare) {
  let state = null;

  /** Begins with a page of the list. */
  function start(page) {
    state?.controller.abort();
    state = page.searched_to
      ? { items: [], cursor: page.next_cursor, searchedTo: page.searched_to, isContinued: false, isRunning: false, problem: null, controller: new AbortController() } : null;
  }

  /** Searches until it has found `wanted` more jobs, has ended, or is stopped. */
  async function run(parameters, wanted) {
    const own = state;
    const end = own.items.length + wanted;
    Object.assign(own, { isContinued: true, isRunning: true, problem: null, controller: new AbortController() });
    draw();
    const { signal } = own.controller;
    try {
      while (own.cursor && own.items.length < end && !signal.aborted) {
        const page = await get(`/v1/jobs${query({ ...parameters, limit: end - own.items.length, cursor: own.cursor })}`, signal);
        await prepare(page.items, signal);
        own.items.push(...page.items);
        Object.assign(own, { cursor: page.next_cursor, searchedTo: page.searched_to ?? own.searchedTo });
        if (own === state) draw();
      }
    } catch (problem) {
      if (problem instanceof Problem) own.problem = problem;
      else if (problem.name !== "AbortError") throw problem;
    }
    own.isRunning = false;
    if (own === state) draw();
  }

  /** Replaces jobs that were read again. The search may have found further jobs since that read began. */
  function replace(before, after) {
    const read = new Set(before.map(({ id }) => id));
    state.items = [...after, ...state.items.filter(({ id }) => !read.has(id))];
  }

  /** A note that says how far the search has come, with a way to continue. */
  function note(parameters, found, wanted) {
    if (!state) return null;
    const { cursor, isRunning, searchedTo, problem, controller } = state;
    const words = cursor
      ? ["The search has read the jobs submitted since ", at(searchedTo), ` and found ${plural(found, "job")}. Older jobs may match as well.`]
      : [`The search has read all jobs and found ${plural(found, "job")}.`];
    return h("div", { class: "search-note", key: "search-note", role: "status" },
      h("span", {}, words, problem && h("span", { class: "error-text" }, ` ${problem.message}`)),
      isRunning
        ? h("button", { key: "stop", onclick: () => controller.abort() }, "Stop")
        : cursor && h("button", { key: "continue", onclick: () => run(parameters, wanted) }, "Continue the search"),
      isRunning && h("progress", { "aria-label": "The search runs" }));
  }

  return {
    start, note,
    items: () => state?.items ?? [],
    replace, isActive: () => Boolean(state?.isContinued),
    stop: () => state?.controller.abort(),
  };
}
