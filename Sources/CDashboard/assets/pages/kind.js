// One kind of job: how often it runs, fails and how long it takes, its latest failures, its queues and workers.

import { h, render } from "../lib/dom.js";
import { get, getAll, Problem, query } from "../lib/api.js";
import { ago, count, duration, plural, rate, share } from "../lib/format.js";
import { quantile, readJobs, rowsOf, runOf, waitOf } from "../lib/kind-rows.js";
import { keepFresh } from "../lib/refresh.js";
import { badge, queueLink, workerLink } from "../parts/badges.js";
import { empty, errorBox, section, tile } from "../parts/blocks.js";
import { groupsOfFailures } from "../parts/groups.js";
import { historyCharts } from "../parts/history-charts.js";
import { jobTable } from "../parts/job-table.js";

const jobsShown = 10;
const groupsShown = 6;
/** The maximum number of pending and of running jobs that are counted. */
const countLimit = 500;
const charts = [
  ["Jobs/s", rate, [["in", "tone-in", "in"], ["out", "tone-out", "out"], ["failed", "tone-bad", "failed"]]],
  ["Wait, p95", duration, [["wait", "tone-wait", "wait"]]],
  ["Run, p95", duration, [["run", "tone-run", "run"]]],
];

export function kindPage(content, { name }) {
  const state = { jobs: null, open: [], latest: [], failed: [], groups: [], workers: [], problem: null };
  const history = historyCharts({ source: readSource, charts, jobs: { kind: name } });

  async function readSource(range, signal) {
    state.jobs = { ...(await readJobs(name, range, signal)), range };
    return rowsOf(state.jobs, range);
  }

  const list = (filter, limit, signal) => get(`/v1/jobs${query({ kind: name, fields: "summary", limit, ...filter })}`, signal);

  async function read(signal) {
    try {
      const [open, latest, failed, groups, workers] = await Promise.all([
        list({ state: ["pending", "processing"] }, countLimit, signal), list({}, jobsShown, signal),
        list({ state: ["failed", "retrying"] }, jobsShown, signal),
        groupsOfFailures(signal, { kind: name }), getAll("/v1/workers", signal), history.read(signal),
      ]);
      Object.assign(state, { open: open.items, latest: latest.items, failed: failed.items, groups, workers: workers.items, problem: null });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      state.problem = problem;
    }
    draw();
  }

  function draw() {
    render(content,
      h("nav", { class: "crumbs", "aria-label": "Above" }, h("a", { href: "/jobs" }, "Jobs")),
      h("div", { class: "page-head" }, h("h1", {}, h("span", { class: "muted" }, "Kind "), name),
        h("div", { class: "actions" }, h("a", { href: `/jobs${query({ kind: name })}` }, "All jobs of this kind"))),
      errorBox(state.problem),
      state.jobs && body(name, state, history));
  }

  const fresh = keepFresh(read, (change) => change.kind === name);
  return { title: `Kind ${name}`, change: fresh.now, close: fresh.stop };
}

function body(name, state, history) {
  const { jobs, latest, failed, groups } = state;
  const isPart = jobs.since > jobs.range.from;
  return [
    tiles(state),
    history.view(),
    isPart && h("p", { class: "muted", key: "part" },
      `These figures are of the latest ${count(jobs.items.length)} jobs; the oldest of them was submitted `, ago(new Date(jobs.since).toISOString()), "."),
    h("div", { class: "columns wide-first", key: "columns" },
      h("div", {},
        section("Latest failures", h("a", { href: `/jobs${query({ kind: name, state: "failed" })}` }, "All failures"),
          failed.length ? jobTable(failed) : empty("No failures", "Failed and retrying jobs of this kind are listed here.")),
        section("Latest jobs", h("a", { href: `/jobs${query({ kind: name })}` }, "All jobs"),
          latest.length ? jobTable(latest) : empty(`There are no jobs of kind ${name}`, "Their retention may have ended."))),
      h("div", {},
        groups.length > 0 && section("Dead letters by error", h("a", { href: "/dead-letters" }, "All dead letters"), groupList(groups)),
        section("Queues", null, queueList(queuesOf(state))),
        section("Workers", null, workerList(workersOf(name, state))))),
  ];
}

function tiles({ jobs: { items, range }, open, groups }) {
  const ended = items.filter((job) => job.finished_at);
  const ran = ended.filter((job) => job.started_at);
  const started = items.filter((job) => job.started_at);
  const failed = ended.filter((job) => job.state === "failed").length;
  const failing = ended.length ? failed / ended.length : NaN;
  const dead = groups.reduce((sum, group) => sum + group.count, 0);
  const isState = (state) => open.filter((job) => job.state === state).length;
  const some = (number) => (open.length === countLimit ? `${count(number)} or more` : count(number));
  const [runs, waits] = [ran.map(runOf), started.map(waitOf)];
  const words = range.name === null ? "in this time" : `in ${range.name}`;
  return h("div", { class: "tiles", key: "tiles" },
    tile("Pending", some(isState("pending")), "jobs"),
    tile("Running", some(isState("processing")), "jobs"),
    tile("Submitted", count(items.length), words),
    tile("Failed", share(failing), `${count(failed)} of ${plural(ended.length, "ended job")}`, { tone: failing >= 0.2 ? "bad" : null }),
    tile("Wait, p50", duration(quantile(waits, 0.5)), waits.length ? `p95 ${duration(quantile(waits, 0.95))}` : "no job started"),
    tile("Run, p50", duration(quantile(runs, 0.5)), runs.length ? `p95 ${duration(quantile(runs, 0.95))}` : "no job ended"),
    tile("Dead letters", count(dead), groups.length ? `in ${plural(groups.length, "group")}` : "none", { href: "/dead-letters", tone: dead ? "warn" : null }));
}

function groupList(groups) {
  return h("ul", { class: "list" }, groups.slice(0, groupsShown).map((group) => h("li", { key: group.key },
    h("div", { class: "list-main" }, h("strong", { class: "number" }, count(group.count)), " ", group.type, " ", ago(group.lastSeen)),
    h("div", { class: "list-note clip" }, group.message))));
}

/** The queues of the jobs, with the number of jobs, the largest first. */
function queuesOf({ jobs, open, latest }) {
  const counts = new Map();
  for (const { id, queue } of [...jobs.items, ...open, ...latest]) counts.set(queue, (counts.get(queue) ?? new Set()).add(id));
  return [...counts].map(([queue, ids]) => [queue, ids.size]).sort(([, one], [, other]) => other - one);
}

function queueList(queues) {
  if (!queues.length) return empty("No queues", "The queues of the latest jobs are listed here.");
  return h("ul", { class: "list" }, queues.map(([queue, number]) => h("li", { key: queue },
    h("div", { class: "list-main" }, queueLink(queue)), h("div", { class: "list-note" }, plural(number, "recent job")))));
}

/** The workers that take jobs of the kind from one of its queues. A worker without kinds takes every kind. */
function workersOf(name, state) {
  const queues = new Set(queuesOf(state).map(([queue]) => queue));
  return state.workers.filter(({ kinds, queues: served, state: health }) =>
    health !== "gone" && (kinds.includes(name) || (!kinds.length && served.some((queue) => queues.has(queue)))));
}

function workerList(workers) {
  if (!workers.length) return empty("No workers", "No worker takes jobs of this kind.");
  return h("ul", { class: "list" }, workers.map((worker) => h("li", { key: worker.id },
    h("div", { class: "list-main" }, badge(worker.state), " ", workerLink(worker)),
    h("div", { class: "list-note" }, `runs ${plural(worker.running.length, "job")}, last seen `, ago(worker.last_heartbeat_at)))));
}
