// The list of state machines.

import { h, render } from "../lib/dom.js";
import { ask } from "../lib/dialog.js";
import { get, getAll, path, Problem } from "../lib/api.js";
import { ago } from "../lib/format.js";
import { keepFresh } from "../lib/refresh.js";
import { go } from "../lib/router.js";
import { may } from "../lib/session.js";
import { labels } from "../parts/badges.js";
import { empty, errorBox, section, table } from "../parts/blocks.js";
import { executionTable } from "../parts/execution-table.js";

const columns = [
  { name: "State machine", isWhole: true }, { name: "Type" }, { name: "Tags", isWideOnly: true }, { name: "Created", isNumber: true }, { name: "Updated", isNumber: true },
];
const executionsShown = 20;
/** The number of executions that are read: those of the children of a distributed map are not shown. */
const executionsRead = 200;

export function stateMachinesPage(content) {
  const state = { machines: null, hasMore: false, executions: [], problem: null };

  async function read(signal) {
    try {
      const [machines, executions] = await Promise.all([
        getAll("/v1/state-machines", signal), get(`/v1/executions?limit=${executionsRead}`, signal),
      ]);
      const shown = executions.items.filter((execution) => !isChild(execution)).slice(0, executionsShown);
      Object.assign(state, { machines: machines.items, hasMore: machines.hasMore, executions: shown, problem: null });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      state.problem = problem;
    }
    draw();
  }

  function draw() {
    render(content,
      h("div", { class: "page-head" }, h("h1", {}, "State machines"),
        may("queues:write") && h("div", { class: "actions" }, h("button", { class: "primary", onclick: create }, "New state machine…"))),
      errorBox(state.problem),
      state.machines && (state.machines.length ? list(state.machines) : none()),
      state.hasMore && h("p", { class: "muted" }, `The first ${state.machines.length} state machines. The API lists all of them.`),
      state.executions.length > 0 && section("Latest executions", null, executionTable(state.executions, { isMachineShown: true })));
  }

  const fresh = keepFresh(read, (change) => change.queue === "executions");
  return { title: "State machines", close: fresh.stop };
}

/** Whether an execution is a child of a distributed map. Its ARN has the label of the map behind the name of the machine. */
function isChild({ arn }) {
  return arn.split(":")[6].includes("/");
}

/** Asks for the name of a new state machine, and opens its editor. */
function create() {
  let name = "";
  ask({
    title: "New state machine", action: "Continue", isReady: () => /^[\w-]{1,80}$/.test(name),
    content: (draw) => h("label", { class: "field" }, h("span", {}, "Name"),
      h("input", {
        name: "name", maxlength: 80, autocomplete: "off", autocapitalize: "none", spellcheck: "false", autofocus: true,
        oninput: (event) => { name = event.target.value.trim(); draw(); },
      }), h("small", { class: "muted" }, "Letters, digits, - and _.")),
  }, async () => go(path`/state-machines/${name}/edit`));
}

function list(machines) {
  return table("State machines", columns, machines.map((machine) => ({ key: machine.name, cells: cells(machine) })));
}

function cells({ name, type, tags, created_at: created, updated_at: updated }) {
  return [
    h("a", { class: "name", href: path`/state-machines/${name}` }, name), type, labels(tags), ago(created), ago(updated),
  ];
}

function none() {
  return empty("No state machines yet",
    "A state machine runs steps in the Amazon States Language. Create one here, with the AWS SDKs, or: ",
    h("code", {}, "longhaul state-machines create NAME definition.json"));
}
