/**
 * A signal that aborts with the first of several signals, or after a time. `stopTimer` ends the
 * timeout, and `release` also removes the listeners.
 *
 * @param {(AbortSignal|undefined)[]} signals
 * @param {{afterSeconds?: number, makeReason?: () => unknown}} [timeout]
 * @returns {{signal: AbortSignal, stopTimer: () => void, release: () => void}}
 */
export function joinedSignal(signals, { afterSeconds, makeReason } = {}) {
  const controller = new AbortController();
  const sources = signals.filter(Boolean);
  const removers = [];
  for (const source of sources) {
    if (source.aborted) {
      controller.abort(source.reason);
      continue;
    }
    const abort = () => controller.abort(source.reason);
    source.addEventListener("abort", abort, { once: true });
    removers.push(() => source.removeEventListener("abort", abort));
  }
  const end = () => controller.abort(makeReason?.());
  const timer = afterSeconds === undefined ? undefined : setTimeout(end, afterSeconds * 1000);
  const stopTimer = () => clearTimeout(timer);
  const release = () => [stopTimer, ...removers].forEach((remove) => remove());
  return { signal: controller.signal, stopTimer, release };
}
