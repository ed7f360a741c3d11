// One schedule: its next ticks, its runs, its job, and its actions.

import { h, render } from "../lib/dom.js";
import { find, get, Problem, path, query } from "../lib/api.js";
import { ago, at } from "../lib/format.js";
import { keepFresh } from "../lib/refresh.js";
import { go } from "../lib/router.js";
import { may } from "../lib/session.js";
import { badge, jobLink, kindLink, queueLink } from "../parts/badges.js";
import { detail, empty, errorBox, section, tile } from "../parts/blocks.js";
import { jobTable } from "../parts/job-table.js";
import { deleteSchedule, runSchedule, toggleSchedule } from "../parts/schedule-actions.js";
import { scheduleForm } from "../parts/schedule-form.js";
import { tickList } from "../parts/ticks.js";

const runsShown = 20;
const missed = { last: "run once, for the latest", all: "run for each, at most 100", none: "skipped" };

export function schedulePage(content, { name }) {
  const state = { schedule: undefined, ticks: [], runs: [], problem: null };
  const tag = `schedule:${name}`;

  async function read(signal) {
    try {
      const [schedule, runs] = await Promise.all([
        find(path`/v1/schedules/${name}`, signal), get(`/v1/jobs${query({ tag, fields: "summary", limit: runsShown })}`, signal),
      ]);
      const { items } = schedule
        ? await get(`/v1/schedule-ticks${query({ cron: schedule.cron, time_zone: schedule.time_zone })}`, signal) : { items: [] };
      Object.assign(state, { schedule, ticks: items, runs: runs.items, problem: null });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      state.problem = problem;
    }
    draw();
  }

  function actions(schedule) {
    return h("div", { class: "actions" },
      h("button", { key: "run", onclick: () => runSchedule(schedule, fresh.now) }, "Run now"),
      h("button", { key: "pause", onclick: () => toggleSchedule(schedule, fresh.now) }, schedule.paused ? "Resume" : "Pause"),
      h("button", { key: "edit", onclick: () => scheduleForm(schedule, fresh.now) }, "Edit…"),
      h("button", { key: "delete", class: "danger quiet", onclick: () => deleteSchedule(schedule, () => go("/schedules")) }, "Delete…"));
  }

  function draw() {
    const { schedule } = state;
    render(content,
      h("nav", { class: "crumbs", "aria-label": "Above" }, h("a", { href: "/schedules" }, "Schedules")),
      h("div", { class: "page-head" },
        h("h1", {}, h("span", { class: "muted" }, "Schedule "), name, " ", schedule?.paused && badge("paused")),
        schedule && may("queues:write") && actions(schedule)),
      errorBox(state.problem),
      schedule === null && empty(`There is no schedule ${name}`, "It may have been deleted."),
      schedule && body(schedule, state, tag));
  }

  const fresh = keepFresh(read);
  return { title: `Schedule ${name}`, close: fresh.stop };
}

function body(schedule, { ticks, runs }, tag) {
  return [
    h("div", { class: "tiles", key: "tiles" },
      tile("Next run", schedule.paused ? "paused" : ago(schedule.next_run_at), schedule.next_run_at ? at(schedule.next_run_at) : "no tick until it is resumed"),
      tile("Last run", ago(schedule.last_run_at), schedule.last_job_id ? ["job ", jobLink(schedule.last_job_id)] : "no job yet"),
      tile("Cron expression", h("code", {}, schedule.cron), schedule.time_zone),
      tile("Failed", `${runs.filter((job) => job.state === "failed").length} of ${runs.length}`, "latest runs")),
    h("div", { class: "columns wide-first", key: "columns" },
      section("Runs", h("a", { href: `/jobs${query({ tag })}` }, "All runs"), runs.length ? jobTable(runs)
        : empty("No runs yet", "The jobs of this schedule are listed here.")),
      h("div", {},
        section("Next ticks", null, schedule.paused
          ? empty("The schedule is paused", "Its ticks are skipped until it is resumed.")
          : h("div", { class: "panel" }, tickList(ticks, schedule.time_zone))),
        section("Job", null, details(schedule)))),
  ];
}

function details({ job, catch_up: catchUp, caller, updated_at: updated }) {
  return h("div", { class: "panel details" },
    h("dl", { class: "details" },
      detail("Kind", kindLink(job.kind)),
      detail("Queue", queueLink(job.queue ?? "default")),
      detail("Missed ticks", missed[catchUp]),
      detail("Set by", caller),
      detail("Changed", ago(updated))),
    job.payload !== undefined && job.payload !== null
      && h("pre", { class: "code", tabindex: "0", "aria-label": "Payload" }, JSON.stringify(job.payload, null, 2)));
}
