import { LonghaulError } from "../common/errors.js";
import { camelCase } from "../common/names.js";
import { serverSentEvents } from "../common/server-sent-events.js";
import { Backoff, sleep } from "../common/time.js";

/** The maximum time without a byte of a stream. The server sends a comment more often. */
const silenceSeconds = 60;

/**
 * The events of a stream. Connects again after an interruption, and continues after the last event.
 *
 * @param {import("./client.js").Client} client
 * @param {string} path
 * @param {{signal?: AbortSignal, isLast?: (change: object) => boolean, isOver?: () => Promise<boolean>}} [options]
 *   `isLast`: whether no event follows. `isOver`: whether the server ended the stream because nothing follows.
 * @returns {AsyncGenerator<object>} Changes as `{type, id, …}`, with names in camel case.
 */
export async function* follow(client, path, { signal, isLast = () => false, isOver = async () => false } = {}) {
  const backoff = new Backoff();
  let last;
  while (!signal?.aborted) {
    try {
      const headers = { accept: "text/event-stream", ...(last === undefined ? {} : { "last-event-id": last }) };
      const answer = await client.stream("GET", path, { headers, signal, retrySeconds: 0 });
      if (answer.status === 204) return;
      for await (const { id, event, data } of serverSentEvents(unlessSilent(answer.chunks()))) {
        backoff.reset();
        last = id ?? last;
        const change = { type: event, ...camelCase(JSON.parse(data)) };
        yield change;
        if (isLast(change)) return;
      }
      if (await isOver()) return;
    } catch (error) {
      if (signal?.aborted) return;
      if (error instanceof LonghaulError && !error.isTransient) throw error;
    }
    await sleep(backoff.next(), signal).catch(() => {});
  }
}

/** Whether a job has ended, or an event reports its end. */
export function isFinal({ state }) {
  return state === "completed" || state === "failed" || state === "cancelled";
}

/** The chunks of a stream. Ends with an error if none arrives for a time. */
async function* unlessSilent(chunks) {
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await inTime(iterator.next());
      if (done) return;
      yield value;
    }
  } finally {
    // Not awaited: a read that does not end would delay it.
    iterator.return?.()?.catch?.(() => {});
  }
}

async function inTime(reading) {
  let timer;
  const silence = new Promise((_, reject) => {
    const end = () => reject(new LonghaulError("unreachable", "the event stream is silent"));
    timer = setTimeout(end, silenceSeconds * 1000);
  });
  try {
    return await Promise.race([reading, silence]);
  } finally {
    clearTimeout(timer);
  }
}
