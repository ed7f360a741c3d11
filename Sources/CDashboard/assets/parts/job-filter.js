// The filter above the list of jobs. The URL contains it.

import { h } from "../lib/dom.js";
import { serverNow } from "../lib/api.js";
import { zone } from "../lib/format.js";
import { filterNames, isFiltered, narrow, spans } from "../jobs/filter.js";
import { states } from "./badges.js";

/** The filters that have no field of their own, with their names. */
const named = { kind: "kind", tag: "tag", actor: "actor", error_type: "error", fingerprint: "fingerprint" };

/** The form. `box` is the search box, `queues` are the names of the queues, `saved` are the saved filters. */
export function filterForm(parameters, box, queues, saved) {
  const chosen = new Set(parameters.getAll("state"));
  const toggle = (state) => {
    const next = new Set(chosen);
    if (!next.delete(state)) next.add(state);
    narrow(parameters, { state: [...next] });
  };
  return h("form", {
    class: "filter", key: "filter", role: "search",
    onsubmit: (event) => {
      event.preventDefault();
      box.search(new FormData(event.target).get("search"));
    },
  },
    h("div", { class: "filter-row" },
      box.describe(),
      select("Queue", parameters.get("queue"), [["", "Any queue"], ...choices(queues, parameters.get("queue"))],
        (queue) => narrow(parameters, { queue })),
      select("Time", timeChoice(parameters), [
        ["", "Any time"], ...Object.entries(spans).map(([key, [name]]) => [key, name]), ["custom", "Between…"],
      ], (since) => narrow(parameters, time(since))),
      h("button", { type: "submit" }, "Search")),
    timeChoice(parameters) === "custom" && between(parameters),
    h("fieldset", { class: "chips" }, h("legend", { class: "unseen" }, "States"),
      states.map((state) => h("label", { key: state, class: `chip ${state}` },
        h("input", { type: "checkbox", name: "state", value: state, checked: chosen.has(state), onchange: () => toggle(state) }),
        h("span", { class: "badge-dot", "aria-hidden": "true" }), state))),
    h("div", { class: "filter-row active-filters", key: "active" }, activeFilters(parameters),
      isFiltered(parameters) && h("a", { class: "clear", href: "/jobs", key: "clear" }, "Clear all"), saved));
}

/** The filters without a field, each with a button that removes it. */
function activeFilters(parameters) {
  return filterNames.filter((name) => name in named).flatMap((name) => parameters.getAll(name).map((value) =>
    h("span", { class: "active-filter", key: `${name} ${value}` },
      h("span", { class: "muted" }, named[name]), h("span", { class: "break" }, value),
      h("button", {
        type: "button", class: "quiet remove", "aria-label": `Remove the filter ${named[name]} ${value}`,
        onclick: () => narrow(parameters, { [name]: parameters.getAll(name).filter((other) => other !== value) }),
      }, "×"))));
}

/** The queues as choices, including the queue of the URL if it is unknown. */
function choices(queues, chosen) {
  const all = chosen && !queues.includes(chosen) ? [chosen, ...queues] : queues;
  return all.map((name) => [name, name]);
}

function select(name, value, options, change) {
  return h("label", {}, h("span", { class: "unseen" }, name),
    h("select", { name: name.toLowerCase(), value: value ?? "", onchange: (event) => change(event.target.value) },
      options.map(([key, text]) => h("option", { key, value: key }, text))));
}

function timeChoice(parameters) {
  if (parameters.has("created_after") || parameters.has("created_before")) return "custom";
  return parameters.get("since") ?? "";
}

function time(since) {
  if (since !== "custom") return { since, created_after: null, created_before: null };
  return { since: null, created_after: new Date(serverNow() - 3_600_000).toISOString(), created_before: null };
}

function between(parameters) {
  const field = (label, name) => h("label", { class: "field" }, h("span", {}, label),
    h("input", {
      type: "datetime-local", name, step: 1, value: local(parameters.get(name)),
      onchange: (event) => narrow(parameters, {
        [name]: event.target.value ? new Date(event.target.value).toISOString() : null,
      }),
    }));
  return h("div", { class: "filter-row", key: "between" },
    field("Submitted from", "created_after"), field("until", "created_before"), h("span", { class: "muted" }, zone()));
}

/** A time of the API in the format of the browser's field: local, without a zone. */
function local(text) {
  const date = new Date(text ?? "");
  if (Number.isNaN(date.getTime())) return "";
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
