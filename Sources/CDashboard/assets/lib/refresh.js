// When a page reads its data again: soon after something happened, and now and then in any case, since ages
// grow without an event. Never two readings at once, and none while nobody looks.

import { onChange, onConnection } from "./live.js";

/** The shortest time between two readings: a thousand changes a second must not be a thousand requests. */
const shortest = 1000;
/** The longest. A fault must be in view within five seconds of its making, and a worker's silence takes three of them
 * to tell. */
const longest = 1500;

/**
 * Keeps something up to date until it is stopped.
 *
 * @param {(signal: AbortSignal) => Promise<void>} read reads and shows it; must take care of its own faults
 * @param {(change: object, name: string) => boolean} [concerns] whether a change is a reason to read again; its name is
 *   "state" or "progress"
 * @returns {{now: () => void, stop: () => void}}
 */
export function keepFresh(read, concerns = () => true) {
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
    } catch (fault) {
      if (fault.name !== "AbortError") throw fault;
    } finally {
      isReading = false;
      schedule(isWanted ? shortest : longest);
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
    if (!isReading) schedule(shortest);
  }

  const seen = () => document.hidden || run();
  document.addEventListener("visibilitychange", seen);
  const ends = [
    onChange((change, name) => concerns(change, name) && soon()),
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
