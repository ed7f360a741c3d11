// One job: its timeline, payload and result, log, files, the jobs around it, and the actions on it.

import { h, render } from "../lib/dom.js";
import { confirm } from "../lib/dialog.js";
import { get, path, post, Problem, query, remove } from "../lib/api.js";
import { attempt, say } from "../lib/notice.js";
import { keepFresh } from "../lib/refresh.js";
import { go } from "../lib/router.js";
import { may } from "../lib/session.js";
import { pageActions } from "../jobs/job-actions.js";
import { artifactList } from "../parts/artifacts.js";
import { badge, finalStates, labels, queueLink } from "../parts/badges.js";
import { detail, empty, errorBox, section } from "../parts/blocks.js";
import { chainOf } from "../parts/chain.js";
import { centre, chainGraph } from "../parts/chain-graph.js";
import { deliveryTable } from "../parts/deliveries.js";
import { durableActions, isNondeterministic, standing } from "../parts/durable.js";
import { at, count, duration, plural } from "../lib/format.js";
import { journalView } from "../parts/journal.js";
import { logView } from "../parts/log.js";
import { timeline } from "../parts/timeline.js";

/** How often the graph is read while none of its jobs changes its state, in milliseconds. */
const chainInterval = 5000;
/** The kind of the jobs that are executions of state machines. */
const executionKind = "longhaul.execution";

export function jobPage(content, { id }) {
  const state = { job: null, deliveries: [], chain: null, chainReadAt: -Infinity, problem: null };
  const log = logView(id, draw);
  const durable = durableActions(id, () => fresh.now());
  const journal = journalView(id, draw, durable);

  async function read(signal) {
    try {
      state.job = await get(path`/v1/jobs/${id}`, signal);
      state.problem = null;
      log.follow(state.job);
      if (state.job.callback_url) state.deliveries = (await get(path`/v1/jobs/${id}/deliveries`, signal)).items;
      await journal.follow(state.job, signal);
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

  /** The graph shows states, but no progress. */
  function isRelevant(change, name) {
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
      text: isRunning ? "Its worker is notified at the next heartbeat, and stops the job." : "The job will not run. You can retry it later.",
    }, async () => {
      await post(path`/v1/jobs/${id}/cancel`);
      say(isRunning ? "The worker is notified at its next heartbeat." : "The job is cancelled.");
      fresh.now();
    });
  }

  async function redeliver(delivery) {
    await attempt(() => post(path`/v1/jobs/${id}/deliveries/${delivery.id}/redeliver`), "The webhook is sent again.");
    fresh.now();
  }

  function discard() {
    confirm({
      title: "Delete this job?", action: "Delete", isDanger: true,
      text: "The job, its log and its files are deleted permanently.",
    }, async () => {
      await remove(path`/v1/jobs/${id}`);
      say("The job is deleted.");
      go("/jobs");
    });
  }

  function actions(job) {
    const { state: now } = job;
    if (!may("jobs:write")) return null;
    return h("div", { class: "actions" },
      durable.buttons(job),
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
          h("h1", {}, job ? job.kind : "Job", " ", job && badge(job.state), job?.paused && badge("paused")),
          h("p", { class: "mono muted" }, id)),
        job && h("div", { class: "actions" }, pageActions(job, () => fresh.now()), actions(job))),
      problem?.status === 404
        ? empty("There is no such job", "It was deleted, or its retention has ended.") : errorBox(problem),
      job && body(job, state, { log, journal, redeliver }));
  }

  const fresh = keepFresh(read, isRelevant);
  return { title: `Job ${id.slice(-12)}`, close: () => { fresh.stop(); log.close(); journal.close(); } };
}

function body(job, { chain, deliveries }, { log, journal, redeliver }) {
  return [
    standing(job),
    job.progress && job.state === "processing" && h("div", { class: "panel progress-panel", key: "progress" },
      h("progress", { max: 100, value: job.progress.percent, "aria-label": "Progress" }),
      h("span", {}, h("strong", {}, `${Math.round(job.progress.percent)} %`), " ", job.progress.message)),
    job.error && !isNondeterministic(job) && h("div", { class: "panel error-panel", key: "error" },
      h("strong", {}, job.error.type), h("p", { class: "pre" }, job.error.message),
      job.error.details !== null && job.error.details !== undefined && h("pre", { class: "code", tabindex: "0" }, pretty(job.error.details))),
    section("Timeline", null, timeline(job)),
    job.operations > 0 && section("Journal", journal.tools(), journal.describe()),
    chain && chain.nodes.length > 1 && section("Related jobs", null, chainGraph(chain, job.id)),
    h("div", { class: "columns wide-first", key: "columns" },
      h("div", { key: "main" },
        section("Payload", null, code(job.payload)),
        job.state === "completed" && section("Result", null, code(job.result)),
        job.artifacts.length > 0 && section("Files", null, artifactList(job.artifacts)),
        deliveries.length > 0 && section("Webhooks", null, deliveryTable(deliveries, may("jobs:write") ? redeliver : null)),
        section("Log", log.tools(), log.describe())),
      section("Details", null, details(job))),
  ];
}

/** JSON as text: it never becomes markup. */
function code(value) {
  return h("pre", { class: "code", tabindex: "0" }, pretty(value));
}

function pretty(value) {
  return JSON.stringify(value, null, 2) ?? "";
}

/** The back-off between attempts. */
function backoffText({ type, initial_seconds: initial, max_seconds: max }) {
  return type === "fixed" ? duration(initial) : `${type}, ${duration(initial)} to ${duration(max)}`;
}

function details(job) {
  const { backoff } = job;
  return h("dl", { class: "panel details" },
    detail("Queue", queueLink(job.queue)),
    job.kind === executionKind && detail("Execution", h("a", { href: path`/executions/${job.id}` }, "open")),
    detail("Priority", count(job.priority)),
    detail("Attempt", `${job.attempt} of ${job.max_attempts}`),
    job.operations > 0 && detail("Operations", count(job.operations)),
    job.position !== null && detail("Position", job.position === 0 ? "next" : `${plural(job.position, "job")} ahead`),
    job.estimated_start_at && detail("Estimated start", at(job.estimated_start_at)),
    job.worker && detail("Worker", job.worker.name),
    detail("Submitted", at(job.created_at)),
    job.run_at !== job.created_at && detail("Due", at(job.run_at)),
    job.finished_at && detail("Ended", at(job.finished_at)),
    detail("Caller", job.caller),
    job.actor && detail("Actor", h("a", { href: `/jobs${query({ actor: job.actor })}` }, job.actor)),
    Object.keys(job.tags).length > 0 && detail("Tags", labels(job.tags, (key, value) => `/jobs${query({ tag: `${key}:${value}` })}`)),
    job.timeout_seconds && detail("Timeout", duration(job.timeout_seconds)),
    job.expires_at && detail("Expires", at(job.expires_at)),
    backoff && detail("Back-off", backoffText(backoff)),
    job.retention_seconds !== null && detail("Retention", duration(job.retention_seconds)),
    job.callback_url && detail("Callback URL", h("span", { class: "break" }, job.callback_url)),
    job.traceparent && detail("Trace", h("span", { class: "mono" }, job.traceparent.split("-")[1])));
}
