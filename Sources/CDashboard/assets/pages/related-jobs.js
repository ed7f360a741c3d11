// The list of the jobs that are related to a job: those that it waits for, its children, or those that wait for it.

import { h, render } from "../lib/dom.js";
import { find, get, path, Problem, query } from "../lib/api.js";
import { shortID } from "../lib/format.js";
import { keepFresh } from "../lib/refresh.js";
import { go, parameters } from "../lib/router.js";
import { badge, jobLink, kindLink, states } from "../parts/badges.js";
import { empty, errorBox, table } from "../parts/blocks.js";
import { jobTable } from "../parts/job-table.js";
import { relationNames } from "../parts/relation-counts.js";

const pageSize = 50;

/** Returns the page of a type of relation: "dependencies", "children" or "dependents". */
export function relatedJobsPage(relation) {
  return (content, { id }) => relatedJobs(content, id, relation);
}

function relatedJobs(content, id, relation) {
  const state = { job: null, page: null, problem: null };
  // The cursors of the pages up to this one, without the first page.
  let trail = [];
  let fresh = null;

  async function read(signal) {
    try {
      state.job = await get(path`/v1/jobs/${id}`, signal);
      state.page = relation === "dependencies" ? dependencies(state.job) : await find(path`/v1/jobs/${id}/` + relation
        + query({ fields: "summary", limit: pageSize, state: parameters().getAll("state"), cursor: trail.at(-1) }), signal);
      state.problem = null;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      state.problem = problem;
    }
    draw();
  }

  function restart() {
    trail = [];
    fresh?.stop();
    fresh = keepFresh(read);
  }

  function turn(cursor) {
    trail = cursor === null ? trail.slice(0, -1) : [...trail, cursor];
    fresh.now();
  }

  function draw() {
    const { job, page, problem } = state;
    render(content,
      h("nav", { class: "crumbs", "aria-label": "Above" }, h("a", { href: "/jobs" }, "Jobs"), " / ",
        h("a", { href: path`/jobs/${id}` }, job?.kind ?? "", " ", h("span", { class: "mono" }, shortID(id)))),
      h("div", { class: "page-head" }, h("h1", {}, relationNames[relation])),
      chips(),
      errorBox(problem),
      page && (page.items.length ? list(page.items) : empty("No job matches", "Choose other states.")),
      page && relation !== "dependencies" && h("nav", { class: "pager", "aria-label": "Pages of the list" },
        h("button", { disabled: trail.length === 0, onclick: () => turn(null) }, "Newer"),
        h("button", { disabled: !page.next_cursor, onclick: () => turn(page.next_cursor) }, "Older")));
  }

  function list(jobs) {
    return relation === "dependencies" ? dependencyTable(jobs) : jobTable(jobs);
  }

  restart();
  return { title: `${relationNames[relation]} of job ${id.slice(-12)}`, change: restart, close: () => fresh.stop() };
}

/** The dependencies are part of the job. */
function dependencies(job) {
  const wanted = parameters().getAll("state");
  return { items: job.dependencies.filter(({ state }) => !wanted.length || wanted.includes(state)), next_cursor: null };
}

function dependencyTable(jobs) {
  return table("Jobs", [{ name: "State" }, { name: "Kind" }, { name: "Job" }, { name: "Error", isWhole: true }], jobs.map((job) => ({
    key: job.id,
    cells: [
      badge(job.state), kindLink(job.kind), jobLink(job.id),
      job.error && h("span", { class: "clip bad-text" }, `${job.error.type}: ${job.error.message}`),
    ],
  })));
}

/** The filter by state, in the address. */
function chips() {
  const chosen = new Set(parameters().getAll("state"));
  const toggle = (state) => {
    const next = chosen.has(state) ? [...chosen].filter((other) => other !== state) : [...chosen, state];
    go(location.pathname + query({ state: next }));
  };
  return h("fieldset", { class: "chips" }, h("legend", { class: "unseen" }, "States"),
    states.map((state) => h("label", { key: state, class: `chip ${state}` },
      h("input", { type: "checkbox", name: "state", value: state, checked: chosen.has(state), onchange: () => toggle(state) }),
      h("span", { class: "badge-dot", "aria-hidden": "true" }), state)));
}
