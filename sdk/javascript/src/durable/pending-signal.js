import { OperationFailure } from "./outcomes.js";

/** A signal that a durable job waits for. */
export class PendingSignal {
  #run;
  #branch;
  #id;

  constructor(run, branch, id) {
    this.#run = run;
    this.#branch = branch;
    this.#id = id;
  }

  /** The token with which a person without an API key can send the signal, once: `POST /v1/signals/{token}`. */
  get token() {
    return this.#run.replay.operations.get(this.#id)?.signal_token;
  }

  /** Waits for the signal. Resolves with its value; with undefined if it did not arrive in time. */
  async value() {
    try {
      return await this.#run.wait(this.#branch, this.#id);
    } catch (error) {
      if (error instanceof OperationFailure) return undefined;
      throw error;
    }
  }
}
