// The filter above the list of jobs, and its form in the URL.

import { h } from "../lib/dom.js";
import { path, query, serverNow } from "../lib/api.js";
import { go } from "../lib/router.js";
import { states } from "./badges.js";

const spans = { "15m": ["Last 15 minutes", 900], "1h": ["Last hour", 3600], "24h": ["Last 24 hours", 86_400], "7d": ["Last 7 days", 604_800] };
const identifier = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const kept = ["state", "queue", "kind", "tag", "actor", "since", "created_after", "created_before"];

/** The filter of a URL, as parameters of the API. */
export function readFilter(parameters) {
  const since = spans[parameters.get("since")];
  const filter = {
    state: parameters.getAll("state"), queue: parameters.get("queue"), kind: parameters.get("kind"),
    tag: parameters.getAll("tag"), actor: parameters.get("actor"),
    created_after: since ? new Date(serverNow() - since[1] * 1000).toISOString() : parameters.get("created_after"),
    created_before: since ? null : parameters.get("created_before"),
  };
  return { filter };
}

/** The search text: `key:value` is a tag, `actor:…` an actor, any other word a kind. */
function searchText(parameters) {
  const actor = parameters.get("actor");
  return [parameters.get("kind"), ...parameters.getAll("tag"), actor && `actor:${actor}`].filter(Boolean).join(" ");
}

function parseSearch(text) {
  const found = { kind: null, tag: [], actor: null };
  for (const word of text.split(/\s+/).filter(Boolean)) {
    if (word.startsWith("actor:")) found.actor = word.slice(6);
    else if (word.includes(":")) found.tag.push(word);
    else found.kind = word;
  }
  return found;
}

/** Opens the first page of the list with a changed filter. */
function narrow(parameters, changes) {
  const next = Object.fromEntries(kept.map((name) => [name, parameters.getAll(name)]));
  go(`/jobs${query({ ...next, ...changes })}`);
}

/** The form. */
export function filterForm(parameters, queues) {
  const chosen = new Set(parameters.getAll("state"));
  const text = searchText(parameters);
  function search(event) {
    event.preventDefault();
    const wanted = new FormData(event.target).get("search").trim();
    if (identifier.test(wanted)) go(path`/jobs/${wanted.toLowerCase()}`);
    else narrow(parameters, parseSearch(wanted));
  }
  const toggle = (state) => {
    const states = new Set(chosen);
    if (!states.delete(state)) states.add(state);
    narrow(parameters, { state: [...states] });
  };
  return h("form", { class: "filter", key: "filter", role: "search", onsubmit: search },
    h("div", { class: "filter-row" },
      h("label", { class: "grow" }, h("span", { class: "unseen" }, "Search"),
        h("input", {
          type: "search", name: "search", "data-search": true, value: text, autocomplete: "off", spellcheck: "false",
          placeholder: "Job ID, kind, or tag as key:value",
        })),
      select("Queue", parameters.get("queue"), [["", "Any queue"], ...named(queues, parameters.get("queue"))],
        (queue) => narrow(parameters, { queue })),
      select("Time", timeChoice(parameters), [
        ["", "Any time"], ...Object.entries(spans).map(([key, [name]]) => [key, name]), ["custom", "Between…"],
      ], (since) => narrow(parameters, time(since))),
      h("button", { type: "submit" }, "Search"),
      kept.some((name) => parameters.has(name)) && h("a", { class: "clear", href: "/jobs", key: "clear" }, "Clear")),
    timeChoice(parameters) === "custom" && between(parameters),
    h("fieldset", { class: "chips" }, h("legend", { class: "unseen" }, "States"),
      states.map((state) => h("label", { key: state, class: `chip ${state}` },
        h("input", { type: "checkbox", name: "state", value: state, checked: chosen.has(state), onchange: () => toggle(state) }),
        h("span", { class: "badge-dot", "aria-hidden": "true" }), state))));
}

/** The queues as choices, including the queue of the URL if it is unknown. */
function named(queues, chosen) {
  const all = chosen && !queues.includes(chosen) ? [chosen, ...queues] : queues;
  return all.map((name) => [name, name]);
}

function select(name, value, choices, change) {
  return h("label", {}, h("span", { class: "unseen" }, name),
    h("select", { name: name.toLowerCase(), value: value ?? "", onchange: (event) => change(event.target.value) },
      choices.map(([key, text]) => h("option", { key, value: key }, text))));
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
  return h("div", { class: "filter-row", key: "between" }, field("Submitted from", "created_after"), field("until", "created_before"));
}

/** A time of the API in the format of the browser's field: local, without a zone. */
function local(text) {
  const date = new Date(text ?? "");
  if (Number.isNaN(date.getTime())) return "";
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
