// The editor of a state machine: its definition, the problems in it, its graph, and a try of one state.

import { h, render } from "../lib/dom.js";
import { getTagged, path, post, Problem, putTagged, readJSON } from "../lib/api.js";
import { say } from "../lib/notice.js";
import { go } from "../lib/router.js";
import { may } from "../lib/session.js";
import { errorBox, section } from "../parts/blocks.js";
import { definitionEditor } from "../parts/definition-editor.js";
import { machineGraph } from "../parts/machine-graph.js";
import { readMachineText } from "../parts/machine-model.js";
import { stateTest } from "../parts/state-test.js";

/** The definition of a new machine. */
const template = {
  Comment: "A new state machine", QueryLanguage: "JSONata", StartAt: "First",
  States: { First: { Type: "Pass", Output: "{% $states.input %}", Next: "Done" }, Done: { Type: "Succeed" } },
};

export function stateMachineEditPage(content, { name }) {
  const state = { info: null, tag: null, isNew: false, type: "standard", saved: "", machine: null, read: null, selected: null, problem: null, isBusy: false };
  const editor = definitionEditor(draw);
  const graph = machineGraph(draw);
  const test = stateTest(draw);
  let isOpen = true;

  async function load() {
    try {
      const { value, tag } = await getTagged(path`/v1/state-machines/${name}`);
      Object.assign(state, { info: value, tag });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.status !== 404) {
        state.problem = problem;
        draw();
        return;
      }
    }
    if (!isOpen) return;
    state.isNew = state.info === null;
    state.type = state.info?.type ?? "standard";
    state.saved = pretty(state.info?.definition ?? template);
    editor.setType(state.type);
    editor.setText(state.saved);
    draw();
  }

  function isChanged() {
    return state.isNew || editor.text() !== state.saved;
  }

  async function save() {
    Object.assign(state, { isBusy: true, problem: null });
    draw();
    try {
      const definition = editor.text();
      if (state.isNew) await post("/v1/state-machines", { name, definition, type: state.type });
      else await putTagged(path`/v1/state-machines/${name}`, { definition }, state.tag);
      Object.assign(state, { saved: definition, isNew: false });
      say(`${name} is saved.`);
      if (isOpen) go(path`/state-machines/${name}`);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      state.problem = problem;
    }
    state.isBusy = false;
    if (isOpen) draw();
  }

  function format() {
    try {
      editor.setText(pretty(readJSON(editor.text())));
    } catch {
      say("The text is not JSON.", { isError: true });
    }
  }

  function select(selected) {
    state.selected = selected;
    test.choose(selected);
    editor.show(pointerTo(state.machine, selected));
  }

  /** The graph shows the last text that is a definition. */
  function readText() {
    const text = editor.text();
    if (state.read === text) return;
    state.read = text;
    const machine = readMachineText(text);
    if (machine.problem === null || state.machine === null) state.machine = machine;
  }

  function leaving(event) {
    if (isChanged() && editor.text() !== state.saved) event.preventDefault();
  }

  function draw() {
    if (!isOpen) return;
    readText();
    const { machine, problem, isBusy, isNew } = state;
    const names = [...machine.states.keys()];
    render(content,
      h("nav", { class: "crumbs", "aria-label": "Above" },
        h("a", { href: "/state-machines" }, "State machines"), !isNew && [" / ", h("a", { href: path`/state-machines/${name}` }, name)]),
      h("div", { class: "page-head" },
        h("h1", {}, h("span", { class: "muted" }, isNew ? "New state machine " : "Edit "), name),
        h("div", { class: "actions" },
          isNew && h("label", { key: "type" }, h("span", { class: "unseen" }, "Type"),
            h("select", { name: "type", value: state.type, onchange: (event) => { state.type = event.target.value; editor.setType(state.type); } },
              h("option", { value: "standard" }, "Standard"), h("option", { value: "express" }, "Express"))),
          h("button", { key: "format", onclick: format }, "Format"),
          !isNew && h("button", { key: "revert", disabled: !isChanged(), onclick: () => editor.setText(state.saved) }, "Revert"),
          may("queues:write") && h("button", { key: "save", class: "primary", disabled: isBusy || !isChanged(), onclick: save }, isNew ? "Create" : "Save"))),
      errorBox(problem),
      h("div", { class: "columns editor-columns" },
        section("Definition", null, editor.describe()),
        h("div", { key: "side" },
          names.length > 0 && section("Graph", graph.tools(), graph.describe({ machine, selected: state.selected, select })),
          section("Try a state", null, test.describe({ text: editor.text(), names })))));
  }

  addEventListener("beforeunload", leaving);
  load();
  return {
    title: `Edit ${name}`,
    close() {
      isOpen = false;
      editor.close();
      removeEventListener("beforeunload", leaving);
    },
  };
}

function pretty(definition) {
  return JSON.stringify(definition, null, 2);
}

/** The pointer to the definition of a state. */
function pointerTo(machine, name) {
  const { parent } = machine.states.get(name);
  const escaped = (text) => text.replace(/~/g, "~0").replace(/\//g, "~1");
  if (parent === null) return `/States/${escaped(name)}`;
  const container = machine.states.get(parent);
  const index = container.parts.findIndex(({ names }) => names.includes(name));
  const { Branches: branches, ItemProcessor: processor } = container.definition;
  const inner = Array.isArray(branches) ? `Branches/${index}` : processor ? "ItemProcessor" : "Iterator";
  return `${pointerTo(machine, parent)}/${inner}/States/${escaped(name)}`;
}
