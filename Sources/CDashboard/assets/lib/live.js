// The one stream of live changes that the whole dashboard shares (`GET /v1/events`), and what it says of the
// connection. A browser allows six connections to a server: a page that nobody looks at holds none.

const listeners = new Set();
const watchers = new Set();
/** The longest pause between two tries, in milliseconds. */
const slowest = 2000;
/** The pause after the server has refused a stream: it has too many, and pages read every 1.5 seconds without one. */
const refusedPause = 10_000;
let source = null;
let state = "connecting";
let failures = 0;
let timer = 0;

/** Calls back with every change of a job and its name, "state" or "progress". Returns a function that ends it. */
export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Calls back with the state of the connection: now, when it changes, and when changes may be missing. The state is
 * "connecting", "live", "polling" (the server refuses a stream but answers) or "lost". Returns a function that ends it. */
export function onConnection(watcher) {
  watchers.add(watcher);
  watcher(state);
  return () => watchers.delete(watcher);
}

function tell(next) {
  state = next;
  for (const watcher of [...watchers]) watcher(state);
}

function open() {
  clearTimeout(timer);
  if (source || document.hidden) return;
  source = new EventSource("/v1/events");
  source.onopen = () => {
    failures = 0;
    // Also if it was "live" before: pages read again what changed in between.
    tell("live");
  };
  source.onerror = again;
  for (const name of ["state", "progress"]) {
    source.addEventListener(name, (event) => {
      const change = JSON.parse(event.data);
      for (const listener of [...listeners]) listener(change, name);
    });
  }
  // The server skipped changes for a page that was too slow: pages read again what they show.
  source.addEventListener("resync", () => tell("live"));
}

/** Opens a stream again after it has ended. A browser closes the source for good only after an answer that is no
 * stream: then the server, or a proxy, refused it. */
async function again() {
  const wasRefused = source?.readyState === EventSource.CLOSED;
  close();
  if (wasRefused && await answers()) {
    if (source) return;
    failures = 0;
    tell("polling");
    clearTimeout(timer);
    timer = setTimeout(open, refusedPause);
    return;
  }
  failures += 1;
  if (failures > 1 && state !== "lost") tell("lost");
  timer = setTimeout(open, Math.min(failures * 200, slowest));
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

/** Begins to listen, for as long as the page is in view. */
export function start() {
  open();
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  // A page that is left must not keep its connection in the browser's cache of pages.
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
}
