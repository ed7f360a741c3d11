// An editor of a definition: its text with line numbers, and the problems that the server finds, each with its place.

import { h } from "../lib/dom.js";
import { post, Problem } from "../lib/api.js";
import { plural } from "../lib/format.js";
import { jsonError } from "../lib/json-error.js";
import { placeOf } from "../lib/json-places.js";

/** The time between the last key and a check, in milliseconds. */
const checkDelay = 400;
/** The height of a line, as in the style, in pixels. */
const lineHeight = 19;
const maxShown = 50;

/**
 * An editor. `changed` is called when the text or the problems change.
 *
 * @returns `text()`, `setText(text)`, `show(pointer)` (selects a place), `isValid()`, `describe()`, `close()`
 */
export function definitionEditor(changed) {
  const state = { text: "", type: "standard", problems: [], isChecked: false, error: null };
  const controller = new AbortController();
  let timer = 0;
  let number = 0;

  function setText(text) {
    state.text = text;
    check();
  }

  function edited(event) {
    state.text = event.target.value;
    state.isChecked = false;
    clearTimeout(timer);
    timer = setTimeout(check, checkDelay);
    changed();
  }

  /** Checks the text: its syntax here, all other rules in the server. */
  async function check() {
    const own = ++number;
    const syntax = syntaxProblem(state.text);
    if (syntax) return finish([syntax], null);
    try {
      const report = await post("/v1/definition-checks", { definition: state.text, type: state.type });
      if (own === number && !controller.signal.aborted) finish(report.problems.map(placed), null);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (own === number && !controller.signal.aborted) finish([], problem.message);
    }
    return undefined;
  }

  function finish(problems, error) {
    Object.assign(state, { problems, error, isChecked: error === null });
    changed();
  }

  function placed(problem) {
    return { ...problem, ...placeOf(state.text, problem.pointer.replace(/^\/definition/, "")) };
  }

  function select({ start, end, line }) {
    const area = document.getElementById("definition");
    if (!area) return;
    area.focus();
    area.setSelectionRange(start, end);
    area.scrollTop = Math.max(0, (line - 5) * lineHeight);
  }

  function describe() {
    return h("div", { class: "editor", key: "editor" },
      h("div", { class: "editor-frame" },
        h("pre", { class: "editor-lines", id: "definition-lines", "aria-hidden": "true" }, lineNumbers(state)),
        h("textarea", {
          id: "definition", name: "definition", wrap: "off", spellcheck: "false", autocapitalize: "none", autocomplete: "off", "aria-label": "Definition",
          "aria-describedby": "definition-problems", "aria-invalid": state.problems.some(isError) ? "true" : null, value: state.text, oninput: edited,
          onscroll: (event) => { document.getElementById("definition-lines").scrollTop = event.target.scrollTop; },
        })),
      h("div", { id: "definition-problems", class: "problems", role: "status", "aria-live": "polite" }, problemList()));
  }

  function problemList() {
    const { problems, isChecked, error } = state;
    if (error) return h("p", { class: "error-box" }, `The definition could not be checked: ${error}`);
    if (!problems.length) return h("p", { class: "muted" }, isChecked ? "The definition has no problems." : "Checking…");
    return [
      h("p", { key: "count" }, h("strong", {}, plural(problems.length, "problem"))),
      h("ul", {}, problems.slice(0, maxShown).map((problem, index) => h("li", { key: index, class: problem.severity },
        h("button", { class: "problem", onclick: () => select(problem) },
          h("span", { class: "problem-place" }, `Line ${problem.line}`), h("span", { class: "problem-severity" }, problem.severity),
          h("span", { class: "break" }, problem.message), " ",
          h("span", { class: "muted break" }, [problem.code, problem.pointer.replace(/^\/definition/, "")].filter(Boolean).join(" at ")))))),
    ];
  }

  return {
    setText, describe,
    text: () => state.text,
    setType(type) {
      state.type = type;
      check();
    },
    show: (pointer) => select(placeOf(state.text, pointer)),
    isValid: () => !state.problems.some(isError),
    close() {
      controller.abort();
      clearTimeout(timer);
    },
  };
}

function isError({ severity }) {
  return severity === "error";
}

function syntaxProblem(text) {
  const error = jsonError(text);
  return error && {
    severity: "error", code: "INVALID_JSON_DESCRIPTION", message: `The text is not JSON: ${error.message}.`, pointer: "",
    start: error.offset, end: Math.min(text.length, error.offset + 1), line: error.line,
  };
}

/** The numbers of all lines; an arrow marks a line with a problem. */
function lineNumbers({ text, problems }) {
  const marked = new Set(problems.map(({ line }) => line));
  const total = text.split("\n").length;
  return Array.from({ length: total }, (_, index) => `${marked.has(index + 1) ? "▸" : " "}${String(index + 1).padStart(4)}`).join("\n");
}
