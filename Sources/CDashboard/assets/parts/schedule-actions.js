// What the buttons of a schedule do, on the list and on its page.

import { path, post, remove } from "../lib/api.js";
import { confirm } from "../lib/dialog.js";
import { attempt, say } from "../lib/notice.js";

/** Submits a job of the schedule now; then calls `done`. */
export async function runSchedule({ name }, done) {
  await attempt(() => post(path`/v1/schedules/${name}/run`), `${name} has submitted a job.`);
  done();
}

/** Resumes a schedule that is paused, and pauses another; then calls `done`. */
export async function toggleSchedule({ name, paused }, done) {
  const [action, state] = paused ? ["resume", "resumed"] : ["pause", "paused"];
  await attempt(() => post(path`/v1/schedules/${name}/` + action), `${name} is ${state}.`);
  done();
}

/** Asks, and deletes a schedule; then calls `done`. */
export function deleteSchedule({ name }, done) {
  confirm({
    title: `Delete ${name}?`, action: "Delete the schedule", isDanger: true,
    text: "Its ticks stop at once. The jobs that it has submitted remain.",
  }, async () => {
    await remove(path`/v1/schedules/${name}`);
    say(`${name} is deleted.`);
    done();
  });
}
