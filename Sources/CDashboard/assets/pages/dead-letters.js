// The dead letter queue: jobs that failed for good, grouped by error, newest first, with redrive and discard.

import { h, render } from "../lib/dom.js";
import { Problem } from "../lib/api.js";
import { confirm } from "../lib/dialog.js";
import { ago, between, count, plural } from "../lib/format.js";
import { attempt, say } from "../lib/notice.js";
import { keepFresh } from "../lib/refresh.js";
import { parameters } from "../lib/router.js";
import { may } from "../lib/session.js";
import { jobLink, kindLink, queueLink } from "../parts/badges.js";
import { empty, errorBox, section } from "../parts/blocks.js";
import { discardGroup, groupsOfFailures, latestOf, redriveGroup } from "../parts/groups.js";
import { jobTable } from "../parts/job-table.js";

/** A group of several jobs is shown as growing for this time after its latest failure, in seconds. */
const growingFor = 300;

export function deadLettersPage(content) {
  const state = { groups: null, jobs: [], problem: null };
  /** The size of each group when the page was opened. */
  const initialCounts = new Map();

  async function read(signal) {
    const queue = parameters().get("queue");
    try {
      const [groups, jobs] = await Promise.all([groupsOfFailures(signal, { queue }), latestOf(queue, signal)]);
      for (const group of groups) if (!initialCounts.has(group.key)) initialCounts.set(group.key, state.groups ? 0 : group.count);
      Object.assign(state, { groups, jobs, problem: null });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      state.problem = problem;
    }
    draw();
  }

  async function redriveNow(group) {
    say(`${plural(await redriveGroup(group), "job")} pending again.`);
    fresh.now();
  }

  /** A single job needs no confirmation: it can be cancelled again. */
  function redrive(group) {
    const what = plural(group.count, "dead letter");
    if (group.count === 1) attempt(() => redriveNow(group));
    else confirm({
      title: `Redrive ${what}?`, action: `Redrive ${what}`,
      text: `Every job of ${group.kind} with this error becomes pending again, with all its attempts. Fix the cause first, or the jobs fail again.`,
    }, () => redriveNow(group));
  }

  function discard(group) {
    const what = plural(group.count, "dead letter");
    confirm({
      title: `Discard ${what}?`, action: `Discard ${what}`, isDanger: true, word: group.count > 1 ? "discard" : null,
      text: `Every job of ${group.kind} with this error is deleted permanently, with its payload, log and files.`,
    }, async () => {
      say(`${plural(await discardGroup(group), "job")} deleted.`);
      fresh.now();
    });
  }

  function draw() {
    const queue = parameters().get("queue");
    render(content,
      h("div", { class: "page-head" },
        h("h1", {}, "Dead letters", queue && h("span", { class: "muted" }, ` of ${queue}`)),
        queue && h("a", { href: "/dead-letters" }, "All queues")),
      errorBox(state.problem),
      state.groups && (state.groups.length ? body(state, initialCounts, { redrive, discard, changed: () => fresh.now() }) : none()));
  }

  const fresh = keepFresh(read, (change) => change.state === "failed" || change.previous === "failed");
  return { title: "Dead letters", change: () => fresh.now(), close: fresh.stop };
}

function none() {
  return empty("No dead letters",
    "A job that has used all its attempts, or can never succeed, is listed here with its payload and all its errors, until you redrive or discard it.");
}

function body({ groups, jobs }, initialCounts, { redrive, discard, changed }) {
  return [
    h("ul", { class: "groups", key: "groups" }, groups.map((group) => {
      const grown = group.count - (initialCounts.get(group.key) ?? group.count);
      const isGrowing = grown > 0 || (group.count > 1 && between(group.lastSeen) < growingFor);
      return h("li", { key: group.key, class: "panel group" },
        h("div", { class: "group-count" }, h("strong", {}, count(group.count)),
          isGrowing && h("span", { class: "growing" }, grown > 0 ? `+${count(grown)} since you opened this page` : "growing")),
        h("div", { class: "group-words" },
          h("div", {}, kindLink(group.kind), group.queue && [" in ", queueLink(group.queue)]),
          h("p", { class: "error-summary" }, group.type && h("strong", {}, `${group.type}: `), group.message),
          h("p", { class: "muted" }, "Last ", ago(group.lastSeen), ", first ", ago(group.firstSeen),
            group.example && [", for example ", jobLink(group.example)])),
        may("jobs:write") && h("div", { class: "actions" },
          h("button", { key: "redrive", onclick: () => redrive(group), "aria-label": `Redrive ${group.kind}: ${group.message}` }, group.count === 1 ? "Redrive" : "Redrive…"),
          h("button", { key: "discard", class: "danger quiet", onclick: () => discard(group), "aria-label": `Discard ${group.kind}: ${group.message}` }, "Discard…")));
    })),
    section("Latest", h("a", { href: "/jobs?state=failed" }, "All dead letters"), jobTable(jobs, { changed })),
  ];
}
