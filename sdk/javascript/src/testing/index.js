/**
 * Tests of jobs without a server.
 *
 * @module
 */
import { NondeterministicError } from "../common/errors.js";
import { Entry } from "../client/submission.js";
import { snakeCase } from "../common/names.js";
import { FlowRun } from "../durable/flow-run.js";
import { FakeServer } from "./fake-server.js";

/**
 * Replaces the server of an application by one in memory. Submitted jobs wait for `server.run()` or
 * `server.runUntilIdle()`; waiting for a result runs them as well.
 *
 * @param {import("../index.js").Longhaul} app
 * @param {{eager?: boolean}} [options] `eager`: a submission runs its job before it resolves.
 * @returns {FakeServer}
 */
export function fake(app, { eager } = {}) {
  return new FakeServer(app, { eager });
}

/**
 * Runs a scenario once without a crash, and then once for each commit and each side of it, with a worker that crashes
 * there.
 *
 * @param {import("../index.js").Longhaul} app
 * @param {(server: FakeServer) => Promise<void>} scenario Submits jobs and checks their results.
 * @returns {Promise<number>} The number of crashes.
 */
export async function crashEverywhere(app, scenario) {
  const commits = await runScenario(app, scenario);
  for (let at = 1; at <= commits; at += 1) {
    for (const side of ["before", "after"]) {
      try {
        await runScenario(app, scenario, { at, side });
      } catch (error) {
        error.message += ` (after a crash ${side} commit ${at} of ${commits})`;
        throw error;
      }
    }
  }
  return commits * 2;
}

async function runScenario(app, scenario, crash) {
  const server = new FakeServer(app, { crash });
  try {
    await scenario(server);
    return server.commits;
  } finally {
    server.restore();
  }
}

/**
 * Replays a stored journal against the code of a durable job. Steps do not run.
 *
 * @param {import("../client/definition.js").JobDefinition} definition
 * @param {{payload?: unknown, journal: object[]}} recorded `journal` is the list of operations of `longhaul
 *   journal ID --json`, or those of `handle.journal()`.
 * @throws {NondeterministicError} The code asks for another operation than the journal has.
 */
export async function replay(definition, { payload = null, journal }) {
  const job = { id: "replay", kind: definition.kind, payload, attempt: 1, max_attempts: 1 };
  const entry = (kind, input, options = {}) =>
    typeof kind === "string" ? new Entry(kind, input, options) : kind.entry(input, options);
  const run = new FlowRun(job, journal.map(snakeCase), { entry });
  run.perform(definition.handler);
  try {
    await replayTo(run);
  } finally {
    run.abandon();
  }
}

/** Runs the code up to the end of the journal. */
async function replayTo(run) {
  for (;;) {
    const { type, request } = await run.advance();
    if (type === "report") {
      const recorded = run.replay.operations.get(request.id);
      if (!recorded) return;
      throw new NondeterministicError(recorded, request);
    }
    if (type === "cancelWaits") run.cancel(run.root);
    // Such as the end of a wait that the journal does not have yet.
    else if (type === "send" && run.replay.isReplaying) run.replay.takeUpdates();
    else if (type !== "run") return;
  }
}

export { FakeServer };
