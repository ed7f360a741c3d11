// The dialog that creates or changes a schedule. PUT replaces the whole schedule, so fields that the form does not have are
// sent back unchanged.

import { h } from "../lib/dom.js";
import { find, get, path, Problem, put, query, readJSON } from "../lib/api.js";
import { ask } from "../lib/dialog.js";
import { jsonProblem } from "../lib/json-error.js";
import { say } from "../lib/notice.js";
import { tickList } from "./ticks.js";

/** The pause after a key stroke before the server is asked for the ticks, in milliseconds. */
const pause = 250;
const catchUps = [
  ["last", "Run once, for the latest missed tick"], ["all", "Run for each missed tick, at most 100"], ["none", "Skip missed ticks"],
];
/** The fields of the job that the form has. */
const jobFields = ["kind", "queue", "payload"];

/** Opens the dialog for a new schedule, or for a schedule of the API; calls `saved` with its name. */
export function scheduleForm(schedule, saved) {
  const job = schedule?.job ?? {};
  const values = {
    name: schedule?.name ?? "", cron: schedule?.cron ?? "", time_zone: schedule?.time_zone ?? "UTC", kind: job.kind ?? "",
    queue: job.queue ?? "default", payload: JSON.stringify(job.payload ?? null, null, 2), catch_up: schedule?.catch_up ?? "last",
  };
  const preview = tickPreview();

  function field(draw, name, label, more = {}) {
    return h("label", { class: "field", key: name }, h("span", {}, label),
      h("input", {
        name, value: values[name], autocomplete: "off", autocapitalize: "none", spellcheck: "false", ...more,
        oninput: (event) => {
          values[name] = event.target.value;
          if (name === "cron" || name === "time_zone") preview.ask(values);
          draw();
        },
      }));
  }

  if (values.cron) preview.ask(values);
  ask({
    title: schedule ? `Edit ${schedule.name}` : "New schedule", action: schedule ? "Save" : "Create",
    isReady: () => ["name", "cron", "kind"].every((name) => values[name].trim()),
    check: () => jsonProblem("The payload", values.payload || "null"),
    content: (draw) => [
      !schedule && field(draw, "name", "Name", { autofocus: true }),
      h("div", { class: "field-row", key: "times" },
        field(draw, "cron", "Cron expression", { autofocus: Boolean(schedule), placeholder: "0 3 * * *" }),
        field(draw, "time_zone", "Time zone", { list: "zones" })),
      h("datalist", { id: "zones", key: "zones" }, zones().map((zone) => h("option", { key: zone, value: zone }))),
      preview.view(draw),
      h("div", { class: "field-row", key: "job" }, field(draw, "kind", "Kind of the job"), field(draw, "queue", "Queue")),
      h("label", { class: "field", key: "payload" }, h("span", {}, "Payload, as JSON"),
        h("textarea", { name: "payload", rows: 4, spellcheck: "false", value: values.payload, oninput: (event) => { values.payload = event.target.value; } })),
      h("label", { class: "field", key: "catch_up" }, h("span", {}, "When no server ran at a tick"),
        h("select", { name: "catch_up", value: values.catch_up, onchange: (event) => { values.catch_up = event.target.value; } },
          catchUps.map(([value, text]) => h("option", { key: value, value }, text)))),
    ],
  }, async () => {
    const name = values.name.trim();
    if (!schedule && await find(path`/v1/schedules/${name}`)) {
      throw new Problem(409, { detail: `There is a schedule ${name} already.` });
    }
    await save(name, schedule && await get(path`/v1/schedules/${name}`), values);
    say(schedule ? `${name} is saved.` : `${name} is created.`);
    saved(name);
  });
}

/** `schedule` is the schedule as it is now. The form does not pause it, and does not change other fields of its job. */
async function save(name, schedule, values) {
  const job = { ...schedule?.job };
  for (const each of jobFields) job[each] = each === "payload" ? readJSON(values.payload || "null") : values[each].trim();
  try {
    await put(path`/v1/schedules/${name}`, {
      cron: values.cron.trim(), time_zone: values.time_zone.trim() || "UTC", catch_up: values.catch_up, paused: schedule?.paused ?? false, job,
    });
  } catch (problem) {
    if (!(problem instanceof Problem) || !problem.errors.length) throw problem;
    throw new Problem(problem.status, { detail: problem.errors.map(({ pointer, message }) => `${pointer.slice(1)}: ${message}`).join("; ") });
  }
}

function zones() {
  return ["UTC", ...Intl.supportedValuesOf("timeZone")];
}

/** The next ticks of an expression while it is typed, from the server. */
function tickPreview() {
  let timer = 0;
  let asked = 0;
  let state = { ticks: null, zone: "UTC", error: null };
  let redraw = () => {};

  function request({ cron, time_zone: zone }) {
    clearTimeout(timer);
    asked += 1;
    const number = asked;
    timer = setTimeout(async () => {
      const next = await ticksOf(cron.trim(), zone.trim());
      if (number !== asked) return;
      state = { ...next, zone };
      redraw();
    }, pause);
  }

  return {
    ask: request,
    view: (draw) => {
      redraw = draw;
      return h("div", { class: "tick-preview", key: "ticks", "aria-live": "polite" },
        state.error ? h("p", { class: "error-text" }, state.error)
          : state.ticks ? [h("p", { class: "muted" }, "Next ticks"), tickList(state.ticks.slice(0, 3), state.zone)]
            : h("p", { class: "muted" }, "Minute, hour, day of the month, month, day of the week; or @hourly, @daily, @weekly."));
    },
  };
}

async function ticksOf(cron, zone) {
  if (!cron) return { ticks: null, error: null };
  try {
    const { items } = await get(`/v1/schedule-ticks${query({ cron, time_zone: zone || "UTC" })}`);
    return { ticks: items, error: null };
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    return { ticks: null, error: problem.errors[0]?.message ?? problem.message };
  }
}
