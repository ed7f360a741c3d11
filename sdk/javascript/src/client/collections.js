/** Schedules, queues and dead letters: for people and deployment scripts. */
import { camelCase, snakeCase } from "../common/names.js";
import { timestamp } from "../common/time.js";
import { JobHandle } from "./handle.js";
import { items } from "./pages.js";
import { submissionOf } from "./submission.js";

/** Submits jobs at the times of cron expressions. */
export class Schedules {
  #client;

  constructor(client) {
    this.#client = client;
  }

  /**
   * Sets a schedule, and creates it if it does not exist.
   *
   * @param {string} name
   * @param {object} schedule `cron`, `timeZone`, `job` (an entry), `catchUp` (`last`, `all` or `none`) and `paused`.
   */
  async set(name, { cron, timeZone, job, catchUp, paused }) {
    const body = { cron, time_zone: timeZone, job: submissionOf(job), catch_up: catchUp, paused };
    return camelCase(await this.#client.json("PUT", path("schedules", name), { json: body }));
  }

  async get(name) {
    return camelCase(await this.#client.get(path("schedules", name)));
  }

  list() {
    return items(this.#client, "/v1/schedules");
  }

  async delete(name) {
    await this.#client.json("DELETE", path("schedules", name));
  }

  /** Submits a job of the schedule now. Its ticks do not change. */
  async run(name) {
    const job = await this.#client.post(`${path("schedules", name)}/run`);
    return new JobHandle(this.#client, job.id, { kind: job.kind });
  }

  async pause(name) {
    return camelCase(await this.#client.post(`${path("schedules", name)}/pause`));
  }

  async resume(name) {
    return camelCase(await this.#client.post(`${path("schedules", name)}/resume`));
  }
}

/** The queues and their settings. */
export class Queues {
  #client;

  constructor(client) {
    this.#client = client;
  }

  /**
   * Sets the settings of a queue, and creates it if it does not exist.
   *
   * @param {string} name
   * @param {object} settings See `QueueSettings` in types/common.d.ts.
   */
  async set(name, { rateLimit, ...others }) {
    const body = snakeCase(others);
    if (rateLimit !== undefined) body.rate_limit = rateLimit && snakeCase(rateLimit);
    return camelCase(await this.#client.json("PUT", path("queues", name), { json: body }));
  }

  async get(name) {
    return camelCase(await this.#client.get(path("queues", name)));
  }

  list() {
    return items(this.#client, "/v1/queues");
  }

  async pause(name) {
    return camelCase(await this.#client.post(`${path("queues", name)}/pause`));
  }

  async resume(name) {
    return camelCase(await this.#client.post(`${path("queues", name)}/resume`));
  }

  /** @param {{purge?: boolean}} [options] `purge` cancels the waiting jobs first. */
  async delete(name, { purge } = {}) {
    await this.#client.json("DELETE", path("queues", name) + (purge ? "?purge=true" : ""));
  }
}

/** The jobs that failed for good. */
export class DeadLetters {
  #client;

  constructor(client) {
    this.#client = client;
  }

  list(filter) {
    return items(this.#client, "/v1/dead-letters", filterQuery(filter));
  }

  /** The dead letters by kind and error, with their counts. */
  groups(filter) {
    return items(this.#client, "/v1/dead-letters/groups", filterQuery(filter));
  }

  /** Makes dead letters pending again. Resolves with their number. */
  redrive(selection) {
    return this.#act("redrive", selection);
  }

  /** Removes dead letters. Resolves with their number. */
  discard(selection) {
    return this.#act("discard", selection);
  }

  async #act(action, { ids, filter, limit }) {
    const body = ids ? { ids } : { filter: filterBody(filter), limit };
    return (await this.#client.post(`/v1/dead-letters/${action}`, body)).count;
  }
}

function path(collection, name) {
  return `/v1/${collection}/${encodeURIComponent(name)}`;
}

function filterBody({ createdAfter, createdBefore, ...others } = {}) {
  const body = snakeCase(others);
  if (createdAfter !== undefined) body.created_after = timestamp(createdAfter);
  if (createdBefore !== undefined) body.created_before = timestamp(createdBefore);
  return body;
}

/** The query of a filter: `{state, queue, kind, actor, tag: "key:value", errorType, createdAfter, createdBefore}`. */
export function filterQuery(filter) {
  return filterBody(filter);
}
