// The lines of a job's log. Until the job ends, they are read from a stream; afterwards they are read in pages.

import { get, path, Problem, query } from "../lib/api.js";
import { finalStates } from "./badges.js";

/** The maximum number of lines in memory. The server keeps as many of each job. */
const kept = 10_000;
const pageSize = 500;
/** The time between two calls of `changed` for new lines, in milliseconds, so that a fast log does not keep the page busy. */
const changeInterval = 200;

/** The assumed difference between the clocks of a worker and of the server, in milliseconds. */
const clockTolerance = 5000;

/** Reads the log of a job, and calls `changed` after new lines. */
export function logLines(id, changed) {
  let timer = 0;
  let source = null;
  const controller = new AbortController();
  // Whether the pages were requested after the end of the job, and whether all of them were read.
  let isRequested = false;
  let isComplete = false;

  const log = {
    lines: [],
    /** The number of lines that the server has removed: gaps in the line numbers. */
    missing: 0,
    /** Changes with each change of the lines. */
    version: 0,
    problem: null,
    get isLive() { return source !== null; },
    get isComplete() { return isComplete; },
    follow,
    close() {
      controller.abort();
      source?.close();
      source = null;
      clearTimeout(timer);
    },
  };

  function add(more) {
    let known = log.lines.at(-1)?.number ?? 0;
    for (const line of more.filter(({ number }) => number > known)) {
      log.missing += Math.max(0, line.number - known - 1);
      known = Math.max(known, line.number);
      log.lines.push(line);
    }
    const excess = log.lines.length - kept;
    if (excess > 0) {
      log.missing += excess;
      log.lines.splice(0, excess);
    }
    publish();
  }

  function publish() {
    log.version += 1;
    timer ||= setTimeout(() => {
      timer = 0;
      changed();
    }, changeInterval);
  }

  /** Reads the stream until the job has ended, then pages. */
  function follow(job) {
    const isFinal = finalStates.includes(job.state);
    if (!isFinal && !source) {
      isRequested = false;
      isComplete = false;
      source = new EventSource(path`/v1/jobs/${id}/logs` + query({ follow: true, cursor: log.lines.at(-1)?.number }));
      source.addEventListener("line", (event) => add([JSON.parse(event.data)]));
    } else if (isFinal && !isRequested) {
      source?.close();
      source = null;
      isRequested = true;
      readRest(log.lines.at(-1)?.number ?? null);
    }
  }

  async function readRest(cursor) {
    try {
      for (let after = cursor; ;) {
        const page = await get(path`/v1/jobs/${id}/logs` + query({ limit: pageSize, cursor: after }), controller.signal);
        log.problem = null;
        add(page.items);
        after = page.next_cursor;
        isComplete = after === null;
        if (isComplete || source) return;
      }
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof Problem)) throw error;
      log.problem = error;
      // The next read of the job reads the rest again.
      isRequested = false;
      publish();
    }
  }

  return log;
}

/** Identifies an attempt. Numbers repeat after a retry by hand. */
export function attemptKey({ number, started_at: start }) {
  return `${number} ${start}`;
}

/** Returns a function that finds the key of the attempt that wrote a line; null for lines from before a retry by hand, which
 * removes the attempts and counts from one again. Of several attempts with the number of the line, it is the last that had begun. */
export function attemptFinder(lines, attempts) {
  const byNumber = Map.groupBy(attempts, ({ number }) => number);
  const start = startOfAttempts(lines, attempts);
  return (line) => {
    const same = line.number >= start ? byNumber.get(line.attempt) ?? [] : [];
    const at = same.length > 1 ? Date.parse(line.at) : 0;
    const attempt = same.length > 1 ? same.findLast(({ started_at: begun }) => Date.parse(begun) <= at) ?? same[0] : same[0];
    return attempt ? attemptKey(attempt) : null;
  };
}

/** The number of the first line of the attempts. After a retry by hand the numbers of attempts fall, or the times have a gap. */
function startOfAttempts(lines, attempts) {
  const last = lines.findLastIndex(({ attempt }, index) => attempt < (lines[index - 1]?.attempt ?? 0));
  const recent = lines.slice(Math.max(0, last));
  const begin = attempts.length > 0 ? Date.parse(attempts[0].started_at) - clockTolerance : 0;
  return (recent.find(({ at }) => Date.parse(at) >= begin) ?? recent[0])?.number ?? 0;
}
