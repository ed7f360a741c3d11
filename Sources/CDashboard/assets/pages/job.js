// One job: its attempts, timeline, payload and result, log, files, the jobs around it, and the actions on it.

import { h, render } from "../lib/dom.js";
import { confirm } from "../lib/dialog.js";
import { get, path, post, Problem, remove } from "../lib/api.js";
import { attempt, say } from "../lib/notice.js";
import { keepFresh } from "../lib/refresh.js";
import { go } from "../lib/router.js";
import { may } from "../lib/session.js";
import { pageActions } from "../jobs/job-actions.js";
import { artifactsView } from "../parts/artifacts.js";
import { attemptsView, hasAttempts } from "../parts/attempts.js";
import { badge, finalStates } from "../parts/badges.js";
import { blockedJobs } from "../parts/blocked-jobs.js";
import { empty, errorBox, section } from "../parts/blocks.js";
import { chainOf } from "../parts/chain.js";
import { centre, chainGraph } from "../parts/chain-graph.js";
import { deliveryTable } from "../parts/deliveries.js";
import { durableActions, isNondeterministic, standing } from "../parts/durable.js";
import { detailBlocks, linkedMessage } from "../parts/error-details.js";
import { jobDetails } from "../parts/job-details.js";
import { journalView } from "../parts/journal.js";
import { code } from "../parts/json.js";
import { logView } from "../parts/log.js";
import { relationCounts } from "../parts/relation-counts.js";
import { timeline } from "../parts/timeline.js";

/** How often the graph is read while none of its jobs changes its state, in milliseconds. */
const chainInterval = 5000;
/** The number of related jobs above which the graph is read less often. */
const manyRelated = 500;

export function jobPage(content, { id }) {
  const state = { job: null, deliveries: [], chain: null, chainReadAt: -Infinity, chainRest: 0, problem: null };
  const log = logView(id, draw);
  const durable = durableActions(id, () => fresh.now());
  const journal = journalView(id, draw, durable);
  const attempts = attemptsView(draw, log);
  const artifacts = artifactsView(draw);

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
    if (performance.now() - state.chainReadAt < chainInterval || performance.now() < state.chainRest) return;
    const isFirst = state.chain === null;
    state.chain = await chainOf(state.job, signal);
    state.chainReadAt = performance.now();
    // Thousands of related jobs need several requests.
    const isLarge = state.chain.relations.some(({ jobs }) => jobs.length > manyRelated);
    state.chainRest = isLarge ? performance.now() + 3 * chainInterval : 0;
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

  /** Cancels the job, after a question if more than this job is lost: the work of its worker, or other jobs. */
  async function cancel() {
    const isRunning = state.job.state === "processing";
    // Until the related jobs are known, there may be some.
    const isShared = state.job.children_count > 0
      || (state.chain?.relations.some(({ name, total }) => name === "dependents" && total > 0) ?? true);
    const words = isRunning ? "The worker is notified at its next heartbeat." : "The job is cancelled. Retry makes it pending again.";
    if (!isRunning && !isShared) {
      await attempt(() => post(path`/v1/jobs/${id}/cancel`), words);
      fresh.now();
      return;
    }
    confirm({
      title: "Cancel this job?", action: "Cancel the job", isDanger: true,
      text: `${isRunning ? "Its worker is notified at the next heartbeat, and stops the job. " : ""}${isShared ? "Its children are cancelled too, and jobs that wait for it may end." : ""}`,
    }, async () => {
      await post(path`/v1/jobs/${id}/cancel`);
      say(words);
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
    if (!may("jobs:write")) return null;
    const canRetry = ["failed", "cancelled", "retrying"].includes(job.state);
    const isFinal = finalStates.includes(job.state);
    return h("div", { class: "actions job-actions" },
      durable.buttons(job),
      // Always there, so that no button takes the place of another one when the state changes.
      h("button", { key: "retry", class: canRetry ? "primary" : null, disabled: !canRetry, onclick: retry }, "Retry"),
      h("button", { key: "cancel", disabled: isFinal, onclick: cancel }, "Cancel"),
      h("button", { key: "delete", class: "danger quiet", disabled: !isFinal, onclick: discard }, "Delete"));
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
      job && body(job, state, { log, journal, attempts, artifacts, redeliver }));
    log.settle();
    attempts.settle();
  }

  const fresh = keepFresh(read, isRelevant);
  return { title: `Job ${id.slice(-12)}`, close: () => { fresh.stop(); log.close(); journal.close(); artifacts.close(); } };
}

function body(job, { chain, deliveries }, { log, journal, attempts, artifacts, redeliver }) {
  const relations = chain?.relations ?? [];
  const timing = section("Timeline", null, timeline(job));
  const parts = {
    attempts: hasAttempts(job) && section("Attempts", null, attempts.describe(job)),
    journal: job.operations > 0 && section("Journal", journal.tools(), journal.describe()),
    related: chain && chain.nodes.length > 1 && section("Related jobs", null, relationCounts(job.id, relations), chainGraph(chain, job.id)),
    payload: section("Payload", null, code(job.payload, "Payload")),
    result: job.state === "completed" && section("Result", null, code(job.result, "Result")),
    files: job.artifacts.length > 0 && section("Files", null, artifacts.describe(job.artifacts)),
    webhooks: deliveries.length > 0 && section("Webhooks", null, deliveryTable(deliveries, may("jobs:write") ? redeliver : null)),
    log: section("Log", null, log.describe()),
  };
  const columns = (...main) => h("div", { class: "columns wide-first", key: "columns" },
    h("div", { key: "main" }, main), section("Details", null, jobDetails(job)));
  // A failed job begins with the cause and the effects of its failure.
  const order = job.state === "failed"
    ? [columns(parts.attempts, h("div", { class: "columns cause", key: "cause" }, parts.payload, failureEffects(job, relations)),
      parts.files, parts.webhooks), timing, parts.journal, parts.related, parts.log]
    : [timing, parts.attempts, parts.journal, parts.related, columns(parts.payload, parts.result, parts.files, parts.webhooks, parts.log)];
  return [standing(job), progressPanel(job), lonelyError(job), order];
}

function progressPanel({ progress, state }) {
  return progress && state === "processing" && h("div", { class: "panel progress-panel", key: "progress" },
    h("progress", { max: 100, value: progress.percent, "aria-label": "Progress" }),
    h("span", {}, h("strong", {}, `${Math.round(progress.percent)} %`), " ", progress.message));
}

/** The error of a job that no attempt has, such as that of a cancellation. */
function lonelyError(job) {
  if (!job.error || isNondeterministic(job) || job.attempts.some(({ error }) => error?.message === job.error.message)) return null;
  return h("div", { class: "panel error-panel", key: "error" },
    h("strong", {}, job.error.type), h("p", { class: "pre" }, linkedMessage(job.error.message)), detailBlocks(job.error.details));
}

function failureEffects(job, relations) {
  const blocked = blockedJobs(job.id, relations);
  return blocked && section("Effects", null, blocked);
}
