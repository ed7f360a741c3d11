/**
 * The entry for browsers: submits jobs and follows them. It has no worker.
 *
 * @module
 */
import { FetchTransport } from "./client/fetch-transport.js";
import { LonghaulClient } from "./client/longhaul.js";
import { JobDefinition } from "./client/definition.js";

export * from "./common/errors.js";
export { JobHandle } from "./client/handle.js";
export { Entry } from "./client/submission.js";

/** A client for a page. Without `url`, it calls the origin of the page. */
export class Longhaul extends LonghaulClient {
  /** @param {{url?: string, apiKey?: string, fetch?: typeof fetch, retrySeconds?: number}} [options] */
  constructor({ url = "", apiKey, fetch, retrySeconds } = {}) {
    super(new FetchTransport({ url, fetch }), { readKey: () => apiKey, retrySeconds, uuid });
  }

  /** Describes a job that a worker in another process runs. */
  job(kind, options = {}) {
    return this.define(new JobDefinition(this, kind, options));
  }
}

/** A random UUID. `crypto.randomUUID` exists only on pages with a secure origin. */
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
