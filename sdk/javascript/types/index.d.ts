import {
  Artifact, Duration, Job, JobDefinition, JobHandle, JobOptions, LonghaulClient, RelatedJob, SubmitOptions, Time,
} from "./common.js";

export * from "./common.js";

export interface LonghaulOptions {
  /** The server: http, https, or unix:PATH. Default: LONGHAUL_SERVER, or http://127.0.0.1:8080. */
  url?: string;
  /** Default: LONGHAUL_API_KEY. */
  apiKey?: string;
  /** A file whose only line is the key. It is read again after a rotation. Default: LONGHAUL_KEY_FILE. */
  keyFile?: string;
  /** PEM. Default: LONGHAUL_CA_FILE. */
  caFile?: string;
  /** PEM. Default: LONGHAUL_CLIENT_CERT. */
  clientCert?: string;
  /** PEM. Default: LONGHAUL_CLIENT_KEY. */
  clientKey?: string;
  /** Sends the requests in place of Node's HTTP client. */
  fetch?: typeof fetch;
  /** How long a call is repeated while the server is down or busy, in seconds. Default: 10. */
  retrySeconds?: number;
}

export interface WorkerOptions {
  /** The maximum number of running jobs. Default: 10. */
  concurrency?: number;
  /** The queues to serve, or queues with slots of their own. Default: the queues of the defined jobs. */
  queues?: string[] | Record<string, number>;
  /** Default: host and process ID. */
  name?: string;
  labels?: Record<string, string>;
  /** The duration of a lease without a heartbeat. Default: 30s. */
  lease?: Duration;
  /** The interval of heartbeats. Default: 3s. */
  heartbeat?: Duration;
  /** How long a call waits for jobs. Default: 20s. */
  poll?: Duration;
  /** How long a job continues after its lease while the server does not answer. Default: 1h. */
  outage?: Duration;
  /** How long running jobs may continue after a stop. Default: 30s. */
  grace?: Duration;
  /** Whether SIGTERM and SIGINT stop the worker. Default: false. */
  handleSignals?: boolean;
  /** Receives the log of the worker. Default: standard error. */
  log?: (level: "info" | "warning" | "error", message: string) => void;
}

/** An application: a client of a server, and the jobs that it defines. */
export declare class Longhaul extends LonghaulClient {
  constructor(options?: LonghaulOptions);
  readonly definitions: Map<string, JobDefinition>;
  /** Defines a job. Without a handler, a worker of another process runs it. */
  job<Payload = any, Result = any>(
    kind: string, handler: Handler<Payload, Result>): JobDefinition<Payload, Awaited<Result>>;
  job<Payload = any, Result = any>(
    kind: string, options: JobOptions, handler?: Handler<Payload, Result>): JobDefinition<Payload, Awaited<Result>>;
  /** Defines a durable job: a process that waits for days and survives crashes. */
  durable<Payload = any, Result = any>(
    kind: string, process: Process<Payload, Result>): JobDefinition<Payload, Awaited<Result>>;
  durable<Payload = any, Result = any>(
    kind: string, options: JobOptions, process?: Process<Payload, Result>): JobDefinition<Payload, Awaited<Result>>;
  worker(options?: WorkerOptions): Worker;
}

export type Handler<Payload, Result> = (payload: Payload, ctx: JobContext) => Result;
export type Process<Payload, Result> = (payload: Payload, flow: Flow) => Result;

/** Runs the jobs of an application. */
export declare class Worker {
  constructor(app: Longhaul, options?: WorkerOptions);
  readonly id: string;
  /** The number of running jobs. */
  readonly running: number;
  /** Runs jobs until `stop` is called. */
  run(): Promise<void>;
  /** Takes no further jobs, and lets the running ones end within the grace. */
  stop(options?: { grace?: Duration }): void;
}

export interface Log {
  debug(...values: unknown[]): void;
  info(...values: unknown[]): void;
  warn(...values: unknown[]): void;
  error(...values: unknown[]): void;
}

/** Text, bytes, or a stream such as `createReadStream(path)`. */
export type Content = string | Uint8Array | Blob | AsyncIterable<Uint8Array>;

/** What a handler gets besides its payload. */
export interface JobContext {
  readonly id: string;
  readonly kind: string;
  /** The number of the attempt, from 1. */
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly job: Job;
  readonly dependencies: RelatedJob[];
  /** Aborts when the job is cancelled, its timeout ends, its lease is lost, or the worker stops. */
  readonly signal: AbortSignal;
  readonly log: Log;
  progress(percent: number, message?: string): void;
  /** Runs `work` once for all attempts of the job. */
  step<Output>(name: string, work: () => Output | Promise<Output>): Promise<Output>;
  /** Uploads a file. It is visible on the job when the attempt completes. */
  artifact(name: string, content: Content, options?: { contentType?: string }): Promise<Artifact>;
  /** Submits a job in the transaction that completes this one. */
  next(kind: string | JobDefinition, payload?: unknown, options?: SubmitOptions): void;
  /** Submits a child job now. The same key in another attempt finds the same child. */
  submitChild<Result = any>(
    key: string, kind: string | JobDefinition<any, Result>, payload?: unknown, options?: SubmitOptions,
  ): Promise<JobHandle<Result>>;
}

export interface StepOptions {
  /** The attempts after the first one. Default: 4. */
  retries?: number;
  /** Default: 1, 2, 4 … seconds, at most 10 minutes. */
  backoff?: { initial?: Duration; factor?: number; max?: Duration };
  /** The maximum duration of one attempt. */
  timeout?: Duration;
}

export type StepWork<Output> = (step: StepContext) => Output | Promise<Output>;

export interface StepContext {
  readonly jobId: string;
  readonly id: string;
  readonly attempt: number;
  /** The same text at each attempt of the step: an idempotency key for other systems. */
  readonly key: string;
  readonly signal: AbortSignal;
}

export interface PendingSignal<Value = any> {
  /** Sends the signal without an API key, once. */
  readonly token: string;
  /** The value; undefined if it did not arrive in time. */
  value(): Promise<Value | undefined>;
}

type ChildOptions = Omit<SubmitOptions, "idempotencyKey" | "unique" | "parent">;

/** The operations of a durable job. Each is recorded in the journal of the job, once. */
export interface Flow {
  readonly id: string;
  readonly job: Job;
  readonly isReplaying: boolean;
  readonly log: Log;
  progress(percent: number, message?: string): void;
  step<Output>(name: string, work: StepWork<Output>): Promise<Output>;
  step<Output>(name: string, options: StepOptions, work: StepWork<Output>): Promise<Output>;
  sleep(duration: Duration): Promise<void>;
  sleepUntil(time: Time): Promise<void>;
  /** Waits for a signal; undefined if none arrived in time. */
  signal<Value = any>(name: string): Promise<Value>;
  signal<Value = any>(name: string, options: { within?: Duration }): Promise<Value | undefined>;
  openSignal<Value = any>(name: string, options?: { within?: Duration }): Promise<PendingSignal<Value>>;
  /** Submits a child job and waits for its result. */
  call<Payload, Result>(
    job: JobDefinition<Payload, Result>, payload?: Payload, options?: ChildOptions): Promise<Result>;
  call<Result = any>(kind: string, payload?: unknown, options?: ChildOptions): Promise<Result>;
  /** The result of the first branch that ends. The others are cancelled. */
  race<Value>(name: string, branches: ((flow: Flow) => Promise<Value>)[]): Promise<Value>;
  /** The results of all branches. If one fails, the others are cancelled. */
  all<Value>(name: string, branches: ((flow: Flow) => Promise<Value>)[]): Promise<Value[]>;
  map<Item, Value>(name: string, list: Item[], body: (item: Item, flow: Flow) => Promise<Value>): Promise<Value[]>;
  map<Item, Value>(
    name: string, list: Item[], options: { concurrency?: number }, body: (item: Item, flow: Flow) => Promise<Value>,
  ): Promise<Value[]>;
  /** Registers work that undoes what the job has done, for when it fails or is cancelled. */
  compensate(name: string, work: (step: StepContext) => unknown): Promise<void>;
  compensate(name: string, options: StepOptions, work: (step: StepContext) => unknown): Promise<void>;
  now(): Promise<Date>;
  random(): Promise<number>;
  uuid(): Promise<string>;
  /** Records a value that is read at once. */
  record<Value>(name: string, value: () => Value): Promise<Value>;
  /** The version of a change that this run uses; 0 for runs that passed the place before. */
  version(change: string, current: number): Promise<number>;
  /** Begins the job again with another payload and an empty journal. */
  continueAsNew(payload?: unknown): Promise<never>;
}
