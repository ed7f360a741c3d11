// The search box of the list of jobs, which completes known kinds, queues, tags and types of errors.

import { h } from "../lib/dom.js";
import { path } from "../lib/api.js";
import { go, parameters } from "../lib/router.js";
import { narrow, parseSearch, searchText } from "./filter.js";
import { knownNames, readNames } from "./known-names.js";

const identifier = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const maxSuggestions = 8;
/** The minimum number of known kinds with the same beginning for which `beginning.*` is suggested. */
const minGroup = 2;

/** A search box; `draw` is called when its suggestions change. */
export function searchBox(draw) {
  const state = { text: "", isOpen: false, active: -1 };

  function search(text) {
    const wanted = text.trim();
    close();
    if (identifier.test(wanted)) go(path`/jobs/${wanted.toLowerCase()}`);
    else change(parseSearch(wanted, parameters()));
  }

  /** Applies changes of the filter. The box keeps only the text that is no filter. */
  function change(changes) {
    narrow(parameters(), changes);
    state.text = searchText(parameters());
    const box = document.querySelector("[data-search]");
    if (box) box.value = state.text;
  }

  function typed(event) {
    Object.assign(state, { text: event.target.value, isOpen: true, active: -1 });
    draw();
  }

  function opened(event) {
    state.text = event.target.value;
    readNames(draw);
  }

  function close() {
    Object.assign(state, { isOpen: false, active: -1 });
    draw();
  }

  /** Applies a suggestion in place of the last word. */
  function choose({ type, value }) {
    const rest = state.text.slice(0, state.text.length - lastWord(state.text).length);
    const changes = parseSearch(rest, parameters());
    close();
    if (type === "tag") changes.tag = [...new Set([...changes.tag, value])];
    else changes[type === "error" ? "error_type" : type] = value;
    change(changes);
  }

  function pressed(event) {
    const found = suggestions(state);
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move && found.length) {
      const places = found.length + 1;
      state.active = ((state.active + 1 + move + places) % places) - 1;
      draw();
    } else if (event.key === "Enter" && found[state.active]) {
      choose(found[state.active]);
    } else if (event.key === "Escape" && found.length) {
      close();
    } else {
      return;
    }
    event.preventDefault();
  }

  function describe() {
    const found = suggestions(state);
    return h("div", { class: "search grow" },
      h("label", {}, h("span", { class: "unseen" }, "Search"),
        h("input", {
          type: "search", name: "search", "data-search": true, value: searchText(parameters()), autocomplete: "off", spellcheck: "false",
          placeholder: "Text, job ID, kind:…, or tag as key:value", maxlength: 200,
          role: "combobox", "aria-autocomplete": "list", "aria-expanded": found.length ? "true" : "false", "aria-controls": "suggestions",
          "aria-activedescendant": found[state.active] ? `suggestion-${state.active}` : null,
          oninput: typed, onfocus: opened, onblur: close, onkeydown: pressed,
        })),
      h("ul", { class: "suggestions", id: "suggestions", role: "listbox", "aria-label": "Suggestions", hidden: !found.length },
        found.map((suggestion, index) => h("li", {
          key: `${suggestion.type} ${suggestion.value}`, id: `suggestion-${index}`, role: "option", "aria-selected": index === state.active ? "true" : "false",
          // The box keeps the focus.
          onmousedown: (event) => event.preventDefault(), onclick: () => choose(suggestion),
        }, h("span", { class: "muted" }, suggestion.type), h("span", { class: "break" }, suggestion.value)))));
  }

  return { describe, search };
}

function lastWord(text) {
  return /\S*$/.exec(text)[0];
}

/** The names that contain the last word, those that begin with it first. */
function suggestions({ text, isOpen }) {
  const word = lastWord(text);
  if (!isOpen || !word) return [];
  const { kinds, queues, tags, errors } = knownNames();
  const all = [
    ...[...groups(kinds), ...kinds].map((value) => ({ type: "kind", value })),
    ...queues.map((value) => ({ type: "queue", value })), ...tags.map((value) => ({ type: "tag", value })),
    ...errors.map((value) => ({ type: "error", value })),
  ];
  const [, type, rest] = /^(kind|queue|tag|error):(.*)$/.exec(word) ?? [null, null, word];
  const wanted = rest.toLowerCase();
  const place = ({ value }) => value.toLowerCase().indexOf(wanted);
  return all.filter((each) => (!type || each.type === type) && place(each) >= 0)
    .sort((one, other) => Math.sign(place(one)) - Math.sign(place(other))).slice(0, maxSuggestions);
}

/** The beginnings that several kinds share, as filters: `mail.*`. */
function groups(kinds) {
  const sizes = new Map();
  for (const kind of kinds) {
    const [beginning] = /^[^.]+\./.exec(kind) ?? [];
    if (beginning) sizes.set(beginning, (sizes.get(beginning) ?? 0) + 1);
  }
  return [...sizes].filter(([, size]) => size >= minGroup).map(([beginning]) => `${beginning}*`);
}
