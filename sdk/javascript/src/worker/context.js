import { camelCase } from "../common/names.js";
import { submissionOf } from "../client/submission.js";
import { logger } from "./logger.js";

/** What a handler gets besides its payload. */
export class JobContext {
  #app;
  #attempt;
  #onProgress;
  #job;
  #log;
  #logs;

  /**
   * @param {import("../client/longhaul.js").LonghaulClient} app
   * @param {import("./attempt.js").Attempt} attempt
   * @param {import("./log-buffer.js").LogBuffer} logs
   * @param {() => void} onProgress Is called when there is progress to send.
   */
  constructor(app, attempt, logs, onProgress) {
    this.#app = app;
    this.#attempt = attempt;
    this.#onProgress = onProgress;
    this.#logs = logs;
    /**
     * Aborts when the job is cancelled, its timeout ends, its lease is lost, or the worker stops. Pass it to `fetch`
     * and other calls. `signal.reason.reason` is `cancelled`, `timeout`, `lost` or `stopping`.
     */
    this.signal = attempt.signal;
  }

  /** Adds lines to the log of the job: `ctx.log.info("converted", {pages: 3})`. */
  get log() {
    return (this.#log ??= logger((level, message) => this.#logs.add(level, message)));
  }

  /** The identifier of the job. Send it with the attempt to systems that can recognise a repeated call. */
  get id() {
    return this.#attempt.job.id;
  }

  get kind() {
    return this.#attempt.job.kind;
  }

  /** The number of the attempt, from 1. */
  get attempt() {
    return this.#attempt.lease.attempt;
  }

  get maxAttempts() {
    return this.#attempt.job.max_attempts;
  }

  /** The job at the start of the attempt. */
  get job() {
    return (this.#job ??= camelCase(this.#attempt.job));
  }

  /** The jobs that this one waited for: `{id, kind, state, result, error}`. */
  get dependencies() {
    return this.job.dependencies;
  }

  /**
   * Reports progress. The job shows it within about half a second.
   *
   * @param {number} percent 0 to 100.
   * @param {string} [message]
   */
  progress(percent, message) {
    if (Number.isNaN(percent)) return;
    this.#attempt.report({ percent: Math.min(100, Math.max(0, percent)), message: message ?? null });
    this.#onProgress();
  }

  /**
   * Runs `work` once for all attempts of the job: a later attempt gets the stored output.
   *
   * @template T
   * @param {string} name Unique within the job.
   * @param {() => T|Promise<T>} work
   * @returns {Promise<T>}
   */
  async step(name, work) {
    const path = `/v1/leases/${this.#attempt.token}/steps/${encodeURIComponent(name)}`;
    try {
      return (await this.#call("GET", path)).output;
    } catch (error) {
      if (error.code !== "not_found") throw error;
    }
    const output = (await work()) ?? null;
    return (await this.#call("PUT", path, { json: { output } })).output;
  }

  /**
   * Uploads a file. It is visible on the job when the attempt completes.
   *
   * @param {string} name
   * @param {string|Uint8Array|Blob|AsyncIterable<Uint8Array>} content Text, bytes, or a stream such as
   *   `createReadStream(path)`.
   * @param {{contentType?: string}} [options]
   */
  async artifact(name, content, { contentType } = {}) {
    const path = `/v1/leases/${this.#attempt.token}/artifacts/${encodeURIComponent(name)}`;
    const isText = typeof content === "string";
    const isStream = !isText && !(content instanceof Uint8Array) && !(content instanceof Blob);
    const type = contentType ?? (isText ? "text/plain; charset=utf-8" : content.type || "application/octet-stream");
    const options = { body: content, headers: { "content-type": type }, answerSeconds: 86_400, repeat: !isStream };
    return camelCase(await this.#call("PUT", path, options));
  }

  /** Submits a job in the transaction that completes this one. */
  next(kind, payload, options) {
    this.#attempt.next.push(submissionOf(this.#app.entry(kind, payload, options)));
  }

  /** Submits a child job now. A second attempt submits no second one, if `key` is the same. */
  submitChild(key, kind, payload, options) {
    return this.#app.submit(kind, payload, { ...options, parent: this.id, idempotencyKey: `${this.id}/${key}` });
  }

  #call(method, path, options) {
    return this.#app.client.json(method, path, { retrySeconds: Infinity, signal: this.signal, ...options });
  }
}
