import { Duration, Job, JobDefinition, JournalOperation, Longhaul, StepContext } from "./index.js";

/** A server in the memory of a test, with a clock that skips waits. */
export interface FakeServer {
  /** The submitted jobs of a kind, or all, in the order of submission. */
  submitted(kind?: string): Job[];
  /** Handles a kind in place of its definition. */
  stub(kind: string, work: (payload: any) => unknown): this;
  /** Replaces the work of the steps of a name in durable jobs. */
  stubStep(name: string, work: (step: StepContext) => unknown): this;
  /** Runs what is due now. Resolves with the number of attempts. */
  run(): Promise<number>;
  /** Runs jobs until none can continue, or until a job waits for a signal. Skips delays, retries and timers. */
  runUntilIdle(options?: { untilSignal?: string }): Promise<number>;
  /** Moves the clock, and runs what is due by then. */
  advance(duration: Duration): Promise<number>;
  /** The clock, in milliseconds since 1970. */
  now(): number;
  /** Connects the application to its server again. */
  restore(): void;
}

/**
 * Replaces the server of an application by one in memory. With `eager`, a submission runs its job before it resolves.
 */
export declare function fake(app: Longhaul, options?: { eager?: boolean }): FakeServer;

/**
 * Runs a scenario once for each commit of its workers and each side of it, with a crash there. Resolves with the number
 * of crashes.
 */
export declare function crashEverywhere(
  app: Longhaul, scenario: (server: FakeServer) => Promise<void>): Promise<number>;

/** Replays a stored journal against the code of a durable job. Throws NondeterministicError if they differ. */
export declare function replay(
  definition: JobDefinition, recorded: { payload?: unknown; journal: Partial<JournalOperation>[] }): Promise<void>;
