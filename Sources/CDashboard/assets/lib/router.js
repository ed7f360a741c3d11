// Maps paths to pages, and opens pages without reloading the document.

const routes = [];
let current = null;
let show = () => {};

/** Declares a page. `pattern` is like `/queues/:name`; `open(parameters)` returns the page. */
export function route(pattern, open) {
  const names = [];
  const source = pattern.replace(/:(\w+)/g, (_, name) => {
    names.push(name);
    return "([^/]+)";
  });
  routes.push({ pattern: new RegExp(`^${source}$`), names, open });
}

function find(pathname) {
  for (const { pattern, names, open } of routes) {
    const match = pattern.exec(pathname);
    if (!match) continue;
    try {
      const parameters = names.map((name, index) => [name, decodeURIComponent(match[index + 1])]);
      return { open, parameters: Object.fromEntries(parameters) };
    } catch {
      // A malformed escape sequence matches no page.
      return null;
    }
  }
  return null;
}

/** Opens a path of the dashboard. */
export function go(url, { replace = false, state = null } = {}) {
  history[replace ? "replaceState" : "pushState"](state, "", url);
  showCurrent();
}

/** The query parameters of the current URL. */
export function parameters() {
  return new URLSearchParams(location.search);
}

function showCurrent() {
  const target = find(location.pathname);
  // Another filter or list page is shown by the same page, so that scroll position and focus stay.
  if (current?.pathname === location.pathname && current.page.change) {
    current.page.change();
    return;
  }
  current?.page.close?.();
  const isFirst = current === null;
  const page = show(target?.open, target?.parameters ?? {}, { isFirst });
  current = { pathname: location.pathname, page };
}

/** Whether the click would open the link in this tab. */
function isPlain(event) {
  return event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
}

function followLink(event) {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || !isPlain(event) || link.target || link.hasAttribute("download")) return;
  const url = new URL(link.href);
  if (url.origin !== location.origin || !find(url.pathname)) return;
  event.preventDefault();
  go(url.pathname + url.search);
}

/** Shows the page of the current URL, and handles links and the browser's back and forward buttons. */
export function start(showPage) {
  show = showPage;
  document.addEventListener("click", followLink);
  addEventListener("popstate", showCurrent);
  showCurrent();
}
