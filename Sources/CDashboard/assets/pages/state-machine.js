// One state machine: its graph and states, and its executions.

import { h, render } from "../lib/dom.js";
import { ask, confirm } from "../lib/dialog.js";
import { get, path, post, Problem, query, readJSON, remove } from "../lib/api.js";
import { ago, at, count } from "../lib/format.js";
import { jsonProblem } from "../lib/json-error.js";
import { say } from "../lib/notice.js";
import { keepFresh } from "../lib/refresh.js";
import { go, parameters } from "../lib/router.js";
import { may } from "../lib/session.js";
import { labels } from "../parts/badges.js";
import { detail, empty, errorBox, section } from "../parts/blocks.js";
import { executionStatuses, executionTable } from "../parts/execution-table.js";
import { json } from "../parts/json.js";
import { machineGraph } from "../parts/machine-graph.js";
import { readMachine } from "../parts/machine-model.js";
import { stateDetails } from "../parts/state-details.js";
import { stateList } from "../parts/state-list.js";
import { statusBadge } from "../parts/status-marks.js";

const pageSize = 50;

export function stateMachinePage(content, { name }) {
  const state = { info: null, revision: null, machine: null, page: null, selected: null, problem: null };
  const graph = machineGraph(draw);
  const states = stateList(draw);
  const details = stateDetails(draw);
  let fresh = null;

  async function read(signal) {
    try {
      const info = await get(path`/v1/state-machines/${name}`, signal);
      const page = info.type === "express" ? { items: [], next_cursor: null } : await get(path`/v1/state-machines/${name}/executions` + query({
        status: parameters().get("status"), cursor: parameters().get("cursor"), limit: pageSize,
      }), signal);
      if (state.info?.revision !== info.revision) state.machine = readMachine(info.definition);
      Object.assign(state, { info, page, problem: null });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      state.problem = problem;
    }
    draw();
  }

  function select(selected, isFromList = false) {
    state.selected = selected;
    draw();
    if (isFromList) graph.reveal(selected);
  }

  function start() {
    startExecution(name, (execution) => (execution.id ? go(path`/executions/${execution.id}`) : fresh.now()));
  }

  function discard() {
    confirm({
      title: `Delete ${name}?`, action: "Delete", isDanger: true, word: "delete",
      text: "The state machine, its versions and its aliases are deleted. Executions that run continue with their definition.",
    }, async () => {
      await remove(path`/v1/state-machines/${name}`);
      say(`${name} is deleted.`);
      go("/state-machines");
    });
  }

  function restart() {
    fresh?.stop();
    fresh = keepFresh(read, (change) => change.queue === "executions");
  }

  function draw() {
    const { info, problem } = state;
    render(content,
      h("nav", { class: "crumbs", "aria-label": "Above" }, h("a", { href: "/state-machines" }, "State machines")),
      h("div", { class: "page-head" },
        h("h1", {}, h("span", { class: "muted" }, "State machine "), name),
        info && h("div", { class: "actions" },
          may("jobs:submit") && h("button", { class: "primary", key: "start", onclick: start }, "Start execution…"),
          may("queues:write") && h("button", { key: "edit", onclick: () => go(path`/state-machines/${name}/edit`) }, "Edit"),
          may("queues:write") && h("button", { key: "delete", class: "danger quiet", onclick: discard }, "Delete…"))),
      problem?.status === 404
        ? empty(`There is no state machine ${name}`, h("a", { href: path`/state-machines/${name}/edit` }, "Create it"), ".") : errorBox(problem),
      info && body());
  }

  function body() {
    const { info, machine, page, selected } = state;
    const view = { machine, selected, select };
    return [
      machine.problem ? h("p", { class: "error-box", key: "problem" }, machine.problem) : h("div", { class: "columns machine-columns", key: "machine" },
        section("Graph", graph.tools(), graph.describe(view)),
        h("div", { key: "side" },
          section("State", null, details.describe({ machine, name: selected })),
          section("Details", null, facts(info, machine)))),
      section("Executions", info.type !== "express" && filter(), page.items.length ? executionTable(page.items) : noExecutions(), pager(page)),
      !machine.problem && section("States", null, states.describe(view)),
      h("details", { key: "definition" }, h("summary", {}, "Definition"), json("Definition", info.definition)),
    ];
  }

  function filter() {
    const chosen = parameters().get("status");
    const toggle = (status) => go(path`/state-machines/${name}` + query({ status: status === chosen ? null : status }), { replace: true });
    return h("fieldset", { class: "chips" }, h("legend", { class: "unseen" }, "Status"),
      Object.entries(executionStatuses).map(([status, words]) => h("label", { key: status, class: "chip" },
        h("input", { type: "checkbox", name: "status", value: status, checked: status === chosen, onchange: () => toggle(status) }),
        statusBadge(words))));
  }

  function noExecutions() {
    return parameters().has("status")
      ? empty("No execution matches", h("a", { href: path`/state-machines/${name}` }, "Clear the filter"), ".")
      : empty("No executions yet", state.info.type === "express" ? "Executions of this type are not stored." : "Start one with the button above.");
  }

  function pager({ next_cursor: next }) {
    const cursor = parameters().get("cursor");
    if (!cursor && !next) return null;
    const open = (to) => go(path`/state-machines/${name}` + query({ status: parameters().get("status"), cursor: to }));
    return h("nav", { class: "pager", "aria-label": "Pages of the list" },
      h("button", { disabled: !cursor, onclick: () => open(null) }, "Newest"),
      h("button", { disabled: !next, onclick: () => open(next) }, "Older"));
  }

  restart();
  return { title: `State machine ${name}`, change: restart, close: () => fresh.stop() };
}

function facts(info, { states }) {
  return h("dl", { class: "panel details" },
    detail("Type", info.type), detail("States", count(states.size)), detail("Revision", h("span", { class: "mono break" }, info.revision)),
    detail("ARN", h("span", { class: "mono break" }, info.arn)),
    Object.keys(info.tags ?? {}).length > 0 && detail("Tags", labels(info.tags)),
    detail("Created", at(info.created_at)), info.updated_at && detail("Updated", ago(info.updated_at)));
}

/** Asks for the input, and starts an execution. */
function startExecution(machine, started) {
  let name = "";
  let text = "{}";
  let error = null;
  ask({
    title: `Start ${machine}`, action: "Start",
    check() {
      error = jsonProblem("The input", text);
      return error;
    },
    content: () => [
      h("label", { class: "field" }, h("span", {}, "Input"),
        h("textarea", {
          name: "input", rows: 8, spellcheck: "false", autofocus: true, value: text, "aria-invalid": error ? "true" : null,
          oninput: (event) => { text = event.target.value; },
        }), h("small", { class: "muted" }, "JSON.")),
      h("label", { class: "field" }, h("span", {}, "Name"),
        h("input", {
          name: "name", maxlength: 80, autocomplete: "off", autocapitalize: "none", spellcheck: "false", placeholder: "The server makes one", value: name,
          oninput: (event) => { name = event.target.value; },
        }), h("small", { class: "muted" }, "Optional. The same name and input start no second execution.")),
    ],
  }, async () => {
    const execution = await post(path`/v1/state-machines/${machine}/executions`, { name: name.trim() || undefined, input: readJSON(text) });
    say("The execution has started.");
    started(execution);
  });
}
