// An address that is no page's.

import { h, render } from "../lib/dom.js";

export function notFoundPage(content) {
  render(content, h("div", { class: "empty" },
    h("h1", {}, "There is no page here"),
    h("p", {}, "Nothing stands at ", h("code", {}, location.pathname), "."),
    h("p", {}, h("a", { href: "/" }, "Back to the overview"))));
  return { title: "Not found" };
}
