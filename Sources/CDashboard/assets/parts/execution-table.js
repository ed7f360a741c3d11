// A table of executions, and the actions on an execution.

import { h } from "../lib/dom.js";
import { path, post } from "../lib/api.js";
import { confirm } from "../lib/dialog.js";
import { ago, between, duration } from "../lib/format.js";
import { say } from "../lib/notice.js";
import { table } from "./blocks.js";
import { statusBadge } from "./status-marks.js";

/** The statuses of the API, with the words that people read. */
export const executionStatuses = {
  running: "running", succeeded: "succeeded", failed: "failed", timed_out: "timed out", aborted: "aborted",
};

/** The executions; `isMachineShown` adds the state machine. */
export function executionTable(executions, { isMachineShown = false } = {}) {
  const columns = [
    { name: "Status" }, { name: "Execution", isWhole: true }, isMachineShown && { name: "State machine" },
    { name: "Started", isNumber: true }, { name: "Took", isNumber: true }, { name: "Redrives", isNumber: true, isWideOnly: true },
    { name: "Error", isWhole: true },
  ].filter(Boolean);
  return table("Executions", columns, executions.map((execution) => ({
    key: execution.id ?? execution.arn, cells: cells(execution, isMachineShown),
  })));
}

function cells(execution, isMachineShown) {
  const { id, name, error, cause } = execution;
  return [
    statusBadge(executionStatuses[execution.status]),
    id ? h("a", { class: "mono", href: path`/executions/${id}` }, name) : h("span", { class: "mono" }, name),
    isMachineShown && h("a", { href: path`/state-machines/${execution.state_machine}` }, execution.state_machine),
    ago(execution.started_at),
    duration(between(execution.started_at, execution.ended_at)),
    String(execution.redrive_count),
    (error || cause) && h("span", { class: "clip bad-text", title: cause }, [error, cause].filter(Boolean).join(": ")),
  ].filter((cell) => cell !== false);
}

/** Asks, and stops an execution; `changed` is called afterwards. */
export function stopExecution({ id, name }, changed) {
  confirm({
    title: `Stop ${name}?`, action: "Stop the execution", isDanger: true,
    text: "The execution ends with the status aborted. Its tasks that run as jobs are cancelled. You can redrive it later.",
  }, async () => {
    await post(path`/v1/executions/${id}/stop`, {});
    say("The execution is stopped.");
    changed();
  });
}

/** Asks, and redrives an execution; `changed` is called afterwards. */
export function redriveExecution({ id, name }, changed) {
  confirm({
    title: `Redrive ${name}?`, action: "Redrive",
    text: "The execution continues from the states that have not succeeded, with its old definition. States that have succeeded do not run again.",
  }, async () => {
    await post(path`/v1/executions/${id}/redrive`);
    say("The execution runs again.");
    changed();
  });
}
