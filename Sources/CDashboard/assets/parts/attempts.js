// The attempts of a job side by side: worker, times and error of each. An open attempt shows its stack trace beside the end of its
// log. The latest failed attempt of a job that has not completed is open.

import { h } from "../lib/dom.js";
import { at, between, count, duration } from "../lib/format.js";
import { badge } from "./badges.js";
import { isDurable } from "./durable.js";
import { detailBlocks } from "./error-details.js";
import { attemptKey } from "./log-lines.js";
import { logRow } from "./log-row.js";

/** The number of attempts that are listed at first, and of lines that an open attempt shows of its log. */
const listed = 8;
const shownLines = 200;
const logClass = "attempt-log";

/** The attempts of a job. `log` is the view of its log. */
export function attemptsView(draw, log) {
  // The choices of the caller: whether an attempt is open.
  const choices = new Map();
  let isAll = false;

  function describe(job) {
    const attempts = job.attempts.toReversed();
    const shown = isAll ? attempts : attempts.slice(0, listed);
    const latest = job.state === "completed" ? null : attempts.find(({ error }) => error);
    const isOpen = (attempt) => choices.get(attemptKey(attempt)) ?? attempt === latest;
    return h("div", { class: "panel attempts" },
      h("div", { class: "attempts-head muted", "aria-hidden": "true" },
        ["Attempt", "Worker", "Started", "Duration", "Result"].map((name) => h("span", { key: name }, name))),
      h("ol", {}, shown.map((attempt) => item(job, attempt, isOpen(attempt)))),
      attempts.length > shown.length && h("button", { class: "quiet attempts-more", key: "more", onclick: () => { isAll = true; draw(); } },
        `Show ${count(attempts.length - shown.length)} earlier attempts`));
  }

  function item(job, attempt, isOpen) {
    const key = attemptKey(attempt);
    const toggle = () => {
      choices.set(key, !isOpen);
      draw();
    };
    return h("li", { key, class: isOpen ? "attempt open" : "attempt" },
      h("button", { class: "attempt-row", "aria-expanded": isOpen ? "true" : "false", onclick: toggle },
        h("span", { class: "attempt-number" }, `Attempt ${attempt.number}`),
        h("span", { class: "break" }, attempt.worker),
        at(attempt.started_at),
        h("span", {}, duration(between(attempt.started_at, attempt.finished_at))),
        h("span", { class: "attempt-outcome" }, badge(outcome(attempt, job)),
          attempt.error && !isOpen && h("span", { class: "clip bad-text" }, `${attempt.error.type}: ${attempt.error.message}`))),
      isOpen && contents(job, attempt));
  }

  function contents(job, attempt) {
    const { error } = attempt;
    const blocks = error ? detailBlocks(error.details) : [];
    return h("div", { class: "attempt-contents" },
      error && h("div", { class: "error-panel panel" },
        h("strong", {}, error.type), h("p", { class: "pre" }, error.message),
        error.retryable === false && h("p", { class: "muted" }, "The worker reported that a retry does not help.")),
      h("div", { class: blocks.length > 0 ? "attempt-parts" : "attempt-parts single" },
        blocks.length > 0 && h("div", { class: "attempt-trace" }, blocks),
        h("div", { class: "json-block" },
          h("div", { class: "section-head" }, h("h3", {}, `Log of attempt ${attempt.number}`),
            h("button", { class: "link", onclick: () => log.showAttempt(attempt) }, "Show in the log")),
          tail(attempt))));
  }

  /** The end of the attempt's log. */
  function tail(attempt) {
    const lines = log.lastLines(attempt, shownLines);
    if (!lines.length) return h("p", { class: "muted" }, "This attempt has no log lines.");
    return h("ol", { class: `log ${logClass}`, tabindex: "0", "aria-label": `Log of attempt ${attempt.number}`, "data-count": lines.length },
      lines.map((line, place) => logRow(line, { place, text: "", choose: log.reveal, isTabStop: false })));
  }

  /** Scrolls each new log of an attempt to its end. The page calls it after each drawing. */
  function settle() {
    for (const frame of document.getElementsByClassName(logClass)) {
      if (frame.shownCount === frame.dataset.count) continue;
      frame.shownCount = frame.dataset.count;
      frame.scrollTop = frame.scrollHeight;
    }
  }

  return { describe, settle };
}

/** Whether the attempts say more than the timeline. Each suspension of a durable job ends an attempt. */
export function hasAttempts(job) {
  return job.attempts.some(({ error }) => error) || (job.attempts.length > 1 && !isDurable(job));
}

/** The result of an attempt. An attempt without an error has completed the job, or ended without a failure. */
function outcome({ finished_at: end, error }, job) {
  if (error) return "failed";
  if (!end) return "processing";
  return job.finished_at === end ? job.state : "ended";
}
