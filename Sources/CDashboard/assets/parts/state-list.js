// The states of a machine as a list: the text alternative of the graph. For an execution it has a bar for the time of each
// visit of a state, on a common axis.

import { h } from "../lib/dom.js";
import { count, duration, none } from "../lib/format.js";
import { statusBadge, statusClass } from "./status-marks.js";

const width = 1000;
const minWidth = 4;
const ticks = [0, 0.25, 0.5, 0.75, 1];
const maxIndent = 5;
/** The number of states that are shown at first. */
const firstShown = 100;

/**
 * A list of states; calls `draw` when more of them are shown. `describe(view)` describes it. A view has `machine`, `selected`, `select(name)`, and for an
 * execution `summaries`, `visitsOf(name)`, `axis` (`{start, end}` in milliseconds).
 */
export function stateList(draw) {
  let shown = firstShown;
  let focused = null;

  function describe(view) {
    const all = ordered(view);
    const names = all.slice(0, shown);
    const current = names.some(({ name }) => name === focused) ? focused : names[0]?.name;
    return h("div", { class: `panel waterfall state-list${view.axis ? "" : " without-bars"}`, key: "states" },
      h("div", { class: "waterfall-head", "aria-hidden": "true" },
        h("span", {}, "State"), h("span", {}, view.axis ? "Status" : "Type"),
        view.axis
          ? [h("span", { class: "waterfall-ticks" }, ticks.map((part) => h("span", { key: part }, duration(((view.axis.end - view.axis.start) * part) / 1000)))),
            h("span", { class: "waterfall-took" }, "Time")]
          : h("span", {}, "Next")),
      h("ol", { "aria-label": "States", onkeydown: moveFocus }, names.map((state) => row(state, view, state.name === current, (name) => {
        focused = name;
        draw();
      }))),
      all.length > shown && h("p", { class: "state-more" },
        h("button", { onclick: () => { shown += 500; draw(); } }, `Show more of ${count(all.length)} states`)));
  }

  return { describe };
}

/** All states, each followed by the states inside it; those of an execution in the order of their first visits. */
function ordered({ machine: { root, states }, visitsOf }) {
  const first = (name) => visitsOf?.(name)[0]?.id ?? Infinity;
  const list = ({ names }) => {
    const sorted = visitsOf ? [...names].sort((one, other) => compare(first(one), first(other))) : names;
    return sorted.flatMap((name) => [states.get(name), ...states.get(name).parts.flatMap(list)]);
  };
  return list(root);
}

/** The order of two numbers, which may both be infinite. */
function compare(one, other) {
  return one === other ? 0 : one - other;
}

function row(state, view, isCurrent, focus) {
  const { name, type } = state;
  const summary = view.summaries?.get(name);
  return h("li", { key: name, class: `operation${name === view.selected ? " open" : ""}`, "data-row": name },
    h("div", { class: "operation-line" },
      h("button", {
        class: "operation-row", tabindex: isCurrent ? "0" : "-1", "aria-pressed": name === view.selected ? "true" : "false",
        onclick: () => view.select(name, true), onfocus: () => isCurrent || focus(name),
      },
        h("span", { class: `operation-name indent-${Math.min(depth(state, view.machine), maxIndent)}` },
          h("strong", {}, name), " ", h("span", { class: "muted" }, [view.axis && type, times(summary)].filter(Boolean).join(", "))),
        h("span", { class: "operation-status" }, statusOf(state, summary, view)),
        view.axis
          ? [bar(view.visitsOf(name), view.axis), h("span", { class: "waterfall-took" }, summary?.total ? duration(summary.took / 1000) : none)]
          : h("span", { class: "muted state-next" }, transitionText(state)))));
}

function statusOf({ type, isInChildren }, summary, { axis }) {
  if (!axis) return type;
  return isInChildren ? h("span", { class: "muted" }, "in children") : statusBadge(summary?.status);
}

function times(summary) {
  return [summary?.total > 1 && `${count(summary.total)} times`, summary?.items].filter(Boolean).join(", ");
}

function depth({ parent }, machine) {
  let level = 0;
  for (let name = parent; name !== null && level < maxIndent; name = machine.states.get(name)?.parent ?? null) level += 1;
  return level;
}

function transitionText({ edges, isEnd, parts }) {
  const to = (kind) => edges.filter((edge) => edge.kind === kind).map((edge) => edge.to).join(", ");
  return [
    to("next"), to("choice"), to("catch") && `after an error: ${to("catch")}`, isEnd && "end", parts.length > 1 && `${parts.length} branches`,
  ].filter(Boolean).join("; ");
}

/** A bar for each visit. Visits that would overlap on the screen are one bar. */
function bar(visits, axis) {
  const x = (time) => ((time - axis.start) / Math.max(1, axis.end - axis.start)) * width;
  const pieces = [];
  for (const { start, end, status } of visits) {
    const left = Math.min(x(start), width - minWidth);
    const right = Math.max(left + minWidth, x(end ?? axis.end));
    const last = pieces.at(-1);
    if (last && last.status === status && left <= last.right + 1) last.right = Math.max(last.right, right);
    else pieces.push({ left, right, status });
  }
  return h("svg", { class: "operation-bar", viewBox: `0 0 ${width} 20`, preserveAspectRatio: "none", "aria-hidden": "true" },
    ticks.map((part) => h("line", { key: part, class: "grid", x1: part * width, x2: part * width, y1: 0, y2: 20 })),
    pieces.map(({ left, right, status }) => h("rect", {
      class: `state-bar ${statusClass(status)}`, x: left.toFixed(1), y: 4, width: (right - left).toFixed(1), height: 12,
    })));
}

/** Moves the focus between rows with the arrow keys, Home and End. */
function moveFocus(event) {
  const rows = [...event.currentTarget.querySelectorAll(".operation-row")];
  const place = rows.indexOf(event.target);
  const targets = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: rows.length - 1 };
  const target = place >= 0 && rows[targets[event.key]];
  if (!target) return;
  event.preventDefault();
  target.focus();
}
