// The dialog that removes a worker that will not return.

import { path, remove } from "../lib/api.js";
import { confirm } from "../lib/dialog.js";
import { plural } from "../lib/format.js";
import { say } from "../lib/notice.js";

/** Asks, and forgets the worker; then calls `done`. */
export function forgetWorker(worker, done) {
  const jobs = worker.running.length;
  confirm({
    title: `Forget ${worker.name}?`, action: "Forget the worker", isDanger: jobs > 0,
    text: (jobs ? `Its ${plural(jobs, "job")} ${jobs === 1 ? "returns" : "return"} to the queue at once. ` : "")
      + "If the worker returns, the server refuses its results and lists it again.",
  }, async () => {
    const { released } = await remove(path`/v1/workers/${worker.id}`);
    say(`${worker.name} is forgotten` + (released.length ? `; ${plural(released.length, "job")} returned to the queue.` : "."));
    done();
  });
}
