// The filter of the list of jobs: its form in the URL, as a search text, and as the body of an operation on many jobs.

import { query, serverNow } from "../lib/api.js";
import { go } from "../lib/router.js";

/** The times that the list offers, with their lengths in seconds. */
export const spans = {
  "15m": ["Last 15 minutes", 900], "1h": ["Last hour", 3600], "24h": ["Last 24 hours", 86_400], "7d": ["Last 7 days", 604_800],
};
/** The parameters of the URL that select jobs. */
export const filterNames = [
  "q", "state", "queue", "kind", "tag", "actor", "error_type", "fingerprint", "since", "created_after", "created_before",
];
/** The parameters that a search text can set, by the name that stands before the colon. */
const words = { kind: "kind", queue: "queue", actor: "actor", error: "error_type" };
/** A tag or another filter in a search text. A text such as `https://…` or `"to":"a"` is neither. */
const pair = /^([\w./-]+):(?!\/\/)(.+)$/;

/** The filter of a URL, as parameters of the API. */
export function readFilter(parameters) {
  const name = parameters.get("since");
  const since = Object.hasOwn(spans, name) ? spans[name] : null;
  return {
    q: parameters.get("q"), state: parameters.getAll("state"), queue: parameters.get("queue"), kind: parameters.get("kind"),
    tag: parameters.getAll("tag"), actor: parameters.get("actor"),
    error_type: parameters.get("error_type"), fingerprint: parameters.get("fingerprint"),
    created_after: since ? new Date(serverNow() - since[1] * 1000).toISOString() : parameters.get("created_after"),
    created_before: since ? null : parameters.get("created_before"),
  };
}

/** Whether the URL selects jobs. */
export function isFiltered(parameters) {
  return filterNames.some((name) => parameters.has(name));
}

/** The filter of the URL as a query, without the page of the list. */
export function filterQuery(parameters) {
  return query(Object.fromEntries(filterNames.map((name) => [name, parameters.getAll(name)])));
}

/** Opens the first page of the list with a changed filter. */
export function narrow(parameters, changes) {
  const present = Object.fromEntries(filterNames.map((name) => [name, parameters.getAll(name)]));
  go(`/jobs${query({ ...present, ...changes })}`);
}

/**
 * The changes of the filter that a search text means: `kind:`, `queue:`, `actor:` and `error:` set a filter, another
 * `key:value` adds a tag, and the rest is the text to search for. A text in quotation marks is searched as it is.
 */
export function parseSearch(text, parameters) {
  const tags = parameters.getAll("tag");
  const found = {};
  const rest = [];
  for (const [word, quoted] of text.matchAll(/"([^"]*)"(?=\s|$)|\S+/g)) {
    const [, key, value] = quoted === undefined ? pair.exec(word) ?? [] : [];
    if (key === undefined) rest.push(quoted ?? word);
    else if (Object.hasOwn(words, key)) found[words[key]] = value;
    else tags.push(word);
  }
  // The dashboard shows the end of an ID after an ellipsis.
  const q = rest.join(" ").replace(/^…/, "");
  return { ...found, tag: [...new Set(tags)], q: q || null };
}

/** The text that is searched for, in quotation marks if it would otherwise be read as a filter. */
export function searchText(parameters) {
  const q = parameters.get("q") ?? "";
  const { q: read } = parseSearch(q, new URLSearchParams());
  return read === q || q === "" ? q : `"${q}"`;
}

/** The filter as a field of an operation on many jobs. It selects only jobs that were submitted until now. */
export function bulkFilter(parameters) {
  const { tag, state, ...others } = readFilter(parameters);
  const now = new Date(serverNow()).toISOString();
  const body = {
    ...others, created_before: others.created_before && others.created_before < now ? others.created_before : now,
    tags: Object.fromEntries(tag.map((text) => [text.slice(0, text.indexOf(":")), text.slice(text.indexOf(":") + 1)])),
  };
  if (state.length) body.state = state;
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null && value !== undefined));
}

/**
 * The number of jobs that match, if it is known without a search: the counts of queues give it for filters by queue and
 * state. Null otherwise.
 */
export function cheapCount(filter, queues) {
  const { state, queue, ...others } = filter;
  if (!queues || Object.values(others).some((value) => value?.length)) return null;
  const shown = queue ? queues.filter(({ name }) => name === queue) : queues;
  const sum = (counts) => Object.entries(counts).reduce((total, [name, count]) =>
    total + (state.length && !state.includes(name) ? 0 : count), 0);
  return shown.reduce((total, { counts }) => total + sum(counts), 0);
}
