/** The errors of the package. */

/** The server refused a call, or did not answer it. */
export class LonghaulError extends Error {
  /**
   * @param {string} code A stable word, such as `conflict` or `system_busy`; `unreachable` without an answer.
   * @param {string} message
   * @param {{status?: number, problem?: object, retryAfter?: number, cause?: unknown}} [details]
   */
  constructor(code, message, { status, problem, retryAfter, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "LonghaulError";
    this.code = code;
    /** The HTTP status; undefined without an answer. */
    this.status = status;
    /** The problem document of the server (RFC 9457); `errors` lists the invalid fields. */
    this.problem = problem;
    /** The pause that the server asks for, in seconds. */
    this.retryAfter = retryAfter;
  }

  /** Whether the same call may succeed later. */
  get isTransient() {
    return transientCodes.has(this.code);
  }
}

const transientCodes = new Set(["unreachable", "unavailable", "system_busy", "rate_limited", "internal"]);

/** A job failed for good. */
export class JobFailedError extends Error {
  constructor(job) {
    const { type, message } = job.error ?? { type: "failed", message: "no error was reported" };
    super(`Job ${job.id} of kind ${job.kind} failed: ${type}: ${message}`);
    this.name = "JobFailedError";
    /** The job, with `error` and `attempts`. */
    this.job = job;
  }
}

/** A job was cancelled. */
export class JobCancelledError extends Error {
  constructor(job) {
    super(`Job ${job.id} of kind ${job.kind} was cancelled`);
    this.name = "JobCancelledError";
    this.job = job;
  }
}

/** A job did not end in time. It still runs. */
export class TimeoutError extends Error {
  constructor(message) {
    super(message);
    this.name = "TimeoutError";
  }
}

/** Thrown by a handler or a step: no further attempt can succeed. */
export class PermanentError extends Error {
  /** @param {string} message @param {{type?: string, details?: unknown, cause?: unknown}} [options] */
  constructor(message, { type, details, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "PermanentError";
    /** The type of error that the job shows. */
    this.type = type;
    this.details = details;
  }
}

/** Thrown by a handler or a step: the next attempt begins after `retryAfter`. */
export class RetryError extends Error {
  /**
   * @param {string} message
   * @param {{retryAfter?: number|string, type?: string, details?: unknown, cause?: unknown}} [options]
   */
  constructor(message, { retryAfter, type, details, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "RetryError";
    /** The delay before the next attempt: seconds, or a text such as "10m". */
    this.retryAfter = retryAfter;
    this.type = type;
    this.details = details;
  }
}

/** The reason of `ctx.signal`: the attempt must end. */
export class AttemptEndedError extends Error {
  /** @param {"cancelled"|"lost"|"timeout"|"stopping"} reason */
  constructor(reason, message) {
    super(message);
    this.name = "AttemptEndedError";
    this.reason = reason;
  }
}

/** A step of a durable job failed, and no attempt is left. */
export class StepError extends Error {
  constructor(step, error) {
    super(`Step "${step}" failed: ${error.type}: ${error.message}`);
    this.name = "StepError";
    /** The name of the step. */
    this.step = step;
    /** The error of its last attempt: `{type, message, details, retryable}`. */
    this.error = error;
  }
}

/** A child job of a durable job did not complete. */
export class ChildJobError extends Error {
  constructor(kind, jobId, error) {
    super(`Job ${jobId ?? ""} of kind ${kind} failed: ${error.type}: ${error.message}`);
    this.name = "ChildJobError";
    this.kind = kind;
    this.jobId = jobId;
    /** Its error; its type is `cancelled` if it was cancelled. */
    this.error = error;
  }
}

/** The durable job, or the branch of a race, is cancelled. */
export class CancelledError extends Error {
  constructor(message = "cancelled") {
    super(message);
    this.name = "CancelledError";
  }
}

/** The code of a durable job differs from its journal. */
export class NondeterministicError extends Error {
  constructor(recorded, requested) {
    const place = (operation) => `${operation.type} "${operation.name}"`;
    super(`Operation ${recorded.id} of the journal is ${place(recorded)}; the code asks for ${place(requested)}`);
    this.name = "NondeterministicError";
    this.recorded = recorded;
    this.requested = requested;
  }
}
