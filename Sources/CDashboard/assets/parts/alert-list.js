// The alerts of the overview as a list. It is short, so that the queues below it stay in view: further alerts are shown on
// request.

import { h } from "../lib/dom.js";

const shown = 4;

/** The list; calls `draw` when more or fewer alerts are to be shown. */
export function alertList(draw) {
  let isOpen = false;

  function toggle() {
    isOpen = !isOpen;
    draw();
  }

  function view(found) {
    const hidden = found.length - shown;
    return h("section", { class: "attention", key: "attention", "aria-label": "Alerts", "aria-live": "polite" },
      found.length
        ? h("ul", { key: "list" }, found.slice(0, isOpen || hidden <= 1 ? found.length : shown).map(item))
        : allWell(),
      hidden > 1 && h("button", { key: "more", class: "link", "aria-expanded": isOpen ? "true" : "false", onclick: toggle },
        isOpen ? "Show fewer alerts" : `Show ${hidden} more alerts`));
  }

  return { view };
}

function item({ key, tone, title, text, href, action }) {
  return h("li", { key, class: `alert ${tone}`, "data-alert": key.split(":")[0] },
    h("span", { class: "alert-mark", "aria-hidden": "true" }, tone === "bad" ? "!" : "~"),
    h("div", { class: "alert-words" }, h("strong", {}, title), h("span", {}, text)),
    h("a", { href, "aria-label": `${action}: ${title}` }, action));
}

function allWell() {
  return h("p", { class: "all-well", key: "well" }, h("span", { class: "alert-mark well", "aria-hidden": "true" }, "✓"),
    "All is well: no queue is filling up, every worker answers, no kind keeps failing.");
}
