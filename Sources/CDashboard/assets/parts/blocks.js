// The blocks that pages are made of.

import { h } from "../lib/dom.js";

/** A part of a page with a heading and, on its right, actions. */
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

/** The content of an empty list or page: it shows what to do next. */
export function empty(title, ...words) {
  return h("div", { class: "empty" }, h("p", { class: "empty-title" }, title), words.length ? h("p", {}, words) : null);
}

/**
 * A table. Columns are `{name, head, isNumber, isUnseen, isWideOnly, isWhole}`: on a narrow screen, wide-only columns are
 * hidden, and a whole column gets a line of its own. `head` is shown in place of the name. Rows are `{key, cells}`.
 */
export function table(caption, columns, rows) {
  const kind = ({ isNumber, isWideOnly, isWhole }) =>
    [isNumber && "number", isWideOnly && "wide-only", isWhole && "whole"].filter(Boolean).join(" ") || null;
  // Focusable, so that the keyboard can scroll a table that is wider than the screen.
  return h("div", { class: "table-frame", tabindex: "0", role: "group", "aria-label": caption },
    h("table", {},
      h("caption", { class: "unseen" }, caption),
      h("thead", {}, h("tr", {}, columns.map((column) =>
        h("th", { scope: "col", class: kind(column) }, column.head ?? (column.isUnseen ? h("span", { class: "unseen" }, column.name) : column.name))))),
      h("tbody", {}, rows.map((row) => h("tr", { key: row.key },
        row.cells.map((cell, index) => h("td", { class: kind(columns[index]), "data-name": columns[index].name }, cell)))))));
}

/** The error of the latest read, if it failed. */
export function errorBox(problem) {
  return problem && h("p", { class: "error-box", role: "alert", key: "error" }, problem.message);
}

/** A name with its value, in a list of details. */
export function detail(name, value) {
  return h("div", { class: "detail", key: name }, h("dt", {}, name), h("dd", {}, value));
}
