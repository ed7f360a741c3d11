// The list of jobs, with a filter and pages. The URL contains both, so that a view can be shared and bookmarked.

import { h, render } from "../lib/dom.js";
import { get, getAll, Problem, query } from "../lib/api.js";
import { count } from "../lib/format.js";
import { keepFresh } from "../lib/refresh.js";
import { recall, remember } from "../lib/remembered.js";
import { go, parameters } from "../lib/router.js";
import { hasKindLimit, may } from "../lib/session.js";
import { readAgain } from "../jobs/bulk.js";
import { chooseColumns, chosenColumns } from "../jobs/columns.js";
import { cheapCount, isFiltered, readFilter } from "../jobs/filter.js";
import { valueReader } from "../jobs/large-values.js";
import { savedFilters } from "../jobs/saved-filters.js";
import { searchBox } from "../jobs/search-box.js";
import { searchContinuation } from "../jobs/search-more.js";
import { jobSelection } from "../jobs/selection.js";
import { submitJob } from "../jobs/submit.js";
import { empty, errorBox } from "../parts/blocks.js";
import { filterForm } from "../parts/job-filter.js";
import { jobTable } from "../parts/job-table.js";
import { waitKey, waitTable } from "../parts/waits.js";

const pageSizes = [25, 50, 100, 200, 500];
const defaultPageSize = 50;
/** A page of suspended jobs is larger, because it shows what they wait for in groups. */
const suspendedPageSize = 200;
/** A search waits at least this multiple of its duration before it runs again, so that an open page costs little. */
const searchPause = 20;

export function jobsPage(content) {
  const state = { page: null, queues: null, problem: null, isBusy: true, nextRead: 0 };
  const box = searchBox(draw);
  const saved = savedFilters(draw);
  const values = valueReader();
  const more = searchContinuation(draw, readValues);
  const selection = jobSelection(draw, readNow);
  let fresh = null;

  async function read(signal) {
    if (performance.now() < state.nextRead || more.isActive()) return;
    const began = performance.now();
    try {
      const [page, queues] = await Promise.all([
        get(`/v1/jobs${query({ ...pageParameters(), cursor: parameters().get("cursor") })}`, signal), getAll("/v1/queues", signal),
      ]);
      // A search that was continued during this read has found more.
      if (signal.aborted || more.isActive()) return;
      more.start(page);
      take(page);
      Object.assign(state, { queues: queues.hasMore ? null : queues.items, problem: null });
      values.keep(state.page.items);
      await readValues(state.page.items, signal);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (more.isActive()) return;
      state.problem = problem;
      if (!problem.isLost) Object.assign(state, { page: null, isBusy: false });
    }
    if (parameters().has("q")) state.nextRead = performance.now() + searchPause * (performance.now() - began);
    draw();
  }

  /** Takes the first page of a filter as it is: jobs that were selected before it came are those of another filter. */
  function take(page) {
    if (state.isBusy && !selection.isEmpty()) selection.clear();
    selection.see(page.items);
    Object.assign(state, { page: selection.isEmpty() || !state.page ? page : frozen(page), isBusy: false });
  }

  /** While jobs are selected, rows stay where they are. Their contents change. */
  function frozen(page) {
    const found = new Map(page.items.map((job) => [job.id, job]));
    return { ...state.page, items: state.page.items.map((job) => found.get(job.id) ?? job) };
  }

  function readValues(jobs, signal) {
    return values.read(jobs, chosenColumns().columns, parameters(), signal);
  }

  /** Reads the list again after an action. What a long search has found is read job by job. */
  async function readNow() {
    state.nextRead = 0;
    if (!more.isActive()) {
      fresh.now();
      return;
    }
    const own = fresh;
    const before = [...more.items()];
    const [items, found] = await Promise.all([readAgain(state.page.items), readAgain(before)]);
    if (own !== fresh) return;
    state.page = { ...state.page, items };
    more.replace(before, found);
    const shown = [...items, ...more.items()];
    selection.see(shown);
    values.keep(shown);
    await readValues(shown);
    draw();
  }

  function isRelevant(change) {
    const { queue, kind } = readFilter(parameters());
    return (!queue || queue === change.queue) && (!kind || kind.endsWith("*") || kind === change.kind);
  }

  function restart() {
    fresh?.stop();
    more.stop();
    more.start({});
    selection.clear();
    Object.assign(state, { isBusy: true, nextRead: 0 });
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
      h("div", { class: "page-head" }, h("h1", {}, "Jobs"),
        may("jobs:submit") && h("div", { class: "actions" }, h("button", { key: "submit", onclick: submitJob }, "Submit a job…"))),
      filterForm(parameters(), box, (state.queues ?? []).map(({ name }) => name), saved.describe(countable())),
      errorBox(state.problem),
      state.page && h("div", { class: "results", key: "results", "aria-busy": state.isBusy ? "true" : "false" }, results()));
  }

  /** The queues, if their counts are those of the jobs that the key may read. */
  function countable() {
    return hasKindLimit() ? null : state.queues;
  }

  function results() {
    const { page } = state;
    const items = [...page.items, ...more.items()];
    const note = more.note(pageParameters(), items.length, pageSize());
    if (!items.length) return [note, note ? null : nothing()];
    const shown = isSuspendedOnly() && parameters().has("wait") ? items.filter((job) => waitKey(job) === parameters().get("wait")) : items;
    const others = Object.fromEntries([...parameters().keys()].map((name) => [name, parameters().getAll(name)]));
    const list = [toolbar(shown), shown.length ? tableOf(shown) : empty("No job of this page is in this group", "Choose another group.")];
    return [
      isSuspendedOnly() ? h("div", { class: "suspended-list", key: "suspended" }, waitTable(items, parameters().get("wait"), others), list) : list,
      note,
      !more.isActive() && pager(page, openPage),
    ];
  }

  function toolbar(shown) {
    const { next_cursor: next } = state.page;
    const hasMore = Boolean(next || parameters().has("cursor")) && !parameters().has("q") && !parameters().has("wait");
    return h("div", { class: "list-tools", key: "tools" },
      may("jobs:write") && h("label", { class: "check page-box", key: "page-box" }, selection.pageBox(shown), "All"),
      selection.isEmpty() ? h("span", { class: "hits muted", key: "hits" }, hits()) : selection.bar(hasMore),
      selection.isEmpty() && h("div", { class: "actions", key: "tools" },
        h("label", { class: "page-size" }, h("span", { class: "unseen" }, "Jobs on a page"),
          h("select", { name: "page-size", value: String(pageSize()), onchange: (event) => choosePageSize(Number(event.target.value)) },
            pageSizes.map((size) => h("option", { key: size, value: String(size) }, `${size} on a page`)))),
        h("button", { onclick: () => chooseColumns(readNow) }, "Columns…")));
  }

  /** How many jobs match, as far as it is known. */
  function hits() {
    const { items, next_cursor: next, searched_to: searchedTo } = state.page;
    if (searchedTo || parameters().has("wait")) return null;
    if (!parameters().has("cursor") && !next) return words(items.length);
    const jobs = cheapCount(readFilter(parameters()), countable());
    return jobs === null ? null : words(jobs);
  }

  function tableOf(items) {
    const { columns, isExact } = chosenColumns();
    const first = { name: "Select", head: selection.pageBox(items), cell: selection.rowBox };
    return jobTable(items, { columns: [may("jobs:write") && first, ...columns].filter(Boolean), changed: readNow, values: values.all, isExact });
  }

  function choosePageSize(size) {
    remember("page-size", size);
    openPage(null, []);
  }

  const isSearch = parameters().get("focus") === "search";
  if (isSearch) history.replaceState(null, "", "/jobs");
  restart();
  if (isSearch) document.querySelector("[data-search]")?.focus();
  return { title: "Jobs", change: restart, close: () => { fresh.stop(); more.stop(); selection.close(); } };
}

function pageSize() {
  const size = recall("page-size", defaultPageSize);
  return isSuspendedOnly() ? Math.max(size, suspendedPageSize) : size;
}

function pageParameters() {
  return { ...readFilter(parameters()), fields: "summary", limit: pageSize() };
}

/** Whether the list shows suspended jobs only. It then shows what they wait for, too. */
function isSuspendedOnly() {
  const { state } = readFilter(parameters());
  return state.length === 1 && state[0] === "suspended";
}

function words(jobs) {
  return `${count(jobs)} ${jobs === 1 ? "job" : "jobs"}`;
}

function nothing() {
  return isFiltered(parameters()) || parameters().has("cursor")
    ? empty("No job matches", h("a", { href: "/jobs" }, "Clear the filter"), " to see all jobs.")
    : empty("No jobs yet", "Submit a job: ", h("code", {}, "longhaul submit hello.world"));
}

function pager(page, openPage) {
  const cursor = parameters().get("cursor");
  const trail = history.state?.trail ?? [];
  if (!cursor && !page.next_cursor) return null;
  return h("nav", { class: "pager", key: "pager", "aria-label": "Pages of the list" },
    h("button", { disabled: !cursor, onclick: () => openPage(null, []) }, "Newest"),
    h("button", { disabled: !cursor, onclick: () => openPage(trail.at(-1) ?? null, trail.slice(0, -1)) }, "Newer"),
    h("button", { disabled: !page.next_cursor, onclick: () => openPage(page.next_cursor, cursor ? [...trail, cursor] : []) }, "Older"));
}
