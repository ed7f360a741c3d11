// The page for unknown paths.

import { h, render } from "../lib/dom.js";

export function notFoundPage(content) {
  render(content, h("div", { class: "empty" },
    h("h1", {}, "Page not found"),
    h("p", {}, "There is no page at ", h("code", {}, location.pathname), "."),
    h("p", {}, h("a", { href: "/" }, "Back to the overview"))));
  return { title: "Not found" };
}
