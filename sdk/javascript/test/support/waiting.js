/** Waits for conditions in tests. */
import { setTimeout as pause } from "node:timers/promises";

/** Resolves with the first truthy value of `condition`. Rejects after the deadline. */
export async function eventually(condition, { within = 20, what = String(condition) } = {}) {
  const deadline = Date.now() + within * 1000;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`not within ${within} s: ${what}`);
    await pause(20);
  }
}

/** A promise with its functions. */
export function deferred() {
  let resolve, reject;
  const promise = new Promise((...functions) => ([resolve, reject] = functions));
  return { promise, resolve, reject };
}

/** All items of an async iterable. */
export async function collect(iterable) {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
}
