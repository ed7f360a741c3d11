import { CancelledError } from "../common/errors.js";
import { DeliveryOrder } from "./delivery-order.js";
import * as identifiers from "./identifiers.js";
import { isEnded, outcomeOf, requestInstead, stepCancelled } from "./outcomes.js";
import { Updates } from "./updates.js";

/** Thrown to code whose attempt is over. `Flow` turns it into a promise that stays pending. */
export class Unwinding extends Error {}

/**
 * The state of one run of a durable job's code: what the code has asked for, what the journal has, and what comes next.
 * It has no clock and makes no calls.
 *
 * The code runs until each of its branches waits for an operation. Then `next` says what to do: resume one wait, send
 * the collected updates, or run steps. Waits are resumed one at a time, in an order that each replay repeats.
 */
export class ReplayState {
  /** The operations of the journal by identifier, as last known. */
  operations = new Map();
  /** The steps that run. */
  running = new Set();
  /** The request that differs from the journal. */
  difference;

  #unrequested = new Set();
  #requests = new Map();
  #counters = new Map();
  #waits = [];
  /** The waits whose operations have ended: `{number, id, endedAt}`. */
  #ready = [];
  #nextWait = 0;
  #updates = new Updates();
  #outcomes = new Map();
  #launchable = new Set();
  #cancelledSteps = [];
  #versions = new Map();
  #order;
  #isCancelling;
  #isRejected = false;
  #hasCancelledWaits = false;

  /**
   * @param {object[]} journal All operations of the journal.
   * @param {boolean} isCancelling Whether the job is cancelled, so that no new operation starts.
   */
  constructor(journal, isCancelling) {
    this.#isCancelling = isCancelling;
    this.#order = new DeliveryOrder(journal);
    for (const operation of journal) {
      this.operations.set(operation.id, operation);
      if (!identifiers.isReserved(operation.id)) this.#unrequested.add(operation.id);
    }
  }

  /** Whether the journal has operations that the code has not asked for yet. */
  get isReplaying() {
    return this.#unrequested.size > 0;
  }

  /** Whether the code may not start operations, because the job is cancelled, or has failed. */
  get isUnwinding() {
    return this.#isCancelling || this.#isRejected || this.operations.has(identifiers.failure);
  }

  // The code asks.

  /** The identifier of the next operation of a scope: `3`, or `4.2.1` within the scope `4.2`. */
  nextId(scope) {
    const count = (this.#counters.get(scope) ?? 0) + 1;
    this.#counters.set(scope, count);
    return scope === "" ? `${count}` : `${scope}.${count}`;
  }

  /**
   * Starts an operation, unless the journal has it.
   *
   * @param {object} request An update with the action `start`.
   * @param {boolean} [isForced] Whether it starts although the job is cancelled.
   */
  start(request, isForced = false) {
    if (this.difference) throw new Unwinding();
    const recorded = this.operations.get(request.id);
    if (recorded) return this.#startRecorded(request, recorded);
    this.#requests.set(request.id, request);
    if (this.isUnwinding && !isForced) throw new CancelledError("the job is cancelled");
    // All operations are recorded in the order in which the code asks for them.
    const next = this.isUnwinding || identifiers.isReserved(request.id) ? undefined : this.#nextRecorded();
    if (next) this.#differ(requestInstead(request, next));
    this.#add(request);
  }

  #startRecorded(request, recorded) {
    if (recorded.type !== request.type || recorded.name !== request.name) this.#differ(request);
    this.#unrequested.delete(request.id);
    if (outcomeOf(recorded)) return;
    this.#requests.set(request.id, request);
    this.#launch(recorded);
  }

  #differ(request) {
    this.difference = request;
    throw new Unwinding();
  }

  /** The first recorded operation that the code has not asked for. */
  #nextRecorded() {
    let first;
    for (const id of this.#unrequested) {
      const operation = this.operations.get(id);
      if (!first || operation.number < first.number) first = operation;
    }
    return first;
  }

  /** Adds an update that follows from the outcomes that the code has received. */
  #add(update) {
    const marker = this.#order.takeMarker();
    if (marker) this.#updates.add(marker);
    this.#updates.add(update);
  }

  /** The output of a marker: that of the journal, or that of `makeOutput`, which is recorded. */
  mark(request, makeOutput) {
    const recorded = this.operations.get(request.id);
    const output = recorded ? (recorded.output ?? null) : makeOutput();
    this.start({ ...request, output }, true);
    return output;
  }

  /** The version of a change that the run uses; 0 if it passed the place before the code asked for the version. */
  version(change, current) {
    const known = this.#versions.get(change);
    if (known !== undefined) return known;
    const id = identifiers.version + change;
    const isNew = !this.operations.has(id) && this.isReplaying;
    const version = isNew ? 0 : this.mark({ id, type: "marker", name: change, action: "start" }, () => current);
    this.#versions.set(change, version);
    return version;
  }

  /** Ends a group. */
  endGroup({ id, name }, error) {
    const recorded = this.operations.get(id);
    if (this.difference || (recorded && isEnded(recorded))) return;
    this.#add({ id, type: "group", name, ...(error ? { action: "fail", error } : { action: "succeed" }) });
  }

  /**
   * Adds a wait.
   *
   * @param {string} id The operation.
   * @param {"recorded"|"end"} target Whether the wait ends when the journal has the operation, or when it has ended.
   * @returns {number} The number of the wait.
   */
  addWait(id, target) {
    this.#nextWait += 1;
    const wait = { number: this.#nextWait, id, target };
    this.#waits.push(wait);
    if (target === "end" && this.#outcome(id)) this.#makeReady(wait);
    return this.#nextWait;
  }

  /** Removes a wait that the code has cancelled, and cancels its operation. */
  endWait(number) {
    const wait = this.#removeWait(number);
    const request = this.#requests.get(wait.id);
    const recorded = this.operations.get(wait.id);
    const hasEnded = this.#outcomes.has(wait.id) || (recorded && isEnded(recorded));
    if (wait.target !== "end" || this.difference || !request || hasEnded) return;
    const { id, type, name } = request;
    if (type !== "step") return this.#add({ id, type, name, action: "cancel" });
    this.#launchable.delete(id);
    if (this.running.delete(id)) this.#cancelledSteps.push(id);
    this.#add({ id, type, name, action: "fail", error: stepCancelled });
  }

  #removeWait(number) {
    const isIt = (wait) => wait.number === number;
    const ready = this.#ready.findIndex(isIt);
    if (ready >= 0) this.#ready.splice(ready, 1);
    return this.#waits.splice(this.#waits.findIndex(isIt), 1)[0];
  }

  #makeReady({ number, id }) {
    const endedAt = this.#outcomes.has(id) ? "" : (this.operations.get(id).ended_at ?? "");
    this.#ready.push({ number, id, endedAt });
  }

  /** Makes the waits ready that an outcome ends. */
  #resolve(id) {
    if (!this.#outcome(id)) return;
    const isReady = (wait) => this.#ready.some(({ number }) => number === wait.number);
    for (const wait of this.#waits) {
      if (wait.id === id && wait.target === "end" && !isReady(wait)) this.#makeReady(wait);
    }
  }

  /** Removes and returns the steps that were cancelled while they ran. */
  takeCancelledSteps() {
    return this.#cancelledSteps.splice(0);
  }

  /** Checks at the end of the code that it has asked for all recorded operations. */
  end() {
    if (this.difference) throw new Unwinding();
    const next = this.isUnwinding ? undefined : this.#nextRecorded();
    if (next) this.#differ(requestInstead({ id: "", type: "marker", name: "end of the job", action: "start" }, next));
  }

  // What comes next.

  /** What the runner does next, when each branch of the code waits: `{type, …}`. */
  next() {
    if (this.difference) return { type: "report", request: this.difference };
    const delivery = this.#nextDelivery();
    if (delivery) return delivery;
    if (!this.#updates.isEmpty) return { type: "send" };
    if (this.isUnwinding && !this.#hasCancelledWaits && this.#waits.length > 0) {
      this.#hasCancelledWaits = true;
      return { type: "cancelWaits" };
    }
    const missing = this.#missingRequest();
    if (missing) return { type: "report", request: missing };
    if (this.#launchable.size > 0) return { type: "run", operations: this.#takeLaunchable() };
    const ids = this.#waits.map(({ id }) => id).filter((id) => this.operations.get(id)?.status === "waiting");
    return { type: "wait", ids };
  }

  /**
   * An operation is recorded with the outcomes from which it follows, so a replay does not wait before it is over. If
   * it does, the code differs from the journal.
   */
  #missingRequest() {
    const request = this.#waits.length > 0 ? this.#requests.get(this.#waits[0].id) : undefined;
    if (this.isUnwinding || this.running.size > 0 || !request) return undefined;
    const next = this.#nextRecorded();
    if (next) this.difference = requestInstead(request, next);
    return this.difference;
  }

  #nextDelivery() {
    const open = this.#waits.find(({ target }) => target === "recorded");
    if (open) {
      // Before all outcomes: at a replay it is recorded at once.
      if (!this.operations.has(open.id)) return undefined;
      this.#removeWait(open.number);
      return { type: "deliver", number: open.number, outcome: { output: null } };
    }
    if (this.#waits.length === 0) return undefined;
    const choice = this.#order.choose(this.#ready, this.#waits[0].number, this.isReplaying);
    if (!choice) return undefined;
    if (choice.difference) {
      this.difference = choice.difference;
      return { type: "report", request: choice.difference };
    }
    const { number, id } = choice.candidate;
    this.#removeWait(number);
    return { type: "deliver", number, outcome: this.#outcome(id) };
  }

  #outcome(id) {
    const recorded = this.operations.get(id);
    return this.#outcomes.get(id) ?? (recorded && outcomeOf(recorded));
  }

  #takeLaunchable() {
    const ids = [...this.#launchable];
    this.#launchable.clear();
    for (const id of ids) this.running.add(id);
    return ids.map((id) => this.operations.get(id));
  }

  // What has happened.

  /** Removes and returns the first of the collected updates, as many as one call may have. */
  takeUpdates() {
    return this.#updates.take();
  }

  /** Records that the server has refused an update: the job fails. */
  reject() {
    this.#isRejected = true;
  }

  /** The requests that ask the server for the status of these operations. */
  refresh(ids) {
    return ids.map((id) => this.#requests.get(id)).filter(Boolean).slice(0, 250);
  }

  /** Records operations as the server returned them. */
  apply(changed) {
    for (const operation of changed) {
      this.operations.set(operation.id, operation);
      this.#resolve(operation.id);
      this.#launch(operation);
    }
  }

  /** Makes a step run if the code waits for it, or will. */
  #launch({ id, type, status }) {
    const isOpen = type === "step" && status === "started" && !this.#outcomes.has(id) && !this.running.has(id);
    if (!isOpen || !this.#requests.has(id)) return;
    if (!this.isUnwinding || identifiers.isCompensation(id)) this.#launchable.add(id);
  }

  /**
   * Records how an attempt of a step ended. Ignores a step that the code has cancelled.
   *
   * @param {number} [retrySeconds] The delay before the next attempt; undefined if the outcome is final.
   */
  endStep(id, outcome, retrySeconds) {
    if (!this.running.delete(id)) return;
    const update = { id, type: "step", name: this.#requests.get(id).name };
    // Not a consequence of an outcome, so no marker of the order comes before it.
    if (outcome.error && retrySeconds !== undefined) {
      const options = { delay_seconds: retrySeconds, attempt: this.operations.get(id).attempt };
      this.#updates.add({ ...update, action: "retry", error: outcome.error, options });
      return;
    }
    this.#updates.add({ ...update, action: outcome.error ? "fail" : "succeed", ...outcome });
    this.#outcomes.set(id, outcome);
    this.#resolve(id);
  }
}
