// The fields of a new job, with their checks. The dialogs that submit jobs and copies share them.

import { h } from "../lib/dom.js";
import { readJSON } from "../lib/api.js";
import { zone } from "../lib/format.js";
import { jsonError } from "../lib/json-error.js";
import { knownNames, readNames } from "./known-names.js";

const units = { s: ["seconds", 1], min: ["minutes", 60], h: ["hours", 3600], d: ["days", 86_400] };

/**
 * A form. `initial` are the fields of a new job, with which it begins; `hasKey` shows the field of the idempotency key.
 *
 * @returns `describe(draw)`, `check()` (what is wrong, or null), `fields()` (the fields of a new job), `changes()` (those
 *   that differ from the initial ones), `refuse(problem)` (shows the errors of the server at their fields)
 */
export function jobForm(initial, { hasKey }) {
  const start = {
    kind: initial.kind ?? "", queue: initial.queue ?? "", payload: pretty(initial.payload ?? {}), priority: String(initial.priority ?? ""),
    tags: Object.entries(initial.tags ?? {}).map(([key, value]) => `${key}:${value}`).join("\n"),
    when: "now", delay: "", unit: "s", at: "", idempotency_key: "",
  };
  const text = { ...start };
  let errors = {};
  let isCompleted = false;

  function check() {
    errors = { ...payloadError(text.payload), ...tagError(text.tags), ...timeError(text) };
    if (errors.place !== undefined) select(errors.place);
    return Object.keys(errors).length ? "Correct the fields above." : null;
  }

  function checkPayload(draw) {
    const { payload: _, place: __, ...others } = errors;
    errors = { ...others, ...payloadError(text.payload) };
    draw();
  }

  function fields() {
    return {
      ...(text.kind.trim() && { kind: text.kind.trim() }), ...(text.queue.trim() && { queue: text.queue.trim() }),
      payload: readJSON(text.payload), ...(text.priority !== "" && { priority: Number(text.priority) }),
      ...((text.tags.trim() || start.tags) && { tags: tagsOf(text.tags) }), ...dueOf(text),
      ...(text.idempotency_key && { idempotency_key: text.idempotency_key }),
    };
  }

  function changes() {
    const isSame = { payload: text.payload === start.payload, ...Object.fromEntries(["kind", "queue", "priority", "tags"].map((name) => [name, text[name] === start[name]])) };
    return Object.fromEntries(Object.entries(fields()).filter(([name]) => !isSame[name]));
  }

  function refuse({ errors: found }) {
    errors = Object.fromEntries(found.map(({ pointer, message }) => [pointer.split("/")[1], message]));
  }

  function describe(draw) {
    if (!isCompleted) readNames(draw);
    isCompleted = true;
    const set = (name) => (event) => { text[name] = event.target.value; };
    const input = (name, label, attributes = {}, note = null) => field(name, label, note, errors[name],
      h("input", { name, autocomplete: "off", autocapitalize: "none", spellcheck: "false", value: text[name], oninput: set(name), ...invalid(errors[name]), ...attributes }));
    const { kinds, queues } = knownNames();
    return [
      h("div", { class: "field-row" },
        input("kind", "Kind", { list: "known-kinds", required: true, autofocus: !initial.kind, placeholder: "mail.send" }),
        input("queue", "Queue", { list: "known-queues", placeholder: "default" }),
        input("priority", "Priority", { type: "number", min: 0, max: 9, step: 1, placeholder: "5" })),
      options("known-kinds", kinds), options("known-queues", queues),
      field("payload", "Payload", "JSON.", errors.payload, h("textarea", {
        name: "payload", rows: 9, spellcheck: "false", autofocus: Boolean(initial.kind), value: text.payload, ...invalid(errors.payload), oninput: (event) => {
          text.payload = event.target.value;
          // While the text is edited, an error is only corrected.
          if (errors.payload) checkPayload(draw);
        },
        onchange: () => checkPayload(draw),
      })),
      field("tags", "Tags", "One tag in a line, as key:value.", errors.tags, h("textarea", {
        name: "tags", rows: 2, spellcheck: "false", placeholder: "customer:acme", value: text.tags, oninput: set("tags"), ...invalid(errors.tags),
      })),
      when(draw, set),
      hasKey && input("idempotency_key", "Idempotency key", { maxlength: 255 }, "Optional. A second request with the same key submits no second job."),
    ];
  }

  function when(draw, set) {
    const error = errors.run_at ?? errors.delay_seconds;
    return h("fieldset", { class: "field pair", key: "when" }, h("legend", {}, "Run"),
      h("select", { name: "when", "aria-label": "When", value: text.when, onchange: (event) => { text.when = event.target.value; draw(); } },
        h("option", { value: "now" }, "now"), h("option", { value: "delay" }, "after a delay"), h("option", { value: "at" }, "at a time")),
      text.when === "delay" && [
        h("input", { key: "delay", name: "delay", type: "number", min: 0, step: "any", "aria-label": "Delay", value: text.delay, oninput: set("delay"), ...invalid(error) }),
        h("select", { key: "unit", name: "unit", "aria-label": "Unit", value: text.unit, onchange: set("unit") },
          Object.entries(units).map(([unit, [name]]) => h("option", { key: unit, value: unit }, name))),
      ],
      text.when === "at" && [
        h("input", { key: "at", name: "at", type: "datetime-local", step: 1, class: "time", "aria-label": "Time", value: text.at, oninput: set("at"), ...invalid(error) }),
        h("span", { key: "zone", class: "muted" }, zone()),
      ],
      error && h("small", { class: "error-text", key: "error" }, error));
  }

  return { describe, check, fields, changes, refuse };
}

function field(name, label, note, error, input) {
  return h("label", { class: "field", key: name }, h("span", {}, label), input,
    (error || note) && h("small", { class: error ? "error-text" : "muted", role: error ? "alert" : null }, error ?? note));
}

function invalid(error) {
  return { "aria-invalid": error ? "true" : null };
}

function options(id, names) {
  return h("datalist", { id, key: id }, names.map((name) => h("option", { key: name, value: name })));
}

function pretty(value) {
  return JSON.stringify(value, null, 2);
}

/** What is wrong with a JSON text: `{payload, place}`; empty if it is valid. */
function payloadError(text) {
  const error = jsonError(text);
  return error ? { payload: error.words, place: error.offset } : {};
}

/** Shows the place of an error in the field. */
function select(place) {
  const area = document.querySelector("dialog textarea[name=payload]");
  area?.focus();
  area?.setSelectionRange(place, place + 1);
}

function tagLines(text) {
  return text.split("\n").map((line) => line.trim()).filter(Boolean);
}

function tagError(text) {
  const wrong = tagLines(text).find((line) => line.indexOf(":") < 1);
  return wrong ? { tags: `“${wrong}” is not a tag: write key:value.` } : {};
}

function tagsOf(text) {
  return Object.fromEntries(tagLines(text).map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]));
}

function timeError({ when, delay, at }) {
  if (when === "delay" && (delay === "" || !Number.isFinite(Number(delay)))) return { delay_seconds: "Enter a number." };
  if (when === "at" && Number.isNaN(Date.parse(at))) return { run_at: "Enter a date and a time." };
  return {};
}

/** The field of a job for the chosen time. */
function dueOf({ when, delay, unit, at }) {
  if (when === "delay") return { delay_seconds: Number(delay) * units[unit][1] };
  if (when === "at") return { run_at: new Date(at).toISOString() };
  return {};
}
