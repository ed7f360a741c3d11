import * as identifiers from "./identifiers.js";

const name = "order of outcomes";

/**
 * The order in which the code receives the outcomes of operations.
 *
 * At each point the code has several waits. A replay that finds all of their outcomes in the journal must choose as the
 * first run did. Without a record, that is the oldest wait. If the first run chose another one, because its operation
 * ended first, it records the choice in a marker `order/N`, in the commit of the first update that follows from it. The
 * output of the marker is a list of pairs: the number of outcomes that the code had received before, and the identifier
 * of the chosen operation.
 *
 * If a crash prevents that commit, the journal has nothing that follows from the choice, and the next run may choose
 * again.
 */
export class DeliveryOrder {
  #recorded = new Map();
  #markerCount = 0;
  #count = 0;
  #unwritten = [];

  /** @param {object[]} journal */
  constructor(journal) {
    for (const marker of journal) {
      if (!marker.id.startsWith(identifiers.order)) continue;
      this.#markerCount += 1;
      for (const [count, id] of marker.output ?? []) this.#recorded.set(count, { id, marker: marker.id });
    }
  }

  /**
   * Chooses the next outcome that the code receives.
   *
   * @param {{number: number, id: string, endedAt: string}[]} candidates The waits whose operations have ended.
   *   `endedAt` is empty if the server does not know the outcome yet.
   * @param {number} oldest The number of the oldest wait, ended or not.
   * @param {boolean} isReplaying Whether the journal has operations that follow from the choice.
   * @returns {{candidate: object}|{difference: object}|undefined}
   */
  choose(candidates, oldest, isReplaying) {
    const recorded = this.#recorded.get(this.#count);
    if (recorded) {
      const candidate = candidates.find(({ id }) => id === recorded.id);
      if (!candidate) return { difference: differenceOf(recorded) };
      this.#count += 1;
      return { candidate };
    }
    if (candidates.length === 0) return undefined;
    const compare = isReplaying ? byNumber : byEnd;
    const candidate = candidates.reduce((first, other) => (compare(other, first) < 0 ? other : first));
    if (candidate.number !== oldest) this.#unwritten.push([this.#count, candidate.id]);
    this.#count += 1;
    return { candidate };
  }

  /** The marker of the choices that the journal does not have yet; undefined if there are none. */
  takeMarker() {
    if (this.#unwritten.length === 0) return undefined;
    this.#markerCount += 1;
    const id = `${identifiers.order}${this.#markerCount}`;
    const marker = { id, type: "marker", name, action: "start", output: this.#unwritten };
    this.#unwritten = [];
    return marker;
  }
}

function differenceOf({ id, marker }) {
  const difference = `${name}: the code does not wait for ${id}, whose outcome comes next`;
  return { id: marker, type: "marker", name: difference, action: "start" };
}

function byNumber(one, other) {
  return one.number - other.number;
}

/** By the time of the end. Outcomes without a time come last. */
function byEnd(one, other) {
  if (one.endedAt === other.endedAt) return byNumber(one, other);
  if (one.endedAt === "" || other.endedAt === "") return one.endedAt === "" ? 1 : -1;
  return one.endedAt < other.endedAt ? -1 : 1;
}
