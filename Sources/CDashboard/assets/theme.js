// Runs before the first paint, so that a chosen theme does not flash in the other one. No module for that reason.
(() => {
  try {
    const chosen = localStorage.getItem("longhaul-theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch {
    // Storage may be forbidden: then the system's theme it is.
  }
})();
