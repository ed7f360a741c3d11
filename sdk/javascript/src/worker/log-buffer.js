import { Backoff, sleep } from "../common/time.js";

const maxLines = 10_000;
const maxBatchLines = 1000;
const maxBatchLength = 256 * 1024;
/** The server takes 16,384 bytes; a character has at most 4. */
const maxLineLength = 4000;
const flushSeconds = 0.2;

/** Sends the log lines of one attempt in batches, in their order. */
export class LogBuffer {
  #send;
  #lines = [];
  #lost = 0;
  #timer;
  #sending;

  /** @param {(lines: object[]) => Promise<void>} send Sends one batch. */
  constructor(send) {
    this.#send = send;
  }

  add(level, message, at = new Date()) {
    const cut = message.length > maxLineLength ? `${message.slice(0, maxLineLength)} …` : message;
    this.#lines.push({ at: at.toISOString(), level, message: cut });
    if (this.#lines.length > maxLines) this.#lost += this.#lines.splice(0, maxLines / 10).length;
    this.#timer ??= setTimeout(() => this.#flush(), flushSeconds * 1000);
  }

  /** Sends what is left. Resolves after 20 failures at the latest: a job does not fail because of its log. */
  async drain() {
    const backoff = new Backoff({ initial: 0.02, max: 0.5 });
    for (let failures = 0; (this.#lines.length > 0 || this.#sending) && failures < 20; ) {
      if (await (this.#sending ?? this.#flush())) continue;
      failures += 1;
      await sleep(backoff.next());
    }
    clearTimeout(this.#timer);
  }

  #flush() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#lines.length === 0 || this.#sending) return this.#sending ?? Promise.resolve(true);
    this.#sending = this.#sendBatch(this.#take()).finally(() => {
      this.#sending = undefined;
      if (this.#lines.length > 0) this.#timer ??= setTimeout(() => this.#flush(), flushSeconds * 1000);
    });
    return this.#sending;
  }

  #take() {
    let length = 0;
    let count = 0;
    // One line less than the maximum, for the notice of lost lines.
    while (count < Math.min(this.#lines.length, maxBatchLines - 1)) {
      length += this.#lines[count].message.length;
      if (count > 0 && length > maxBatchLength) break;
      count += 1;
    }
    return this.#lines.splice(0, count);
  }

  /** Whether the batch was sent, or can never be. */
  async #sendBatch(batch) {
    const lost = this.#lost;
    const message = `${lost} lines of the log were lost here: they could not be sent in time`;
    const notice = { at: batch[0].at, level: "warning", message };
    try {
      await this.#send(lost > 0 ? [notice, ...batch] : batch);
      this.#lost -= lost;
    } catch (error) {
      if (!error.isTransient) return true;
      this.#lines.unshift(...batch);
      return false;
    }
    return true;
  }
}
