// Reads the OpenAPI document: its calls by tag, and its schemas.

const methods = ["get", "post", "put", "patch", "delete"];

/**
 * The groups of the document with their calls, in the order of the document.
 *
 * @param {object} api the OpenAPI document
 */
export function groupsOf(api) {
  const groups = api.tags.map(({ name, description }) => ({ name, description, id: slug(name), calls: [] }));
  for (const [path, item] of Object.entries(api.paths)) {
    for (const method of methods) {
      if (!item[method]) continue;
      const call = { ...item[method], method: method.toUpperCase(), path };
      groups.find(({ name }) => name === call.tags[0])?.calls.push(call);
    }
  }
  return groups.filter(({ calls }) => calls.length > 0);
}

function slug(name) {
  return `tag-${name.replaceAll(" ", "-")}`;
}

/** The groups with the calls in which each word occurs; a group without such a call is left out. */
export function search(groups, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return groups;
  const found = groups.map((group) => ({
    ...group,
    calls: group.calls.filter((call) => words.every((word) => textOf(group, call).includes(word))),
  }));
  return found.filter(({ calls }) => calls.length > 0);
}

function textOf(group, call) {
  const names = (call.parameters ?? []).map(({ name }) => name);
  return [group.name, call.method, call.path, call.operationId, call.summary, call.description, ...names]
    .join(" ").toLowerCase();
}

/** The schema itself, with the fields of the schema to which it refers. */
export function resolve(api, schema) {
  let current = schema;
  for (let depth = 0; current.$ref && depth < 10; depth += 1) {
    const { $ref, ...own } = current;
    const target = api.components.schemas[$ref.split("/").pop()] ?? {};
    current = { ...target, ...own, $ref: target.$ref, title: own.title ?? $ref.split("/").pop() };
  }
  return current;
}

/** Whether the value may be null, and the schema without that. */
export function withoutNull(schema) {
  if (Array.isArray(schema.type) && schema.type.includes("null")) {
    const types = schema.type.filter((type) => type !== "null");
    return { isNullable: true, schema: { ...schema, type: types.length === 1 ? types[0] : types } };
  }
  const choices = schema.anyOf;
  if (choices?.some(({ type }) => type === "null")) {
    const { anyOf, ...own } = schema;
    const rest = anyOf.filter(({ type }) => type !== "null");
    return { isNullable: true, schema: rest.length === 1 ? { ...rest[0], ...own } : { ...own, anyOf: rest } };
  }
  return { isNullable: false, schema };
}

/** The scopes that a key needs for a call, as text. */
export function accessOf(call) {
  if (!call.security || call.security.length === 0) return "No API key is needed.";
  const scopes = call.security.flatMap((entry) => Object.values(entry).flat());
  return scopes.length === 0 ? "Any API key." : `API key with the scope ${scopes.join(", ")}.`;
}
