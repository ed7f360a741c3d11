import { joinedSignal } from "../common/signals.js";
import { sleep } from "../common/time.js";

/** The minimum time between two heartbeats that carry progress, in seconds. */
const progressSeconds = 0.3;

/** Renews the leases of the running attempts, and shows that the worker lives. */
export class Heartbeats {
  #client;
  #attempts;
  #settings;
  #note;
  #wake = () => {};
  #hasProgress = false;

  /**
   * @param {import("../client/client.js").Client} client
   * @param {Map<string, import("./attempt.js").Attempt>} attempts
   * @param {{id: string, heartbeatSeconds: number, leaseSeconds: number, outageSeconds: number}} settings
   * @param {(level: string, message: string) => void} note
   */
  constructor(client, attempts, settings, note) {
    this.#client = client;
    this.#attempts = attempts;
    this.#settings = settings;
    this.#note = note;
  }

  /** Sends the next heartbeat soon. */
  progressIsReady() {
    this.#hasProgress = true;
    this.#wake();
  }

  /** Sends heartbeats until the signal is aborted. */
  async run(signal) {
    while (!signal.aborted) {
      await this.#pause(signal);
      if (!signal.aborted) await this.#send();
    }
  }

  /** Waits for the interval, or less if there is progress. */
  async #pause(signal) {
    await sleep(progressSeconds, signal).catch(() => {});
    if (this.#hasProgress || signal.aborted) return;
    const progress = new AbortController();
    this.#wake = () => progress.abort();
    const { signal: wake, release } = joinedSignal([signal, progress.signal]);
    await sleep(this.#settings.heartbeatSeconds - progressSeconds, wake).catch(() => {});
    release();
    this.#wake = () => {};
  }

  async #send() {
    this.#hasProgress = false;
    const live = [...this.#attempts.values()].filter((attempt) => !attempt.isGone);
    const progress = live.map((attempt) => attempt.unsentProgress);
    live.forEach((attempt) => (attempt.unsentProgress = undefined));
    const leases = live.map(({ token }, index) => (progress[index] ? { token, progress: progress[index] } : { token }));
    const startedAt = performance.now();
    try {
      // A call that hangs must not take the time of a lease.
      const options = { retrySeconds: 0, answerSeconds: Math.max(1, this.#settings.leaseSeconds / 3) };
      const body = { worker: { id: this.#settings.id }, leases };
      this.#apply(await this.#client.post("/v1/leases/heartbeat", body, options), startedAt);
    } catch (error) {
      live.forEach((attempt, index) => (attempt.unsentProgress ??= progress[index]));
      if (live.length > 0) this.#note("warning", `cannot send heartbeats: ${error.message}`);
    }
    this.#abandonSilent();
  }

  #apply({ renewed, cancel, lost }, startedAt) {
    for (const { token } of renewed) {
      const attempt = this.#attempts.get(token);
      if (attempt) attempt.renewedAt = startedAt;
    }
    for (const token of cancel) this.#attempts.get(token)?.end("cancelled");
    for (const token of lost) this.#attempts.get(token)?.end("lost");
  }

  /** Ends attempts whose leases the server has not confirmed for too long. */
  #abandonSilent() {
    const limit = (this.#settings.leaseSeconds + this.#settings.outageSeconds) * 1000;
    for (const attempt of this.#attempts.values()) {
      if (performance.now() - attempt.renewedAt > limit) attempt.end("lost");
    }
  }
}
