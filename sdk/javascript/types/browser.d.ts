import { JobDefinition, LonghaulClient, SubmitOptions } from "./common.js";

export * from "./common.js";

/** A client for a page. */
export declare class Longhaul extends LonghaulClient {
  /** @param options `url`: the server. Default: the origin of the page. */
  constructor(options?: { url?: string; apiKey?: string; fetch?: typeof fetch; retrySeconds?: number });
  /** Describes a job that a worker in another process runs. */
  job<Payload = any, Result = any>(kind: string, options?: SubmitOptions): JobDefinition<Payload, Result>;
}
