// The one stream of live changes that the whole dashboard shares (`GET /v1/events`), and what it says of the
// connection. A browser allows six connections to a server: a page that nobody looks at holds none.

const listeners = new Set();
const watchers = new Set();
/** The longest pause between two tries, in milliseconds. */
const slowest = 2000;
let source = null;
let state = "connecting";
let failures = 0;
let timer = 0;

/** Calls back for every change of a job. Answers what ends it. */
export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Calls back with "connecting", "live" or "lost", now, when it changes, and when a stream begins anew. Answers what ends it. */
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
    // Told also if it was "live" before: whatever happened in the gap is read anew.
    tell("live");
  };
  source.onerror = again;
  for (const name of ["state", "progress"]) {
    source.addEventListener(name, (event) => {
      const change = JSON.parse(event.data);
      for (const listener of [...listeners]) listener(change, name);
    });
  }
}

/** A stream that ends is opened anew at once: the server cuts off who falls behind, which is no loss of connection.
 * Only if that fails is the server gone. */
function again() {
  close();
  failures += 1;
  if (failures > 1 && state !== "lost") tell("lost");
  timer = setTimeout(open, Math.min(failures * 200, slowest));
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
