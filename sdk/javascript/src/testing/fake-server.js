import { randomUUID } from "node:crypto";
import { camelCase } from "../common/names.js";
import { seconds } from "../common/time.js";
import { Reporter } from "../worker/reporter.js";
import { runAttempt } from "../worker/run-attempt.js";
import { FakeJob } from "./fake-job.js";
import { Problem } from "./problem.js";
import { route } from "./routes.js";

const maxAttempts = 10_000;

/**
 * A server in the memory of a test, with a clock that skips waits. It takes the place of the transport of an
 * application.
 */
export class FakeServer {
  #app;
  #transport;
  #isEager;
  #isRunning = false;
  #jobs = new Map();
  #keys = new Map();
  #attempts = new Map();
  #now = Date.now();
  #stubs = new Map();
  #steps = new Map();
  #crash;

  /** The number of changes that attempts have committed: updates of journals, suspensions and ends. */
  commits = 0;

  /**
   * @param {import("../index.js").Longhaul} app
   * @param {{eager?: boolean, crash?: {at: number, side: "before"|"after"}}} [options] See `fake` and
   *   `crashEverywhere`.
   */
  constructor(app, { eager = false, crash } = {}) {
    this.#app = app;
    this.#isEager = eager;
    this.#crash = crash;
    this.#transport = app.client.transport;
    app.client.transport = this;
  }

  // For tests.

  /** The submitted jobs of a kind, or all, in the order of submission. */
  submitted(kind) {
    return this.jobs.filter((job) => kind === undefined || job.kind === kind).map((job) => camelCase(job.describe()));
  }

  /** Handles a kind in place of its definition. `work` gets the payload. */
  stub(kind, work) {
    this.#stubs.set(kind, work);
    return this;
  }

  /** Replaces the work of the steps of a name in durable jobs. */
  stubStep(name, work) {
    this.#steps.set(name, work);
    return this;
  }

  /** Runs what is due now. Resolves with the number of attempts. */
  run() {
    return this.#runUntil(() => false, this.#now);
  }

  /**
   * Runs jobs until none can continue. Skips delays, retries and timers. Resolves with the number of attempts.
   *
   * @param {{untilSignal?: string}} [options] Stops when a job waits for the signal of this name.
   */
  runUntilIdle({ untilSignal } = {}) {
    const isWaiting = (job) => job.state === "suspended" && job.journal.waitsForSignal(untilSignal);
    return this.#runUntil(() => untilSignal !== undefined && this.jobs.some(isWaiting));
  }

  /** Moves the clock, and runs what is due by then. Resolves with the number of attempts. */
  async advance(duration) {
    const end = this.#now + seconds(duration) * 1000;
    const count = await this.#runUntil(() => false, end);
    this.#now = end;
    return count;
  }

  /** The clock, in milliseconds since 1970. */
  now() {
    return this.#now;
  }

  /** Gives the application its transport back. */
  restore() {
    this.#app.client.transport = this.#transport;
  }

  // Jobs.

  get jobs() {
    return [...this.#jobs.values()];
  }

  job(id) {
    const job = this.#jobs.get(id);
    if (!job) throw new Problem(404, "not_found", `there is no job ${id}`);
    return job;
  }

  remove({ id }) {
    this.#jobs.delete(id);
  }

  dependentsOf({ id }) {
    return this.jobs.filter(({ request }) => request.depends_on?.includes(id));
  }

  submit(request) {
    const keys = [request.idempotency_key, uniqueKey(request)].filter(Boolean);
    for (const key of keys) {
      const known = this.#keys.get(key);
      if (known && !(request.unique?.while === "active" && known.isFinal)) return { job: known, isReplay: true };
    }
    const job = this.add(request);
    for (const key of keys) this.#keys.set(key, job);
    return { job, isReplay: false };
  }

  add(request) {
    const job = new FakeJob(randomUUID(), request, this);
    this.#jobs.set(job.id, job);
    return job;
  }

  leased(token) {
    const job = this.jobs.find((candidate) => candidate.token === token);
    if (!job) throw new Problem(409, "lease_lost", "the lease has ended");
    return job;
  }

  /** A change that the worker makes with its lease. A planned crash happens before or after it. */
  commit(token, change) {
    const job = this.leased(token);
    this.commits += 1;
    const isCrash = this.#crash?.at === this.commits;
    if (isCrash && this.#crash.side === "before") this.#crashWorkerOf(job);
    const answer = change(job);
    if (isCrash) this.#crashWorkerOf(job);
    return answer;
  }

  #crashWorkerOf(job) {
    const hadLease = job.token !== undefined;
    this.endAttempt(job, "lost");
    if (hadLease) job.release();
    throw new Problem(503, "unavailable", "the worker crashed");
  }

  /** Ends the running attempt of a job, as a heartbeat would. */
  endAttempt(job, reason) {
    this.#attempts.get(job.id)?.end(reason);
  }

  // Running.

  async runEagerly() {
    if (this.#isEager) await this.runUntilIdle();
  }

  /** Runs jobs until this one has ended. */
  async runFor(job) {
    await this.#runUntil(() => job.isFinal);
    if (job.isFinal || this.#isRunning) return;
    throw new Problem(409, "conflict", `job ${job.id} of kind ${job.kind} cannot end: ${reasonOf(job)}`);
  }

  async #runUntil(isDone, end = Infinity) {
    if (this.#isRunning) return 0;
    this.#isRunning = true;
    let count = 0;
    try {
      while (!isDone()) {
        const job = this.#nextJob();
        if (!job || job.dueAt > end) break;
        this.#now = Math.max(this.#now, job.dueAt);
        if (job.state === "suspended") {
          job.journal.tick();
          continue;
        }
        await this.#runJob(job);
        count += 1;
        if (count > maxAttempts) throw new Error(`the jobs of the test have not ended after ${count} attempts`);
      }
    } finally {
      this.#isRunning = false;
    }
    return count;
  }

  /** The job that is due first. Of several, the one with the highest priority, and then the oldest. */
  #nextJob() {
    const canContinue = (job) => job.state === "suspended" || this.#canRun(job.kind);
    const due = this.jobs.filter((job) => job.dueAt !== undefined && canContinue(job));
    const at = (job) => Math.max(this.#now, job.dueAt);
    const priority = ({ request }) => request.priority ?? 5;
    return due.sort((one, other) => at(one) - at(other) || priority(other) - priority(one))[0];
  }

  #canRun(kind) {
    return this.#stubs.has(kind) || this.#app.definitions.get(kind)?.handler !== undefined;
  }

  async #runJob(job) {
    const lease = job.lease(randomUUID());
    const handler = this.#stubs.get(job.kind);
    const stub = { client: this.#app.client, definitions: new Map([[job.kind, { kind: job.kind, handler }]]) };
    const environment = { now: () => this.#now, substitute: (name) => this.#steps.get(name) };
    const reporter = new Reporter(this.#app.client, () => {});
    const { attempt, reported } = runAttempt(handler ? stub : this.#app, lease, { reporter, environment });
    this.#attempts.set(job.id, attempt);
    await reported;
    this.#attempts.delete(job.id);
    if (attempt.latestProgress) job.progress = attempt.latestProgress;
  }

  // The transport.

  async send({ method, path, headers, body }) {
    const { pathname, searchParams: query } = new URL(path, "http://fake");
    const isJSON = headers["content-type"] === "application/json";
    const request = { query, contentType: headers["content-type"], bytes: isJSON ? undefined : await bytesOf(body) };
    try {
      const json = isJSON ? JSON.parse(body) : undefined;
      const answer = await route(this, method, pathname, json, request);
      return answerOf(answer.status, answer.bytes ?? answer.json, answer.contentType ?? "application/json");
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return answerOf(error.status, error.document, "application/problem+json");
    }
  }

  close() {}
}

function answerOf(status, content, contentType) {
  const text = content === undefined ? "" : JSON.stringify(content);
  const bytes = content instanceof Uint8Array ? content : new TextEncoder().encode(text);
  return {
    status,
    header: (name) => ({ "content-type": contentType, "content-length": String(bytes.length) })[name],
    text: async () => new TextDecoder().decode(bytes),
    chunks: async function* () {
      yield bytes;
    },
  };
}

async function bytesOf(body) {
  if (body === undefined) return undefined;
  const isWhole = typeof body === "string" || body instanceof Uint8Array || body instanceof Blob;
  const chunks = isWhole ? [body] : [];
  if (!isWhole) for await (const chunk of body) chunks.push(chunk);
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

function uniqueKey({ unique, kind, queue = "default", actor, payload }) {
  if (!unique) return undefined;
  const parts = { kind, queue, actor, payload };
  return JSON.stringify(unique.by.map((name) => [name, parts[name]]));
}

function reasonOf(job) {
  if (job.paused) return job.error?.message ?? "it is paused";
  const waits = job.journal.waiting.map(({ type, name }) => `${type} "${name}"`);
  if (waits.length > 0) return `it waits for ${waits.join(", ")}`;
  return `no handler or stub can continue it (state ${job.shownState})`;
}
