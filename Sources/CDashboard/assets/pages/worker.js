// One worker: what it runs, what it did before, when it was last seen, its queues, kinds and labels.

import { h, render } from "../lib/dom.js";
import { get, getAll, Problem, query } from "../lib/api.js";
import { ago, at, between, count, duration, plural } from "../lib/format.js";
import { keepFresh } from "../lib/refresh.js";
import { go } from "../lib/router.js";
import { may } from "../lib/session.js";
import { badge, kindLink, labels, queueLink } from "../parts/badges.js";
import { detail, empty, errorBox, section, tile } from "../parts/blocks.js";
import { forgetWorker } from "../parts/forget-worker.js";
import { jobTable } from "../parts/job-table.js";

/** The number of latest jobs of each queue, and the number of queues, in which the jobs of the worker are looked for. */
const jobsRead = 200;
const queuesRead = 5;
const jobsShown = 20;

export function workerPage(content, { id }) {
  const state = { worker: undefined, running: [], recent: [], problem: null };

  async function read(signal) {
    try {
      const { items } = await getAll("/v1/workers", signal);
      const worker = items.find((each) => each.id === id) ?? null;
      const running = await jobsOf({ state: "processing", limit: 500 }, signal);
      const queues = [...new Set([...(worker?.queues ?? []), ...running.map(({ queue }) => queue)])].slice(0, queuesRead);
      const found = await Promise.all(queues.map((queue) => jobsOf({ queue, limit: jobsRead }, signal)));
      const recent = found.flat().filter((job) => job.state !== "processing").sort(byEnd);
      Object.assign(state, { worker, running, recent, problem: null });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      state.problem = problem;
    }
    draw();
  }

  /** The jobs among those of a filter that the worker has or had. */
  async function jobsOf(filter, signal) {
    const { items } = await get(`/v1/jobs${query({ ...filter, fields: "summary" })}`, signal);
    return items.filter((job) => job.worker?.id === id);
  }

  function draw() {
    const { worker } = state;
    render(content,
      h("nav", { class: "crumbs", "aria-label": "Above" }, h("a", { href: "/workers" }, "Workers")),
      h("div", { class: "page-head" },
        h("h1", {}, h("span", { class: "muted" }, "Worker "), worker?.name ?? id, " ", worker && badge(worker.state)),
        worker && worker.state !== "healthy" && may("work") && h("div", { class: "actions" },
          h("button", { key: "forget", onclick: () => forgetWorker(worker, () => go("/workers")) }, "Forget"))),
      errorBox(state.problem),
      worker === null && empty("This worker was not seen in the last day", "A worker that has stopped, or was forgotten, is not listed."),
      worker && body(worker, state));
  }

  const fresh = keepFresh(read);
  return { title: `Worker ${id}`, close: fresh.stop };
}

/** The order of jobs by the end of their latest attempt, the latest first. */
function byEnd(one, other) {
  return (other.finished_at ?? other.started_at).localeCompare(one.finished_at ?? one.started_at);
}

function body(worker, { running, recent }) {
  return [
    tiles(worker, recent),
    h("div", { class: "columns wide-first", key: "columns" },
      h("div", {},
        section("Running now", null, running.length ? jobTable(running)
          : empty(worker.running.length ? `Runs ${plural(worker.running.length, "job")}` : "No running jobs", "The jobs that the worker runs are listed here.")),
        section("Recent jobs", null, recent.length ? jobTable(recent.slice(0, jobsShown))
          : empty("No recent jobs", `The worker ran none of the latest ${count(jobsRead)} jobs of each of its queues.`))),
      section("Details", null, details(worker))),
  ];
}

function tiles(worker, recent) {
  const failed = recent.filter((job) => job.error !== null).length;
  const runs = recent.filter((job) => job.finished_at && job.started_at).map((job) => between(job.started_at, job.finished_at));
  const mean = runs.length ? runs.reduce((sum, run) => sum + run, 0) / runs.length : null;
  return h("div", { class: "tiles", key: "tiles" },
    tile("Last seen", ago(worker.last_heartbeat_at), worker.heartbeat_seconds ? `heartbeat every ${duration(worker.heartbeat_seconds)}` : "no heartbeat interval",
      { tone: worker.state === "healthy" ? null : "bad" }),
    tile("Running", count(worker.running.length), worker.running.length === 1 ? "job" : "jobs"),
    tile("Recent jobs", count(recent.length), failed ? `${count(failed)} with an error` : "no errors"),
    tile("Mean run time", duration(mean), "of recent jobs"),
    tile("First seen", ago(worker.first_seen_at), at(worker.first_seen_at)));
}

function details(worker) {
  const list = (items) => h("ul", { class: "inline" }, items.map((item) => h("li", { key: item.attributes.href }, item)));
  return h("dl", { class: "panel details" },
    detail("ID", h("span", { class: "mono break" }, worker.id)),
    worker.labels.version && detail("Version", worker.labels.version),
    detail("Queues", list(worker.queues.map(queueLink))),
    detail("Kinds", worker.kinds.length ? list(worker.kinds.map(kindLink)) : "all kinds"),
    detail("Labels", labels(worker.labels) ?? "none"));
}
