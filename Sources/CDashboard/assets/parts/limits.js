// The editor of a queue's bounds. PUT replaces all of them: what the form does not show is sent back as it was.

import { h } from "../lib/dom.js";
import { get, path, put, Problem } from "../lib/api.js";
import { say } from "../lib/notice.js";

const fields = [
  { name: "max_depth", label: "Most pending", note: "Beyond it, submissions are refused as busy." },
  { name: "max_waiting", label: "Most waiting", note: "Scheduled, blocked or retrying." },
  { name: "max_concurrency", label: "Most running at once", note: "Over all workers.", least: 1 },
  { name: "max_size", label: "Largest job", note: "The most that a job's size may be." },
];
/** What can be set. Everything else of a queue's status tells how it does. */
const settings = [
  "max_depth", "max_waiting", "paused", "max_concurrency", "rate_limit", "partition_by", "max_size",
];

/** A form for the queue's bounds; calls `saved` after a change and `draw` when it wants to be shown anew. */
export function limitsForm(name, saved, draw) {
  let errors = [];
  let isBusy = false;

  async function save(event) {
    event.preventDefault();
    const form = new FormData(event.target);
    isBusy = true;
    draw();
    try {
      const present = await get(path`/v1/queues/${name}`);
      const kept = settings.filter((field) => field in present).map((field) => [field, present[field]]);
      await put(path`/v1/queues/${name}`, { ...Object.fromEntries(kept), ...wanted(form, present) });
      errors = [];
      say(`The limits of ${name} are set.`);
      saved();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      errors = problem.errors.length ? problem.errors : [{ pointer: "", message: problem.message }];
    } finally {
      isBusy = false;
      draw();
    }
  }

  function describe(queue) {
    const shown = fields.filter((field) => field.name in queue);
    const atHome = [...shown.map((field) => `/${field.name}`), "/partition_by"];
    const elsewhere = errors.filter(({ pointer }) => !atHome.includes(pointer));
    return h("form", { class: "panel", onsubmit: save },
      shown.map((field) => number(field, queue[field.name], faultOf(field.name))),
      h("fieldset", { class: "field pair", key: "rate" }, h("legend", {}, "Most started"),
        h("input", { name: "rate_jobs", type: "number", min: 1, step: 1, placeholder: "no bound", "aria-label": "Jobs", value: queue.rate_limit?.jobs ?? "" }),
        h("span", {}, "jobs in"),
        h("input", { name: "rate_period", type: "number", min: 0, step: "any", placeholder: "1", "aria-label": "Seconds", value: queue.rate_limit?.period_seconds ?? "" }),
        h("span", {}, "s")),
      turns(queue.partition_by, faultOf("partition_by")),
      elsewhere.map(({ message }) => h("p", { class: "fault", role: "alert" }, message)),
      h("div", { class: "actions" }, h("button", { type: "submit", class: "primary", disabled: isBusy }, "Set limits")));
  }

  function faultOf(field) {
    return errors.find(({ pointer }) => pointer === `/${field}`)?.message;
  }

  return { describe };
}

function number(field, value, fault) {
  return h("label", { class: "field", key: field.name },
    h("span", {}, field.label),
    h("input", {
      name: field.name, type: "number", min: field.least ?? 0, step: 1, inputmode: "numeric", placeholder: "no bound",
      value: value ?? "", "aria-describedby": `${field.name}-note`, "aria-invalid": fault ? "true" : null,
    }),
    h("small", { id: `${field.name}-note`, class: fault ? "fault-text" : "muted" }, fault ?? field.note));
}

function turns(tag, fault) {
  return h("label", { class: "field", key: "partition_by" },
    h("span", {}, "Turns by tag"),
    h("input", {
      name: "partition_by", type: "text", placeholder: "no turns", autocomplete: "off", value: tag ?? "",
      "aria-describedby": "partition_by-note", "aria-invalid": fault ? "true" : null,
    }),
    h("small", { id: "partition_by-note", class: fault ? "fault-text" : "muted" },
      fault ?? "Each value of the tag, such as customer, has its turn."));
}

/** What the form says, empty fields as no bound. */
function wanted(form, present) {
  const bounds = fields.filter(({ name }) => form.has(name)).map(({ name }) => {
    const text = form.get(name).trim();
    return [name, text === "" ? null : Number(text)];
  });
  const jobs = form.get("rate_jobs").trim();
  const period = Number(form.get("rate_period").trim() || 1);
  const isSame = present.rate_limit && present.rate_limit.jobs === Number(jobs) && present.rate_limit.period_seconds === period;
  // A limit may say more than the form shows, such as a burst: it is kept while the rate is.
  const rate = jobs === "" ? null : isSame ? present.rate_limit : { jobs: Number(jobs), period_seconds: period };
  return { ...Object.fromEntries(bounds), rate_limit: rate, partition_by: form.get("partition_by").trim() || null };
}
