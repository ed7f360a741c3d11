// The list of calls at the side, with the search.

import { h } from "../lib/dom.js";

/**
 * @param {object[]} groups the groups of calls that the search has found
 * @param {string} text the text of the search
 * @param {string} current the identifier of the chosen call
 * @param {(text: string) => void} onSearch
 */
export function sidebar(groups, text, current, onSearch) {
  const count = groups.reduce((sum, { calls }) => sum + calls.length, 0);
  return [
    h("div", { class: "search-box", key: "search" },
      h("label", { class: "unseen", for: "search" }, "Search calls"),
      h("input", {
        id: "search", type: "search", placeholder: "Search calls ( / )", autocomplete: "off", value: text,
        oninput: (event) => onSearch(event.target.value),
      }),
      h("p", { class: "muted count", role: "status" }, count === 1 ? "1 call" : `${count} calls`)),
    h("nav", { "aria-label": "Calls", key: "calls" }, groups.map((group) => h("div", { class: "group", key: group.id },
      h("a", { class: "group-name", href: `#${group.id}` }, group.name),
      h("ul", {}, group.calls.map((call) => h("li", { key: call.operationId },
        h("a", {
          href: `#${call.operationId}`, title: `${call.method} ${call.path}`,
          "aria-current": current === call.operationId ? "true" : undefined,
        }, h("span", { class: `method ${call.method.toLowerCase()}` }, call.method), h("span", { class: "clip" }, call.summary)))))))),
  ];
}
