// The state of a durable job in words, and the actions on it and on its operations.

import { h } from "../lib/dom.js";
import { ask, confirm } from "../lib/dialog.js";
import { path, post, readJSON } from "../lib/api.js";
import { plural } from "../lib/format.js";
import { jsonProblem } from "../lib/json-error.js";
import { attempt, say } from "../lib/notice.js";
import { go } from "../lib/router.js";
import { finalStates } from "./badges.js";
import { detail } from "./blocks.js";
import { waitWords } from "./waits.js";

/** Whether the job has a journal, or is suspended or paused. */
export function isDurable(job) {
  return job.operations !== undefined;
}

/** Why the job does not run now: it is paused, waits, or is being cancelled. */
export function standing(job) {
  if (!isDurable(job) || finalStates.includes(job.state)) return null;
  return [
    job.paused && pausedPanel(job),
    job.cancelling && h("div", { class: "panel standing", key: "cancelling" },
      h("p", {}, h("strong", {}, "Cancelling. "), job.kind === "longhaul.execution"
        ? "The execution stops. A second cancellation ends it at once."
        : "The job runs its compensations, and is cancelled then.")),
    job.state === "suspended" && job.waits_for.length > 0 && waitPanel(job),
  ];
}

/** Whether the code of the job differs from its journal. */
export function isNondeterministic({ paused, error }) {
  return Boolean(paused) && error?.type === "nondeterministic";
}

function pausedPanel(job) {
  if (!isNondeterministic(job)) {
    return h("div", { class: "panel standing paused", key: "paused" },
      h("p", {}, h("strong", {}, "Paused. "),
        job.state === "processing" ? "Its worker continues until the job is suspended or the attempt ends. After that, no" : "No",
        " worker gets the job until it is resumed. Timers that end and signals that arrive are recorded."));
  }
  const { id, recorded, requested } = job.error.details ?? {};
  return h("div", { class: "panel standing paused", key: "paused" },
    h("p", {}, h("strong", {}, "Paused: the code differs from the journal. "),
      "The server paused the job, and changed nothing in the journal."),
    recorded && requested
      ? h("dl", { class: "difference" },
        detail("Operation", h("code", {}, id)),
        detail("Journal", side(recorded)),
        detail("Code", side(requested)))
      : h("p", { class: "pre" }, job.error.message),
    h("p", { class: "muted" }, "Deploy code that asks for the recorded operation, then resume. "
      + "Or restart the job from an operation of the journal: the new code runs from there."));
}

function side({ type, name }) {
  return [`${type} `, h("strong", {}, name)];
}

function waitPanel({ waits_for: waits, paused }) {
  const words = paused ? "After the pause, the job waits for the first of these to end:" : "The job continues when the first of these ends:";
  return h("div", { class: "panel standing", key: "waits" },
    waits.length > 1 && h("p", { class: "muted" }, words),
    h("ul", {}, waits.map((wait) => h("li", { key: wait.id }, waitWords(wait)))));
}

/** The actions on a durable job. `changed` is called after each. */
export function durableActions(id, changed) {
  async function setPaused(paused) {
    await attempt(() => post(path`/v1/jobs/${id}` + (paused ? "/pause" : "/resume")),
      paused ? "The job is paused." : "The job is resumed.");
    changed();
  }

  /** Asks for the value of a signal and sends it. */
  function signal(suggested) {
    let name = suggested ?? "";
    let text = "";
    let error = null;
    const field = (label, control, note) => h("label", { class: "field" }, h("span", {}, label), control, note);
    ask({
      title: "Send a signal", action: "Send signal", isReady: () => name.trim() !== "",
      check() {
        error = text.trim() === "" ? null : jsonProblem("The value", text);
        return error;
      },
      content: (draw) => [
        field("Name", h("input", {
          name: "name", value: name, autocomplete: "off", autocapitalize: "none", spellcheck: "false", maxlength: 200,
          autofocus: name === "", oninput: (event) => { name = event.target.value; draw(); },
        })),
        field("Value", h("textarea", {
          name: "value", rows: 6, spellcheck: "false", autofocus: name !== "", value: text, placeholder: "{\"approved\": true}",
          "aria-invalid": error ? "true" : null, oninput: (event) => { text = event.target.value; },
        }), h("small", { class: "muted" }, "JSON. Without a text, the value is null.")),
      ],
    }, async () => {
      await post(path`/v1/jobs/${id}/signals/${name.trim()}`, text.trim() === "" ? null : readJSON(text));
      say(`The signal ${name.trim()} is sent.`);
      changed();
    });
  }

  function restart(operation, later) {
    confirm({
      title: `Restart from ${operation.name}?`, action: "Restart from here", isDanger: true,
      text: `${later ? `This operation and ${plural(later, "later operation")} are` : "This operation is"} removed from the journal. `
        + "Child jobs of removed operations that have not ended are cancelled. The job then runs again from here.",
    }, async () => {
      await post(path`/v1/jobs/${id}/restart`, { from: operation.id });
      say("The job runs again.");
      changed();
    });
  }

  function fork(operation) {
    confirm({
      title: `Fork from ${operation.name}?`, action: "Fork from here",
      text: "A new job starts with the operations before this one. This job does not change.",
    }, async () => {
      const copy = await post(path`/v1/jobs/${id}/fork`, { from: operation.id });
      say("The new job is submitted.");
      go(path`/jobs/${copy.id}`);
    });
  }

  /** The buttons of the job. */
  function buttons(job) {
    if (finalStates.includes(job.state)) return null;
    const canPause = isDurable(job) || job.state !== "processing";
    return [
      isDurable(job) && job.operations > 0
        && h("button", { key: "signal", onclick: () => signal(waitedSignal(job)) }, "Send signal…"),
      job.paused ? h("button", { key: "resume", class: "primary", onclick: () => setPaused(false) }, "Resume")
        : canPause && h("button", { key: "pause", onclick: () => setPaused(true) }, "Pause"),
    ];
  }

  return { buttons, signal, restart, fork };
}

function waitedSignal({ waits_for: waits }) {
  return waits.find(({ type }) => type === "signal")?.name;
}
