// The log of a job. Until the job ends, its lines are read from a stream; afterwards they are read in pages.

import { h } from "../lib/dom.js";
import { get, path, Problem, query } from "../lib/api.js";
import { clock, count, moment } from "../lib/format.js";
import { finalStates } from "./badges.js";

/** The maximum number of lines in the page, so that a long log does not fill the browser's memory. */
const kept = 2000;
const pageSize = 500;
/** The time between two drawings of new lines, in milliseconds, so that a fast log does not keep the page busy. */
const drawEvery = 200;

/** The log of a job; calls `draw` when its content changes. */
export function logView(id, draw) {
  let lines = [];
  let dropped = 0;
  // The number of lines that the server has removed: gaps in the line numbers.
  let missing = 0;
  let source = null;
  let cursor = null;
  let isRead = false;
  let isFollowing = true;
  let problem = null;
  let timer = 0;

  function add(more) {
    let known = lines.at(-1)?.number ?? 0;
    for (const line of more.filter(({ number }) => number > known)) {
      missing += Math.max(0, line.number - known - 1);
      known = Math.max(known, line.number);
      lines.push(line);
    }
    if (lines.length > kept && source) {
      dropped += lines.length - kept;
      lines = lines.slice(-kept);
    }
    timer ||= setTimeout(show, drawEvery);
  }

  function show() {
    timer = 0;
    draw();
    const frame = document.getElementById("log");
    if (frame && source && isFollowing) frame.scrollTop = frame.scrollHeight;
  }

  /** Reads the stream until the job has ended, then pages. */
  function follow(job) {
    const isFinal = finalStates.includes(job.state);
    if (!isFinal && !source) {
      source = new EventSource(path`/v1/jobs/${id}/logs` + query({ follow: true, cursor: lines.at(-1)?.number }));
      source.addEventListener("line", (event) => add([JSON.parse(event.data)]));
      isRead = false;
    } else if (isFinal && !isRead) {
      source?.close();
      source = null;
      isRead = true;
      more(lines.at(-1)?.number ?? null);
    }
  }

  async function more(after) {
    try {
      const page = await get(path`/v1/jobs/${id}/logs` + query({ limit: pageSize, cursor: after }));
      cursor = page.next_cursor;
      problem = null;
      add(page.items);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problem = error;
    }
    draw();
  }

  function describe() {
    if (problem) return h("p", { class: "error-box" }, problem.message);
    if (!lines.length) {
      return h("p", { class: "muted" }, source ? "The log is empty so far." : "The log is empty.");
    }
    return [
      dropped > 0 && h("p", { class: "muted", key: "dropped" }, `${count(dropped)} earlier lines are not shown. To read them: longhaul logs ${id}`),
      missing > 0 && h("p", { class: "muted", key: "missing" }, `${count(missing)} earlier lines were not kept.`),
      h("ol", { class: "log", id: "log", key: "log", tabindex: "0", "aria-label": "Log lines" }, lines.map((line) =>
        h("li", { key: line.number, class: line.level },
          h("time", { datetime: line.at, title: moment(line.at) }, clock(line.at)), " ",
          line.attempt > 1 && h("span", { class: "muted" }, `#${line.attempt} `), h("span", {}, line.message)))),
      cursor && h("button", { key: "more", onclick: () => more(cursor) }, "More lines"),
    ];
  }

  function tools() {
    return source && h("label", { class: "check" },
      h("input", { type: "checkbox", checked: isFollowing, onchange: (event) => { isFollowing = event.target.checked; } }),
      "Follow");
  }

  return { follow, describe, tools, hasLines: () => lines.length > 0, close: () => { source?.close(); source = null; clearTimeout(timer); } };
}
