import { CancelledError, PermanentError } from "../common/errors.js";
import { failureOf } from "../worker/failure.js";
import { Branch } from "./branch.js";
import { Flow } from "./flow.js";
import * as identifiers from "./identifiers.js";
import { OperationFailure } from "./outcomes.js";
import { ReplayState, Unwinding } from "./replay-state.js";

const defaultEnvironment = { now: Date.now, progress: () => {}, log: () => {}, substitute: () => undefined };
const cancelled = { type: "cancelled", message: "the job was cancelled", details: null };

/**
 * One run of a durable job's code: connects the branches of the code, which wait, with the runner, which talks to the
 * server.
 *
 * Code whose attempt is over waits for promises that stay pending, and is collected with them. So no `catch` or
 * `finally` of the user runs because of a suspension.
 */
export class FlowRun {
  root = new Branch();
  /** How the code has ended: `{type: "completed"|"failed"|"cancelled"|"continued", …}`; undefined while it runs. */
  end;
  /** The failure with which the job ends because the server has refused an update. */
  rejection;
  isAbandoned = false;

  #waiters = new Map();
  #work = new Map();
  #compensations = [];
  #onActivity = () => {};

  /**
   * @param {object} job As the server sent it.
   * @param {object[]} journal
   * @param {{entry: Function, now?: Function, progress?: Function, log?: Function, substitute?: Function}} environment
   *   `entry` makes the submissions of child jobs, and `substitute` finds the work that replaces that of a step.
   */
  constructor(job, journal, environment) {
    this.job = job;
    this.environment = { ...defaultEnvironment, ...environment };
    this.replay = new ReplayState(journal, job.cancelling ?? false);
  }

  /** Calls `listener` when the code has asked for something, or has ended. */
  onActivity(listener) {
    this.#onActivity = listener;
  }

  // The code.

  /** Runs the code of the job, and then its compensations if it must be undone. */
  async perform(process) {
    let result;
    try {
      const output = await process(this.job.payload, new Flow(this, this.root));
      result = { output: JSON.parse(JSON.stringify(output ?? null)) };
    } catch (thrown) {
      result = { thrown };
    }
    await this.#finish(() => this.#ending(result));
  }

  /** Ends a job whose last updates the server has refused after the end of its code. */
  endAfterRejection() {
    return this.#finish(() => this.#fail(this.rejection));
  }

  async #finish(ending) {
    try {
      const end = await ending();
      this.end ??= end;
    } catch (error) {
      // Otherwise the attempt is over, or the code differs from the journal: the runner knows.
      if (!(error instanceof Unwinding)) this.end ??= { type: "failed", failure: failureOf(error) };
    }
    this.#onActivity();
  }

  /** Calls `body`, which may change the replay. Code whose attempt is over stays where it is. */
  attempt(body) {
    this.#onActivity();
    if (this.isAbandoned) return new Promise(() => {});
    try {
      return body(this.replay);
    } catch (error) {
      if (error instanceof Unwinding) return new Promise(() => {});
      throw error;
    }
  }

  /**
   * Starts an operation, unless the journal has it.
   *
   * @param {Branch} branch
   * @param {object} request
   * @param {{work?: object, isForced?: boolean}} [options] `isForced`: whether it starts although the job is cancelled.
   */
  start(branch, request, { work, isForced = false } = {}) {
    if (!isForced) branch.check();
    if (work) this.#work.set(request.id, work);
    return this.attempt((replay) => {
      replay.start(request, isForced);
    });
  }

  /** Waits for an operation that was started. Resolves with its output. */
  wait(branch, id, target = "end", { isForced = false } = {}) {
    const number = this.attempt((replay) => replay.addWait(id, target));
    if (typeof number !== "number") return number;
    if (!isForced && branch.isCancelled) {
      this.replay.endWait(number);
      return Promise.reject(new CancelledError());
    }
    return new Promise((resolve, reject) => this.#waiters.set(number, { resolve, reject, branch, isForced }));
  }

  /** Starts an operation and waits for its end. Nothing runs in between, so that a cancellation finds the wait. */
  operate(branch, request, options) {
    return this.start(branch, request, options) ?? this.wait(branch, request.id, "end", options);
  }

  /** Cancels the waits of a branch, and their operations. */
  cancel(branch) {
    branch.cancel();
    if (this.isAbandoned) return;
    for (const [number, waiter] of this.#waiters) {
      if (waiter.isForced || !waiter.branch.isCancelled) continue;
      this.#waiters.delete(number);
      this.replay.endWait(number);
      waiter.reject(new CancelledError());
    }
  }

  /** Registers a compensation. */
  register(name, work) {
    return this.attempt((replay) => {
      const number = this.#compensations.length + 1;
      replay.mark({ id: `${identifiers.compensation}${number}`, type: "marker", name, action: "start" }, () => null);
      this.#compensations.push({ number, name, work });
    });
  }

  /** Ends this run, and begins the job again with another payload. */
  continueAsNew(payload) {
    this.end ??= { type: "continued", payload };
    this.#onActivity();
    return new Promise(() => {});
  }

  async #ending(result) {
    if (this.end) throw new Unwinding();
    const recorded = this.replay.operations.get(identifiers.failure)?.output;
    if (recorded) return this.#undo(recorded);
    if (this.job.cancelling) return this.#undo();
    if (this.rejection) return this.#fail(this.rejection);
    if ("output" in result) {
      this.replay.end();
      return { type: "completed", result: result.output };
    }
    const failure = thrownFailure(result.thrown);
    if (failure.error.retryable && this.job.attempt < this.job.max_attempts) return { type: "failed", failure };
    this.replay.end();
    return this.#fail(failure);
  }

  /** Records the failure, and runs the compensations. */
  async #fail(failure) {
    if (this.#compensations.length === 0) return { type: "failed", failure };
    const request = { id: identifiers.failure, type: "marker", name: "failure", action: "start" };
    this.replay.mark(request, () => failure.error);
    return this.#undo(failure.error);
  }

  /** Runs the compensations, the last one first. `error` is that of the job; undefined if it is cancelled. */
  async #undo(error) {
    const problems = [];
    for (const { number, name, work } of [...this.#compensations].reverse()) {
      const request = { id: `${identifiers.compensate}${number}`, type: "step", name, action: "start" };
      try {
        await this.operate(this.root, request, { work, isForced: true });
      } catch (thrown) {
        if (!(thrown instanceof OperationFailure)) throw thrown;
        problems.push(`${name}: ${thrown.error.message}`);
      }
    }
    if (problems.length === 0 && !error) return { type: "cancelled" };
    const end = { ...(error ?? cancelled), retryable: false };
    if (problems.length > 0) {
      end.message = `${end.message}; compensations failed: ${problems.join("; ")}`;
      end.type = "compensation_failed";
    }
    return { type: "failed", failure: { error: end } };
  }

  // The runner.

  /** Lets the job fail because the server has refused an update. The first rejection counts. */
  reject(failure) {
    this.rejection ??= failure;
    this.replay.reject();
    if (!this.end) return;
    this.end = undefined;
    this.endAfterRejection();
  }

  /**
   * Runs the code until each of its branches waits, and resumes waits whose outcomes are known.
   *
   * @returns {Promise<object>} What to do next: an action of `ReplayState.next`, or `{type: "finish"}`.
   */
  async advance() {
    for (;;) {
      await turn();
      const action = this.replay.next();
      if (action.type === "deliver") this.#deliver(action);
      else if ((action.type === "wait" || action.type === "run") && this.end) return { type: "finish" };
      else return action;
    }
  }

  #deliver({ number, outcome }) {
    const waiter = this.#waiters.get(number);
    this.#waiters.delete(number);
    if (outcome.error) waiter.reject(new OperationFailure(outcome.error));
    else waiter.resolve(outcome.output);
  }

  /** Leaves the code where it is. */
  abandon() {
    this.isAbandoned = true;
    this.#waiters.clear();
  }

  /** The work of a step. */
  workOf({ id, name }) {
    const work = this.#work.get(id);
    const body = this.environment.substitute(name);
    return work && body ? { ...work, body: async (context) => body(context) } : work;
  }
}

/** The failure of a job whose code throws an error. */
function thrownFailure(thrown) {
  if (thrown instanceof CancelledError) {
    return failureOf(new PermanentError("the code cancelled itself", { type: "cancelled" }));
  }
  return failureOf(thrown);
}

/** Resolves when the code that can run has run: after all microtasks. */
function turn() {
  return new Promise((resolve) => setImmediate(resolve));
}
