// The graph of a state machine. The table of states beside it has the same content as text.

import { h } from "../lib/dom.js";
import { count, duration, plural } from "../lib/format.js";
import { layOut } from "../lib/layered-layout.js";
import { nextBox } from "../lib/spatial-focus.js";
import { statusClass, statusMark, typeMark } from "./status-marks.js";

const box = { width: 196, height: 46 };
const dot = { width: 22, height: 22 };
/** The maximum number of states that are drawn. The table lists all of them. */
const maxDrawn = 1500;
/** A graph that is wider than its panel is made smaller, down to this zoom: names are readable at it. */
const minReadable = 0.7;
const zooms = [0.25, 0.35, 0.5, 0.7, 0.85, 1, 1.25, 1.6];
/** Names of the circles at the start and the end. A state cannot have them: names have at most 80 characters. */
const [start, end] = ["start", "end"].map((name) => `${name} ${"·".repeat(80)}`);

/**
 * A graph with a zoom and a focus; calls `draw` when one of them changes.
 *
 * `describe(view)` describes it. A view has `machine`, `selected` (a name), `select(name)`, and for an execution `summaries`
 * (by name: `{status, total, counts, took, items}`) and `transitions`.
 */
export function machineGraph(draw) {
  const state = { machine: null, layout: null, zoom: 1, isZoomed: false, focused: null, revealed: null };
  let frame = null;

  function layoutOf(machine) {
    if (state.machine !== machine) {
      state.machine = machine;
      state.layout = machine.states.size > maxDrawn ? null : layOut(graphOf(machine));
      state.boxes = new Map([...state.layout?.places ?? []].filter(([id]) => machine.states.has(id)));
      if (!state.isZoomed) requestAnimationFrame(fitWidth);
    }
    return state.layout;
  }

  function setZoom(zoom) {
    Object.assign(state, { zoom, isZoomed: true });
    draw();
  }

  /** The first zoom. */
  function fitWidth() {
    const panel = document.querySelector(".machine-graph");
    if (!panel || !state.layout || state.isZoomed) return;
    const zoom = Math.max(minReadable, Math.min(1, (panel.clientWidth - 4) / state.layout.width));
    if (Math.abs(zoom - state.zoom) < 0.01) return;
    state.zoom = zoom;
    draw();
    if (state.revealed) reveal(state.revealed);
  }

  function step(by) {
    const place = zooms.findIndex((zoom) => zoom >= state.zoom - 0.001);
    setZoom(zooms[Math.max(0, Math.min(zooms.length - 1, (place < 0 ? zooms.length - 1 : place) + by))]);
  }

  function fit() {
    const panel = document.querySelector(".machine-graph");
    if (!panel || !state.layout) return;
    const { width, height } = state.layout;
    setZoom(Math.max(0.1, Math.min(1, panel.clientWidth / width, panel.clientHeight / height)));
  }

  /** Scrolls to a state. */
  function reveal(name) {
    state.revealed = name;
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => {
      const panel = document.querySelector(".machine-graph");
      const place = state.layout?.places.get(name);
      if (!panel || !place) return;
      const left = (panel.scrollWidth - state.layout.width * state.zoom) / 2;
      // The name of a frame is at its left edge, which must be visible if the frame is wider than the panel.
      const middle = (place.x + place.width / 2) * state.zoom - panel.clientWidth / 2;
      panel.scrollLeft = Math.max(0, left) + Math.min(middle, place.x * state.zoom - 8);
      panel.scrollTop = (place.y + Math.min(place.height / 2, 100)) * state.zoom - panel.clientHeight / 2;
    });
  }

  function moveFocus(event) {
    const name = event.target.closest("[data-state]")?.dataset.state;
    if (name === undefined) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      event.target.dispatchEvent(new MouseEvent("click", { bubbles: true }));
      return;
    }
    const next = nextBox(state.boxes, name, event.key);
    if (next === undefined) return;
    event.preventDefault();
    focus(next);
  }

  function focus(name) {
    state.focused = name;
    draw();
    document.querySelector(`.machine-graph [data-state="${CSS.escape(name)}"]`)?.focus({ preventScroll: true });
    reveal(name);
  }

  function tools() {
    const button = (text, label, act) => h("button", { key: label, class: "quiet icon", "aria-label": label, title: label, onclick: act }, text);
    return state.layout && [
      button("−", "Zoom out", () => step(-1)), h("span", { class: "muted zoom", key: "zoom" }, `${Math.round(state.zoom * 100)} %`),
      button("+", "Zoom in", () => step(1)), h("button", { key: "fit", class: "quiet", onclick: fit }, "Fit"),
    ];
  }

  function describe(view) {
    const layout = layoutOf(view.machine);
    if (!layout) return h("p", { class: "muted", key: "large" }, `A graph of ${plural(view.machine.states.size, "state")} is not drawn. The table lists all states.`);
    const names = [...state.boxes.keys()];
    const current = state.boxes.has(state.focused) ? state.focused : state.boxes.has(view.selected) ? view.selected : names[0];
    const { width, height } = layout;
    const drawn = ([id, place]) => (view.machine.states.has(id)
      ? node(view.machine.states.get(id), place, view, id === current, () => { state.focused = id; })
      : circle(id, place, view));
    // The lines inside a frame are above it.
    const frames = [...layout.places].filter(([, place]) => place.parts.length);
    const others = [...layout.places].filter(([, place]) => !place.parts.length);
    return h("div", { class: "panel graph-panel", key: "graph" },
      h("div", { class: "graph machine-graph" },
        h("svg", {
          viewBox: `0 0 ${width} ${height}`, width: Math.ceil(width * state.zoom), height: Math.ceil(height * state.zoom), role: "group",
          "aria-label": `Graph of ${plural(names.length, "state")}. The arrow keys move between states, Enter selects one. The table of states has the same content.`,
          onkeydown: moveFocus,
        },
          frames.map(drawn), layout.lines.map((line) => edge(line, view)), others.map(drawn))),
      legend(view));
  }

  return { describe, tools, reveal };
}

/** The graph for the layout: the states of each level, and circles at the start and the end. */
function graphOf({ root, states }) {
  const level = ({ names }) => ({
    nodes: names.map((id) => ({ id, width: box.width, height: box.height, parts: states.get(id).parts.filter((part) => part.names.length).map(level) })),
    edges: names.flatMap((id) => states.get(id).edges),
  });
  const { nodes, edges } = level(root);
  const ends = root.names.filter((id) => states.get(id).isEnd);
  return {
    nodes: [{ id: start, ...dot }, ...nodes, ...(ends.length ? [{ id: end, ...dot }] : [])],
    edges: [
      ...(root.startAt === null ? [] : [{ from: start, to: root.startAt, kind: "next" }]),
      ...edges, ...ends.map((from) => ({ from, to: end, kind: "next" })),
    ],
  };
}

function edge({ key, kind, path, tip, edges }, view) {
  const isTaken = view.transitions !== undefined && edges.some((each) => wasTaken(each, view));
  const tone = `edge ${kind}${view.transitions === undefined ? "" : isTaken ? " taken" : " idle"}`;
  return h("g", { key: `line ${key}` },
    h("path", { class: tone, d: path }),
    tip && h("path", { class: `edge-tip${isTaken ? " taken" : ""}`, d: `M${tip[0] - 4.5} ${tip[1] - 8}L${tip[0]} ${tip[1]}L${tip[0] + 4.5} ${tip[1] - 8}Z` }));
}

function wasTaken({ from, to }, { machine, transitions, summaries }) {
  if (from === start) return (summaries.get(to)?.total ?? 0) > 0;
  // Only a Fail state leads to the end by failing.
  if (to === end) return (summaries.get(from)?.counts[machine.states.get(from)?.type === "Fail" ? "failed" : "succeeded"] ?? 0) > 0;
  return transitions.has(`${from} ${to}`);
}

function circle(id, { x, y, width }, view) {
  const isStart = id === start;
  return h("g", { key: id, class: "machine-end" },
    h("circle", { class: isStart ? "end-start" : "end-end", cx: x + width / 2, cy: y + width / 2, r: width / 2 - 1 }),
    !isStart && h("circle", { class: "end-inner", cx: x + width / 2, cy: y + width / 2, r: width / 2 - 5 }));
}

function node(machineState, place, view, isCurrent, focused) {
  const { name, type } = machineState;
  const summary = view.summaries?.get(name);
  const isFrame = place.parts.length > 0;
  const isPlain = !view.summaries || machineState.isInChildren;
  const status = isPlain ? null : summary?.status ?? "not reached";
  const [words, ...facts] = factsOf(machineState, summary);
  const label = [name, words, status, ...facts].filter(Boolean).join(", ");
  return h("g", {
    key: `state ${name}`, class: `machine-state ${isPlain ? "plain" : statusClass(summary?.status)}${isFrame ? " frame" : ""}${name === view.selected ? " selected" : ""}`,
    "data-state": name, role: "button", tabindex: isCurrent ? "0" : "-1", "aria-pressed": name === view.selected ? "true" : "false",
    "aria-label": label, onclick: () => { focused(); view.select(name); },
  },
    h("title", {}, label),
    h("rect", { class: "machine-box", x: place.x, y: place.y, width: place.width, height: place.height, rx: isFrame ? 12 : 8 }),
    place.parts.length > 1 && place.parts.map((part, index) => h("rect", { key: index, class: "frame-part", ...inset(part), rx: 8 })),
    isPlain ? typeMark(type, place.x + 21, place.y + 23) : statusMark(summary?.status, place.x + 21, place.y + 23),
    h("text", { class: "node-name", x: place.x + 40, y: place.y + 20 }, cut(name, (place.width - 50) / 7.2)),
    h("text", { class: "node-note", x: place.x + 40, y: place.y + 36 }, cut([words, ...facts].join(" · "), (place.width - 50) / 6.2)));
}

function inset({ x, y, width, height }) {
  return { x: x + 4, y, width: width - 8, height };
}

/** The second line of a box: the type, and what an execution adds. */
function factsOf({ type, isDistributed, isInChildren }, summary) {
  const words = isDistributed ? "Distributed map" : isInChildren && summary ? `${type}, in children` : type;
  if (!summary?.total) return [words];
  const times = summary.total > 1 ? `${count(summary.total)}×` : null;
  return [words, summary.items, times, duration(summary.took / 1000)].filter(Boolean);
}

function cut(text, length) {
  const size = Math.floor(length);
  return text.length > size ? `${text.slice(0, size - 1)}…` : text;
}

/** The meaning of the marks and lines that are in the graph. */
function legend({ machine, summaries }) {
  const statuses = summaries ? [...new Set([...machine.states.values()].filter(({ isInChildren }) => !isInChildren).map(({ name }) => summaries.get(name)?.status ?? null))] : [];
  const hasCatch = [...machine.states.values()].some(({ edges }) => edges.some(({ kind }) => kind === "catch"));
  return h("p", { class: "graph-legend muted" },
    statuses.map((status) => h("span", { key: status ?? "none" },
      h("svg", { viewBox: "-9 -9 18 18", width: 15, height: 15, "aria-hidden": "true" }, statusMark(status, 0, 0)), status ?? "not reached")),
    summaries && h("span", { key: "taken" }, h("svg", { width: 30, height: 10, "aria-hidden": "true" }, h("path", { class: "edge taken", d: "M0 5H30" })), "taken"),
    hasCatch && h("span", { key: "catch" }, h("svg", { width: 30, height: 10, "aria-hidden": "true" }, h("path", { class: "edge catch", d: "M0 5H30" })), "after an error"));
}
