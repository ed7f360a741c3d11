import { JobCancelledError, JobFailedError, TimeoutError } from "../common/errors.js";
import { camelCase } from "../common/names.js";
import { Backoff, seconds, sleep } from "../common/time.js";
import { ArtifactContent } from "./artifact.js";
import { follow, isFinal } from "./events.js";
import { items } from "./pages.js";

/** The time for which one call waits for the end of a job, in seconds. */
const waitSeconds = 20;

/** A job that was submitted. */
export class JobHandle {
  #client;

  /**
   * @param {import("./client.js").Client} client
   * @param {string} id
   * @param {{kind?: string, isReplay?: boolean}} [details]
   */
  constructor(client, id, { kind, isReplay = false } = {}) {
    this.#client = client;
    this.id = id;
    this.kind = kind;
    /** Whether the job existed before, because of its idempotency key or its `unique` rule. */
    this.isReplay = isReplay;
  }

  get #path() {
    return `/v1/jobs/${encodeURIComponent(this.id)}`;
  }

  /** The job as it is now: `state`, `progress`, `error`, `attempts` and all other fields. */
  async status(options) {
    return camelCase(await this.#client.get(this.#path, options));
  }

  /**
   * Waits for the end of the job, and continues to wait while the server restarts.
   *
   * @param {{timeout?: number|string, signal?: AbortSignal}} [options]
   * @returns The result of the handler.
   * @throws {JobFailedError|JobCancelledError|TimeoutError}
   */
  async result(options) {
    const job = await this.wait(options);
    if (job.state === "failed") throw new JobFailedError(job);
    if (job.state === "cancelled") throw new JobCancelledError(job);
    return job.result;
  }

  /** Waits for the end of the job, in any state. Resolves with the job. */
  async wait({ timeout, signal } = {}) {
    const deadline = timeout === undefined ? Infinity : Date.now() + seconds(timeout) * 1000;
    const backoff = new Backoff();
    for (;;) {
      const left = (deadline - Date.now()) / 1000;
      const wait = Math.max(0, Math.min(waitSeconds, left));
      try {
        const path = `${this.#path}?wait_seconds=${wait.toFixed(3)}`;
        const job = await this.#client.get(path, { signal, waitSeconds: wait, retrySeconds: 0 });
        if (isFinal(job)) return camelCase(job);
        backoff.reset();
      } catch (error) {
        if (signal?.aborted || !error.isTransient) throw error;
        await sleep(Math.min(Math.max(backoff.next(), error.retryAfter ?? 0), Math.max(0, left)), signal);
      }
      if (Date.now() >= deadline) throw new TimeoutError(`Job ${this.id} did not end within ${seconds(timeout)} s`);
    }
  }

  /**
   * The history of the job and then its changes, up to its end.
   *
   * @param {{signal?: AbortSignal}} [options]
   */
  events({ signal } = {}) {
    return follow(this.#client, `${this.#path}/events`, { signal, isLast: isFinal });
  }

  /**
   * The lines of the job's log, oldest first. With `follow`, also those to come, up to the end of the job.
   *
   * @param {{follow?: boolean, signal?: AbortSignal}} [options]
   */
  logs({ follow: isFollowing = false, signal } = {}) {
    if (!isFollowing) return items(this.#client, `${this.#path}/logs`, {}, { signal });
    return this.#followLogs(signal);
  }

  async *#followLogs(signal) {
    const isOver = async () => isFinal(await this.#client.get(this.#path));
    for await (const { type, ...line } of follow(this.#client, `${this.#path}/logs?follow=true`, { signal, isOver })) {
      if (type === "line") yield line;
    }
  }

  /** Cancels the job and its children. A running handler sees it at the next heartbeat of its worker. */
  cancel({ children } = {}) {
    return this.#act(children === false ? "cancel?children=false" : "cancel");
  }

  /** Makes a failed, cancelled or retrying job pending again. */
  retry() {
    return this.#act("retry");
  }

  /** No worker gets the job until `resume`. */
  pause() {
    return this.#act("pause");
  }

  resume() {
    return this.#act("resume");
  }

  async #act(action) {
    return camelCase(await this.#client.post(`${this.#path}/${action}`));
  }

  /** Removes the ended job with its artifacts and its log. */
  async delete() {
    await this.#client.json("DELETE", this.#path);
  }

  /**
   * Sends a signal to a durable job.
   *
   * @param {string} name
   * @param {unknown} [value] Any JSON value.
   * @param {{idempotencyKey?: string}} [options] With a key, a repeated call sends one signal.
   */
  async signal(name, value = null, { idempotencyKey = this.#client.uuid() } = {}) {
    const path = `${this.#path}/signals/${encodeURIComponent(name)}`;
    await this.#client.post(path, value, { headers: { "idempotency-key": idempotencyKey }, repeat: true });
  }

  /** The operations of the journal of a durable job, in their order. */
  journal() {
    return items(this.#client, `${this.#path}/journal`);
  }

  /** Runs a durable job again from an operation. */
  async restart(from) {
    return camelCase(await this.#client.post(`${this.#path}/restart`, { from }));
  }

  /** Submits a copy of a durable job that runs from an operation. */
  async fork(from) {
    const job = await this.#client.post(`${this.#path}/fork`, { from });
    return new JobHandle(this.#client, job.id, { kind: job.kind });
  }

  /** The files of the job: `{name, sizeBytes, contentType, sha256, url}`. */
  async artifacts() {
    return (await this.status()).artifacts;
  }

  /** The content of a file of the job. */
  async artifact(name, { signal } = {}) {
    const answer = await this.#client.stream("GET", `${this.#path}/artifacts/${encodeURIComponent(name)}`, { signal });
    return new ArtifactContent(answer);
  }
}
