// Runs before the first paint and before the modules are there. No module for that reason.
(() => {
  // A chosen theme must not flash in the other one first.
  try {
    const chosen = localStorage.getItem("longhaul-theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch {
    // Storage may be forbidden: then the system's theme it is.
  }

  // What the overview shows first is read while its modules are on their way; `lib/api.js` takes it from here.
  const first = [
    "/v1/queues?limit=500", "/v1/workers?limit=500", "/v1/jobs?state=processing&fields=summary&limit=100",
    "/v1/dead-letters/groups?limit=100",
  ];
  globalThis.longhaulEarly = new Map();
  if (location.pathname !== "/") return;
  for (const url of first) {
    // A fault is no matter here: whoever needs the answer asks again.
    const answer = fetch(url, { headers: { Accept: "application/json" }, cache: "no-store" }).catch(() => null);
    globalThis.longhaulEarly.set(url, answer);
  }
})();
