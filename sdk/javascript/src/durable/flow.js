import { randomUUID } from "node:crypto";
import { ChildJobError, PermanentError, StepError } from "../common/errors.js";
import { camelCase } from "../common/names.js";
import { seconds, timestamp } from "../common/time.js";
import { submissionOf } from "../client/submission.js";
import { failureOf } from "../worker/failure.js";
import { logger } from "../worker/logger.js";
import { Branch } from "./branch.js";
import { OperationFailure } from "./outcomes.js";
import { PendingSignal } from "./pending-signal.js";
import { workOf } from "./step-attempt.js";

const maxIdLength = 64;

/**
 * The operations of a durable job. Each is recorded in the journal of the job, once.
 *
 * Operations of the same scope are numbered in the order in which the code asks for them. `race`, `all` and `map` pass
 * a flow of its own scope to each of their branches.
 */
export class Flow {
  #run;
  #branch;
  #scope;
  #parentId;
  #job;

  /**
   * @param {import("./flow-run.js").FlowRun} run
   * @param {Branch} branch
   * @param {{scope?: string, parentId?: string}} [place]
   */
  constructor(run, branch, { scope = "", parentId } = {}) {
    this.#run = run;
    this.#branch = branch;
    this.#scope = scope;
    this.#parentId = parentId;
    /** Adds lines to the log of the job. Does nothing at a replay. */
    this.log = logger((level, message) => this.isReplaying || run.environment.log(level, message));
  }

  /** The identifier of the job. */
  get id() {
    return this.#run.job.id;
  }

  /** The job at the start of the attempt. Only its ID and its payload are the same at each replay. */
  get job() {
    return (this.#job ??= camelCase(this.#run.job));
  }

  /** Whether the code runs again up to where it was. Use it for nothing that the journal sees. */
  get isReplaying() {
    return this.#run.replay.isReplaying;
  }

  /** Reports the progress of the job. */
  progress(percent, message) {
    this.#run.environment.progress(percent, message);
  }

  /**
   * Runs `work` and records its output. A replay returns the recorded output, and does not run the work again.
   *
   * If the worker dies before the output is recorded, the work runs again: pass `step.key` to systems that can
   * recognise a repeated call.
   *
   * @param {string} name
   * @param {{retries?: number, backoff?: object, timeout?: number|string}|Function} options Or the work.
   * @param {(step: import("./step-attempt.js").StepContext) => unknown} [work]
   */
  async step(name, options, work) {
    if (typeof options === "function") [options, work] = [{}, options];
    try {
      return await this.#run.operate(this.#branch, this.#request("step", name), { work: workOf(options, work) });
    } catch (error) {
      throw error instanceof OperationFailure ? new StepError(name, error.error) : error;
    }
  }

  /** Waits without a worker. @param {number|string} duration Seconds, or a text such as "30d". */
  async sleep(duration) {
    const request = this.#request("timer", "sleep", { options: { seconds: Math.max(0, seconds(duration)) } });
    await this.#run.operate(this.#branch, request);
  }

  /** Waits without a worker until a time. */
  async sleepUntil(time) {
    await this.#run.operate(this.#branch, this.#request("timer", "sleep", { options: { until: timestamp(time) } }));
  }

  /**
   * Waits for a signal of this name. A signal that arrived before is consumed at once; each is consumed once, in order.
   *
   * @param {string} name
   * @param {{within?: number|string}} [options]
   * @returns The value; undefined if no signal arrived in time.
   */
  async signal(name, { within } = {}) {
    const request = this.#signalRequest(name, within);
    const over = this.#run.start(this.#branch, request);
    return over ?? new PendingSignal(this.#run, this.#branch, request.id).value();
  }

  /**
   * Begins to wait for a signal, and resolves with its token before the signal arrives: send it to the person who
   * decides.
   *
   * @returns {Promise<PendingSignal>}
   */
  async openSignal(name, { within } = {}) {
    const request = this.#signalRequest(name, within);
    await (this.#run.start(this.#branch, request) ?? this.#run.wait(this.#branch, request.id, "recorded"));
    return new PendingSignal(this.#run, this.#branch, request.id);
  }

  #signalRequest(name, within) {
    const timeout = within === undefined ? null : Math.max(0, seconds(within));
    return this.#request("signal", name, { options: { timeout_seconds: timeout } });
  }

  /**
   * Submits a child job and waits for its result. A replay finds the child job, and submits no other one.
   *
   * @param {string|import("../client/definition.js").JobDefinition} kind
   * @param {unknown} [payload]
   * @param {object} [options] As in `submit`, without `idempotencyKey` and `unique`.
   */
  async call(kind, payload, options) {
    const job = submissionOf(this.#run.environment.entry(kind, payload, options));
    const request = this.#request("job", job.kind, { options: { job } });
    try {
      return await this.#run.operate(this.#branch, request);
    } catch (error) {
      if (!(error instanceof OperationFailure)) throw error;
      throw new ChildJobError(job.kind, this.#run.replay.operations.get(request.id)?.job_id, error.error);
    }
  }

  /**
   * Runs all branches. The result is that of the first that ends; the others are cancelled: their waits throw
   * `CancelledError`, their steps are stopped, and their child jobs are cancelled.
   *
   * @param {string} name
   * @param {((flow: Flow) => Promise<unknown>)[]} branches Each uses the flow that it receives.
   */
  async race(name, branches) {
    return this.#group(name, (id) => this.#together(id, branches, (runs) => Promise.race(runs)));
  }

  /** Runs all branches. The result is the list of theirs. If one fails, the others are cancelled. */
  async all(name, branches) {
    return this.#group(name, (id) => this.#together(id, branches, (runs) => Promise.all(runs)));
  }

  /**
   * Calls `body` for each item. The result is the list of results.
   *
   * @param {string} name
   * @param {unknown[]} list
   * @param {{concurrency?: number}|Function} options The maximum number of calls at the same time; or the body.
   * @param {(item: any, flow: Flow) => unknown} [body] Uses the flow that it receives.
   */
  async map(name, list, options, body) {
    if (typeof options === "function") [options, body] = [{}, options];
    const results = new Array(list.length);
    let next = 0;
    return this.#group(name, async (id) => {
      const flows = list.map((_, index) => this.#flowOf(id, index));
      const worker = async () => {
        while (next < list.length) {
          const index = next++;
          results[index] = await body(list[index], flows[index]);
        }
      };
      const count = Math.max(1, Math.min(list.length, options.concurrency ?? list.length));
      const workers = Array.from({ length: count }, () => worker());
      try {
        await Promise.all(workers);
      } catch (error) {
        next = list.length;
        await this.#cancelAll(flows, workers);
        throw error;
      }
      return results;
    });
  }

  /**
   * Registers work that undoes what the job has done so far. If the job fails or is cancelled, the registered
   * compensations run as steps, the last one first.
   */
  async compensate(name, options, work) {
    if (typeof options === "function") [options, work] = [{}, options];
    this.#branch.check();
    await this.#run.register(name, workOf(options, work));
  }

  /** The current time. A replay returns the recorded time. */
  async now() {
    return new Date(await this.record("now", () => this.#run.environment.now()));
  }

  /** A random number, at least 0 and less than 1. A replay returns the recorded number. */
  async random() {
    return this.record("random", () => Math.random());
  }

  /** A random UUID. A replay returns the recorded UUID. */
  async uuid() {
    return this.record("uuid", () => randomUUID());
  }

  /**
   * Calls `value` and records what it returns. For values that are read at once, such as a setting; use a step for
   * everything that can fail or takes long.
   */
  async record(name, value) {
    const request = this.#request("marker", name);
    return this.#run.attempt((replay) => replay.mark(request, () => JSON.parse(JSON.stringify(value() ?? null))));
  }

  /**
   * The version of a change that this run uses, so that runs that began before the change keep their path.
   *
   * @param {string} change The name of the change, 1–56 characters.
   * @param {number} current The version that new runs use.
   * @returns {Promise<number>} The recorded version; 0 if the run had passed before the code called this.
   */
  async version(change, current) {
    return this.#run.attempt((replay) => replay.version(change, current));
  }

  /** Ends this run, and begins the job again with another payload and an empty journal. */
  async continueAsNew(payload) {
    this.#branch.check();
    return this.#run.continueAsNew(payload);
  }

  #request(type, name, fields) {
    const id = this.#run.replay.nextId(this.#scope);
    if (id.length > maxIdLength) {
      throw new PermanentError(`races and maps are nested too deeply at ${id}`, { type: "too_deep" });
    }
    const parent = this.#parentId === undefined ? {} : { parent_id: this.#parentId };
    return { id, type, name, action: "start", ...parent, ...fields };
  }

  /** Runs `body` within an operation that contains those of its branches. */
  async #group(name, body) {
    const request = this.#request("group", name);
    await this.#run.start(this.#branch, request);
    try {
      const value = await body(request.id);
      await this.#run.attempt((replay) => replay.endGroup(request));
      return value;
    } catch (error) {
      const { error: failure } = failureOf(error);
      await this.#run.attempt((replay) => replay.endGroup(request, failure));
      throw error;
    }
  }

  /** Runs branches, and cancels those that have not ended when `result` is there. */
  async #together(id, branches, result) {
    const flows = branches.map((_, index) => this.#flowOf(id, index));
    const runs = branches.map(async (branch, index) => branch(flows[index]));
    try {
      return await result(runs);
    } finally {
      await this.#cancelAll(flows, runs);
    }
  }

  async #cancelAll(flows, runs) {
    for (const flow of flows) this.#run.cancel(flow.#branch);
    await Promise.allSettled(runs);
  }

  #flowOf(id, index) {
    return new Flow(this.#run, new Branch(this.#branch), { scope: `${id}.${index + 1}`, parentId: id });
  }
}
