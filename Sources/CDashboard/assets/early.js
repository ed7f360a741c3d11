// Runs before the first paint and before the modules are loaded. Therefore it is not a module.
(() => {
  // Applies the chosen theme before the first paint, so that the page does not flash.
  try {
    const chosen = localStorage.getItem("longhaul-theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch {
    // The browser may forbid storage. The page then uses the theme of the system.
  }

  // Starts the first requests while the modules load: who the caller is, and the data of the overview. `lib/api.js` uses
  // the answers.
  const overview = [
    "/v1/queues?limit=500", "/v1/workers?limit=500", "/v1/jobs?state=processing&fields=summary&limit=100",
    "/v1/dead-letters/groups?limit=100",
  ];
  globalThis.longhaulEarly = new Map();
  for (const url of ["/v1/session", ...(location.pathname === "/" ? overview : [])]) {
    // Errors are ignored here: `lib/api.js` sends the request again.
    const answer = fetch(url, { headers: { Accept: "application/json" }, cache: "no-store" }).catch(() => null);
    globalThis.longhaulEarly.set(url, answer);
  }
})();
