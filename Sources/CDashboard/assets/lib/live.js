// The event stream that all parts of the dashboard share (`GET /v1/events`), and the state of the connection. A browser
// allows six connections to a server, so a hidden page closes its stream.

const listeners = new Set();
const watchers = new Set();
/** The maximum pause between two attempts to connect, in milliseconds. */
const maxPause = 2000;
/** The pause after the server has refused a stream, in milliseconds. Without a stream, pages read every 1.5 seconds. */
const refusedPause = 10_000;
let source = null;
let state = "connecting";
let failures = 0;
let timer = 0;

/** Calls `listener` with every change of a job and its name, "state" or "progress". Returns a function that stops it. */
export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Calls `watcher` with the state of the connection: now, when it changes, and when changes may be missing. The state is
 * "connecting", "live", "polling" (the server refuses a stream but answers) or "lost". Returns a function that stops it. */
export function onConnection(watcher) {
  watchers.add(watcher);
  watcher(state);
  return () => watchers.delete(watcher);
}

function publish(next) {
  state = next;
  for (const watcher of [...watchers]) watcher(state);
}

function open() {
  clearTimeout(timer);
  if (source || document.hidden) return;
  source = new EventSource("/v1/events");
  source.onopen = () => {
    failures = 0;
    // Also if the state was "live" before: pages then read the changes in between.
    publish("live");
  };
  source.onerror = reopen;
  for (const name of ["state", "progress"]) {
    source.addEventListener(name, (event) => {
      const change = JSON.parse(event.data);
      for (const listener of [...listeners]) listener(change, name);
    });
  }
  // The server skipped changes because this page was too slow: pages read their data again.
  source.addEventListener("resync", () => publish("live"));
}

/** Opens the stream again after it has ended. A browser closes the source permanently only after an answer that is not a
 * stream: then the server, or a proxy, refused it. */
async function reopen() {
  const wasRefused = source?.readyState === EventSource.CLOSED;
  close();
  if (wasRefused && await answers()) {
    if (source) return;
    failures = 0;
    publish("polling");
    clearTimeout(timer);
    timer = setTimeout(open, refusedPause);
    return;
  }
  failures += 1;
  if (failures > 1 && state !== "lost") publish("lost");
  timer = setTimeout(open, Math.min(failures * 200, maxPause));
}

/** Whether the server answers although it refuses a stream. */
async function answers() {
  try {
    return (await fetch("/healthz", { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

function close() {
  clearTimeout(timer);
  source?.close();
  source = null;
}

/** Opens the stream while the page is visible. */
export function start() {
  open();
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  // A page in the browser's page cache must not keep its connection.
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
}
