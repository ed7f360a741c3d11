import { joinedSignal } from "../common/signals.js";
import { seconds } from "../common/time.js";
import { failureOf } from "../worker/failure.js";

/**
 * The work of a step or of a compensation.
 *
 * @param {{retries?: number, backoff?: object, timeout?: number|string}} options
 * @param {(step: StepContext) => unknown} body
 */
export function workOf(options, body) {
  const timeoutSeconds = options.timeout === undefined ? undefined : seconds(options.timeout);
  return { body: async (context) => body(context), rule: retryRule(options), timeoutSeconds };
}

/**
 * When a failed attempt of a step is repeated: five attempts after 1, 2, 4 and 8 s by default.
 *
 * @returns {{maxAttempts: number, pauseAfter: (attempts: number) => number}}
 */
function retryRule({ retries = 4, backoff: { initial = 1, factor = 2, max = 600 } = {} }) {
  return {
    maxAttempts: retries + 1,
    pauseAfter: (attempts) => Math.min(seconds(max), seconds(initial) * factor ** (attempts - 1)),
  };
}

const maxOutputBytes = 256 * 1024;

/** An attempt of a step, as its work sees it. */
export class StepContext {
  constructor(jobId, operation, signal) {
    this.jobId = jobId;
    this.id = operation.id;
    /** The number of the attempt, from 1. */
    this.attempt = operation.attempt;
    /** Aborts when the step is cancelled, its timeout ends, or the attempt of the job ends. */
    this.signal = signal;
  }

  /**
   * The same text at each attempt of the step, and different for each other step: an idempotency key for other systems.
   */
  get key() {
    return `${this.jobId}/${this.id}`;
  }
}

/**
 * Runs one attempt of a step. Never rejects.
 *
 * @param {{jobId: string, operation: object, work: object, signal: AbortSignal, onStart: Function}} step
 *   `onStart` gets the promise of the work, which may end later than the step.
 * @returns {Promise<{outcome: object, retrySeconds?: number}>} `retrySeconds` is the delay before the next attempt;
 *   undefined if there is none.
 */
export async function runStep({ jobId, operation, work, signal, onStart }) {
  const makeReason = () => timeoutError(work.timeoutSeconds);
  const { signal: stepSignal, release } = joinedSignal([signal], { afterSeconds: work.timeoutSeconds, makeReason });
  try {
    const body = work.body(new StepContext(jobId, operation, stepSignal));
    onStart(body);
    return ended(await Promise.race([body, abortOf(stepSignal)]));
  } catch (thrown) {
    return failed(thrown, operation, work.rule);
  } finally {
    release();
  }
}

function timeoutError(forSeconds) {
  const error = new Error(`the step took longer than ${forSeconds} s`);
  error.name = "timeout";
  return error;
}

function ended(output) {
  const text = JSON.stringify(output ?? null) ?? "null";
  const bytes = new TextEncoder().encode(text).length;
  // The code receives what a replay receives: the value after its way through JSON.
  if (bytes <= maxOutputBytes) return { outcome: { output: JSON.parse(text) } };
  const message =
    `the output of the step has ${bytes} bytes; the maximum is ${maxOutputBytes}. ` +
    "Store larger data in a file or a database, and return its name.";
  return { outcome: { error: { type: "output_too_large", message, details: null, retryable: false } } };
}

function failed(thrown, { attempt }, rule) {
  const { error, retry_in_seconds } = failureOf(thrown);
  if (!error.retryable || attempt >= rule.maxAttempts) return { outcome: { error } };
  return { outcome: { error }, retrySeconds: retry_in_seconds ?? rule.pauseAfter(attempt) };
}

/** Rejects when the signal is aborted. */
function abortOf(signal) {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
