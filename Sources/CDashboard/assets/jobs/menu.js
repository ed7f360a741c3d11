// Menus of actions. Escape and a click outside close them.

import { h, render } from "../lib/dom.js";

/** The distance between a button and its menu, and between a menu and the edge of the window, in pixels. */
const gap = 4;

/**
 * A button that opens a menu.
 *
 * @param {object} attributes those of the button
 * @param {string} text the text of the button
 * @param {() => {name: string, act: () => void, isDanger?: boolean}[]} items the entries, read when the menu opens
 */
export function menuButton(attributes, text, items) {
  return h("button", { type: "button", "aria-haspopup": "menu", ...attributes, onclick: (event) => open(event.currentTarget, items()) }, text);
}

function open(button, items) {
  const menu = document.createElement("div");
  menu.className = "menu";
  menu.popover = "auto";
  menu.setAttribute("role", "menu");
  menu.setAttribute("aria-label", button.getAttribute("aria-label") ?? button.textContent);
  render(menu, items.map(({ name, act, isDanger }) => h("button", {
    type: "button", role: "menuitem", key: name, class: isDanger ? "danger quiet" : "quiet",
    onclick: () => { menu.hidePopover(); act(); },
  }, name)));
  menu.addEventListener("keydown", (event) => move(event, menu));
  menu.addEventListener("toggle", ({ newState }) => {
    button.setAttribute("aria-expanded", newState === "open");
    if (newState !== "open") menu.remove();
  });
  // Beside the button, so that the keyboard continues there after the menu. Not in `main`, whose elements are drawn again while the menu
  // is open: in a landmark of its own, or in the dialog of the button.
  const layer = button.closest("dialog") ?? document.createElement("aside");
  if (!layer.isConnected) {
    layer.setAttribute("aria-label", "Menu");
    document.body.append(layer);
    menu.addEventListener("toggle", ({ newState }) => { if (newState !== "open") layer.remove(); });
  }
  layer.append(menu);
  menu.showPopover({ source: button });
  place(menu, button.getBoundingClientRect());
  menu.querySelector("button")?.focus();
}

/** Below the button with a common right edge; above it if there is no room. */
function place(menu, button) {
  const { width, height } = menu.getBoundingClientRect();
  const below = button.bottom + gap;
  const top = below + height > innerHeight - gap ? button.top - gap - height : below;
  menu.style.left = `${Math.max(gap, Math.min(button.right - width, innerWidth - width - gap))}px`;
  menu.style.top = `${Math.max(gap, top)}px`;
}

function move(event, menu) {
  const entries = [...menu.querySelectorAll("button")];
  const place = entries.indexOf(document.activeElement);
  const next = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: entries.length - 1 }[event.key];
  if (event.key === "Tab") menu.hidePopover();
  if (next === undefined) return;
  entries[(next + entries.length) % entries.length].focus();
  event.preventDefault();
}
