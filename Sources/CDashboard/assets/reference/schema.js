// Shows schemas: the fields of an object with types, ranges and descriptions. Objects inside are shown on request.

import { h } from "../lib/dom.js";
import { resolve, withoutNull } from "./model.js";

/** Texts of the document: words between backticks are code. */
export function prose(text) {
  return (text ?? "").split(/(`[^`]+`)/).map((part) => (
    part.startsWith("`") && part.length > 1 ? h("code", {}, part.slice(1, -1)) : part));
}

/**
 * The fields of a schema, or its alternatives.
 *
 * @param {object} api the OpenAPI document
 * @param {object} given a schema
 * @param {Set<string>} open the places whose fields are shown; `toggle` changes it
 * @param {(place: string) => void} toggle
 * @param {string} place identifies the schema on the page
 */
export function schemaView(api, given, open, toggle, place) {
  const schema = resolve(api, given);
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices && !schema.properties) {
    return choices.map((choice, index) => h("div", { class: "choice", key: `${place}/${index}` },
      h("p", { class: "choice-title" }, index === 0 ? "Either" : "or"),
      schemaView(api, choice, open, toggle, `${place}/${index}`)));
  }
  if (schema.type === "array") {
    return [h("p", { class: "muted" }, `An array of ${typeOf(api, schema.items)}.`),
      schemaView(api, schema.items, open, toggle, `${place}/items`)];
  }
  if (!schema.properties) return h("p", { class: "muted" }, `${capital(typeOf(api, schema))}.`, limits(api, schema));
  const required = new Set(schema.required);
  // In a body, null means that an optional field is absent.
  const isBody = schema.additionalProperties === false;
  return h("dl", { class: "fields" }, Object.entries(schema.properties).map(([name, field]) => fieldView(
    api, name, isBody && !required.has(name) ? withoutNull(field).schema : field, required.has(name), open, toggle,
    `${place}/${name}`)));
}

/** A parameter or a field: its name, type, bounds and description, and its own fields on request. */
export function fieldView(api, name, field, isRequired, open, toggle, place) {
  const { schema } = withoutNull(field);
  const inner = innerOf(api, schema);
  const isOpen = open.has(place);
  return h("div", { class: "field-row", key: place },
    h("dt", {},
      h("code", { class: "field-name" }, name), " ",
      h("span", { class: "field-type" }, typeOf(api, field)),
      isRequired && [" ", h("span", { class: "field-required" }, "required")]),
    h("dd", {},
      prose(field.description ?? resolve(api, schema).description), limits(api, schema),
      inner && h("button", {
        class: "quiet fold", "aria-expanded": String(isOpen), onclick: () => toggle(place),
        "aria-label": `${isOpen ? "Hide" : "Show"} the fields of ${name}`,
      }, isOpen ? "Hide fields" : "Show fields"),
      inner && isOpen && h("div", { class: "inner" }, schemaView(api, inner, open, toggle, place))));
}

/** The schema whose fields can be shown: the object itself, the items of an array, the alternatives. */
function innerOf(api, given) {
  const schema = withoutNull(resolve(api, given)).schema;
  if (schema.type === "array") return innerOf(api, schema.items);
  const choices = schema.oneOf ?? schema.anyOf;
  if (schema.properties || choices?.some((choice) => innerOf(api, choice))) return schema;
  return null;
}

/** The type of a value in words: `string or null`. */
function typeOf(api, given) {
  const { isNullable, schema } = withoutNull(resolve(api, given));
  const words = typeWords(api, resolve(api, schema));
  return isNullable ? `${words} or null` : words;
}

function typeWords(api, schema) {
  if (schema.oneOf || schema.anyOf) {
    return [...new Set((schema.oneOf ?? schema.anyOf).map((choice) => typeOf(api, choice)))].join(" or ");
  }
  if (schema.type === "array") return `array of ${typeOf(api, schema.items)}`;
  if (schema.format === "date-time") return "time";
  if (schema.format === "uuid") return "UUID";
  return Array.isArray(schema.type) ? schema.type.join(" or ") : schema.type ?? "any value";
}

/** The bounds, the choices and the default of a value. */
function limits(api, given) {
  const schema = resolve(api, withoutNull(given).schema);
  const target = schema.type === "array" ? resolve(api, schema.items) : schema;
  const parts = [];
  const range = (from, to, unit) => {
    if (from === undefined && to === undefined) return;
    if (to === undefined || to >= Number.MAX_SAFE_INTEGER) parts.push(from > 0 && `At least ${number(from)}${unit}.`);
    else parts.push(from === undefined ? `At most ${number(to)}${unit}.` : `${number(from)} to ${number(to)}${unit}.`);
  };
  range(schema.minimum, schema.maximum, "");
  range(schema.minLength, schema.maxLength, " characters");
  if (schema.type === "array") range(schema.minItems, schema.maxItems, " items");
  range(schema.minProperties, schema.maxProperties, " entries");
  return [
    " ", target.enum && h("span", { class: "limit" }, "One of ",
      target.enum.filter((word) => word !== null).map((word, index) => [index > 0 && ", ", h("code", {}, String(word))]), ". "),
    ...parts.filter(Boolean).map((text) => h("span", { class: "limit" }, text, " ")),
    schema.default !== undefined
      && h("span", { class: "limit" }, "Default: ", h("code", {}, JSON.stringify(schema.default)), "."),
  ];
}

function number(value) {
  return value.toLocaleString("en");
}

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
