// The switch between the system's theme, light and dark. `early.js` sets what was chosen before the first paint.

const key = "longhaul-theme";
export const themes = ["system", "light", "dark"];

/** The theme chosen; "system" if none was. */
export function theme() {
  return document.documentElement.dataset.theme ?? "system";
}

/** Chooses a theme, and remembers it where that is allowed. */
export function choose(next) {
  if (next === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  try {
    if (next === "system") localStorage.removeItem(key);
    else localStorage.setItem(key, next);
  } catch {
    // Chosen for this page only.
  }
}
