// The selection of jobs in the list, and the operations on all selected jobs.

import { h } from "../lib/dom.js";
import { confirm } from "../lib/dialog.js";
import { count, plural } from "../lib/format.js";
import { attempt, say } from "../lib/notice.js";
import { parameters } from "../lib/router.js";
import { Problem } from "../lib/api.js";
import { bulkActions, dryRun, perform } from "./bulk.js";
import { bulkFilter } from "./filter.js";
import { askForPriority, makeDue } from "./job-actions.js";
import { menuButton } from "./menu.js";

/** The time between the last change of the selection and the dry run, in milliseconds. */
const dryRunDelay = 150;

/** A selection. `draw` shows it, `reread` reads the list again. */
export function jobSelection(draw, reread) {
  /** The selected jobs by ID. */
  const jobs = new Map();
  const state = { filter: null, counts: null, problem: null, isBusy: false };
  let timer = 0;
  let number = 0;

  const isEmpty = () => jobs.size === 0 && !state.filter;
  const selection = () => (state.filter ? { filter: state.filter } : { ids: [...jobs.keys()] });

  function update() {
    Object.assign(state, { counts: null, problem: null });
    countSoon();
    draw();
  }

  /** Counts after a pause. An answer to an earlier selection is not used any more. */
  function countSoon() {
    stop();
    if (!isEmpty()) timer = setTimeout(countAll, dryRunDelay, number);
  }

  function stop() {
    clearTimeout(timer);
    number += 1;
  }

  /** Asks the server for how many jobs each operation is possible. */
  async function countAll(own) {
    try {
      const counts = await dryRun(selection());
      if (own !== number) return;
      Object.assign(state, { counts, problem: null });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (own !== number) return;
      state.problem = problem;
    }
    draw();
  }

  function clear() {
    jobs.clear();
    state.filter = null;
    update();
  }

  /** Selects a job, or not. All that match without one is no selection of the API: it is cleared. */
  function toggle(job) {
    if (state.filter) {
      clear();
      return;
    }
    if (!jobs.delete(job.id)) jobs.set(job.id, job);
    update();
  }

  /** Selects all jobs of the page; none, if all of them are selected. */
  function togglePage(page) {
    const isSelected = state.filter || page.every(({ id }) => jobs.has(id));
    jobs.clear();
    state.filter = null;
    if (!isSelected) for (const job of page) jobs.set(job.id, job);
    update();
  }

  function selectMatching() {
    jobs.clear();
    state.filter = bulkFilter(parameters());
    update();
  }

  /** Takes the jobs as a read has found them. A changed state changes the counts. */
  function see(found) {
    const selected = found.filter(({ id }) => jobs.has(id));
    const isChanged = selected.some((job) => job.state !== jobs.get(job.id).state);
    for (const job of selected) jobs.set(job.id, job);
    if (isChanged) countSoon();
  }

  /** Follows an operation on the jobs, which stay selected. */
  function changed() {
    update();
    reread();
  }

  async function act(action, chosen) {
    state.isBusy = true;
    draw();
    const isDone = await attempt(async () => {
      const { count: changedJobs, more } = await perform(action, chosen);
      say(bulkActions[action].done(changedJobs) + (more ? " More jobs match: repeat the operation for them." : ""));
    });
    state.isBusy = false;
    if (isDone) clear();
    else draw();
    reread();
  }

  /** Asks before a deletion, and before an operation on jobs that are not on the page, with the counts of that moment. */
  async function ask(action) {
    if (action !== "delete" && !state.filter) {
      act(action, selection());
      return;
    }
    stop();
    const own = number;
    state.isBusy = true;
    draw();
    await countAll(own);
    state.isBusy = false;
    draw();
    if (own !== number || state.problem || !state.counts[action].count) return;
    const chosen = selection();
    const what = amount(state.counts[action]);
    const texts = {
      retry: "They become pending again, with all their attempts. Correct the cause first, or they fail again.",
      cancel: "Jobs that wait do not run. Workers stop jobs that run. Their descendants are cancelled as well.",
      delete: "The jobs are deleted permanently, with their payloads, logs and files.",
    };
    confirm({
      title: `${bulkActions[action].name} ${what}?`, text: texts[action], action: `${bulkActions[action].name} ${what}`, isDanger: action !== "retry",
      word: action === "delete" && state.filter ? "delete" : null,
    }, () => act(action, chosen));
  }

  function box(label, isChecked, isPartial, onchange) {
    return h("input", { type: "checkbox", "aria-label": label, checked: isChecked, indeterminate: isPartial, onchange });
  }

  function rowBox(job) {
    return box(`Select job ${job.id.slice(-12)}`, Boolean(state.filter) || jobs.has(job.id), false, () => toggle(job));
  }

  function pageBox(page) {
    const selected = page.filter(({ id }) => jobs.has(id)).length;
    const isAll = Boolean(state.filter) || (page.length > 0 && selected === page.length);
    return box("Select all jobs of this page", isAll, !isAll && selected > 0, () => togglePage(page));
  }

  /** The bar above the list. `canSelectMatching` is true if the filter selects further jobs. */
  function bar(canSelectMatching) {
    const { counts, filter, problem, isBusy } = state;
    const words = filter ? matching(counts) : plural(jobs.size, "job");
    return h("div", { class: "selection", key: "selection", role: "group", "aria-label": "Selected jobs" },
      h("span", { class: "selection-words", role: "status" }, h("strong", {}, words), " selected"),
      canSelectMatching && !filter && h("button", { class: "link", key: "matching", onclick: selectMatching }, "Select all that match the filter"),
      problem && h("span", { class: "error-text", key: "problem" }, problem.message),
      h("div", { class: "actions", key: "actions" },
        Object.entries(bulkActions).map(([action, { name }]) => h("button", {
          key: action, class: action === "delete" ? "danger quiet" : null, disabled: isBusy || !counts?.[action].count, onclick: () => ask(action),
        }, counts ? `${name} ${count(counts[action].count)}` : name, action === "delete" || filter ? "…" : "")),
        !filter && menuButton({ key: "more", disabled: isBusy, "aria-label": "More actions for the selected jobs" }, "More", () => [
          { name: "Run now", act: () => makeDue([...jobs.keys()], changed) },
          { name: "Change priority…", act: () => askForPriority([...jobs.values()], changed) },
        ]),
        h("button", { key: "clear", class: "quiet", onclick: clear }, "Clear")));
  }

  return { bar, clear, isEmpty, pageBox, rowBox, see, close: stop };
}

function amount({ count: jobs, more }) {
  return more ? `the newest ${plural(jobs, "job")}` : plural(jobs, "job");
}

/** The number of jobs that match. Each of them has either ended, and can be deleted, or can be cancelled. */
function matching(counts) {
  if (!counts) return "All jobs that match";
  const { cancel: open, delete: ended } = counts;
  const total = plural(open.count + ended.count, "job");
  return open.more || ended.more ? `All jobs that match, more than ${total},` : `All ${total} that match`;
}
