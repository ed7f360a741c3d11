import { FakeJournal } from "./fake-journal.js";

const finalStates = new Set(["completed", "failed", "cancelled"]);

/** A job of the fake server, with the rules of its life. Times are milliseconds of the fake clock. */
export class FakeJob {
  attempt = 0;
  result = null;
  error = null;
  progress = null;
  lines = [];
  artifacts = new Map();
  steps = new Map();
  attempts = [];
  cancelling = false;
  paused = false;
  token;
  parentOperation;

  /**
   * @param {string} id
   * @param {object} request The body of the submission.
   * @param {import("./fake-server.js").FakeServer} server
   */
  constructor(id, request, server) {
    this.id = id;
    this.request = request;
    this.server = server;
    this.createdAt = server.now();
    this.journal = new FakeJournal(this, server);
    this.maxAttempts = request.max_attempts ?? 4;
    this.runAt = request.run_at ? Date.parse(request.run_at) : this.createdAt + (request.delay_seconds ?? 0) * 1000;
    this.state = "pending";
    this.payload = request.payload ?? null;
  }

  get kind() {
    return this.request.kind;
  }

  get isFinal() {
    return finalStates.has(this.state);
  }

  get dependencies() {
    return (this.request.depends_on ?? []).map((id) => this.server.job(id));
  }

  /** The time at which a worker may take the job; undefined if that depends on something else than time. */
  get dueAt() {
    if (this.paused || this.isFinal || this.state === "processing") return undefined;
    if (this.state === "suspended") return this.journal.nextEnd();
    return this.dependencies.every(({ isFinal }) => isFinal) ? this.runAt : undefined;
  }

  /** Begins an attempt. Returns its lease. */
  lease(token) {
    this.token = token;
    if (this.state !== "suspended" && !this.isResumed) this.attempt += 1;
    this.isResumed = false;
    this.state = "processing";
    const journal = { operations: this.journal.list(), next_cursor: null };
    return { token, job: this.describe(), attempt: this.attempt, expires_at: "", heartbeat_seconds: 10, journal };
  }

  complete({ result = null, progress, continue_as_new: again }) {
    if (again) {
      this.payload = again.payload;
      this.attempt = 0;
      this.journal.clear();
      return this.#end("pending");
    }
    if (progress) this.progress = progress;
    this.result = result;
    this.#end(this.cancelling ? "cancelled" : "completed");
  }

  fail({ error, retryable = true, retry_in_seconds: pause }) {
    this.error = { details: null, ...error, retryable };
    this.attempts.push({ number: this.attempt, error: this.error });
    if (this.cancelling) return this.#end("cancelled");
    if (!this.error.retryable || this.attempt >= this.maxAttempts) return this.#end("failed");
    this.runAt = this.server.now() + (pause ?? this.#backoffSeconds()) * 1000;
    this.#end("retrying");
  }

  #backoffSeconds() {
    const { type, initial_seconds: initial = 1, factor = 2, max_seconds: max = 600 } = this.request.backoff ?? {};
    return type === "fixed" ? initial : Math.min(max, initial * factor ** (this.attempt - 1));
  }

  /** Ends the lease without an effect: the attempt does not count. */
  release() {
    this.attempt -= 1;
    this.#end("pending");
  }

  suspend() {
    this.#end("suspended");
  }

  /** Makes a suspended job pending: one of its operations has ended. */
  resume() {
    if (this.state !== "suspended") return;
    this.isResumed = true;
    this.runAt = this.server.now();
    this.state = "pending";
  }

  cancel() {
    const isRunning = this.state === "processing";
    if (this.journal.hasCompensations && !this.cancelling) {
      this.cancelling = true;
      if (isRunning) this.release();
      else this.resume();
    } else {
      this.#end("cancelled");
    }
    if (isRunning) this.server.endAttempt(this, "cancelled");
  }

  #end(state) {
    this.token = undefined;
    this.state = state;
    if (!this.isFinal) return;
    this.parentOperation?.childEnded(this);
    for (const job of this.server.dependentsOf(this)) job.dependencyEnded();
  }

  /** Applies `on_dependency_failure` when a dependency has failed or was cancelled. */
  dependencyEnded() {
    const rule = this.request.on_dependency_failure ?? "cancel";
    const hasFailed = this.dependencies.some(({ state }) => state === "failed" || state === "cancelled");
    if (this.isFinal || !hasFailed || rule === "run") return;
    if (rule === "cancel") return this.#end("cancelled");
    this.error = { type: "dependency_failed", message: "a dependency failed", details: null, retryable: false };
    this.#end("failed");
  }

  /** The job as the server describes it. */
  describe() {
    const { id, kind, payload, result, error, progress, attempt, attempts, cancelling, paused } = this;
    return {
      ...this.#describeRequest(),
      id, kind, state: this.shownState, payload, result, error, progress, attempt, attempts, cancelling, paused,
      max_attempts: this.maxAttempts,
      created_at: new Date(this.createdAt).toISOString(),
      run_at: new Date(this.runAt).toISOString(),
      dependencies: this.dependencies.map((job) => job.asDependency),
      artifacts: [...this.artifacts].map(([name, artifact]) => describeArtifact(name, artifact)),
      operations: this.journal.list().length,
    };
  }

  #describeRequest() {
    const { queue = "default", priority = 5, tags = {}, labels = {}, depends_on = [] } = this.request;
    const { actor = null, size = null, parent_id = null, timeout_seconds = null } = this.request;
    return { queue, priority, tags, labels, depends_on, actor, size, parent_id, timeout_seconds };
  }

  get asDependency() {
    const { id, kind, state, result, error } = this;
    return { id, kind, state, result, error };
  }

  get shownState() {
    if (this.state !== "pending") return this.state;
    if (!this.dependencies.every(({ isFinal }) => isFinal)) return "blocked";
    return this.runAt > this.server.now() ? "scheduled" : "pending";
  }
}

/** An artifact as the server describes it. */
export function describeArtifact(name, { bytes, contentType }) {
  return { name, size_bytes: bytes.length, content_type: contentType };
}
