// One job: its timeline, payload and result, log, files, the jobs around it, and the actions on it.

import { h, render } from "../lib/dom.js";
import { confirm } from "../lib/dialog.js";
import { get, path, post, Problem, query, remove } from "../lib/api.js";
import { attempt, say } from "../lib/notice.js";
import { keepFresh } from "../lib/refresh.js";
import { go } from "../lib/router.js";
import { artifactList } from "../parts/artifacts.js";
import { badge, finalStates, labels, queueLink } from "../parts/badges.js";
import { empty, fact, fault, section } from "../parts/blocks.js";
import { chainOf } from "../parts/chain.js";
import { centre, chainGraph } from "../parts/chain-graph.js";
import { at, count, duration, plural } from "../lib/format.js";
import { logView } from "../parts/log.js";
import { timeline } from "../parts/timeline.js";

/** How often the graph is read while none of its jobs changes its state, in milliseconds. */
const chainInterval = 5000;

export function jobPage(content, { id }) {
  const state = { job: null, chain: null, chainReadAt: -Infinity, problem: null };
  const log = logView(id, draw);

  async function read(signal) {
    try {
      state.job = await get(path`/v1/jobs/${id}`, signal);
      state.problem = null;
      log.follow(state.job);
      draw();
      await readChain(signal);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      state.problem = problem;
      if (problem.status === 404) state.job = null;
    }
    draw();
  }

  async function readChain(signal) {
    if (performance.now() - state.chainReadAt < chainInterval) return;
    const isFirst = state.chain === null;
    state.chain = await chainOf(state.job, signal);
    state.chainReadAt = performance.now();
    draw();
    if (isFirst) centre(content.querySelector(".graph"));
  }

  /** The graph shows states, and the progress of no job. */
  function concerns(change, name) {
    const isOwn = change.job_id === id;
    if (name !== "state") return isOwn;
    const isRelated = isOwn || Boolean(state.chain?.nodes.some((node) => node.id === change.job_id));
    if (isRelated) state.chainReadAt = -Infinity;
    return isRelated;
  }

  async function retry() {
    await attempt(() => post(path`/v1/jobs/${id}/retry`), "The job is pending again.");
    fresh.now();
  }

  function cancel() {
    const isRunning = state.job.state === "processing";
    confirm({
      title: "Cancel this job?", action: "Cancel the job", isDanger: true,
      text: isRunning ? "Its worker is told at its next heartbeat, and stops." : "It will not run. It can be retried later.",
    }, async () => {
      await post(path`/v1/jobs/${id}/cancel`);
      say(isRunning ? "The worker will be told to stop." : "The job is cancelled.");
      fresh.now();
    });
  }

  function discard() {
    confirm({
      title: "Delete this job?", action: "Delete", isDanger: true, word: "delete",
      text: "The job, its log and its files are removed for good.",
    }, async () => {
      await remove(path`/v1/jobs/${id}`);
      say("The job is deleted.");
      go("/jobs");
    });
  }

  function actions({ state: now }) {
    return h("div", { class: "actions" },
      ["failed", "cancelled", "retrying"].includes(now) && h("button", { key: "retry", class: "primary", onclick: retry }, "Retry"),
      !finalStates.includes(now) && h("button", { key: "cancel", onclick: cancel }, "Cancel"),
      finalStates.includes(now) && h("button", { key: "delete", class: "danger quiet", onclick: discard }, "Delete"));
  }

  function draw() {
    const { job, problem } = state;
    render(content,
      h("nav", { class: "crumbs", "aria-label": "Above" }, h("a", { href: "/jobs" }, "Jobs")),
      h("div", { class: "page-head" },
        h("div", {},
          h("h1", {}, job ? job.kind : "Job", " ", job && badge(job.state)),
          h("p", { class: "mono muted" }, id)),
        job && actions(job)),
      problem?.status === 404
        ? empty("There is no such job", "It was deleted, or its retention time is over.") : fault(problem),
      job && body(job, state.chain, log));
  }

  const fresh = keepFresh(read, concerns);
  return { title: `Job ${id.slice(-12)}`, close: () => { fresh.stop(); log.close(); } };
}

function body(job, chain, log) {
  return [
    job.progress && job.state === "processing" && h("div", { class: "panel progress-panel", key: "progress" },
      h("progress", { max: 100, value: job.progress.percent, "aria-label": "Progress" }),
      h("span", {}, h("strong", {}, `${Math.round(job.progress.percent)} %`), " ", job.progress.message)),
    job.error && h("div", { class: "panel error-panel", key: "error" },
      h("strong", {}, job.error.type), h("p", { class: "pre" }, job.error.message),
      job.error.details !== null && job.error.details !== undefined && h("pre", { class: "code", tabindex: "0" }, pretty(job.error.details))),
    section("Timeline", null, timeline(job)),
    chain && chain.nodes.length > 1 && section("Related jobs", null, chainGraph(chain, job.id)),
    h("div", { class: "columns wide-first", key: "columns" },
      h("div", { key: "main" },
        section("Payload", null, code(job.payload)),
        job.state === "completed" && section("Result", null, code(job.result)),
        job.artifacts.length > 0 && section("Files", null, artifactList(job.artifacts)),
        section("Log", log.tools(), log.describe())),
      section("Details", null, facts(job))),
  ];
}

/** JSON as text: it never becomes markup. */
function code(value) {
  return h("pre", { class: "code", tabindex: "0" }, pretty(value));
}

function pretty(value) {
  return JSON.stringify(value, null, 2) ?? "";
}

/** How long it rests between attempts. */
function pauses({ type, initial_seconds: initial, max_seconds: most }) {
  return type === "fixed" ? duration(initial) : `${type}, ${duration(initial)} to ${duration(most)}`;
}

function facts(job) {
  const { backoff } = job;
  return h("dl", { class: "panel facts" },
    fact("Queue", queueLink(job.queue)),
    fact("Priority", count(job.priority)),
    fact("Attempt", `${job.attempt} of at most ${job.max_attempts}`),
    job.position !== null && fact("Place in line", job.position === 0 ? "next" : `${plural(job.position, "job")} before it`),
    job.estimated_start_at && fact("Should start", at(job.estimated_start_at)),
    job.worker && fact("Worker", job.worker.name),
    fact("Submitted", at(job.created_at)),
    job.run_at !== job.created_at && fact("Due", at(job.run_at)),
    job.finished_at && fact("Ended", at(job.finished_at)),
    fact("Caller", job.caller),
    job.actor && fact("Actor", h("a", { href: `/jobs${query({ actor: job.actor })}` }, job.actor)),
    Object.keys(job.tags).length > 0 && fact("Tags", labels(job.tags, (key, value) => `/jobs${query({ tag: `${key}:${value}` })}`)),
    job.timeout_seconds && fact("Time-out", duration(job.timeout_seconds)),
    job.expires_at && fact("Expires", at(job.expires_at)),
    backoff && fact("Backoff", pauses(backoff)),
    job.retention_seconds !== null && fact("Kept for", duration(job.retention_seconds)),
    job.traceparent && fact("Trace", h("span", { class: "mono" }, job.traceparent.split("-")[1])));
}
