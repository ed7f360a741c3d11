// What suspended jobs wait for, in words and in groups.

import { h } from "../lib/dom.js";
import { path, query } from "../lib/api.js";
import { ago, at, between, count, none, plural } from "../lib/format.js";
import { table } from "./blocks.js";

/** The time until the end of a wait: "3 days left". */
export function timeLeft(until) {
  const seconds = -between(until);
  if (seconds <= 0) return "due now";
  const units = [[86_400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]];
  const [size, name] = units.find(([unit]) => seconds >= unit) ?? [1, "second"];
  return `${plural(Math.max(1, Math.floor(seconds / size)), name)} left`;
}

/** One wait of a job's `waits_for` in words: "Waits for signal confirmed, 3 days left". */
export function waitWords({ type, name, until, job_id: job }) {
  const left = until && `, ${timeLeft(until)}`;
  const strong = h("strong", {}, name);
  switch (type) {
    case "timer": return ["Waits for timer ", strong, until && [" until ", at(until)], left];
    case "job": return ["Waits for job ", job ? h("a", { href: path`/jobs/${job}` }, name) : strong, left];
    case "step": return ["Waits for the next attempt of step ", strong, until && [" at ", at(until)], left];
    default: return [`Waits for ${type} `, strong, left ?? ", no time limit"];
  }
}

/** Why a suspended job does not run, in one short text: "waits for signal confirmed, 3 days left". */
export function suspensionText({ waits_for: waits, paused }) {
  if (!waits?.length) return paused ? "paused" : none;
  const [{ type, name, until }, ...others] = waits;
  const left = until ? `, ${timeLeft(until)}` : "";
  const more = others.length ? ` (and ${others.length} more)` : "";
  return `${paused ? "paused; " : ""}waits for ${type} ${name}${left}${more}`;
}

/** The group of a suspended job: the type and the name of its first wait, or "paused". */
export function waitKey(job) {
  const first = job.waits_for?.[0];
  return first ? `${first.type}:${first.name}` : "paused";
}

function groupsOf(jobs) {
  const groups = new Map();
  for (const job of jobs) {
    const key = waitKey(job);
    const first = job.waits_for?.[0];
    const group = groups.get(key) ?? { key, type: first?.type, name: first?.name, count: 0, earliest: null };
    group.count += 1;
    if (first?.until && (!group.earliest || first.until < group.earliest)) group.earliest = first.until;
    groups.set(key, group);
  }
  return [...groups.values()].sort((one, other) => other.count - one.count || one.key.localeCompare(other.key));
}

/** A table of the suspended jobs of a page of the list, by what they wait for. `chosen` is the key of the shown group. */
export function waitTable(jobs, chosen, filter) {
  const columns = [{ name: "Waits for" }, { name: "Jobs on this page", isNumber: true }, { name: "Earliest end", isNumber: true }];
  return table("Suspended jobs by what they wait for", columns, groupsOf(jobs).map((group) => {
    const isChosen = group.key === chosen;
    const href = `/jobs${query({ ...filter, wait: isChosen ? null : group.key })}`;
    const words = group.type ? [h("span", { class: "muted" }, `${group.type} `), group.name] : "nothing: the job is paused";
    return {
      key: group.key,
      cells: [
        h("a", { class: "wait-group", href, "aria-current": isChosen ? "true" : null }, words),
        count(group.count), group.earliest ? ago(group.earliest) : none,
      ],
    };
  }));
}
