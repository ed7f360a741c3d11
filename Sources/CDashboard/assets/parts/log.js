// The log of a job: search, filters, links to lines, and files.

import { h } from "../lib/dom.js";
import { clock, count, plural } from "../lib/format.js";
import { recall, remember } from "../lib/remembered.js";
import { parameters } from "../lib/router.js";
import { exportFormats, saveLines } from "./log-export.js";
import { attemptFinder, attemptKey, logLines } from "./log-lines.js";
import { lineLink, logRow } from "./log-row.js";
import { frameID, lineWindow } from "./log-window.js";

const levels = { "": "All levels", info: "Info and above", warning: "Warnings and errors", error: "Errors" };
const severity = { debug: 0, info: 1, warning: 2, error: 3 };
const nothing = { text: "", level: "", attempt: "" };
/** The element around the lines. */
const areaID = "log-area";
/** The name of the choice whether long lines wrap. */
const wrapName = "log-wrap";

/** The log of a job; calls `draw` when its content changes. The page calls `settle` after each drawing. */
export function logView(id, draw) {
  const log = logLines(id, draw);
  const view = lineWindow({ lines: matches, isLive: () => log.isLive, draw });
  let attempts = [];
  let filter = nothing;
  let found = { key: null, lines: [] };
  let target = Number(parameters().get("line")) || null;
  let isWrapped = recall(wrapName, true);
  let height = 0;
  if (target !== null) view.show(target, true);

  /** The lines that the filter selects. */
  function matches() {
    const key = JSON.stringify([log.version, attempts.length, filter]);
    if (found.key !== key) found = { key, lines: select(log.lines, filter, attempts) };
    return found.lines;
  }

  const isFiltered = () => Object.values(filter).some(Boolean);

  function change(changes) {
    filter = { ...filter, ...changes };
    view.restart();
  }

  /** Shows a line among its neighbours, and puts it into the address. */
  function choose(event, number) {
    event.preventDefault();
    target = target === number ? null : number;
    history.replaceState(history.state, "", target === null ? location.pathname : lineLink(number));
    if (isFiltered()) view.show(number);
    else view.setFollowing(false);
    filter = nothing;
    draw();
  }

  /** Shows a line of another list in the log. */
  function reveal(event, number) {
    event.preventDefault();
    target = number;
    filter = nothing;
    history.replaceState(history.state, "", lineLink(number));
    view.show(number, true);
    draw();
  }

  function describe() {
    const { first, lines } = view.visible();
    return [
      log.problem && h("p", { class: "error-box", key: "problem" }, log.problem.message),
      h("div", { class: "log-tools", key: "tools" }, filterFields({ filter, attempts, change }), countText(), switches(), saving()),
      notes().map((text) => h("p", { class: "muted", key: text }, text)),
      h("div", { id: areaID, key: "area" }, lines.length === 0 ? h("p", { class: "log-empty muted", key: "empty" }, emptyText(log)) : h("ol", {
        class: isWrapped ? "log" : "log unwrapped", id: frameID, key: "log", tabindex: "0", "aria-label": "Log lines",
        onscroll: view.scrolled, onkeydown: view.pressed,
      }, lines.map((line, index) => logRow(line, {
        place: first + index, isTarget: line.number === target, text: filter.text, choose,
        isAttemptShown: attempts.length > 1 && !filter.attempt,
      })))),
    ];
  }

  /** Keeps the height of the log while it is filtered, so that the fields above it stay where they are. */
  function settle() {
    const area = document.getElementById(areaID);
    if (area && isFiltered()) {
      area.style.minHeight ||= `${height}px`;
    } else if (area) {
      area.style.minHeight = "";
      height = area.offsetHeight;
    }
    view.settle();
  }

  function notes() {
    const isUnknown = target !== null && log.isComplete && !log.lines.some(({ number }) => number === target);
    return [
      isUnknown && `Line ${count(target)} is not in the log.`,
      log.missing > 0 && `${plural(log.missing, "earlier line was", "earlier lines were")} not kept.`,
    ].filter(Boolean);
  }

  function countText() {
    const [shown, all] = [matches().length, log.lines.length];
    return h("span", { class: "log-count muted", role: "status" }, shown === all ? plural(all, "line") : `${count(shown)} of ${plural(all, "line")}`);
  }

  function switches() {
    return [
      check("Wrap", isWrapped, false, (value) => {
        isWrapped = value;
        remember(wrapName, value);
        draw();
      }),
      check("Follow", log.isLive && view.isFollowing, !log.isLive, view.setFollowing),
    ];
  }

  function saving() {
    return h("span", { class: "log-save" }, "Save as", exportFormats.map(([format, name]) => h("button", {
      key: format, class: "link", disabled: matches().length === 0, onclick: () => saveLines(id, matches(), format),
    }, name)));
  }

  return {
    describe, reveal, settle, close: log.close, hasLines: () => log.lines.length > 0,
    /** The last lines of an attempt, at most `limit`. */
    lastLines: (attempt, limit) => lastLines(log.lines, attempts, attempt, limit),
    /** Follows the log of a job; of an execution, which has no attempts. */
    follow(job) {
      attempts = job.attempts ?? [];
      log.follow(job);
    },
    /** Shows only the lines of an attempt, and moves to the log. */
    showAttempt(attempt) {
      change({ ...nothing, attempt: attempts.length > 1 ? attemptKey(attempt) : "" });
      const frame = document.getElementById(frameID);
      frame?.scrollIntoView({ block: "center" });
      frame?.focus({ preventScroll: true });
    },
  };
}

function select(lines, { text, level, attempt }, attempts) {
  const words = text.toLowerCase();
  const min = severity[level] ?? 0;
  const attemptOf = attempt ? attemptFinder(lines, attempts) : null;
  return lines.filter((line) => (severity[line.level] ?? 0) >= min && (!attempt || attemptOf(line) === attempt)
    && (!words || line.message.toLowerCase().includes(words)));
}

function lastLines(lines, attempts, attempt, limit) {
  const attemptOf = attemptFinder(lines, attempts);
  const key = attemptKey(attempt);
  const found = [];
  for (let index = lines.length - 1; index >= 0 && found.length < limit; index -= 1) {
    if (lines[index].attempt === attempt.number && attemptOf(lines[index]) === key) found.unshift(lines[index]);
  }
  return found;
}

function emptyText({ lines, isLive, isComplete }) {
  if (lines.length > 0) return "No line matches.";
  if (isLive) return "The log is empty so far.";
  return isComplete ? "The log is empty." : "Reading the log…";
}

function filterFields({ filter, attempts, change }) {
  return [
    h("label", { class: "log-search", key: "search" }, h("span", { class: "unseen" }, "Search the log"),
      h("input", {
        type: "search", name: "log-search", placeholder: "Search the log", value: filter.text, autocomplete: "off", spellcheck: "false",
        oninput: (event) => change({ text: event.target.value }),
      })),
    choice("Level", "log-level", filter.level, Object.entries(levels), (level) => change({ level })),
    attempts.length > 1 && choice("Attempt", "log-attempt", filter.attempt, attemptChoices(attempts), (attempt) => change({ attempt })),
  ];
}

function attemptChoices(attempts) {
  const isUnique = new Set(attempts.map(({ number }) => number)).size === attempts.length;
  return [["", "All attempts"], ...attempts.map((attempt) => [
    attemptKey(attempt), `Attempt ${attempt.number}${isUnique ? "" : `, ${clock(attempt.started_at).slice(0, 8)}`}`,
  ])];
}

function choice(label, name, value, options, pick) {
  return h("label", { key: name }, h("span", { class: "unseen" }, label),
    h("select", { name, value, onchange: (event) => pick(event.target.value) },
      options.map(([key, text]) => h("option", { key, value: key }, text))));
}

function check(label, checked, disabled, pick) {
  return h("label", { class: "check", key: label },
    h("input", { type: "checkbox", name: label.toLowerCase(), checked, disabled, onchange: (event) => pick(event.target.checked) }), label);
}
