import { DurableAttempt } from "../durable/durable-attempt.js";
import { Attempt } from "./attempt.js";
import { JobContext } from "./context.js";
import { failureOf, timeoutFailure } from "./failure.js";
import { LogBuffer } from "./log-buffer.js";

/**
 * Runs one attempt and reports its end.
 *
 * @param {object} app The application, with its definitions.
 * @param {object} lease
 * @param {{reporter: object, onProgress?: Function, onFailure?: Function, environment?: object}} services
 *   `environment` replaces the clock and the steps of a durable job in tests.
 * @returns {{attempt: Attempt, ended: Promise<void>, reported: Promise<void>}}
 *   `ended` resolves when the handler has ended, `reported` when the server knows. Neither rejects.
 */
export function runAttempt(app, lease, { reporter, onProgress = () => {}, onFailure = () => {}, environment }) {
  const definition = app.definitions.get(lease.job.kind);
  const attempt = new Attempt(lease, definition);
  const path = `/v1/leases/${attempt.token}/logs`;
  const logs = new LogBuffer((lines) => app.client.post(path, { lines }, { retrySeconds: 0 }));
  const options = { onProgress, environment };
  const durable = definition.isDurable ? new DurableAttempt(app, attempt, logs, options) : undefined;
  const work = durable?.outcome() ?? outcomeOf(definition, lease, new JobContext(app, attempt, logs, onProgress));
  const reported = report(attempt, work, { reporter, logs, onFailure }).finally(() => attempt.close());
  return { attempt, ended: work.then(() => durable?.stepsEnded()), reported };
}

/** How the handler ended: `{result}` or `{thrown}`. Never rejects. */
async function outcomeOf(definition, lease, context) {
  try {
    return { result: await definition.handler(lease.job.payload, context) };
  } catch (thrown) {
    return { thrown };
  }
}

async function report(attempt, work, { reporter, logs, onFailure }) {
  const outcome = await Promise.race([work, attempt.overdue]);
  // Nothing that is reported about a lost lease or a cancelled job has an effect.
  if (attempt.isGone || outcome?.isSuspended) return;
  await logs.drain();
  const failure = outcome && "result" in outcome ? undefined : failureFor(attempt, outcome);
  try {
    // The result of a handler that has returned counts, also if its signal was aborted at that moment.
    if (failure === undefined) await reporter.complete(attempt, outcome.result);
    else if (failure === "release") await reporter.release(attempt);
    else {
      onFailure(attempt, failure.error);
      await reporter.fail(attempt, failure);
    }
  } catch {
    // The lease was lost during the report.
  }
}

function failureFor(attempt, outcome) {
  if (attempt.reason === "timeout") return timeoutFailure(attempt.timeoutSeconds);
  if (attempt.reason === "stopping") return "release";
  return outcome.failure ?? failureOf(outcome.thrown);
}
