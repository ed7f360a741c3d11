// The schedules: next and last run, run now, pause.

import { h, render } from "../lib/dom.js";
import { getAll, path, Problem } from "../lib/api.js";
import { ago } from "../lib/format.js";
import { keepFresh } from "../lib/refresh.js";
import { go } from "../lib/router.js";
import { may } from "../lib/session.js";
import { badge, jobLink, kindLink, scheduleLink } from "../parts/badges.js";
import { empty, errorBox, table } from "../parts/blocks.js";
import { runSchedule, toggleSchedule } from "../parts/schedule-actions.js";
import { scheduleForm } from "../parts/schedule-form.js";

const columns = [
  { name: "Schedule", isWhole: true }, { name: "Cron expression" }, { name: "Kind" }, { name: "Next run", isNumber: true }, { name: "Last run", isNumber: true },
  { name: "Last job" }, { name: "Actions", isUnseen: true },
];

export function schedulesPage(content) {
  const state = { schedules: null, problem: null };

  async function read(signal) {
    try {
      const { items } = await getAll("/v1/schedules", signal);
      Object.assign(state, { schedules: items, problem: null });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      state.problem = problem;
    }
    draw();
  }

  function actions(schedule) {
    if (!may("queues:write")) return null;
    return h("div", { class: "actions" },
      h("button", { key: "run", onclick: () => runSchedule(schedule, fresh.now), "aria-label": `Run ${schedule.name} now` }, "Run now"),
      h("button", { key: "pause", onclick: () => toggleSchedule(schedule, fresh.now), "aria-label": `${schedule.paused ? "Resume" : "Pause"} ${schedule.name}` },
        schedule.paused ? "Resume" : "Pause"));
  }

  function draw() {
    render(content,
      h("div", { class: "page-head" }, h("h1", {}, "Schedules"),
        may("queues:write") && h("div", { class: "actions" },
          h("button", { onclick: () => scheduleForm(null, (name) => go(path`/schedules/${name}`)) }, "New schedule…"))),
      errorBox(state.problem),
      state.schedules && (state.schedules.length
        ? table("Schedules", columns, state.schedules.map((schedule) => ({ key: schedule.name, cells: [...cells(schedule), actions(schedule)] })))
        : none()));
  }

  const fresh = keepFresh(read);
  return { title: "Schedules", close: fresh.stop };
}

function cells(schedule) {
  return [
    h("span", { class: "name" }, h("strong", {}, scheduleLink(schedule.name)), schedule.paused && badge("paused")),
    h("span", {}, h("code", {}, schedule.cron), " ", h("span", { class: "muted" }, schedule.time_zone ?? "UTC")),
    kindLink(schedule.job.kind),
    schedule.paused ? h("span", { class: "muted" }, "paused") : ago(schedule.next_run_at),
    ago(schedule.last_run_at),
    schedule.last_job_id ? jobLink(schedule.last_job_id) : h("span", { class: "muted" }, "none"),
  ];
}

function none() {
  return [
    empty("No schedules yet", "A schedule submits a job at the times of a cron expression. Create one:"),
    h("pre", { class: "code", tabindex: "0" },
      `curl -X PUT ${location.origin}/v1/schedules/nightly -H 'Content-Type: application/json' \\\n`
      + `  -d '{"cron": "0 3 * * *", "time_zone": "Europe/Paris", "job": {"kind": "report.nightly"}}'`),
  ];
}
