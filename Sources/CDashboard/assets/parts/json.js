// JSON values as text. They never become markup.

import { h } from "../lib/dom.js";

/** The maximum number of characters that are shown of a value. */
const maxShown = 300_000;

/** A value as text. */
export function code(value, label) {
  return h("pre", { class: "code", tabindex: "0", role: "group", "aria-label": label }, pretty(value));
}

/** A value with a heading. */
export function json(name, value) {
  return h("div", { class: "json-block", key: name }, h("h3", {}, name), code(value, name));
}

/** A value as text in lines. */
export function pretty(value) {
  const text = JSON.stringify(value, null, 2) ?? "";
  return text.length > maxShown ? `${text.slice(0, maxShown)}\n… ${text.length - maxShown} more characters` : text;
}
