// The form of a queue's limits. PUT replaces all settings, so settings without a field are sent back unchanged.

import { h } from "../lib/dom.js";
import { get, path, put, Problem } from "../lib/api.js";
import { say } from "../lib/notice.js";
import { may } from "../lib/session.js";

const fields = [
  { name: "max_depth", label: "Maximum depth", note: "Pending jobs. Beyond it, the server refuses submissions." },
  { name: "max_waiting", label: "Maximum waiting", note: "Scheduled, blocked and retrying jobs." },
  { name: "max_concurrency", label: "Maximum concurrency", note: "Running jobs, over all workers.", min: 1 },
  { name: "max_size", label: "Maximum job size", note: "The maximum size field of a job." },
];
/** The settings. All other fields of a queue are read-only. */
const settings = [
  "max_depth", "max_waiting", "paused", "max_concurrency", "rate_limit", "partition_by", "max_size",
];

/** A form for the queue's bounds; calls `saved` after a change and `draw` when its content changes. */
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
      say(`The limits of ${name} are saved.`);
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
    const withField = [...shown.map((field) => `/${field.name}`), "/partition_by"];
    const otherErrors = errors.filter(({ pointer }) => !withField.includes(pointer));
    return h("form", { class: "panel", onsubmit: save },
      shown.map((field) => number(field, queue[field.name], errorOf(field.name))),
      h("fieldset", { class: "field pair", key: "rate" }, h("legend", {}, "Rate limit"),
        h("input", { name: "rate_jobs", type: "number", min: 1, step: 1, placeholder: "none", "aria-label": "Jobs", value: queue.rate_limit?.jobs ?? "" }),
        h("span", {}, "jobs per"),
        h("input", { name: "rate_period", type: "number", min: 0, step: "any", placeholder: "1", "aria-label": "Seconds", value: queue.rate_limit?.period_seconds ?? "" }),
        h("span", {}, "s")),
      partition(queue.partition_by, errorOf("partition_by")),
      otherErrors.map(({ message }) => h("p", { class: "error-box", role: "alert" }, message)),
      may("queues:write") && h("div", { class: "actions" }, h("button", { type: "submit", class: "primary", disabled: isBusy }, "Save limits")));
  }

  function errorOf(field) {
    return errors.find(({ pointer }) => pointer === `/${field}`)?.message;
  }

  return { describe };
}

function number(field, value, error) {
  return h("label", { class: "field", key: field.name },
    h("span", {}, field.label),
    h("input", {
      name: field.name, type: "number", min: field.min ?? 0, step: 1, inputmode: "numeric", placeholder: "no maximum",
      value: value ?? "", "aria-describedby": `${field.name}-note`, "aria-invalid": error ? "true" : null,
    }),
    h("small", { id: `${field.name}-note`, class: error ? "error-text" : "muted" }, error ?? field.note));
}

function partition(tag, error) {
  return h("label", { class: "field", key: "partition_by" },
    h("span", {}, "Partition tag"),
    h("input", {
      name: "partition_by", type: "text", placeholder: "no partitions", autocomplete: "off", value: tag ?? "",
      "aria-describedby": "partition_by-note", "aria-invalid": error ? "true" : null,
    }),
    h("small", { id: "partition_by-note", class: error ? "error-text" : "muted" },
      error ?? "The values of the tag, such as customer, take turns."));
}

/** The settings of the form; an empty field is no maximum. */
function wanted(form, present) {
  const bounds = fields.filter(({ name }) => form.has(name)).map(({ name }) => {
    const text = form.get(name).trim();
    return [name, text === "" ? null : Number(text)];
  });
  const jobs = form.get("rate_jobs").trim();
  const period = Number(form.get("rate_period").trim() || 1);
  const isSame = present.rate_limit && present.rate_limit.jobs === Number(jobs) && present.rate_limit.period_seconds === period;
  // A limit can have settings without a field, such as a burst. They stay while the rate is unchanged.
  const rate = jobs === "" ? null : isSame ? present.rate_limit : { jobs: Number(jobs), period_seconds: period };
  return { ...Object.fromEntries(bounds), rate_limit: rate, partition_by: form.get("partition_by").trim() || null };
}
