// The workers: state, running jobs, queues, kinds, labels.

import { h, render } from "../lib/dom.js";
import { getAll, path, Problem } from "../lib/api.js";
import { ago, plural } from "../lib/format.js";
import { keepFresh } from "../lib/refresh.js";
import { may } from "../lib/session.js";
import { badge, jobLink, kindLink, labels, queueLink, workerLink } from "../parts/badges.js";
import { empty, errorBox, table } from "../parts/blocks.js";
import { forgetWorker } from "../parts/forget-worker.js";

const columns = [
  { name: "State" }, { name: "Last seen", isNumber: true }, { name: "Worker", isWhole: true }, { name: "Running", isWhole: true },
  { name: "Queues", isWhole: true }, { name: "Kinds", isWideOnly: true }, { name: "Labels", isWideOnly: true },
  { name: "Actions", isUnseen: true, isWhole: true },
];
const jobsShown = 2;
const namesShown = 3;
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

  const forget = (worker) => forgetWorker(worker, () => fresh.now());

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
    ago(worker.last_heartbeat_at),
    workerLink(worker),
    worker.running.length
      ? some(worker.running.map((id) => [id, jobLink(id)]), jobsShown, path`/workers/${worker.id}`)
      : h("span", { class: "muted" }, "no jobs"),
    some(worker.queues.map((name) => [name, queueLink(name)]), namesShown, path`/workers/${worker.id}`),
    worker.kinds.length ? some(worker.kinds.map((name) => [name, kindLink(name)]), namesShown, path`/workers/${worker.id}`) : "all kinds",
    labels(worker.labels),
    worker.state !== "healthy" && may("work") && h("button", { "aria-label": `Forget ${worker.name}`, onclick: () => forget(worker) }, "Forget"),
  ];
}

/** The first items, `[key, content]`, and a link to the page with all of them. */
function some(items, shown, href) {
  return h("ul", { class: "inline" },
    items.slice(0, shown).map(([key, item]) => h("li", { key }, item)),
    items.length > shown && h("li", { key: "more" }, h("a", { href }, `${items.length - shown} more`)));
}
