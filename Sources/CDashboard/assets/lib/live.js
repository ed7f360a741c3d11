// The one stream of live changes that the whole dashboard shares (`GET /v1/events`), and what it says of the
// connection. A browser allows six connections to a server: a page that nobody looks at holds none.

const listeners = new Set();
const watchers = new Set();
let source = null;
let state = "connecting";

/** Calls back for every change of a job. Answers what ends it. */
export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Calls back with "connecting", "live" or "lost", now and when it changes. Answers what ends it. */
export function onConnection(watcher) {
  watchers.add(watcher);
  watcher(state);
  return () => watchers.delete(watcher);
}

function tell(next) {
  if (next === state) return;
  state = next;
  for (const watcher of [...watchers]) watcher(state);
}

function open() {
  if (source || document.hidden) return;
  source = new EventSource("/v1/events");
  source.onopen = () => tell("live");
  source.onerror = () => {
    tell("lost");
    // The browser tries again by itself, except after an answer that is no stream.
    if (source?.readyState === EventSource.CLOSED) {
      close();
      setTimeout(open, 3000);
    }
  };
  for (const name of ["state", "progress"]) {
    source.addEventListener(name, (event) => {
      const change = JSON.parse(event.data);
      for (const listener of [...listeners]) listener(change, name);
    });
  }
}

function close() {
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
