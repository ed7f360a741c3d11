// The events of an execution as a table, in pages, with a filter by state.

import { h } from "../lib/dom.js";
import { clock, count, duration, none } from "../lib/format.js";
import { table } from "./blocks.js";
import { pretty } from "./json.js";

const pageSize = 100;
const columns = [
  { name: "Event", isNumber: true }, { name: "Type", isWhole: true }, { name: "State" }, { name: "After", isNumber: true },
  { name: "Time", isNumber: true, isWideOnly: true }, { name: "Details", isWhole: true },
];

/** A table of events; calls `draw` when its page, its filter or an open event changes. */
export function eventList(draw) {
  const open = new Set();
  let first = null;
  let state = "";
  let isNewestFirst = false;

  function change(changes) {
    ({ first = null, state = state, isNewestFirst = isNewestFirst } = changes);
    draw();
  }

  function shown(reader) {
    const found = state ? reader.events.filter(({ visit }) => visit?.name === state) : reader.events;
    return isNewestFirst ? [...found].reverse() : found;
  }

  function tools(reader, names) {
    const total = shown(reader).length;
    const start = Math.min(first ?? 0, Math.max(0, total - 1));
    const end = Math.min(start + pageSize, total);
    const button = (text, isEnabled, to) => h("button", { key: text, disabled: !isEnabled, onclick: () => change({ first: to }) }, text);
    return [
      h("label", { key: "filter" }, h("span", { class: "unseen" }, "State"),
        h("select", { name: "event-state", value: state, onchange: (event) => change({ state: event.target.value }) },
          h("option", { value: "" }, "All states"), names.map((name) => h("option", { key: name, value: name }, name)))),
      h("label", { class: "check", key: "order" },
        h("input", { type: "checkbox", checked: isNewestFirst, onchange: (event) => change({ isNewestFirst: event.target.checked }) }), "Newest first"),
      h("span", { class: "muted", key: "place" }, total > pageSize ? `${count(start + 1)}–${count(end)} of ${count(total)}` : count(total)),
      total > pageSize && [
        button("First", start > 0, 0), button("Earlier", start > 0, Math.max(0, start - pageSize)),
        button("Later", end < total, end), button("Last", end < total, Math.floor((total - 1) / pageSize) * pageSize),
      ],
    ];
  }

  function describe(reader, select) {
    const events = shown(reader);
    const start = Math.min(first ?? 0, Math.max(0, events.length - 1));
    const began = reader.events[0]?.time;
    return table("Events", columns, events.slice(start, start + pageSize).map((event) => ({
      key: event.id, cells: cells(event, began, select),
    })));
  }

  function cells(event, began, select) {
    const { id, type, time, visit, previous, details } = event;
    return [
      h("span", { class: "mono", title: `After event ${previous}` }, String(id)),
      h("span", { class: /Failed$|TimedOut$|Aborted$/.test(type) ? "event-type bad-text" : "event-type" }, spaced(type)),
      visit && !type.startsWith("Execution")
        ? h("button", { class: "link", onclick: () => select(visit.name, visit) }, visit.name, iteration(visit)) : h("span", { class: "muted" }, none),
      time === began ? "0 s" : duration((time - began) / 1000),
      h("time", { datetime: new Date(time).toISOString() }, clock(new Date(time).toISOString())),
      Object.keys(details).length > 0 && h("details", {
        ontoggle: (toggled) => toggle(id, toggled.target.open),
      }, h("summary", {}, h("span", { class: "clip" }, summary(details))), open.has(id) && h("pre", { class: "code", tabindex: "0" }, pretty(details))),
    ];
  }

  function toggle(id, isOpen) {
    if (open.has(id) === isOpen) return;
    if (isOpen) open.add(id);
    else open.delete(id);
    draw();
  }

  return { describe, tools, filter: (name) => change({ state: name }) };
}

function iteration({ iteration: index }) {
  return index !== null && index !== undefined && ` [${index}]`;
}

/** "Task state entered" is easier to read than "TaskStateEntered". */
function spaced(type) {
  const words = type.replace(/([a-z])([A-Z])/g, (_, one, other) => `${one} ${other.toLowerCase()}`);
  return words;
}

/** The details in one line. */
function summary(details) {
  if (details.error || details.cause) return [details.error, details.cause].filter(Boolean).join(": ").slice(0, 200);
  const value = details.output ?? details.input ?? details.parameters ?? details;
  return (JSON.stringify(value) ?? "").slice(0, 200);
}
