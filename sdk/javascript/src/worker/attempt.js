import { AttemptEndedError } from "../common/errors.js";

/** How long a handler may take to end after its signal is aborted, before its slot is given up for lost, in seconds. */
const endSeconds = 5;
/** The timeout of an attempt if neither the job nor its definition sets one, in seconds. */
const defaultTimeoutSeconds = 3600;

const messages = {
  cancelled: "the job was cancelled",
  lost: "the lease was lost: another worker may run the job",
  stopping: "the worker stops",
};

/** One attempt of a job: its lease, its signal, and its latest progress. */
export class Attempt {
  #controller = new AbortController();
  #timer;
  #endOverdue;

  /**
   * @param {object} lease As the server sent it.
   * @param {import("../client/definition.js").JobDefinition} definition
   */
  constructor(lease, definition) {
    this.lease = lease;
    this.definition = definition;
    this.token = lease.token;
    /** The job as the server sent it. */
    this.job = lease.job;
    this.signal = this.#controller.signal;
    /** When the server last confirmed the lease, in milliseconds of `performance.now`. */
    this.renewedAt = performance.now();
    /** Progress that no heartbeat has carried. */
    this.unsentProgress = undefined;
    this.latestProgress = undefined;
    /** Jobs that are submitted with the completion. */
    this.next = [];
    /** Resolves when the attempt must be reported although its handler has not ended. */
    this.overdue = new Promise((resolve) => (this.#endOverdue = resolve));
    this.timeoutSeconds = lease.job.timeout_seconds ?? defaultTimeoutSeconds;
    this.#timer = setTimeout(() => this.end("timeout"), Math.min(this.timeoutSeconds * 1000, 2 ** 31 - 1));
  }

  /** Why the attempt must end; undefined while it may continue. */
  get reason() {
    return this.signal.reason?.reason;
  }

  /** Whether another call of this attempt has no effect on the server. */
  get isGone() {
    return this.isAbandoned || this.reason === "lost" || this.reason === "cancelled";
  }

  /** Aborts the signal of the handler. The first reason stays in the signal. */
  end(reason) {
    if (reason === "lost" || reason === "cancelled") {
      this.isAbandoned = true;
      this.#endOverdue();
    }
    if (this.signal.aborted) return;
    const message = messages[reason] ?? `the attempt took longer than its timeout of ${this.timeoutSeconds} s`;
    this.#controller.abort(new AttemptEndedError(reason, message));
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#endOverdue, endSeconds * 1000);
  }

  report(progress) {
    this.unsentProgress = progress;
    this.latestProgress = progress;
  }

  /** Ends the timers. */
  close() {
    clearTimeout(this.#timer);
  }
}
