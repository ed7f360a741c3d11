// One line of a log.

import { h } from "../lib/dom.js";
import { clock, count } from "../lib/format.js";

/** The maximum number of characters that are shown of a line. A saved file has them all. */
const maxShown = 4000;

/** The line as an item of a list: its link, time, attempt if `isAttemptShown`, and message with the search text marked. */
export function logRow(line, { place, isTarget, isAttemptShown, text, choose, isTabStop = true }) {
  const shown = line.message.slice(0, maxShown);
  return h("li", {
    key: line.number, class: isTarget ? `${line.level} target` : line.level, "data-place": place, "aria-current": isTarget ? "true" : null,
  },
    h("a", {
      class: "log-number", href: lineLink(line.number), "aria-label": `Line ${line.number}`, tabindex: isTabStop ? null : "-1",
      onclick: (event) => choose(event, line.number),
    }, line.number),
    h("time", { datetime: line.at, title: line.at }, clock(line.at)),
    isAttemptShown && h("span", { class: "log-attempt", title: `Attempt ${line.attempt}` }, `#${line.attempt}`),
    ["warning", "error"].includes(line.level) && h("span", { class: "log-level" }, line.level),
    h("span", { class: "log-message" }, marked(shown, text),
      shown !== line.message && h("span", { class: "muted" }, ` … ${count(line.message.length - maxShown)} more characters`)));
}

/** The address of a line on this page. */
export function lineLink(number) {
  return `${location.pathname}?line=${number}`;
}

/** A text with its occurrences of the search text marked. */
function marked(text, words) {
  const lower = text.toLowerCase();
  // A letter whose lower case has another length would move the marks.
  if (!words || lower.length !== text.length) return text;
  const wanted = words.toLowerCase();
  const parts = [];
  let end = 0;
  for (let start = lower.indexOf(wanted); start >= 0; start = lower.indexOf(wanted, end)) {
    parts.push(text.slice(end, start), h("mark", {}, text.slice(start, start + wanted.length)));
    end = start + wanted.length;
  }
  return [...parts, text.slice(end)];
}
