// The audit log: what people and API keys have changed, newest first, with a filter and pages in the URL.

import { h, render } from "../lib/dom.js";
import { get, Problem, query } from "../lib/api.js";
import { at, count } from "../lib/format.js";
import { keepFresh } from "../lib/refresh.js";
import { go, parameters } from "../lib/router.js";
import { jobLink, queueLink, scheduleLink } from "../parts/badges.js";
import { empty, errorBox, table } from "../parts/blocks.js";

const pageSize = 50;
const subjectsShown = 3;
const filters = [["action", "Action, such as job.cancel"], ["caller", "Caller"], ["subject", "Job ID, or name of a queue, schedule or key"]];
const filterNames = filters.map(([name]) => name);
const columns = [
  { name: "Number", isNumber: true }, { name: "Time" }, { name: "Caller" }, { name: "Action" }, { name: "Changed", isWhole: true },
  { name: "Before → after", isWhole: true },
];

export function auditPage(content) {
  const state = { page: null, problem: null };
  let fresh = null;

  async function read(signal) {
    const wanted = Object.fromEntries([...filterNames, "cursor"].map((name) => [name, parameters().get(name)]));
    try {
      Object.assign(state, { page: await get(`/v1/audit${query({ ...wanted, limit: pageSize })}`, signal), problem: null });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      state.problem = problem;
    }
    draw();
  }

  function restart() {
    fresh?.stop();
    draw();
    fresh = keepFresh(read);
  }

  function draw() {
    const { page } = state;
    render(content,
      h("div", { class: "page-head" }, h("h1", {}, "Audit log")),
      filterForm(),
      errorBox(state.problem),
      page && (page.items.length
        ? table("Changes", columns, page.items.map((record) => ({ key: record.number, cells: cells(record) })))
        : nothing(page)),
      page && pager(page));
  }

  restart();
  return { title: "Audit log", change: restart, close: () => fresh.stop() };
}

function filterForm() {
  function search(event) {
    event.preventDefault();
    go(`/audit${query(Object.fromEntries(new FormData(event.target)))}`);
  }
  return h("form", { class: "filter-row", key: "filter", onsubmit: search },
    filters.map(([name, hint]) => h("label", { key: name, class: "grow" },
      h("input", { name, "aria-label": name, placeholder: hint, value: parameters().get(name) ?? "", autocomplete: "off",
        spellcheck: "false" }))),
    h("button", { key: "search", type: "submit" }, "Filter"));
}

function nothing(page) {
  if (page.next_cursor) return empty("No change on this page matches", "Older pages can have some.");
  return [...parameters().keys()].length
    ? empty("No change matches", h("a", { href: "/audit" }, "Clear the filter"), " to see all changes.")
    : empty("No changes yet", "Each change by a person or an API key is listed here, such as a cancelled job or a paused queue.");
}

function pager(page) {
  const older = new URLSearchParams(parameters());
  older.set("cursor", page.next_cursor);
  if (!parameters().get("cursor") && !page.next_cursor) return null;
  const newest = query(Object.fromEntries(filterNames.map((name) => [name, parameters().get(name)])));
  return h("nav", { class: "pager", "aria-label": "Pages of the list" },
    h("button", { disabled: !parameters().get("cursor"), onclick: () => go(`/audit${newest}`) }, "Newest"),
    h("button", { disabled: !page.next_cursor, onclick: () => go(`/audit?${older}`) }, "Older"));
}

function cells(record) {
  const { action, subjects } = record;
  const hidden = Math.max(subjects.length, record.count) - subjectsShown;
  return [
    count(record.number),
    at(record.at),
    h("span", { title: record.key_id ? `API key ${record.key_id}` : null }, record.caller,
      record.client && h("span", { class: "muted" }, ` ${record.client}`)),
    h("code", {}, action),
    h("ul", { class: "inline" },
      subjects.slice(0, subjectsShown).map((subject) => h("li", { key: subject }, link(subject, action))),
      hidden > 0 && h("li", { key: "more" }, `and ${count(hidden)} more`)),
    changes(record),
  ];
}

/** A subject, with a link if it has a page. */
function link(subject, action) {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(subject)) return jobLink(subject);
  if (action.startsWith("schedule.")) return scheduleLink(subject);
  return action.startsWith("queue.") ? queueLink(subject) : subject;
}

/** The fields that differ: with both values, or with the only one of an object that was created or deleted. */
function changes({ before, after }) {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  const changed = names
    .map((name) => ({ name, old: text(before?.[name]), now: text(after?.[name]) }))
    .filter(({ old, now }) => old !== now);
  return h("ul", { class: "inline changes" }, changed.map(({ name, old, now }) =>
    h("li", { key: name }, h("span", { class: "muted" }, `${name} `),
      before && h("code", {}, old), before && " → ", h("code", {}, after ? now : "deleted"))));
}

/** A value of a field; the same for none and null. */
function text(value) {
  if (value === undefined || value === null) return "none";
  return typeof value === "string" ? value : JSON.stringify(value);
}
