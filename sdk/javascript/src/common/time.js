/** Durations, times and pauses. */

const units = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86400 };

/**
 * A duration in seconds.
 *
 * @param {number|string} duration Seconds, or a number with a unit: "500ms", "30s", "10m", "2h", "7d".
 * @returns {number}
 */
export function seconds(duration) {
  if (typeof duration === "number" && Number.isFinite(duration)) return duration;
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/.exec(String(duration));
  if (!match) throw new TypeError(`"${duration}" is not a duration: use seconds, or a text such as "30s", "10m", "7d"`);
  return Number(match[1]) * units[match[2]];
}

/**
 * A time as RFC 3339 text.
 *
 * @param {Date|string|number} time A date, its text, or milliseconds since 1970.
 * @returns {string}
 */
export function timestamp(time) {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) throw new TypeError(`"${time}" is not a time`);
  return date.toISOString();
}

/**
 * Resolves after a time. Rejects with the reason of the signal if it is aborted before.
 *
 * @param {number} forSeconds
 * @param {AbortSignal} [signal]
 */
export function sleep(forSeconds, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const end = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", end);
      resolve();
    }, Math.min(forSeconds * 1000, 2 ** 31 - 1));
    signal?.addEventListener("abort", end, { once: true });
  });
}

/** Pauses that double from one to the next, with jitter. */
export class Backoff {
  #next;

  constructor({ initial = 0.1, max = 5 } = {}) {
    this.initial = initial;
    this.max = max;
    this.#next = initial;
  }

  /** The next pause, in seconds. */
  next() {
    const pause = this.#next;
    this.#next = Math.min(this.max, pause * 2);
    return pause * (0.75 + Math.random() / 2);
  }

  reset() {
    this.#next = this.initial;
  }
}
