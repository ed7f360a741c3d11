import { CancelledError } from "../common/errors.js";

/** A branch of the code that can be cancelled, with the branches in it. */
export class Branch {
  #parent;
  #isCancelled = false;

  /** @param {Branch} [parent] */
  constructor(parent) {
    this.#parent = parent;
  }

  get isCancelled() {
    return this.#isCancelled || (this.#parent?.isCancelled ?? false);
  }

  cancel() {
    this.#isCancelled = true;
  }

  /** Throws if the branch is cancelled. */
  check() {
    if (this.isCancelled) throw new CancelledError();
  }
}
