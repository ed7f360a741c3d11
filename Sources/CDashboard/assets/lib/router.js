// Clean addresses: which page an address stands for, and moving between pages without loading anew.

const routes = [];
let current = null;
let show = () => {};

/** Declares a page. `pattern` is like `/queues/:name`; `open(parameters)` answers the page. */
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
      // A malformed escape names nothing.
      return null;
    }
  }
  return null;
}

/** Goes to an address of the dashboard. */
export function go(url, { replace = false, state = null } = {}) {
  history[replace ? "replaceState" : "pushState"](state, "", url);
  arrive();
}

/** What stands in the address after the question mark. */
export function parameters() {
  return new URLSearchParams(location.search);
}

function arrive() {
  const target = find(location.pathname);
  // Another filter or page of the same list is not another page: it keeps its place and its focus.
  if (current?.pathname === location.pathname && current.page.change) {
    current.page.change();
    return;
  }
  current?.page.close?.();
  const isFirst = current === null;
  const page = show(target?.open, target?.parameters ?? {}, { isFirst });
  current = { pathname: location.pathname, page };
}

/** Whether a click is one that the browser would answer by opening the link right here. */
function isPlain(event) {
  return event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
}

function followed(event) {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || !isPlain(event) || link.target || link.hasAttribute("download")) return;
  const url = new URL(link.href);
  if (url.origin !== location.origin || !find(url.pathname)) return;
  event.preventDefault();
  go(url.pathname + url.search);
}

/** Begins: shows the page of the present address, and follows links and the browser's buttons. */
export function start(showPage) {
  show = showPage;
  document.addEventListener("click", followed);
  addEventListener("popstate", arrive);
  arrive();
}
