import { Backoff, sleep } from "../common/time.js";
import { plainFailure } from "./failure.js";

const maxBatch = 500;
const maxBatchLength = 4 * 1024 * 1024;
const maxFlights = 2;

/** Reports the ends of attempts. Repeats a report until the server has answered it, or the lease is lost. */
export class Reporter {
  #client;
  #note;
  #queue = [];
  #flights = 0;
  #isPlanned = false;

  /**
   * @param {import("../client/client.js").Client} client
   * @param {(level: string, message: string, attempt: object) => void} note
   */
  constructor(client, note) {
    this.#client = client;
    this.#note = note;
  }

  /** Completes an attempt. Completions that come at the same time share a request. */
  async complete(attempt, result) {
    const entry = { token: attempt.token, result: result ?? null };
    if (attempt.next.length > 0) entry.next = attempt.next;
    if (attempt.latestProgress) entry.progress = attempt.latestProgress;
    let text;
    try {
      text = JSON.stringify(entry);
    } catch (error) {
      return this.#failResult(attempt, `the result is not JSON: ${error.message}`);
    }
    const problem = await this.#answerTo(attempt, text);
    if (problem && problem.code !== "lease_lost") await this.#failResult(attempt, problem.detail, problem.errors);
  }

  /** Fails an attempt whose result the server refuses. Another attempt would produce the same one. */
  async #failResult(attempt, message, errors = []) {
    await this.fail(attempt, { error: { type: "invalid_result", message, details: { errors }, retryable: false } });
  }

  /** Resolves with the problem of a completion; with undefined if it is stored, or the lease is lost. */
  #answerTo(attempt, text) {
    return new Promise((resolve) => {
      this.#queue.push({ attempt, text, resolve });
      this.#plan();
    });
  }

  async fail(attempt, failure) {
    const path = `/v1/leases/${attempt.token}/fail`;
    try {
      await this.#call(attempt, path, reportOf(failure));
    } catch (problem) {
      if (problem.code === "lease_lost" || attempt.isGone) return;
      const note = (error) => this.#note("error", `cannot report the failure: ${error.message}`, attempt);
      await this.#call(attempt, path, reportOf(plainFailure(failure, problem))).catch(note);
    }
  }

  async release(attempt) {
    await this.#call(attempt, `/v1/leases/${attempt.token}/release`).catch((error) => {
      if (error.code !== "lease_lost") this.#note("warning", `cannot release the job: ${error.message}`, attempt);
    });
  }

  /** A call that is repeated until the lease is lost. */
  async #call(attempt, path, json) {
    const backoff = new Backoff();
    for (;;) {
      try {
        return await this.#client.post(path, json, { retrySeconds: 0 });
      } catch (error) {
        if (!error.isTransient || attempt.isGone) throw error;
        await sleep(Math.max(backoff.next(), error.retryAfter ?? 0));
      }
    }
  }

  // The next batch leaves after the handlers that end now, or when another one has been answered.
  #plan() {
    if (this.#isPlanned || this.#flights >= maxFlights) return;
    this.#isPlanned = true;
    setImmediate(() => {
      this.#isPlanned = false;
      this.#fly();
    });
  }

  async #fly() {
    const batch = this.#take();
    if (batch.length === 0) return;
    this.#flights += 1;
    try {
      await this.#send(batch);
    } finally {
      this.#flights -= 1;
      if (this.#queue.length > 0) this.#plan();
    }
  }

  #take() {
    let length = 0;
    let count = 0;
    while (count < Math.min(this.#queue.length, maxBatch)) {
      length += this.#queue[count].text.length;
      if (count > 0 && length > maxBatchLength) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  async #send(batch) {
    const backoff = new Backoff();
    let waiting = batch;
    while (waiting.length > 0) {
      try {
        waiting = resolveAnswered(waiting, await this.#post(waiting));
      } catch (error) {
        if (!error.isTransient) return this.#sendAlone(waiting, error);
      }
      if (waiting.length > 0) await sleep(backoff.next());
      waiting = waiting.filter(({ attempt, resolve }) => !attempt.isGone || resolve());
    }
  }

  async #post(batch) {
    const body = `{"completions":[${batch.map(({ text }) => text).join(",")}]}`;
    const options = { body, headers: { "content-type": "application/json" }, retrySeconds: 0 };
    return (await this.#client.json("POST", "/v1/leases/complete?fields=status", options)).completions;
  }

  /** The server refused the whole batch: finds the completion that it does not accept. */
  async #sendAlone(batch, error) {
    const [only] = batch;
    if (batch.length === 1) return only.resolve(error.problem ?? { code: error.code, detail: error.message });
    for (const completion of batch) await this.#send([completion]);
  }
}

/** The body of a failure: `retryable` is beside the error. */
function reportOf({ error: { retryable, ...error }, ...rest }) {
  return { error, retryable, ...rest };
}

/** Resolves what the server has answered. Returns the completions that must be repeated. */
function resolveAnswered(batch, answers) {
  return batch.filter(({ resolve }, index) => {
    const { status, problem } = answers[index];
    if (status >= 500 || status === 429) return true;
    resolve(status >= 400 ? problem : undefined);
    return false;
  });
}
