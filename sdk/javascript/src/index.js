/**
 * The entry for Node: submits jobs, follows them and runs them.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { JobDefinition } from "./client/definition.js";
import { FetchTransport } from "./client/fetch-transport.js";
import { LonghaulClient } from "./client/longhaul.js";
import { settings } from "./node/environment.js";
import { HTTPTransport } from "./node/http-transport.js";
import { Worker } from "./worker/worker.js";

export * from "./common/errors.js";
export { JobHandle } from "./client/handle.js";
export { Entry } from "./client/submission.js";
export { Worker };

/** An application: a client of a server, and the jobs that it defines. */
export class Longhaul extends LonghaulClient {
  /**
   * Settings that are not given come from the environment variables of the `longhaul` command: LONGHAUL_SERVER,
   * LONGHAUL_API_KEY, LONGHAUL_KEY_FILE, LONGHAUL_CA_FILE, LONGHAUL_CLIENT_CERT and LONGHAUL_CLIENT_KEY.
   *
   * @param {{url?: string, apiKey?: string, keyFile?: string, caFile?: string, clientCert?: string, clientKey?: string,
   *   fetch?: typeof fetch, retrySeconds?: number}} [options]
   */
  constructor(options = {}) {
    const { readKey, ...target } = settings(options);
    const { fetch } = options;
    const transport = fetch ? new FetchTransport({ url: target.url, fetch }) : new HTTPTransport(target);
    super(transport, { readKey, retrySeconds: options.retrySeconds, uuid: randomUUID });
  }

  /**
   * Defines a job.
   *
   * @param {string} kind Such as `image.resize`.
   * @param {object|Function} options The defaults of its submissions, and `concurrency`; or the handler.
   * @param {(payload: any, ctx: import("./worker/context.js").JobContext) => unknown} [handler]
   *   Without a handler, a worker of another process runs the job.
   */
  job(kind, options, handler) {
    return this.#define(kind, options, handler, false);
  }

  /**
   * Defines a durable job: a process that waits for days and survives crashes.
   *
   * @param {string} kind
   * @param {object|Function} options As in `job`; or the process.
   * @param {(payload: any, flow: import("./durable/flow.js").Flow) => unknown} [process]
   */
  durable(kind, options, process) {
    return this.#define(kind, options, process, true);
  }

  #define(kind, options, handler, isDurable) {
    if (typeof options === "function") [options, handler] = [{}, options];
    return this.define(new JobDefinition(this, kind, options ?? {}, handler, { isDurable }));
  }

  /** A worker for the defined jobs. `await app.worker().run()` runs it. */
  worker(options) {
    return new Worker(this, options);
  }
}
