// Switches between the themes system, light and dark. `early.js` applies the chosen theme before the first paint.

import { h } from "./dom.js";

const key = "longhaul-theme";
/** The themes with their icons, in the order of the button. */
const icons = { system: "◐", light: "☀", dark: "☾" };
const themes = Object.keys(icons);

/** The chosen theme; "system" by default. */
function theme() {
  return document.documentElement.dataset.theme ?? "system";
}

/** Chooses a theme, and stores the choice if the browser allows it. */
function choose(next) {
  if (next === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  try {
    if (next === "system") localStorage.removeItem(key);
    else localStorage.setItem(key, next);
  } catch {
    // The choice applies to this page only.
  }
}

/** A button that changes to the next theme; calls `draw` after that. */
export function themeButton(draw) {
  const next = themes[(themes.indexOf(theme()) + 1) % themes.length];
  return h("button", {
    class: "quiet icon", id: "theme", title: `Theme: ${theme()}`, "aria-label": `Theme: ${theme()}. Change to ${next}`,
    onclick: () => { choose(next); draw(); },
  }, icons[theme()]);
}
