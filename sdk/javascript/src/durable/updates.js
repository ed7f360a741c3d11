const maxCount = 250;
const maxBytes = 1024 * 1024 - 4096;

/** The updates of a journal that are not sent yet. */
export class Updates {
  #waiting = [];

  get isEmpty() {
    return this.#waiting.length === 0;
  }

  add(update) {
    this.#waiting.push(update);
  }

  /** Removes and returns the first updates, as many as one call may have. */
  take() {
    let bytes = 0;
    let count = 0;
    for (const update of this.#waiting.slice(0, maxCount)) {
      bytes += sizeOf(update);
      if (count > 0 && bytes > maxBytes) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }
}

const encoder = new TextEncoder();

/** The size of an update in a request, in bytes. */
function sizeOf(update) {
  return encoder.encode(JSON.stringify(update)).length + 1;
}
