// The details of an error, for people: stack traces and other texts with their lines, everything else as JSON.

import { h } from "../lib/dom.js";
import { jobLink } from "./badges.js";
import { pretty } from "./json.js";

const jobID = /([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12})/;
/** The maximum number of characters of a text, and the depth to which texts are looked for. */
const maxShown = 100_000;
const maxDepth = 4;
/** The names of members that are stack traces, also if they have one line. */
const traceName = /^(stack|trace|traceback|stack_?trace|backtrace)$/i;

/** The parts of details: `{name, text}` for each text with several lines, then one for the other members. */
function detailParts(details) {
  if (details === null || details === undefined) return [];
  if (typeof details === "string") return [{ name: "Details", text: details }];
  const texts = [];
  const rest = withoutTexts(details, [], texts);
  return rest === undefined ? texts : [...texts, { name: texts.length > 0 ? "Other details" : "Details", text: pretty(rest) }];
}

/** The value without its texts of several lines, which are added to `texts`; undefined if nothing remains. */
function withoutTexts(value, place, texts) {
  if (isText(value, place.at(-1))) {
    texts.push({ name: nameOf(place), text: Array.isArray(value) ? value.join("\n") : value });
    return undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value) || place.length >= maxDepth) return value;
  const members = Object.entries(value).map(([name, member]) => [name, withoutTexts(member, [...place, name], texts)])
    .filter(([, member]) => member !== undefined);
  return members.length > 0 ? Object.fromEntries(members) : undefined;
}

/** A heading for the text at a place of the details. */
function nameOf(place) {
  const isTrace = traceName.test(place.at(-1) ?? "");
  if (place.length === 1 && isTrace) return "Stack trace";
  return isTrace ? `Stack trace (${place.slice(0, -1).join(".")})` : place.join(".") || "Details";
}

/** Whether a value is a text with lines, or a list of the lines of a stack trace. */
function isText(value, name = "") {
  if (typeof value === "string") return value.includes("\n") || traceName.test(name);
  return Array.isArray(value) && value.length > 0 && traceName.test(name) && value.every((line) => typeof line === "string");
}

/** A message of the server, in which the IDs of jobs are links. */
export function linkedMessage(text) {
  return text.split(jobID).map((part, index) => (index % 2 === 1 ? jobLink(part, part) : part));
}

/** The parts as blocks with headings. */
export function detailBlocks(details) {
  return detailParts(details).map(({ name, text }) => h("div", { class: "json-block", key: name },
    h("h3", {}, name),
    h("pre", { class: "code trace", tabindex: "0", role: "region", "aria-label": name }, bounded(text.replace(/\n+$/, "")))));
}

function bounded(text) {
  return text.length > maxShown ? `${text.slice(0, maxShown)}\n… ${text.length - maxShown} more characters` : text;
}
