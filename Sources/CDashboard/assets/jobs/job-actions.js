// The actions on one job, in the list and on its page.

import { h } from "../lib/dom.js";
import { path, post, remove } from "../lib/api.js";
import { ask, confirm } from "../lib/dialog.js";
import { plural } from "../lib/format.js";
import { attempt, say } from "../lib/notice.js";
import { may } from "../lib/session.js";
import { finalStates } from "../parts/badges.js";
import { forEachJob, readJob, runNow, setPriority } from "./bulk.js";
import { copy, curl, showCurl } from "./curl.js";
import { menuButton } from "./menu.js";
import { submitCopy } from "./submit.js";

const retryStates = ["failed", "cancelled", "retrying"];
/** The states in which a job waits, so that its priority can be changed. */
const waitingStates = ["pending", "scheduled", "retrying", "blocked", "suspended"];
const dueLater = ["scheduled", "retrying"];
/** The fields of a job that a new job can have. */
const submitted = [
  "kind", "queue", "payload", "priority", "max_attempts", "backoff", "timeout_seconds", "retention_seconds", "actor", "tags", "size", "labels", "callback_url",
];

/** The button "Run now" of a job's page, if the job can become due, and a menu of further actions. */
export function pageActions(job, changed) {
  return [
    dueLater.includes(job.state) && may("jobs:write") && h("button", { key: "run-now", onclick: () => makeDue([job.id], changed) }, "Run now"),
    may("jobs:submit") && h("button", { key: "copy", onclick: () => submitCopy(job) }, "Run a copy…"),
    menuButton({ key: "more", "aria-label": "More actions" }, "More", () => [
      ...priorityEntry(job, changed), { name: "Copy as curl…", act: () => showRequest(job.id) }, { name: "Copy ID", act: () => copy(job.id) },
    ]),
  ];
}

/** The menu of a job in a list. */
export function rowMenu(job, changed) {
  return menuButton({ class: "quiet icon row-menu", "aria-label": `Actions for job ${job.id.slice(-12)}` }, "⋯", () => rowEntries(job, changed));
}

function rowEntries(job, changed) {
  const { id, state } = job;
  const act = (done, url) => async () => { if (await attempt(url, done)) changed(); };
  const mayWrite = may("jobs:write");
  return [
    mayWrite && dueLater.includes(state) && { name: "Run now", act: () => makeDue([id], changed) },
    mayWrite && retryStates.includes(state) && { name: "Retry", act: act("The job is pending again.", () => post(path`/v1/jobs/${id}/retry`)) },
    ...priorityEntry(job, changed),
    may("jobs:submit") && { name: "Run a copy…", act: () => attempt(async () => submitCopy(await readJob(id))) },
    { name: "Copy as curl…", act: () => showRequest(id) },
    { name: "Copy ID", act: () => copy(id) },
    mayWrite && !finalStates.includes(state) && { name: "Cancel", act: act("The job is cancelled, or its worker stops it.", () => post(path`/v1/jobs/${id}/cancel`)) },
    mayWrite && finalStates.includes(state) && { name: "Delete…", isDanger: true, act: () => discard(id, changed) },
  ].filter(Boolean);
}

function priorityEntry(job, changed) {
  if (!may("jobs:write") || !waitingStates.includes(job.state)) return [];
  return [{ name: "Change priority…", act: () => askForPriority([job], changed) }];
}

function discard(id, changed) {
  confirm({
    title: "Delete this job?", action: "Delete", isDanger: true, text: "The job, its log and its files are deleted permanently.",
  }, async () => {
    await remove(path`/v1/jobs/${id}`);
    say("The job is deleted.");
    changed();
  });
}

/** Makes jobs due now. */
export async function makeDue(ids, changed) {
  report(await forEachJob(ids, runNow), "is due now", "are due now");
  changed();
}

/** Asks for a priority, and gives it to jobs. */
export function askForPriority(jobs, changed) {
  let text = String(jobs[0].priority);
  ask({
    title: jobs.length === 1 ? "Change the priority" : `Change the priority of ${plural(jobs.length, "job")}`, action: "Change",
    isReady: () => /^[0-9]$/.test(text.trim()),
    content: (draw) => h("label", { class: "field" }, h("span", {}, "Priority"),
      h("input", {
        name: "priority", type: "number", min: 0, max: 9, step: 1, autofocus: true, value: text,
        oninput: (event) => { text = event.target.value; draw(); },
      }),
      h("small", { class: "muted" }, "0 to 9. Jobs with a higher priority run first. The priority of a running job cannot be changed.")),
  }, async () => {
    const answer = await forEachJob(jobs.map(({ id }) => id), (id) => setPriority(id, Number(text)));
    report(answer, `has priority ${text}`, `have priority ${text}`);
    changed();
  });
}

/** Shows how many jobs were changed, and why others were not. */
function report({ changed, errors }, one, many) {
  if (changed > 0) say(`${plural(changed, "job", "jobs")} ${changed === 1 ? one : many}.`);
  if (errors.length) say(errors.length === 1 ? errors[0] : `${plural(errors.length, "job")} not changed. The first: ${errors[0]}`, { isError: true });
}

/** Shows the request that submits a job like this one. */
async function showRequest(id) {
  await attempt(async () => {
    const job = await readJob(id);
    const isSet = (value) => value !== null && value !== undefined && !(typeof value === "object" && Object.keys(value).length === 0);
    const fields = submitted.map((name) => [name, job[name]]).filter(([name, value]) => name === "payload" || isSet(value));
    showCurl(curl("POST", "/v1/jobs", Object.fromEntries(fields)));
  });
}
