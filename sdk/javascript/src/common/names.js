/** Converts the names of the API, such as `created_at`, to those of JavaScript, such as `createdAt`. */

/** Fields that hold values of the user. Their content is not converted. */
const opaque = new Set(["payload", "result", "details", "tags", "labels", "input", "output", "counts"]);

/**
 * A copy of a value of the API with names in camel case. Payloads, results, tags and details stay as they are.
 *
 * @template T
 * @param {T} value
 * @returns {any}
 */
export function camelCase(value) {
  if (Array.isArray(value)) return value.map(camelCase);
  if (value === null || typeof value !== "object") return value;
  const copy = {};
  for (const [name, field] of Object.entries(value)) {
    copy[camelName(name)] = opaque.has(name) ? field : camelCase(field);
  }
  return copy;
}

const known = new Map();

function camelName(name) {
  let found = known.get(name);
  if (found === undefined) {
    found = name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
    if (known.size < 1000) known.set(name, found);
  }
  return found;
}

/**
 * The reverse, for the names of one object.
 *
 * @param {Record<string, unknown>} object
 */
export function snakeCase(object) {
  const copy = {};
  for (const [name, field] of Object.entries(object)) {
    copy[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)] = field;
  }
  return copy;
}
