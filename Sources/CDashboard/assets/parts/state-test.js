// Tries one state of a definition with an input, without an execution.

import { h } from "../lib/dom.js";
import { post, Problem, readJSON } from "../lib/api.js";
import { jsonProblem } from "../lib/json-error.js";
import { detail } from "./blocks.js";
import { json } from "./json.js";
import { statusBadge } from "./status-marks.js";

/** The words of the answer's status, as the status of a state. */
const words = { succeeded: "succeeded", failed: "failed", retriable: "failed", caught_error: "caught" };
const fields = {
  input: { label: "Input", note: "JSON.", isOpen: true },
  variables: { label: "Variables", note: "A JSON object. Optional." },
  result: { label: "Result of the work", note: "JSON that replaces the work of a Task, Map or Parallel state. Optional: without it, the server does the work, if it can." },
};

/** A form that tries a state; calls `draw` when it changes. `describe({text, names, isBusy})` describes it, with the text of the definition. */
export function stateTest(draw) {
  const values = { input: "{}", variables: "", result: "", error: "", cause: "" };
  const state = { name: "", isBusy: false, error: null, answer: null };

  async function run(event, definition) {
    event.preventDefault();
    Object.assign(state, { error: null, answer: null });
    const body = bodyOf(definition);
    if (!body) {
      draw();
      return;
    }
    state.isBusy = true;
    draw();
    try {
      state.answer = await post("/v1/state-tests", body);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      state.error = [problem.message, ...problem.errors.map(({ pointer, message }) => `${pointer}: ${message}`)].join("\n");
    }
    state.isBusy = false;
    draw();
  }

  /** The request; null if a field is not JSON. */
  function bodyOf(definition) {
    const body = { definition, state: state.name, input: parsed("input") ?? {} };
    const variables = parsed("variables");
    if (variables !== undefined) body.variables = variables;
    const result = parsed("result");
    if (values.error.trim()) body.mock = { error: { error: values.error.trim(), cause: values.cause } };
    else if (result !== undefined) body.mock = { result };
    return state.error ? null : body;
  }

  function parsed(field) {
    if (values[field].trim() === "") return undefined;
    const problem = jsonProblem(fields[field].label, values[field]);
    if (problem === null) return readJSON(values[field]);
    state.error ??= problem;
    return undefined;
  }

  function describe({ text, names }) {
    if (!names.includes(state.name)) state.name = names[0] ?? "";
    return h("form", { class: "panel state-test", key: "test", onsubmit: (event) => run(event, text) },
      h("label", { class: "field" }, h("span", {}, "State"),
        h("select", { name: "state", value: state.name, onchange: (event) => choose(event.target.value) },
          names.map((name) => h("option", { key: name, value: name }, name)))),
      area("input", 5),
      h("details", {}, h("summary", {}, "Variables and replaced work"), h("div", { class: "state-test-more" },
        area("variables", 3), area("result", 3),
        line("error", "Error of the work", "The work fails with this error. Optional."), line("cause", "Cause"))),
      h("div", { class: "actions" }, h("button", { type: "submit", disabled: state.isBusy || !state.name }, state.isBusy ? "Trying…" : "Try this state")),
      state.error && h("p", { class: "error-box pre", role: "alert" }, state.error),
      state.answer && answer(state.answer));
  }

  function area(name, rows) {
    const { label, note } = fields[name];
    return h("label", { class: "field", key: name }, h("span", {}, label),
      h("textarea", { name, rows, spellcheck: "false", value: values[name], oninput: (event) => { values[name] = event.target.value; } }),
      h("small", { class: "muted" }, note));
  }

  function line(name, label, note) {
    return h("label", { class: "field", key: name }, h("span", {}, label),
      h("input", { name, autocomplete: "off", spellcheck: "false", value: values[name], oninput: (event) => { values[name] = event.target.value; } }),
      note && h("small", { class: "muted" }, note));
  }

  function choose(name) {
    Object.assign(state, { name, answer: null, error: null });
    draw();
  }

  return { describe, choose };
}

function answer({ status, output, next_state: next, error, cause, inspection }) {
  return h("div", { class: "state-test-answer", key: "answer", role: "status" },
    h("dl", { class: "details" },
      detail("Status", statusBadge(words[status.toLowerCase()] ?? status)), next && detail("Next state", next),
      error && detail("Error", error), cause && detail("Cause", h("span", { class: "pre" }, cause))),
    output !== undefined && output !== null && json("Output", output),
    inspection && h("details", {}, h("summary", {}, "Steps"), json("Steps", inspection)));
}
