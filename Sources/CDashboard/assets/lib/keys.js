// Keyboard shortcuts: `g` and a letter opens a page, `/` focuses the search, `?` lists all shortcuts.

import { h } from "./dom.js";
import { open } from "./dialog.js";
import { go } from "./router.js";

const pages = {
  o: ["/", "Overview"], j: ["/jobs", "Jobs"], d: ["/dead-letters", "Dead letters"],
  w: ["/workers", "Workers"], s: ["/schedules", "Schedules"], m: ["/state-machines", "State machines"], a: ["/audit", "Audit log"],
};
/** The maximum time between `g` and the letter, in milliseconds. */
const sequenceTimeout = 1500;
let sequenceEnd = 0;

function isTyping(target) {
  return target.closest?.("input, textarea, select, [contenteditable]") !== null;
}

function search() {
  const field = document.querySelector("[data-search]");
  if (field) field.focus();
  else go("/jobs?focus=search");
}

/** Shows the list of shortcuts. */
export function help() {
  const row = (keys, words) => h("div", { class: "key-row" },
    h("dt", {}, keys.map((key) => h("kbd", {}, key))), h("dd", {}, words));
  open("Keyboard shortcuts", (close) => [
    h("dl", { class: "keys" },
      Object.entries(pages).map(([letter, [, name]]) => row(["g", letter], name)),
      row(["/"], "Search jobs"), row(["?"], "This help"), row(["Esc"], "Close a dialog")),
    h("p", {}, h("a", { href: "/docs" }, "HTTP API"), ": each call, with examples."),
    h("div", { class: "actions" }, h("button", { onclick: close, autofocus: true }, "Close")),
  ]);
}

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  const isSecond = performance.now() < sequenceEnd;
  sequenceEnd = 0;
  if (isSecond && pages[event.key]) go(pages[event.key][0]);
  else if (event.key === "g") sequenceEnd = performance.now() + sequenceTimeout;
  else if (event.key === "/") search();
  else if (event.key === "?") help();
  else return;
  event.preventDefault();
}

/** Starts to listen for keys. */
export function start() {
  document.addEventListener("keydown", pressed);
}
