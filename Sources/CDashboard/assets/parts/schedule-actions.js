// What the buttons of a schedule do, on the list and on its page.

import { path, post, remove } from "../lib/api.js";
import { confirm } from "../lib/dialog.js";
import { attempt, say } from "../lib/notice.js";

/** Submits a job of the schedule now. */
export function runSchedule({ name }) {
  return attempt(() => post(path`/v1/schedules/${name}/run`), `${name} has submitted a job.`);
}

/** Pauses or resumes a schedule. */
export function pauseSchedule({ name }, paused) {
  return attempt(() => post(path`/v1/schedules/${name}` + (paused ? "/pause" : "/resume")), paused ? `${name} is paused.` : `${name} is resumed.`);
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
