import { camelCase } from "../common/names.js";
import { Client } from "./client.js";
import { DeadLetters, filterQuery, Queues, Schedules } from "./collections.js";
import { follow } from "./events.js";
import { JobHandle } from "./handle.js";
import { items, withQuery } from "./pages.js";
import { Entry, idOf, submissionOf } from "./submission.js";

/** The part of the application that runs everywhere: submits jobs, follows them and operates queues. */
export class LonghaulClient {
  /**
   * @param {object} transport See `Client`.
   * @param {{readKey?: () => (string|undefined), retrySeconds?: number, uuid: () => string}} options
   */
  constructor(transport, options) {
    this.client = new Client(transport, options);
    /** The defined jobs by kind. */
    this.definitions = new Map();
    this.schedules = new Schedules(this.client);
    this.queues = new Queues(this.client);
    this.deadLetters = new DeadLetters(this.client);
  }

  /**
   * Submits a job. The job is durable when the promise resolves.
   *
   * The call carries an idempotency key, so that it can be repeated after a lost answer.
   *
   * @param {string|{kind: string}} kind The kind, or a defined job.
   * @param {unknown} [payload] Any JSON value.
   * @param {object} [options] Queue, delay, priority and others.
   * @returns {Promise<JobHandle>}
   */
  async submit(kind, payload, options = {}) {
    const body = submissionOf(this.entry(kind, payload, options));
    body.idempotency_key ??= this.client.uuid();
    const { json, status } = await this.client.answer("POST", "/v1/jobs", { json: body, repeat: true });
    return new JobHandle(this.client, json.id, { kind: json.kind, isReplay: status === 200 });
  }

  /** A job for a batch, a chain or a schedule. It has the defaults of its definition, if there is one. */
  entry(kind, payload, options = {}) {
    const definition = typeof kind === "string" ? this.definitions.get(kind) : kind;
    return definition ? definition.entry(payload, options) : new Entry(kind, payload, options);
  }

  /** Adds the definition of a job. A job has one handler. */
  define(definition) {
    const known = this.definitions.get(definition.kind);
    if (known?.handler) throw new Error(`the job "${definition.kind}" is defined twice`);
    this.definitions.set(definition.kind, definition);
    return definition;
  }

  /**
   * Submits many jobs, all or none. With a parent, the jobs are its children, and it runs after all of them.
   *
   * @param {Entry[]} entries At most 1,000.
   * @param {{parent?: Entry}} [options]
   * @returns {Promise<{jobs: JobHandle[], parent?: JobHandle}>}
   */
  async submitBatch(entries, { parent } = {}) {
    const key = this.client.uuid();
    const body = { jobs: entries.map((entry) => submissionOf(entry)) };
    // The key of the parent is that of the whole batch.
    if (parent) {
      body.parent = submissionOf(parent);
      body.parent.idempotency_key ??= key;
    } else {
      body.jobs.forEach((job, index) => (job.idempotency_key ??= `${key}-${index}`));
    }
    const answer = await this.client.post("/v1/jobs/batch", body, { repeat: true });
    const handle = ({ job, status }) =>
      new JobHandle(this.client, job.id, { kind: job.kind, isReplay: status === 200 });
    return { jobs: answer.jobs.map(handle), parent: answer.parent && handle(answer.parent) };
  }

  /**
   * Submits jobs that run one after the other. Each handler finds the result of the job before in `ctx.dependencies`.
   *
   * @param {Entry[]} entries
   * @returns {Promise<JobHandle[]>}
   */
  async chain(entries) {
    const linked = entries.map((entry, index) => {
      const options = { ref: `step-${index}` };
      if (index > 0) options.dependsOn = [`#step-${index - 1}`, ...[entry.options.dependsOn ?? []].flat()];
      return entry.with(options);
    });
    return (await this.submitBatch(linked)).jobs;
  }

  /** A job by its identifier. Makes no call. */
  handle(job) {
    return new JobHandle(this.client, idOf(job));
  }

  /** The jobs that fit a filter, newest first. */
  jobs(filter) {
    return items(this.client, "/v1/jobs", filterQuery(filter));
  }

  /** The workers that the server has seen in the last day. */
  workers() {
    return items(this.client, "/v1/workers");
  }

  /**
   * The changes of all jobs from now on, without end. Connects again after an interruption. An event of the type
   * `resync` means that changes are missing.
   *
   * @param {{queue?: string, signal?: AbortSignal}} [options]
   */
  events({ queue, signal } = {}) {
    return follow(this.client, withQuery("/v1/events", { queue }), { signal });
  }

  /** Sends a signal with the token of an operation, without an API key. */
  async signalToken(token, value = null) {
    await this.client.post(`/v1/signals/${encodeURIComponent(token)}`, value);
  }

  /** Resolves if the store, the queue and the artifact store of the server are available. */
  async ready() {
    return camelCase(await this.client.get("/readyz"));
  }

  /** Closes the connections. */
  close() {
    this.client.transport.close();
  }
}
