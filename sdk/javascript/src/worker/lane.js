import { Backoff, sleep } from "../common/time.js";

/** The maximum number of jobs of one lease call. */
const maxJobs = 1000;
/** How long a lane with running jobs waits for more free slots before it asks for jobs, in seconds. */
const gatherSeconds = 0.005;

/**
 * Slots for jobs of some queues and kinds, with a loop that leases jobs for the free slots.
 *
 * A slot is free when its handler has ended. A bound on unreported attempts stops the lane while the server is slow.
 */
export class Lane {
  #client;
  #request;
  #slots;
  #running = 0;
  #unreported = 0;
  #changed = () => {};

  /**
   * @param {import("../client/client.js").Client} client
   * @param {{queues: string[], kinds: string[], slots: number}} shape
   * @param {object} request The other fields of a lease call.
   */
  constructor(client, { queues, kinds, slots }, request) {
    this.#client = client;
    this.#slots = slots;
    this.#request = { ...request, queues, kinds };
  }

  /**
   * Leases jobs until the signal is aborted.
   *
   * @param {AbortSignal} signal
   * @param {(lease: object) => {ended: Promise<void>, reported: Promise<void>}} start Runs a job.
   * @param {(error: Error) => void} note Receives the first error of an outage.
   */
  async run(signal, start, note) {
    const backoff = new Backoff();
    let isDown = false;
    signal.addEventListener("abort", () => this.#changed(), { once: true });
    while (await this.#room(signal)) {
      try {
        const leases = await this.#lease(signal);
        for (const lease of leases) this.#track(start(lease));
        isDown = false;
        backoff.reset();
      } catch (error) {
        if (signal.aborted) return;
        if (!isDown) note(error);
        isDown = true;
        await sleep(Math.max(backoff.next(), error.retryAfter ?? 0), signal).catch(() => {});
      }
    }
  }

  get #free() {
    return Math.min(this.#slots - this.#running, 2 * this.#slots - this.#running - this.#unreported);
  }

  async #lease(signal) {
    const body = { ...this.#request, max_jobs: Math.min(this.#free, maxJobs) };
    const options = { signal, waitSeconds: body.wait_seconds, retrySeconds: 0 };
    return (await this.#client.post("/v1/leases", body, options)).leases;
  }

  /** Waits for free slots. Resolves with false when the signal is aborted. */
  async #room(signal) {
    const isFull = () => !signal.aborted && this.#free < 1;
    while (isFull()) await this.#change();
    const deadline = performance.now() + gatherSeconds * 1000;
    const isBusy = () => this.#running + this.#unreported > 0 && this.#free * 2 < this.#slots;
    while (!signal.aborted && isBusy() && performance.now() < deadline) {
      await Promise.race([this.#change(), sleep(gatherSeconds)]);
    }
    return !signal.aborted;
  }

  #change() {
    return new Promise((resolve) => (this.#changed = resolve));
  }

  #track({ ended, reported }) {
    this.#running += 1;
    this.#unreported += 1;
    ended.then(() => {
      this.#running -= 1;
      this.#changed();
    });
    reported.then(() => {
      this.#unreported -= 1;
      this.#changed();
    });
  }
}
