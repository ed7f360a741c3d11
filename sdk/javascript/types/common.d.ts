/** A JSON value. */
export type JSONValue = null | boolean | number | string | JSONValue[] | { [name: string]: JSONValue };
/** Seconds, or a number with a unit: "500ms", "30s", "10m", "2h", "7d". */
export type Duration = number | string;
/** A date, its text, or milliseconds since 1970. */
export type Time = Date | string | number;

export type JobState =
  | "scheduled" | "blocked" | "pending" | "processing" | "retrying" | "suspended"
  | "completed" | "failed" | "cancelled";

export interface JobError {
  type: string;
  message: string;
  details: any;
  retryable: boolean;
}

export interface Progress {
  percent: number;
  message: string | null;
}

export interface RelatedJob<Result = any> {
  id: string;
  kind: string;
  state: JobState;
  result: Result;
  error: JobError | null;
  resultOmitted?: boolean;
}

export interface Artifact {
  name: string;
  sizeBytes: number;
  contentType: string;
  sha256: string;
  url: string;
}

/** A job as the server describes it. */
export interface Job<Result = any, Payload = any> {
  id: string;
  kind: string;
  queue: string;
  state: JobState;
  priority: number;
  payload: Payload;
  result: Result;
  error: JobError | null;
  fingerprint: string | null;
  progress: Progress | null;
  attempt: number;
  maxAttempts: number;
  createdAt: string;
  runAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  worker: { id: string; name: string } | null;
  caller: string;
  actor: string | null;
  tags: Record<string, string>;
  labels: Record<string, string>;
  size: number | null;
  artifacts: Artifact[];
  attempts: { number: number; worker: string; startedAt: string; finishedAt: string | null; error: JobError | null }[];
  position: number | null;
  estimatedStartAt: string | null;
  dependsOn: string[];
  dependencies: RelatedJob[];
  ancestors: RelatedJob[];
  parentId: string | null;
  children: string[];
  childrenCount: number;
  timeoutSeconds: number | null;
  expiresAt: string | null;
  retentionSeconds: number | null;
  callbackUrl: string | null;
  paused?: boolean;
  cancelling?: boolean;
  operations?: number;
  [field: string]: any;
}

/** A job, its handle, or its identifier. */
export type JobReference = string | { id: string };

export interface Backoff {
  /** Default: exponential. */
  type?: "fixed" | "exponential";
  initial?: Duration;
  factor?: number;
  max?: Duration;
  jitter?: number;
}

export interface SubmitOptions {
  queue?: string;
  /** 0 to 9; higher runs sooner. Default: 5. */
  priority?: number;
  delay?: Duration;
  runAt?: Time;
  /** The attempts after the first one. Default: 3. */
  retries?: number;
  backoff?: Backoff;
  /** The maximum duration of one attempt. Default: an hour. */
  timeout?: Duration;
  /** A job that has not started by then is cancelled. */
  expiresAt?: Time;
  /** How long the ended job is kept. */
  retention?: Duration;
  /** A repeated submission with the same key finds the existing job. Default: a new key for each call. */
  idempotencyKey?: string;
  /** At most one job for the parts of the request that `by` names. */
  unique?: { by: UniquePart | UniquePart[]; window?: Duration; while?: "active" };
  /** The user or the service on whose behalf the job runs. */
  actor?: string;
  /** The jobs that must end first; in a batch also "#ref". */
  dependsOn?: JobReference | JobReference[];
  /** Default: cancel. */
  onDependencyFailure?: "cancel" | "fail" | "run";
  join?: { waitFor?: "all" | number; collect?: boolean };
  parent?: JobReference;
  tags?: Record<string, string>;
  size?: number;
  /** The labels that a worker must have. */
  labels?: Record<string, string>;
  /** The URL that gets a signed webhook when the job ends. */
  callbackUrl?: string;
  /** A W3C trace context. */
  traceparent?: string;
  /** A name for `dependsOn` of other entries of the same batch. */
  ref?: string;
}

export type UniquePart = "actor" | "kind" | "queue" | "payload";

export interface JobOptions extends SubmitOptions {
  /** The maximum number of running jobs of this kind in a worker. They have slots of their own. */
  concurrency?: number;
}

/** A job for a batch, a chain, a schedule or `ctx.next`. */
export declare class Entry<Payload = any, Result = any> {
  readonly kind: string;
  readonly payload: Payload;
  readonly options: SubmitOptions;
  with(options: SubmitOptions): Entry<Payload, Result>;
}

/** A change of a job. */
export interface JobEvent {
  type: "state" | "progress" | "resync";
  jobId: string;
  queue: string;
  kind: string;
  state: JobState;
  previous: JobState | null;
  attempt: number;
  at: string;
  progress: Progress | null;
  error: JobError | null;
}

export interface LogLine {
  number: number;
  attempt: number;
  at: string;
  level: "debug" | "info" | "warning" | "error";
  message: string;
}

export interface JournalOperation {
  id: string;
  parentId: string | null;
  type: "step" | "timer" | "signal" | "job" | "group" | "marker";
  name: string;
  status: "started" | "waiting" | "succeeded" | "failed" | "cancelled";
  attempt: number;
  input: any;
  output: any;
  error: JobError | null;
  jobId: string | null;
  until: string | null;
  startedAt: string;
  endedAt: string | null;
  number: number;
  signalToken?: string;
}

/** The content of an artifact, as it arrives. Read it once. */
export declare class ArtifactContent implements AsyncIterable<Uint8Array> {
  readonly contentType: string | undefined;
  readonly size: number;
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array>;
  bytes(): Promise<Uint8Array>;
  text(): Promise<string>;
  json(): Promise<any>;
}

/** A job that was submitted. */
export declare class JobHandle<Result = any> {
  readonly id: string;
  readonly kind: string | undefined;
  /** Whether the job existed before, because of its idempotency key or its `unique` rule. */
  readonly isReplay: boolean;
  /** The job as it is now. */
  status(): Promise<Job<Result>>;
  /** Waits for the result. Throws JobFailedError, JobCancelledError or TimeoutError. */
  result(options?: { timeout?: Duration; signal?: AbortSignal }): Promise<Result>;
  /** Waits for the end of the job, in any state. */
  wait(options?: { timeout?: Duration; signal?: AbortSignal }): Promise<Job<Result>>;
  /** The history of the job and then its changes, up to its end. */
  events(options?: { signal?: AbortSignal }): AsyncGenerator<JobEvent>;
  /** The log; with `follow` also the lines to come. */
  logs(options?: { follow?: boolean; signal?: AbortSignal }): AsyncGenerator<LogLine>;
  cancel(options?: { children?: boolean }): Promise<Job<Result>>;
  retry(): Promise<Job<Result>>;
  pause(): Promise<Job<Result>>;
  resume(): Promise<Job<Result>>;
  delete(): Promise<void>;
  /** Sends a signal to a durable job. */
  signal(name: string, value?: unknown, options?: { idempotencyKey?: string }): Promise<void>;
  journal(): AsyncGenerator<JournalOperation>;
  /** Runs a durable job again from an operation. */
  restart(from: string): Promise<Job<Result>>;
  /** Submits a copy of a durable job that runs from an operation. */
  fork(from: string): Promise<JobHandle<Result>>;
  artifacts(): Promise<Artifact[]>;
  artifact(name: string, options?: { signal?: AbortSignal }): Promise<ArtifactContent>;
}

/** A kind of job: its defaults, and the handler that runs it. */
export declare class JobDefinition<Payload = any, Result = any> {
  readonly kind: string;
  readonly isDurable: boolean;
  submit(payload?: Payload, options?: SubmitOptions): Promise<JobHandle<Result>>;
  entry(payload?: Payload, options?: SubmitOptions): Entry<Payload, Result>;
}

export interface JobFilter {
  state?: JobState;
  queue?: string;
  /** A trailing * matches a prefix. */
  kind?: string;
  actor?: string;
  /** "key:value" */
  tag?: string;
  errorType?: string;
  fingerprint?: string;
  createdAfter?: Time;
  createdBefore?: Time;
}

export interface Schedule {
  name: string;
  cron: string;
  timeZone: string;
  job: Record<string, any>;
  catchUp: "last" | "all" | "none";
  paused: boolean;
  nextRunAt: string | null;
  lastRunAt: string | null;
  lastJobId: string | null;
}

export interface ScheduleSettings {
  cron: string;
  /** Default: UTC. */
  timeZone?: string;
  job: Entry;
  /** Default: last. */
  catchUp?: "last" | "all" | "none";
  paused?: boolean;
}

export interface Schedules {
  set(name: string, schedule: ScheduleSettings): Promise<Schedule>;
  get(name: string): Promise<Schedule>;
  list(): AsyncGenerator<Schedule>;
  delete(name: string): Promise<void>;
  run(name: string): Promise<JobHandle>;
  pause(name: string): Promise<Schedule>;
  resume(name: string): Promise<Schedule>;
}

export interface QueueSettings {
  maxDepth?: number | null;
  maxWaiting?: number | null;
  paused?: boolean;
  maxConcurrency?: number | null;
  rateLimit?: { jobs: number; periodSeconds?: number; burst?: number } | null;
  partitionBy?: string | null;
  maxSize?: number | null;
}

export interface Queue extends QueueSettings {
  name: string;
  counts: Partial<Record<JobState, number>>;
  depth: number;
  [field: string]: any;
}

export interface Queues {
  set(name: string, settings: QueueSettings): Promise<Queue>;
  get(name: string): Promise<Queue>;
  list(): AsyncGenerator<Queue>;
  pause(name: string): Promise<Queue>;
  resume(name: string): Promise<Queue>;
  delete(name: string, options?: { purge?: boolean }): Promise<void>;
}

export type DeadLetterSelection =
  | { ids: string[] }
  | { filter: Omit<JobFilter, "tag"> & { tags?: Record<string, string> }; limit?: number };

export interface DeadLetterGroup {
  fingerprint: string;
  queue: string;
  kind: string;
  errorType: string;
  count: number;
  firstSeenAt: string;
  lastSeenAt: string;
  example: { id: string; error: JobError } | null;
}

export interface WorkerRecord {
  id: string;
  name: string;
  state: "healthy" | "late" | "gone";
  labels: Record<string, string>;
  queues: string[];
  kinds: string[];
  /** The identifiers of its jobs. */
  running: string[];
  firstSeenAt: string;
  lastHeartbeatAt: string;
}

export interface DeadLetters {
  list(filter?: JobFilter): AsyncGenerator<Job>;
  groups(filter?: JobFilter): AsyncGenerator<DeadLetterGroup>;
  redrive(selection: DeadLetterSelection): Promise<number>;
  discard(selection: DeadLetterSelection): Promise<number>;
}

/** The part of the application that runs everywhere. */
export declare class LonghaulClient {
  readonly schedules: Schedules;
  readonly queues: Queues;
  readonly deadLetters: DeadLetters;
  /** Submits a job. The job is durable when the promise resolves. */
  submit<Payload, Result>(
    job: JobDefinition<Payload, Result>, payload?: Payload, options?: SubmitOptions): Promise<JobHandle<Result>>;
  submit<Result = any>(kind: string, payload?: unknown, options?: SubmitOptions): Promise<JobHandle<Result>>;
  entry(kind: string | JobDefinition, payload?: unknown, options?: SubmitOptions): Entry;
  /** Submits many jobs, all or none. With a parent, it runs after all of them. */
  submitBatch(entries: Entry[], options?: { parent?: undefined }): Promise<{ jobs: JobHandle[]; parent: undefined }>;
  submitBatch<Result>(
    entries: Entry[], options: { parent: Entry<any, Result> },
  ): Promise<{ jobs: JobHandle[]; parent: JobHandle<Result> }>;
  /** Submits jobs that run one after the other. */
  chain(entries: Entry[]): Promise<JobHandle[]>;
  /** A job by its identifier. Makes no call. */
  handle<Result = any>(job: JobReference): JobHandle<Result>;
  jobs(filter?: JobFilter): AsyncGenerator<Job>;
  workers(): AsyncGenerator<WorkerRecord>;
  /** The changes of all jobs from now on, without end. */
  events(options?: { queue?: string; signal?: AbortSignal }): AsyncGenerator<JobEvent>;
  /** Sends a signal with the token of an operation, without an API key. */
  signalToken(token: string, value?: unknown): Promise<void>;
  ready(): Promise<any>;
  close(): void;
}

/** The server refused a call, or did not answer it. */
export declare class LonghaulError extends Error {
  /** A stable word, such as "conflict"; "unreachable" without an answer. */
  readonly code: string;
  readonly status: number | undefined;
  readonly problem: any;
  readonly retryAfter: number | undefined;
  readonly isTransient: boolean;
}
export declare class JobFailedError extends Error {
  readonly job: Job;
}
export declare class JobCancelledError extends Error {
  readonly job: Job;
}
export declare class TimeoutError extends Error {}
/** Thrown by a handler or a step: no further attempt can succeed. */
export declare class PermanentError extends Error {
  constructor(message: string, options?: { type?: string; details?: unknown; cause?: unknown });
}
/** Thrown by a handler or a step: the next attempt begins after `retryAfter`. */
export declare class RetryError extends Error {
  constructor(message: string, options?: { retryAfter?: Duration; type?: string; details?: unknown; cause?: unknown });
}
/** The reason of `ctx.signal`. */
export declare class AttemptEndedError extends Error {
  readonly reason: "cancelled" | "lost" | "timeout" | "stopping";
}
export declare class StepError extends Error {
  readonly step: string;
  readonly error: JobError;
}
export declare class ChildJobError extends Error {
  readonly kind: string;
  readonly jobId: string | undefined;
  readonly error: JobError;
}
export declare class CancelledError extends Error {}
export declare class NondeterministicError extends Error {
  readonly recorded: { id: string; type: string; name: string };
  readonly requested: { id: string; type: string; name: string };
}
