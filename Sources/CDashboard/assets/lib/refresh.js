// Decides when a page reads its data again: soon after a change, and at regular intervals, because ages grow without
// changes. There is at most one read at a time, and none while the page is hidden.

import { onChange, onConnection } from "./live.js";

/** The minimum time between two reads in milliseconds, so that a thousand changes do not cause a thousand requests. */
const minInterval = 1000;
/** The maximum time between two reads in milliseconds. The overview must show a problem within five seconds, and a silent
 * worker is late after three of them. */
const maxInterval = 1500;

/**
 * Reads data repeatedly until it is stopped.
 *
 * @param {(signal: AbortSignal) => Promise<void>} read reads the data and shows it; handles its own errors
 * @param {(change: object, name: string) => boolean} [isRelevant] whether a change causes a read; its name is
 *   "state" or "progress"
 * @returns {{now: () => void, stop: () => void}}
 */
export function keepFresh(read, isRelevant = () => true) {
  const controller = new AbortController();
  let timer = 0;
  let last = 0;
  let isReading = false;
  let isWanted = false;

  async function run() {
    clearTimeout(timer);
    if (controller.signal.aborted) return;
    if (isReading) {
      isWanted = true;
      return;
    }
    isReading = true;
    isWanted = false;
    last = performance.now();
    try {
      await read(controller.signal);
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    } finally {
      isReading = false;
      schedule(isWanted ? minInterval : maxInterval);
    }
  }

  function schedule(delay) {
    clearTimeout(timer);
    if (controller.signal.aborted || document.hidden) return;
    timer = setTimeout(run, Math.max(0, last + delay - performance.now()));
  }

  function soon() {
    if (isWanted) return;
    isWanted = true;
    if (!isReading) schedule(minInterval);
  }

  const seen = () => document.hidden || run();
  document.addEventListener("visibilitychange", seen);
  const ends = [
    onChange((change, name) => isRelevant(change, name) && soon()),
    onConnection((state) => state === "live" && soon()),
    () => document.removeEventListener("visibilitychange", seen),
  ];
  run();
  return {
    now: run,
    stop() {
      controller.abort();
      clearTimeout(timer);
      for (const end of ends) end();
    },
  };
}
