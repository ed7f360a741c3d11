import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { seconds, sleep } from "../common/time.js";
import { Heartbeats } from "./heartbeats.js";
import { Lane } from "./lane.js";
import { Reporter } from "./reporter.js";
import { runAttempt } from "./run-attempt.js";

const signals = ["SIGTERM", "SIGINT"];
/** How long a stopping worker waits for the last reports after it has aborted its handlers, in seconds. */
const lastReportSeconds = 10;

/** Runs the jobs of an application. */
export class Worker {
  #app;
  #settings;
  #lanes;
  #attempts = new Map();
  #reports = new Set();
  #reporter;
  #heartbeats;
  #stopping = new AbortController();
  #graceSeconds;

  /**
   * @param {import("../index.js").Longhaul} app
   * @param {object} [options] See `WorkerOptions` in types/index.d.ts.
   */
  constructor(app, options = {}) {
    const name = options.name ?? `${hostname()}-${process.pid}`;
    this.#app = app;
    this.id = `${name}-${randomUUID().slice(0, 8)}`;
    this.#settings = {
      id: this.id,
      leaseSeconds: seconds(options.lease ?? 30),
      heartbeatSeconds: seconds(options.heartbeat ?? 3),
      pollSeconds: seconds(options.poll ?? 20),
      outageSeconds: seconds(options.outage ?? 3600),
    };
    this.#graceSeconds = seconds(options.grace ?? 30);
    this.handlesSignals = options.handleSignals ?? false;
    this.log = options.log ?? logLine;
    const noteOf = (level, message, { job }) => this.log(level, `${job.kind} ${job.id}: ${message}`);
    this.#reporter = new Reporter(app.client, noteOf);
    this.#heartbeats = new Heartbeats(app.client, this.#attempts, this.#settings, this.log);
    const heartbeat_interval_seconds = this.#settings.heartbeatSeconds;
    this.#lanes = this.#makeLanes(options, { id: this.id, name, labels: options.labels, heartbeat_interval_seconds });
  }

  /** The number of running jobs. */
  get running() {
    return this.#attempts.size;
  }

  /** Runs jobs until `stop` is called, or until SIGTERM or SIGINT with `handleSignals`. */
  async run() {
    const uninstall = this.handlesSignals ? this.#installSignals() : () => {};
    const beating = new AbortController();
    const heartbeats = this.#heartbeats.run(beating.signal);
    try {
      const run = (lane) =>
        lane.run(this.#stopping.signal, (lease) => this.#start(lease), (error) => this.#noteOutage(error));
      await Promise.all(this.#lanes.map(run));
      await this.#drain();
    } finally {
      beating.abort();
      await heartbeats;
      await this.#deregister();
      uninstall();
    }
  }

  /**
   * Takes no further jobs, and lets the running ones end. After the grace, their signals are aborted, and the jobs that
   * have not ended are released: another worker runs them, and the attempt does not count. `run` resolves then.
   *
   * @param {{grace?: number|string}} [options]
   */
  stop({ grace } = {}) {
    if (grace !== undefined) this.#graceSeconds = seconds(grace);
    this.#stopping.abort();
  }

  /** A lane for each queue with slots of its own, and one for each kind with a concurrency of its own. */
  #makeLanes({ queues, concurrency = 10 }, worker) {
    const definitions = [...this.#app.definitions.values()].filter(({ handler }) => handler);
    if (definitions.length === 0) throw new Error("a worker needs a job with a handler: see app.job and app.durable");
    const slots = slotsOf(queues ?? definitions.map(({ defaults }) => defaults.queue ?? "default"), concurrency);
    const names = slots.flatMap((lane) => lane.queues);
    const kinds = definitions.filter((definition) => !definition.concurrency).map(({ kind }) => kind);
    const shared = kinds.length > 0 ? slots.map((lane) => ({ ...lane, kinds })) : [];
    const limited = definitions.filter((definition) => definition.concurrency);
    const own = limited.map(({ kind, concurrency: count }) => ({ queues: names, kinds: [kind], slots: count }));
    const request = { worker, lease_seconds: this.#settings.leaseSeconds, wait_seconds: this.#settings.pollSeconds };
    return [...shared, ...own].map((shape) => new Lane(this.#app.client, shape, request));
  }

  #start(lease) {
    const { attempt, ended, reported } = runAttempt(this.#app, lease, {
      reporter: this.#reporter,
      onProgress: () => this.#heartbeats.progressIsReady(),
      onFailure: ({ job }, { type, message }) =>
        this.log("warning", `${job.kind} ${job.id}: attempt ${lease.attempt} failed: ${type}: ${message}`),
    });
    this.#attempts.set(attempt.token, attempt);
    const removed = reported.then(() => {
      this.#attempts.delete(attempt.token);
      this.#reports.delete(removed);
    });
    this.#reports.add(removed);
    return { ended, reported: removed };
  }

  async #drain() {
    await this.#allReported(this.#graceSeconds);
    for (const attempt of this.#attempts.values()) attempt.end("stopping");
    await this.#allReported(lastReportSeconds);
    // The server does not answer. Without this, the reports would be repeated after the end of the worker.
    for (const attempt of this.#attempts.values()) attempt.end("lost");
  }

  /** Waits until all attempts are reported, at most for a time. */
  async #allReported(forSeconds) {
    if (this.#reports.size === 0) return;
    const timer = new AbortController();
    await Promise.race([Promise.all(this.#reports), sleep(forSeconds, timer.signal)]);
    timer.abort();
  }

  /** The server then releases what this worker still has, also jobs that a cancelled call has leased. */
  async #deregister() {
    const path = `/v1/workers/${encodeURIComponent(this.id)}`;
    await this.#app.client.json("DELETE", path, { retrySeconds: 2 }).catch(() => {});
  }

  #noteOutage(error) {
    this.log("warning", `cannot lease jobs, and tries again: ${error.message}`);
  }

  #installSignals() {
    const stop = () => {
      if (this.#stopping.signal.aborted) process.exit(1);
      this.log("info", `stops after its ${this.running} running jobs, within ${this.#graceSeconds} s`);
      this.stop();
    };
    for (const signal of signals) process.on(signal, stop);
    return () => signals.forEach((signal) => process.off(signal, stop));
  }
}

/** The slots of queues: shared ones for a list, and own ones for an object such as `{images: 8, mail: 2}`. */
function slotsOf(queues, concurrency) {
  if (Array.isArray(queues)) return [{ queues: [...new Set(queues)], slots: concurrency }];
  return Object.entries(queues).map(([name, slots]) => ({ queues: [name], slots }));
}

function logLine(level, message) {
  process.stderr.write(`${new Date().toISOString()} ${level}: ${message}\n`);
}
