// One execution of a state machine: its graph, states, events, data and map runs. It is live while the execution runs.

import { h, render } from "../lib/dom.js";
import { get, path, Problem, serverNow } from "../lib/api.js";
import { at, between, count, duration, none, plural } from "../lib/format.js";
import { keepFresh } from "../lib/refresh.js";
import { may } from "../lib/session.js";
import { empty, errorBox, section, tile } from "../parts/blocks.js";
import { eventList } from "../parts/event-list.js";
import { executionHistory } from "../parts/execution-history.js";
import { summaryOf, timeSpent } from "../parts/execution-model.js";
import { executionStatuses, redriveExecution, stopExecution } from "../parts/execution-table.js";
import { json } from "../parts/json.js";
import { logView } from "../parts/log.js";
import { machineGraph } from "../parts/machine-graph.js";
import { readMachine } from "../parts/machine-model.js";
import { mapRunTable } from "../parts/map-runs.js";
import { countsText, stateDetails } from "../parts/state-details.js";
import { stateList } from "../parts/state-list.js";
import { statusBadge } from "../parts/status-marks.js";

export function executionPage(content, { id }) {
  const state = { execution: null, machine: null, selected: null, isChosen: false, problem: null };
  const graph = machineGraph(draw);
  const states = stateList(draw);
  const details = stateDetails(draw);
  const events = eventList(draw);
  const log = logView(id, draw);
  const history = executionHistory(id, (name) => state.machine?.states.get(name)?.parent ?? null);
  const { reader } = history;

  async function read(signal) {
    try {
      state.execution = await get(path`/v1/executions/${id}`, signal);
      state.machine ??= await readDefinition(signal);
      state.problem = null;
      log.follow({ state: state.execution.status === "running" ? "processing" : "completed" });
      if (state.execution.status !== "running" && reader.status !== "running") draw();
      else await history.read(signal, draw);
      chooseState();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      state.problem = problem;
    }
    draw();
  }

  /** The definition that the execution runs. It never changes. */
  async function readDefinition(signal) {
    return readMachine(await get(path`/v1/executions/${id}/definition`, signal));
  }

  /** Selects the state that needs attention, until the user selects one. */
  function chooseState() {
    if (state.isChosen) return;
    const visits = reader.visits.filter(({ name }) => state.machine.states.has(name));
    const found = visits.findLast(({ status, type }) => status === "running" && type !== "Map" && type !== "Parallel")
      ?? visits.findLast(({ status }) => status === "failed" || status === "timed out" || status === "aborted") ?? visits.at(-1);
    if (!found || found.name === state.selected) return;
    state.selected = found.name;
    draw();
    graph.reveal(found.name);
  }

  function select(name, isFromList = false) {
    Object.assign(state, { selected: name, isChosen: true });
    draw();
    if (isFromList) graph.reveal(name);
  }

  function showEvents(name) {
    events.filter(name);
    document.querySelector('[aria-label="Events"]')?.scrollIntoView({ block: "center" });
  }

  function actions({ status }) {
    if (!may("jobs:write")) return null;
    const changed = () => fresh.now();
    return status === "running"
      ? h("button", { key: "stop", onclick: () => stopExecution(state.execution, changed) }, "Stop…")
      : status !== "succeeded" && h("button", { key: "redrive", class: "primary", onclick: () => redriveExecution(state.execution, changed) }, "Redrive…");
  }

  function draw() {
    const { execution, problem } = state;
    render(content,
      h("nav", { class: "crumbs", "aria-label": "Above" },
        h("a", { href: "/state-machines" }, "State machines"),
        execution && [" / ", h("a", { href: path`/state-machines/${execution.state_machine}` }, execution.state_machine)]),
      h("div", { class: "page-head" },
        h("div", {},
          h("h1", {}, execution?.name ?? "Execution", " ", execution && statusBadge(executionStatuses[execution.status])),
          h("p", { class: "mono muted break" }, execution?.arn ?? id)),
        execution && h("div", { class: "actions" }, h("a", { href: path`/jobs/${id}` }, "Job"), actions(execution))),
      problem?.status === 404
        ? empty("There is no such execution", "It was deleted, or its retention has ended.") : errorBox(problem),
      execution && state.machine && body());
    log.settle();
  }

  function body() {
    const { execution, machine, selected } = state;
    const now = execution.ended_at ? Date.parse(execution.ended_at) : serverNow();
    const axis = { start: reader.events[0]?.time ?? Date.parse(execution.started_at), end: now };
    const visitsOf = reader.of;
    const view = { machine, selected, select, axis, visitsOf, summaries: summaries(now), transitions: reader.transitions };
    return [
      tiles(),
      (execution.error || execution.cause) && h("div", { class: "panel error-panel", key: "error" },
        h("strong", {}, execution.error ?? "Error"), execution.cause && h("p", { class: "pre" }, execution.cause)),
      machine.problem ? h("p", { class: "error-box", key: "problem" }, machine.problem) : h("div", { class: "columns machine-columns", key: "machine" },
        section("Graph", graph.tools(), graph.describe(view)),
        section("State", null, details.describe({ machine, name: selected, visits: selected === null ? null : visitsOf(selected), items: itemsOf, showEvents }))),
      execution.map_runs?.length > 0 && section("Map runs", null, mapRunTable(execution.map_runs)),
      !machine.problem && section("States", null, states.describe(view)),
      section("Events", events.tools(reader, [...machine.states.keys()]), events.describe(reader, (name) => select(name, true))),
      log.hasLines() && section("Log", null, log.describe()),
      h("div", { class: "columns", key: "data" }, json("Input", execution.input), execution.status === "succeeded" && json("Output", execution.output)),
    ];
  }

  function summaries(now) {
    return new Map([...state.machine.states.keys()].map((name) => {
      const visits = reader.of(name);
      const counted = visits.findLast((visit) => visit.counts);
      return [name, { ...summaryOf(visits), took: timeSpent(visits, now), items: counted && itemsOf(counted) }];
    }));
  }

  /** The items of a Map state. The history counts those of an inline map, the map run those of a distributed one. */
  function itemsOf({ counts, mapRun }) {
    const run = state.execution.map_runs?.find(({ arn }) => arn === mapRun);
    return countsText(run ? { ...run.items, failed: run.items.failed + run.items.timed_out } : counts);
  }

  function tiles() {
    const { execution } = state;
    const retries = reader.visits.reduce((sum, visit) => sum + visit.retries, 0);
    const open = execution.open_states ?? [];
    return h("div", { class: "tiles", key: "tiles" },
      tile(execution.status === "running" ? "Running for" : "Took", duration(between(execution.started_at, execution.ended_at)), ["started ", at(execution.started_at)]),
      tile("States entered", count(reader.visits.length), plural(new Set(reader.visits.map(({ name }) => name)).size, "different state")),
      tile("Now", open.length === 1 ? open[0].name : open.length ? plural(open.length, "state") : none, open.length ? "entered and not left" : "no state is open"),
      tile("Retries", count(retries), "of failed tasks", { tone: retries ? "warn" : null }),
      tile("Events", count(reader.events.length), "in the history"),
      tile("Redrives", count(execution.redrive_count), execution.redriven_at ? ["last ", at(execution.redriven_at)] : "none"));
  }

  const fresh = keepFresh(read, (change) => change.job_id === id || change.queue === "executions");
  return { title: `Execution ${id.slice(-12)}`, close: () => { fresh.stop(); log.close(); } };
}
