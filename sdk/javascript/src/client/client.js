import { LonghaulError } from "../common/errors.js";
import { joinedSignal } from "../common/signals.js";
import { Backoff, sleep } from "../common/time.js";

/** The maximum time for an answer, besides a wait that the call asks for, in seconds. */
const defaultAnswerSeconds = 30;

/**
 * Calls of the HTTP API: adds the API key, reads problems, and repeats calls that failed for a transient reason.
 */
export class Client {
  #readKey;
  #key;

  /**
   * @param {object} transport Sends a request and resolves with `{status, header(name), text(), chunks()}`.
   * @param {{readKey?: () => (string|undefined), retrySeconds?: number, uuid: () => string}} options
   *   `retrySeconds` is how long a call is repeated while the server is down or busy.
   */
  constructor(transport, { readKey = () => undefined, retrySeconds = 10, uuid }) {
    this.transport = transport;
    this.retrySeconds = retrySeconds;
    /** Makes idempotency keys. */
    this.uuid = uuid;
    this.#readKey = readKey;
    this.#key = readKey();
  }

  get(path, options) {
    return this.json("GET", path, options);
  }

  post(path, json, options) {
    return this.json("POST", path, { ...options, json });
  }

  /** The JSON of an answer; undefined without content. */
  async json(method, path, options) {
    return (await this.answer(method, path, options)).json;
  }

  /** The JSON of an answer with its status and headers. Reads the body before a retry is ruled out. */
  async answer(method, path, options = {}) {
    return this.#repeated(method, options, async () => {
      const { answer, release } = await this.#once(method, path, options);
      try {
        const text = await unlessBroken(answer.text());
        return { status: answer.status, header: answer.header, json: text === "" ? undefined : parsed(text) };
      } finally {
        release();
      }
    });
  }

  /**
   * The body of an answer, as it arrives. No timeout applies after its beginning.
   *
   * @returns {Promise<{status: number, header: Function, chunks: () => AsyncIterable<Uint8Array>}>}
   */
  async stream(method, path, options = {}) {
    const call = () => this.#once(method, path, { ...options, isStream: true });
    return (await this.#repeated(method, options, call)).answer;
  }

  /** Repeats a call after transient errors, if a second call does no harm. */
  async #repeated(method, { repeat = method !== "POST", retrySeconds = this.retrySeconds, signal }, call) {
    const deadline = Date.now() + retrySeconds * 1000;
    const backoff = new Backoff();
    for (;;) {
      try {
        return await call();
      } catch (error) {
        if (signal?.aborted) throw signal.reason;
        if (!repeat || !error.isTransient) throw error;
        const pause = Math.max(backoff.next(), error.retryAfter ?? 0);
        if (Date.now() + pause * 1000 > deadline) throw error;
        await sleep(pause, signal);
      }
    }
  }

  async #once(method, path, options) {
    const first = await this.#send(method, path, options);
    if (first.answer.status !== 401 || !this.#reloadKey()) return checked(first);
    first.release();
    return checked(await this.#send(method, path, options));
  }

  /** Whether the file of the key has another key by now. */
  #reloadKey() {
    const previous = this.#key;
    this.#key = this.#readKey();
    return this.#key !== previous;
  }

  async #send(method, path, options) {
    const { json, body, headers = {}, signal, isStream = false } = options;
    const { waitSeconds = 0, answerSeconds = defaultAnswerSeconds } = options;
    const all = { accept: "application/json", ...headers };
    if (this.#key) all.authorization = `Bearer ${this.#key}`;
    if (json !== undefined) all["content-type"] = "application/json";
    const joined = joinedSignal([signal], {
      afterSeconds: waitSeconds + answerSeconds,
      makeReason: () => new LonghaulError("unreachable", `${method} ${path}: the server did not answer in time`),
    });
    try {
      const text = json === undefined ? body : JSON.stringify(json);
      const request = { method, path, headers: all, body: text, signal: joined.signal };
      const answer = await this.transport.send(request);
      if (isStream) joined.stopTimer();
      return { answer, release: joined.release };
    } catch (error) {
      joined.release();
      throw signal?.aborted ? signal.reason : unreachable(error, joined.signal);
    }
  }
}

function unreachable(error, signal) {
  if (signal?.aborted && signal.reason instanceof LonghaulError) return signal.reason;
  if (error instanceof LonghaulError) return error;
  return new LonghaulError("unreachable", `cannot reach the server: ${error.message || error.code}`, { cause: error });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LonghaulError("invalid_answer", "the answer is not JSON; check the URL of the server", { cause });
  }
}

async function unlessBroken(reading) {
  try {
    return await reading;
  } catch (error) {
    throw unreachable(error);
  }
}

async function checked({ answer, release }) {
  if (answer.status < 400) return { answer, release };
  try {
    throw problemOf(answer, await unlessBroken(answer.text()));
  } finally {
    release();
  }
}

/** The codes for answers without a problem document, such as those of a proxy. */
const codes = {
  401: "unauthorized", 403: "forbidden", 404: "not_found", 413: "payload_too_large", 429: "rate_limited",
  408: "unavailable", 425: "unavailable", 502: "unavailable", 503: "unavailable", 504: "unavailable",
};

function problemOf(answer, text) {
  const { status } = answer;
  const retryAfter = Number(answer.header("retry-after")) || undefined;
  let problem;
  try {
    problem = JSON.parse(text);
  } catch {
    problem = undefined;
  }
  if (typeof problem?.code !== "string") {
    const code = codes[status] ?? (status >= 500 ? "internal" : "invalid_request");
    const message = `the server answered ${status} without a problem document; check its URL`;
    return new LonghaulError(code, message, { status, retryAfter });
  }
  const faults = (problem.errors ?? []).map(({ pointer, message }) => `${pointer}: ${message}`).join("; ");
  const message = faults ? `${problem.detail} (${faults})` : problem.detail;
  return new LonghaulError(problem.code, message, { status, problem, retryAfter });
}
