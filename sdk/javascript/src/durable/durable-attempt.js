import { CancelledError } from "../common/errors.js";
import { sleep } from "../common/time.js";
import { items } from "./journal.js";
import { failureOf } from "../worker/failure.js";
import { FlowRun } from "./flow-run.js";
import * as identifiers from "./identifiers.js";
import { runStep } from "./step-attempt.js";

/** Errors that the server answers each time. */
const rejections = new Set([
  "invalid_request", "payload_too_large", "conflict", "forbidden", "not_found", "idempotency_key_reused",
]);
const pollSeconds = { first: 1, max: 10 };

/** Runs an attempt of a durable job: replays its code, sends the updates of its journal, and runs its steps. */
export class DurableAttempt {
  #app;
  #attempt;
  #logs;
  #environment;
  #run;
  #steps = new Map();
  /** The work of steps that has not ended. */
  #bodies = new Set();
  #ended = [];
  #hasActivity = false;
  #wake = () => {};
  #poll = pollSeconds.first;

  /**
   * @param {import("../index.js").Longhaul} app
   * @param {import("../worker/attempt.js").Attempt} attempt
   * @param {import("../worker/log-buffer.js").LogBuffer} logs
   * @param {{onProgress: () => void, environment?: object}} options
   */
  constructor(app, attempt, logs, { onProgress, environment = {} }) {
    this.#app = app;
    this.#attempt = attempt;
    this.#logs = logs;
    this.#environment = {
      entry: (kind, payload, options) => app.entry(kind, payload, options),
      log: (level, message) => logs.add(level, message),
      progress: (percent, message) => {
        attempt.report({ percent: Math.min(100, Math.max(0, percent)), message: message ?? null });
        onProgress();
      },
      ...environment,
    };
  }

  /** Resolves when the work of all steps has ended, also of those that were cancelled. */
  async stepsEnded() {
    await Promise.allSettled(this.#bodies);
  }

  /** How the attempt ended: `{result}`, `{thrown}` or `{isSuspended: true}`. Never rejects. */
  async outcome() {
    const stop = () => this.#wake();
    this.#attempt.signal.addEventListener("abort", stop, { once: true });
    try {
      const journal = await items(this.#app.client, this.#attempt);
      this.#run = new FlowRun(this.#attempt.job, journal, this.#environment);
      this.#run.onActivity(() => this.#noteActivity());
      this.#run.perform(this.#attempt.definition.handler);
      return await this.#untilEnd();
    } catch (error) {
      return this.#outcomeOf(error);
    } finally {
      this.#attempt.signal.removeEventListener("abort", stop);
      this.#run?.abandon();
      const reason = this.#attempt.signal.reason ?? new Error("the attempt has ended");
      for (const controller of this.#steps.values()) controller.abort(reason);
    }
  }

  #outcomeOf(error) {
    // The server has paused the job, and its error shows the difference.
    if (error.code === "nondeterministic") return { isSuspended: true };
    if (error.code === "lease_lost") this.#attempt.end("lost");
    return { thrown: error };
  }

  async #untilEnd() {
    for (;;) {
      this.#attempt.signal.throwIfAborted();
      this.#hasActivity = false;
      const action = await this.#run.advance();
      for (const id of this.#run.replay.takeCancelledSteps()) this.#steps.get(id)?.abort(new CancelledError());
      const outcome = await this.#act(action);
      if (outcome) return outcome;
    }
  }

  async #act({ type, request, operations, ids }) {
    switch (type) {
      case "finish":
        return this.#finish(this.#run.end);
      case "report":
        await this.#update([request]);
        throw new Error("the server accepted an operation that differs from the journal");
      case "send":
        await this.#send(this.#run.replay.takeUpdates());
        return undefined;
      case "run":
        for (const operation of operations) this.#begin(operation);
        return undefined;
      case "cancelWaits":
        this.#run.cancel(this.#run.root);
        return undefined;
      default:
        return this.#wait(ids);
    }
  }

  async #finish(end) {
    if (end.type === "completed") return { result: end.result };
    if (end.type === "cancelled") return { result: null };
    if (end.type === "failed") return { failure: end.failure };
    await this.#logs.drain();
    await this.#call("complete", { continue_as_new: { payload: end.payload ?? null } });
    return { isSuspended: true };
  }

  // Calls of the journal. They are repeated until the server answers, or the attempt is over.

  #call(name, body) {
    const options = { repeat: true, retrySeconds: Infinity, signal: this.#attempt.signal };
    return this.#app.client.post(`/v1/leases/${this.#attempt.token}/${name}`, body, options);
  }

  async #update(updates) {
    return (await this.#call("journal", { updates })).operations;
  }

  /** Sends updates. If the server refuses one, the others are recorded, and the job fails. */
  async #send(updates) {
    try {
      this.#run.replay.apply(await this.#update(updates));
    } catch (error) {
      if (!rejections.has(error.code)) throw error;
      if (updates.length > 1) {
        for (const update of updates) await this.#send([update]);
        return;
      }
      if (identifiers.isNeededToUndo(updates[0].id)) throw error;
      const failure = failureOf(error);
      failure.error.type = error.code;
      failure.error.retryable = false;
      this.#run.reject(failure);
    }
  }

  // Waiting.

  #noteActivity() {
    this.#hasActivity = true;
    this.#wake();
  }

  /** Waits until the code can continue, or suspends the job. */
  async #wait(ids) {
    const hasSteps = this.#run.replay.running.size > 0;
    if (!hasSteps && ids.length > 0) return this.#suspend(ids);
    const isPollDue = await this.#event(hasSteps && ids.length > 0 ? this.#pollSeconds(ids) : undefined);
    if (isPollDue) {
      this.#poll = Math.min(pollSeconds.max, this.#poll * 2);
      await this.#refresh(ids);
    }
    for (const { id, outcome, retrySeconds } of this.#ended.splice(0)) {
      this.#poll = pollSeconds.first;
      this.#steps.delete(id);
      this.#run.replay.endStep(id, outcome, retrySeconds);
    }
    return undefined;
  }

  async #suspend(ids) {
    await this.#logs.drain();
    const { ready } = await this.#call("suspend", { on: ids });
    if (!ready) return { isSuspended: true };
    await this.#refresh(ready);
    return undefined;
  }

  /** Waits for the end of a step, for the code, or for the end of the attempt. Resolves with true after the time. */
  async #event(forSeconds) {
    const timer = new AbortController();
    const event = new Promise((resolve) => (this.#wake = () => resolve(false)));
    if (this.#ended.length > 0 || this.#hasActivity || this.#attempt.signal.aborted) this.#wake();
    const pause = forSeconds === undefined ? [] : [sleep(forSeconds, timer.signal).then(() => true, () => false)];
    const isPollDue = await Promise.race([event, ...pause]);
    this.#wake = () => {};
    timer.abort();
    return isPollDue;
  }

  /** While a step runs, the lease continues, so the server does not wake the job when an operation ends. */
  #pollSeconds(ids) {
    const ends = ids.map((id) => this.#run.replay.operations.get(id)?.until).filter(Boolean);
    const first = Math.min(...ends.map((end) => (Date.parse(end) - this.#run.environment.now()) / 1000));
    return Math.max(0.001, Math.min(this.#poll, first));
  }

  /** Asks the server for the status of operations. Starting an operation again changes nothing. */
  async #refresh(ids) {
    const updates = this.#run.replay.refresh(ids);
    if (updates.length > 0) this.#run.replay.apply(await this.#update(updates));
  }

  // Steps.

  #begin(operation) {
    const work = this.#run.workOf(operation);
    const controller = new AbortController();
    this.#steps.set(operation.id, controller);
    const onStart = (body) => {
      const end = () => this.#bodies.delete(body);
      this.#bodies.add(body);
      body.then(end, end);
    };
    runStep({ jobId: this.#attempt.job.id, operation, work, signal: controller.signal, onStart }).then((end) => {
      this.#ended.push({ id: operation.id, ...end });
      this.#wake();
    });
  }
}
