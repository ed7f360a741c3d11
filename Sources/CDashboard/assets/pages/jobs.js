// The list of jobs, with a filter and pages. The URL contains both, so that a view can be shared and bookmarked.

import { h, render } from "../lib/dom.js";
import { get, getAll, Problem, query } from "../lib/api.js";
import { keepFresh } from "../lib/refresh.js";
import { go, parameters } from "../lib/router.js";
import { empty, errorBox } from "../parts/blocks.js";
import { filterForm, readFilter } from "../parts/job-filter.js";
import { jobTable } from "../parts/job-table.js";
import { waitKey, waitTable } from "../parts/waits.js";

const pageSize = 50;
/** A page of suspended jobs is larger, because it shows what they wait for in groups. */
const suspendedPageSize = 200;

export function jobsPage(content) {
  const state = { page: null, queues: [], problem: null, isBusy: true };
  let fresh = null;

  async function read(signal) {
    const { filter } = readFilter(parameters());
    try {
      const [page, queues] = await Promise.all([
        get(`/v1/jobs${query({ ...filter, fields: "summary", cursor: parameters().get("cursor"), limit: isSuspendedOnly(filter) ? suspendedPageSize : pageSize })}`, signal),
        getAll("/v1/queues", signal),
      ]);
      Object.assign(state, { page, queues: queues.items.map(({ name }) => name), problem: null });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      state.problem = problem;
      if (!problem.isLost) state.page = null;
    }
    state.isBusy = false;
    draw();
  }

  function isRelevant(change) {
    const { filter } = readFilter(parameters());
    return (!filter.queue || filter.queue === change.queue) && (!filter.kind || filter.kind === change.kind);
  }

  function restart() {
    fresh?.stop();
    state.isBusy = true;
    draw();
    fresh = keepFresh(read, isRelevant);
  }

  function openPage(cursor, trail) {
    const next = parameters();
    next.delete("cursor");
    if (cursor) next.set("cursor", cursor);
    go(`/jobs?${next}`, { state: { trail } });
  }

  function draw() {
    render(content,
      h("div", { class: "page-head" }, h("h1", {}, "Jobs")),
      filterForm(parameters(), state.queues),
      errorBox(state.problem),
      state.page && h("div", { class: "results", key: "results", "aria-busy": state.isBusy ? "true" : "false" },
        results(state.page),
        pager(state.page, openPage)));
  }

  restart();
  if (parameters().get("focus") === "search") {
    go("/jobs", { replace: true });
    document.querySelector("[data-search]")?.focus();
  }
  return { title: "Jobs", change: restart, close: () => fresh.stop() };
}

/** Whether the list shows suspended jobs only. It then shows what they wait for, too. */
function isSuspendedOnly(filter) {
  return filter.state.length === 1 && filter.state[0] === "suspended";
}

function results({ items }) {
  const { filter } = readFilter(parameters());
  if (!items.length) return nothing();
  if (!isSuspendedOnly(filter)) return jobTable(items);
  const wait = parameters().get("wait");
  const shown = wait ? items.filter((job) => waitKey(job) === wait) : items;
  const others = Object.fromEntries([...parameters().keys()].map((name) => [name, parameters().getAll(name)]));
  return h("div", { class: "suspended-list" },
    waitTable(items, wait, others),
    shown.length ? jobTable(shown) : empty("No job of this page is in this group", "Choose another group."));
}

function nothing() {
  const isFiltered = [...parameters().keys()].length > 0;
  return isFiltered
    ? empty("No job matches", h("a", { href: "/jobs" }, "Clear the filter"), " to see all jobs.")
    : empty("No jobs yet", "Submit a job: ", h("code", {}, "longhaul submit hello.world"));
}

function pager(page, openPage) {
  const cursor = parameters().get("cursor");
  const trail = history.state?.trail ?? [];
  if (!cursor && !page.next_cursor) return null;
  return h("nav", { class: "pager", "aria-label": "Pages of the list" },
    h("button", { disabled: !cursor, onclick: () => openPage(null, []) }, "Newest"),
    h("button", { disabled: !cursor, onclick: () => openPage(trail.at(-1) ?? null, trail.slice(0, -1)) }, "Newer"),
    h("button", { disabled: !page.next_cursor, onclick: () => openPage(page.next_cursor, cursor ? [...trail, cursor] : []) }, "Older"));
}
