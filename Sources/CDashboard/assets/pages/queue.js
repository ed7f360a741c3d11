// One queue: its state, its limits, its last hour, and its jobs.

import { h, render } from "../lib/dom.js";
import { get, path, post, Problem, query } from "../lib/api.js";
import { between, count, duration, plural, rate, share, short } from "../lib/format.js";
import { presentRow } from "../lib/history-rows.js";
import { attempt } from "../lib/notice.js";
import { keepFresh } from "../lib/refresh.js";
import { may } from "../lib/session.js";
import { badge, states } from "../parts/badges.js";
import { empty, errorBox, section, tile } from "../parts/blocks.js";
import { jobTable } from "../parts/job-table.js";
import { limitsForm } from "../parts/limits.js";
import { queueCharts } from "../parts/queue-charts.js";

const jobsShown = 20;

export function queuePage(content, { name }) {
  const state = { queue: null, jobs: [], problem: null };
  const charts = queueCharts(name);
  const limits = limitsForm(name, () => fresh.now(), draw);

  async function read(signal) {
    try {
      const [queue, jobs] = await Promise.all([
        get(path`/v1/queues/${name}`, signal), get(`/v1/jobs${query({ queue: name, fields: "summary", limit: jobsShown })}`, signal),
      ]);
      Object.assign(state, { queue, jobs: jobs.items, problem: null });
      draw();
      await charts.read(signal);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      state.problem = problem;
    }
    draw();
  }

  async function pause(paused) {
    await attempt(() => post(path`/v1/queues/${name}` + (paused ? "/pause" : "/resume")),
      paused ? `${name} is paused: its jobs wait.` : `${name} is resumed.`);
    fresh.now();
  }

  function draw() {
    const { queue, problem } = state;
    render(content,
      h("nav", { class: "crumbs", "aria-label": "Above" }, h("a", { href: "/" }, "Overview")),
      h("div", { class: "page-head" },
        h("h1", {}, h("span", { class: "muted" }, "Queue "), name, " ", queue?.paused && badge("paused")),
        queue && may("queues:write") && h("div", { class: "actions" }, queue.paused
          ? h("button", { class: "primary", key: "resume", onclick: () => pause(false) }, "Resume")
          : h("button", { key: "pause", onclick: () => pause(true) }, "Pause"))),
      problem?.status === 404 ? empty(`There is no queue ${name}`, "The first job of a queue creates it.") : errorBox(problem),
      queue && body(state, limits, charts, () => fresh.now()));
  }

  const fresh = keepFresh(read, (change) => change.queue === name);
  return { title: `Queue ${name}`, change: fresh.now, close: fresh.stop };
}

function body({ queue, jobs }, limits, charts, changed) {
  return [
    tiles(queue),
    h("ul", { class: "counts", key: "counts", "aria-label": "Jobs by state" }, states.map((state) => h("li", { key: state },
      h("a", { href: `/jobs${query({ queue: queue.name, state })}` }, badge(state), " ", h("strong", {}, short(queue.counts[state] ?? 0)))))),
    charts.view(presentRow([queue])),
    h("div", { class: "columns wide-first", key: "columns" },
      section("Latest jobs", h("a", { href: `/jobs${query({ queue: queue.name })}` }, "All jobs"),
        jobs.length ? jobTable(jobs, { isQueueShown: false, changed }) : empty("No jobs", "Jobs of this queue are listed here.")),
      section("Limits", null, limits.describe(queue))),
  ];
}

function tiles(queue) {
  const { wait_seconds: wait, run_seconds: run } = queue;
  const failing = queue.failure_rate > 0 ? queue.failure_rate / Math.max(queue.drain_rate, queue.failure_rate) : 0;
  return h("div", { class: "tiles", key: "tiles" },
    tile("Pending", short(queue.depth), queue.max_depth === null ? "no maximum" : `maximum ${short(queue.max_depth)}`),
    tile("Oldest", duration(queue.oldest_pending_seconds), "pending job"),
    tile("In", `${rate(queue.enqueue_rate)}/s`, "submitted, last minute"),
    tile("Out", `${rate(queue.finish_rate)}/s`,
      queue.throttled_until ? `rate limit reached, next start in ${duration(-between(queue.throttled_until))}` : "ended, last minute"),
    tile("Failing", share(failing), `${rate(queue.failure_rate)}/s failed attempts`, { tone: failing >= 0.2 ? "bad" : null }),
    tile("Wait, p50", duration(wait?.p50), wait ? `p95 ${duration(wait.p95)}` : "no job started"),
    tile("Run, p50", duration(run?.p50), run ? `p95 ${duration(run.p95)}` : "no job ended"),
    tile("Busy workers", count(queue.busy_workers), plural(queue.counts.processing ?? 0, "job running", "jobs running")));
}
