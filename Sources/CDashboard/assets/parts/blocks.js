// The blocks that pages are made of.

import { h } from "../lib/dom.js";

/** A part of a page with a heading and, on its right, what can be done. */
export function section(title, actions, ...children) {
  return h("section", { class: "section", key: title },
    h("div", { class: "section-head" }, h("h2", {}, title), actions && h("div", { class: "actions" }, actions)),
    children);
}

/** A figure with its name. `tone` is "bad", "warn" or nothing. */
export function tile(name, value, note, { href, tone } = {}) {
  const inside = [
    h("span", { class: "tile-name" }, name), h("span", { class: "tile-value" }, value),
    h("span", { class: "tile-note" }, note),
  ];
  const kind = `tile ${tone ?? ""}`;
  return href ? h("a", { class: kind, href, key: name }, inside) : h("div", { class: kind, key: name }, inside);
}

/** What stands where there is nothing: it says what to do next. */
export function empty(title, ...words) {
  return h("div", { class: "empty" }, h("p", { class: "empty-title" }, title), words.length ? h("p", {}, words) : null);
}

/**
 * A table. Columns are `{name, isNumber, isUnseen, isWideOnly, isWhole}`: wide-only ones are left out where there is
 * little room, a whole one gets a line of its own there. Rows are `{key, cells}`.
 */
export function table(caption, columns, rows) {
  const kind = ({ isNumber, isWideOnly, isWhole }) =>
    [isNumber && "number", isWideOnly && "wide-only", isWhole && "whole"].filter(Boolean).join(" ") || null;
  // In reach of the keyboard: where there is too little room the table scrolls sideways.
  return h("div", { class: "table-frame", tabindex: "0", role: "region", "aria-label": caption },
    h("table", {},
      h("caption", { class: "unseen" }, caption),
      h("thead", {}, h("tr", {}, columns.map((column) =>
        h("th", { scope: "col", class: kind(column) }, column.isUnseen ? h("span", { class: "unseen" }, column.name) : column.name)))),
      h("tbody", {}, rows.map((row) => h("tr", { key: row.key },
        row.cells.map((cell, index) => h("td", { class: kind(columns[index]), "data-name": columns[index].name }, cell)))))));
}

/** What the page says while it cannot read. */
export function fault(problem) {
  return problem && h("p", { class: "fault", role: "alert", key: "fault" }, problem.message);
}

/** A name with its value, in a list of facts. */
export function fact(name, value) {
  return h("div", { class: "fact", key: name }, h("dt", {}, name), h("dd", {}, value));
}
