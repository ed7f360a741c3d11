// Switches between the themes system, light and dark. `early.js` applies the chosen theme before the first paint.

const key = "longhaul-theme";
export const themes = ["system", "light", "dark"];

/** The chosen theme; "system" by default. */
export function theme() {
  return document.documentElement.dataset.theme ?? "system";
}

/** Chooses a theme, and stores the choice if the browser allows it. */
export function choose(next) {
  if (next === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  try {
    if (next === "system") localStorage.removeItem(key);
    else localStorage.setItem(key, next);
  } catch {
    // The choice applies to this page only.
  }
}
