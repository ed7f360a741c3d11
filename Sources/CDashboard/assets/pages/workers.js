// The workers: state, running jobs, queues, kinds, labels.

import { confirm } from "../lib/dialog.js";
import { h, render } from "../lib/dom.js";
import { getAll, path, Problem, remove } from "../lib/api.js";
import { ago, plural } from "../lib/format.js";
import { say } from "../lib/notice.js";
import { keepFresh } from "../lib/refresh.js";
import { may } from "../lib/session.js";
import { badge, jobLink, labels, queueLink } from "../parts/badges.js";
import { empty, errorBox, table } from "../parts/blocks.js";

const columns = [
  { name: "State" }, { name: "Worker" }, { name: "Running", isWhole: true }, { name: "Queues" }, { name: "Kinds", isWideOnly: true },
  { name: "Labels", isWideOnly: true }, { name: "Last seen", isNumber: true }, { name: "First seen", isNumber: true, isWideOnly: true }, { name: "Actions", isUnseen: true, isWhole: true },
];
const jobsShown = 5;
const kindsShown = 4;
const order = { late: 0, healthy: 1, gone: 2 };

export function workersPage(content) {
  const state = { workers: null, hasMore: false, problem: null };

  async function read(signal) {
    try {
      const { items, hasMore } = await getAll("/v1/workers", signal);
      Object.assign(state, { workers: items.sort((one, other) => order[one.state] - order[other.state]), hasMore, problem: null });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      state.problem = problem;
    }
    draw();
  }

  function draw() {
    render(content,
      h("div", { class: "page-head" }, h("h1", {}, "Workers")),
      errorBox(state.problem),
      state.workers && (state.workers.length ? list(state.workers, forget) : none()),
      state.hasMore && h("p", { class: "muted" }, `The first ${state.workers.length} workers. The API lists all of them.`));
  }

  function forget(worker) {
    const jobs = worker.running.length;
    confirm({
      title: `Forget ${worker.name}?`, action: "Forget the worker", isDanger: jobs > 0,
      text: (jobs ? `Its ${plural(jobs, "job")} ${jobs === 1 ? "returns" : "return"} to the queue at once. ` : "")
        + "If the worker returns, the server refuses its results and lists it again.",
    }, async () => {
      const { released } = await remove(path`/v1/workers/${worker.id}`);
      say(`${worker.name} is forgotten` + (released.length ? `; ${plural(released.length, "job")} returned to the queue.` : "."));
      fresh.now();
    });
  }

  const fresh = keepFresh(read);
  return { title: "Workers", close: fresh.stop };
}

function none() {
  return empty("No worker was seen in the last day", "Start one: ",
    h("code", {}, `longhaul worker --server ${location.origin} --handlers handlers.json5 --queues default=4`));
}

function list(workers, forget) {
  const healthy = workers.filter(({ state }) => state === "healthy").length;
  return [
    h("p", { class: "muted", key: "words" },
      `${plural(healthy, "healthy worker")} of ${workers.length} seen in the last day. `
      + "A worker is late when two heartbeats are missing. Other workers get its jobs when their leases end."),
    table("Workers", columns, workers.map((worker) => ({ key: worker.id, cells: cells(worker, forget) }))),
  ];
}

function cells(worker, forget) {
  return [
    badge(worker.state),
    h("span", { title: worker.id }, worker.name),
    worker.running.length ? h("ul", { class: "inline" },
      worker.running.slice(0, jobsShown).map((id) => h("li", { key: id }, jobLink(id))),
      worker.running.length > jobsShown && h("li", { key: "more" }, `and ${worker.running.length - jobsShown} more`))
      : h("span", { class: "muted" }, "no jobs"),
    h("ul", { class: "inline" }, worker.queues.map((name) => h("li", { key: name }, queueLink(name)))),
    worker.kinds.length
      ? worker.kinds.slice(0, kindsShown).join(", ") + (worker.kinds.length > kindsShown ? ` and ${worker.kinds.length - kindsShown} more` : "")
      : "all kinds",
    labels(worker.labels),
    ago(worker.last_heartbeat_at),
    ago(worker.first_seen_at),
    worker.state !== "healthy" && may("work") && h("button", { "aria-label": `Forget ${worker.name}`, onclick: () => forget(worker) }, "Forget"),
  ];
}
