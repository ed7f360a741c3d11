import { isEnded } from "../durable/outcomes.js";
import { Problem } from "./problem.js";

const timeout = { type: "timeout", message: "no signal arrived in time", details: null, retryable: false };

/** The journal of a job of the fake server. */
export class FakeJournal {
  #job;
  #server;
  #operations = new Map();
  #signals = [];

  constructor(job, server) {
    this.#job = job;
    this.#server = server;
  }

  get hasCompensations() {
    return [...this.#operations.keys()].some((id) => id.startsWith("compensation/"));
  }

  list() {
    return [...this.#operations.values()].map(({ options, ...operation }) => operation);
  }

  /** Whether the job waits for a signal of this name. */
  waitsForSignal(name) {
    return this.#waiting("signal").some((operation) => operation.name === name);
  }

  /** The operations that have not ended. */
  get waiting() {
    return [...this.#operations.values()].filter(({ status }) => status === "waiting");
  }

  #waiting(type) {
    return this.waiting.filter((operation) => operation.type === type);
  }

  clear() {
    this.#operations.clear();
  }

  /** The time of the first end by time; undefined if there is none. */
  nextEnd() {
    const ends = this.waiting.map(({ until }) => until).filter(Boolean);
    return ends.length > 0 ? Math.min(...ends.map((until) => Date.parse(until))) : undefined;
  }

  /** Ends what is due. */
  tick() {
    for (const operation of this.waiting) {
      if (!operation.until || Date.parse(operation.until) > this.#server.now()) continue;
      if (operation.type === "timer") this.#end(operation, "succeeded", { output: null });
      if (operation.type === "signal") this.#end(operation, "failed", { error: timeout });
      if (operation.type === "step") this.#startAgain(operation);
    }
  }

  #startAgain(operation) {
    Object.assign(operation, { status: "started", attempt: operation.attempt + 1, until: null });
    this.#job.resume();
  }

  /** Applies an update. Returns the operation as it stands. */
  apply(update) {
    const operation = this.#operations.get(update.id);
    if (!operation) return this.#start(update);
    if (operation.type !== update.type || operation.name !== update.name) {
      this.#job.paused = true;
      const asked = `the code asks for ${update.type} "${update.name}"`;
      const detail = `operation ${operation.id} is ${operation.type} "${operation.name}"; ${asked}`;
      this.#job.error = { type: "nondeterministic", message: detail, details: null, retryable: false };
      throw new Problem(409, "nondeterministic", detail);
    }
    if (!isEnded(operation)) this.#change(operation, update);
    return operation;
  }

  #change(operation, { action, output = null, error = null, options }) {
    if (action === "succeed") this.#end(operation, "succeeded", { output });
    if (action === "fail") this.#end(operation, "failed", { error: { details: null, retryable: true, ...error } });
    if (action === "retry") {
      Object.assign(operation, { status: "waiting", error, until: this.#timeIn(options?.delay_seconds ?? 0) });
    }
    if (action === "cancel") {
      this.#end(operation, "cancelled", {});
      if (operation.job_id) this.#server.job(operation.job_id).cancel();
    }
  }

  #start({ id, parent_id = null, type, name, output = null, options }) {
    const now = this.#timeIn(0);
    const operation = {
      id, parent_id, type, name, status: "started", attempt: 1, input: null, output: null, error: null, job_id: null,
      until: null, started_at: now, ended_at: null, number: this.#operations.size + 1,
    };
    this.#operations.set(id, operation);
    if (type === "marker") this.#end(operation, "succeeded", { output });
    if (type === "timer") {
      Object.assign(operation, { status: "waiting", until: options.until ?? this.#timeIn(options.seconds) });
    }
    if (type === "signal") this.#startSignal(operation, options?.timeout_seconds ?? null);
    if (type === "job") this.#startChild(operation, options.job);
    this.tick();
    return operation;
  }

  #startSignal(operation, seconds) {
    const until = seconds === null ? null : this.#timeIn(seconds);
    Object.assign(operation, { status: "waiting", until, signal_token: `${this.#job.id}.${operation.id}` });
    const kept = this.#signals.findIndex(({ name }) => name === operation.name);
    if (kept >= 0) this.#end(operation, "succeeded", { output: this.#signals.splice(kept, 1)[0].value });
  }

  #startChild(operation, request) {
    operation.status = "waiting";
    const child = this.#server.add({ ...request, parent_id: this.#job.id });
    operation.job_id = child.id;
    child.parentOperation = { childEnded: (job) => this.#childEnded(operation, job) };
  }

  #childEnded(operation, { state, result, error }) {
    if (isEnded(operation)) return;
    if (state === "completed") return this.#end(operation, "succeeded", { output: result });
    const failure = error ?? { type: "cancelled", message: "the job was cancelled", details: null, retryable: false };
    this.#end(operation, "failed", { error: failure });
  }

  /** Sends a signal to the first operation that waits for it, or keeps it. */
  signal(name, value) {
    const operation = this.#waiting("signal").find((waiting) => waiting.name === name);
    if (operation) this.#end(operation, "succeeded", { output: value });
    else this.#signals.push({ name, value });
  }

  /** Sends a signal to an operation. */
  signalOperation(id, value) {
    const operation = this.#operations.get(id);
    if (!operation || isEnded(operation)) throw new Problem(404, "not_found", "the token has no meaning any more");
    this.#end(operation, "succeeded", { output: value });
  }

  #end(operation, status, fields) {
    const wasWaiting = operation.status === "waiting";
    Object.assign(operation, { status, ended_at: this.#timeIn(0), ...fields });
    delete operation.signal_token;
    if (wasWaiting && status !== "cancelled") this.#job.resume();
  }

  #timeIn(seconds) {
    return new Date(this.#server.now() + seconds * 1000).toISOString();
  }
}
