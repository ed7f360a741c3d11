// Filters of the list of jobs with names, which this browser keeps. Each is a link.

import { h } from "../lib/dom.js";
import { ask } from "../lib/dialog.js";
import { count, short } from "../lib/format.js";
import { recall, remember } from "../lib/remembered.js";
import { parameters } from "../lib/router.js";
import { cheapCount, filterQuery, isFiltered, readFilter } from "./filter.js";

const place = "filters";
const maxName = 40;

/** The saved filters; `draw` is called when they change. */
export function savedFilters(draw) {
  let saved = recall(place, []);

  /** Changes the stored filters, which another tab may have changed. */
  function store(change) {
    saved = change(recall(place, []));
    remember(place, saved);
    draw();
  }

  function save() {
    let name = "";
    const query = filterQuery(parameters());
    ask({
      title: "Save this filter", action: "Save", isReady: () => name.trim() !== "",
      content: (redraw) => [
        h("label", { class: "field" }, h("span", {}, "Name"),
          h("input", {
            name: "name", maxlength: maxName, autocomplete: "off", autofocus: true, placeholder: "Failed mail",
            oninput: (event) => { name = event.target.value; redraw(); },
          }),
          h("small", { class: "muted" }, "This browser keeps it. A filter of the same name is replaced.")),
      ],
    }, async () => store((stored) => [...stored.filter((filter) => filter.name !== name.trim()), { name: name.trim(), query }]));
  }

  /** The filters as links; `queues` are the queues with their counts, or null. */
  function describe(queues) {
    const query = filterQuery(parameters());
    const canSave = isFiltered(parameters()) && !saved.some((filter) => filter.query === query);
    if (!saved.length && !canSave) return null;
    return h("div", { class: "saved-filters", key: "saved", role: "group", "aria-label": "Saved filters" },
      saved.map((filter) => h("span", { class: "saved-filter", key: filter.name },
        h("a", { href: `/jobs${filter.query}`, "aria-current": filter.query === query ? "true" : null }, filter.name, number(filter, queues)),
        h("button", {
          type: "button", class: "quiet remove", "aria-label": `Remove the filter ${filter.name}`,
          onclick: () => store((stored) => stored.filter((other) => other.name !== filter.name)),
        }, "×"))),
      canSave && h("button", { type: "button", class: "link", key: "save", onclick: save }, "Save this filter…"));
  }

  return { describe };
}

/** The number of jobs that a filter selects, if the counts of the queues give it. */
function number({ query }, queues) {
  const jobs = cheapCount(readFilter(new URLSearchParams(query)), queues);
  return jobs !== null && h("span", { class: "saved-count", title: `${count(jobs)} jobs` }, short(jobs));
}
