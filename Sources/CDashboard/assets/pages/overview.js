// The overview: alerts, queues, the last hour, running jobs, workers and dead letters.

import { h, render } from "../lib/dom.js";
import { get, getAll, Problem } from "../lib/api.js";
import { count, duration, rate, share, short } from "../lib/format.js";
import { lastHour } from "../lib/history.js";
import { presentRow } from "../lib/history-rows.js";
import { keepFresh } from "../lib/refresh.js";
import { groupsOfFailures } from "../parts/groups.js";
import { alertList } from "../parts/alert-list.js";
import { alerts } from "../parts/alerts.js";
import { empty, errorBox, section, tile } from "../parts/blocks.js";
import { queueCharts } from "../parts/queue-charts.js";
import { queueTable } from "../parts/queue-table.js";
import { deadLetterList, runningList, workerList } from "../parts/overview-lists.js";

/** The maximum number of running jobs that are read. */
const runningLimit = 100;

export function overviewPage(content) {
  const charts = queueCharts(null);
  const list = alertList(draw);
  const state = { queues: null, workers: [], hasMore: false, running: [], groups: [], failedWebhooks: [], hour: new Map(), problem: null };

  async function read(signal) {
    try {
      const [queues, workers, running, groups, webhooks] = await Promise.all([
        getAll("/v1/queues", signal), getAll("/v1/workers", signal),
        get(`/v1/jobs?state=processing&fields=summary&limit=${runningLimit}`, signal), groupsOfFailures(signal),
        get("/v1/deliveries?state=failed&limit=1", signal),
      ]);
      Object.assign(state, { queues: queues.items, hasMore: queues.hasMore, workers: workers.items, running: running.items, groups, failedWebhooks: webhooks.items, problem: null });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      state.problem = problem;
    }
    draw();
    // The history is read last, because the current state is more important.
    if (state.problem === null && await readHour(signal)) draw();
  }

  async function readHour(signal) {
    try {
      await charts.read(signal);
      state.hour = await lastHour(null, signal);
      return true;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      return false;
    }
  }

  function draw() {
    render(content, h("h1", { class: "unseen" }, "Overview"), errorBox(state.problem), state.queues && body(state, charts, list));
  }

  const fresh = keepFresh(read);
  return { title: "Overview", change: fresh.now, close: fresh.stop };
}

function body(state, charts, list) {
  if (!state.queues.length) return welcome(state);
  return [
    list.view(alerts(state)),
    tiles(state),
    section("Queues", null, queueTable(state.queues, state.hour)),
    state.hasMore && h("p", { class: "muted", key: "more" },
      `The first ${state.queues.length} queues by name. The API lists all of them.`),
    charts.view(presentRow(state.queues)),
    h("div", { class: "columns", key: "columns" },
      section("Running now", h("a", { href: "/jobs?state=processing" }, "All running"), runningList(state.running)),
      section("Workers", h("a", { href: "/workers" }, "All workers"), workerList(state.workers)),
      section("Dead letters", h("a", { href: "/dead-letters" }, "All groups"), deadLetterList(state.groups))),
  ];
}

function welcome(state) {
  return h("div", { class: "welcome", key: "welcome" },
    empty("No jobs have been submitted yet",
      "The first job creates its queue. Submit a job:"),
    h("pre", { class: "code", tabindex: "0" }, `longhaul submit hello.world --payload '{"name": "you"}' --server ${location.origin}`),
    state.workers.length
      ? h("p", { class: "muted" }, `${state.workers.length === 1 ? "A worker is" : `${state.workers.length} workers are`} waiting for jobs.`)
      : h("p", { class: "muted" }, "No worker is running. Start one: ", h("code", {}, "longhaul worker --handlers handlers.json5")));
}

function tiles({ queues, workers, groups }) {
  const sum = (value) => queues.reduce((total, queue) => total + value(queue), 0);
  const depth = sum((queue) => queue.depth);
  const waiting = sum(({ counts }) => counts.scheduled + counts.blocked + counts.retrying);
  const drain = sum((queue) => queue.drain_rate);
  const failing = sum((queue) => queue.failure_rate);
  const dead = sum(({ counts }) => counts.failed);
  const healthy = workers.filter(({ state }) => state === "healthy").length;
  const present = workers.filter(({ state }) => state !== "gone").length;
  const oldest = Math.max(0, ...queues.map((queue) => queue.oldest_pending_seconds ?? 0));
  return h("div", { class: "tiles", key: "tiles" },
    tile("Pending", short(depth), oldest ? `oldest ${duration(oldest)}` : "no job waits", { href: "/jobs?state=pending" }),
    tile("Running", count(sum(({ counts }) => counts.processing)), `${short(waiting)} waiting`, { href: "/jobs?state=processing" }),
    tile("Suspended", short(sum(({ counts }) => counts.suspended ?? 0)), "durable jobs that wait", { href: "/jobs?state=suspended" }),
    tile("In", `${rate(sum((queue) => queue.enqueue_rate))}/s`, "submitted, last minute"),
    tile("Out", `${rate(sum((queue) => queue.finish_rate))}/s`, "ended, last minute"),
    tile("Failing", share(drain > 0 ? failing / drain : failing > 0 ? 1 : 0), `${rate(failing)}/s failed attempts`, { tone: failing > 0 && failing >= drain * 0.2 ? "bad" : null }),
    tile("Dead letters", short(dead), groups.length ? `in ${groups.length} ${groups.length === 1 ? "group" : "groups"}` : "none", { href: "/dead-letters", tone: dead ? "warn" : null }),
    tile("Workers", `${healthy}/${Math.max(present, healthy)}`, present > healthy ? `${present - healthy} not answering` : "healthy", { href: "/workers", tone: present > healthy ? "bad" : null }));
}
