// The states of a definition in the Amazon States Language: a tree, because Parallel and Map states contain states.

/** The maximum depth of nested states that is read. */
const maxDepth = 64;

/**
 * Reads a definition.
 *
 * @param {object} definition the definition
 * @returns {{root: object, states: Map<string, object>, problem: string|null}} `root` and the parts of a state are scopes,
 *   `{startAt, names, label}`. A state is `{name, type, definition, parent, parts, edges, isEnd, isDistributed}`; its edges are
 *   `{from, to, kind}` with the kind "next", "choice" or "catch". A state with `isInChildren` runs in the child executions of a
 *   distributed map
 */
export function readMachine(definition) {
  if (!isObject(definition?.States)) return { ...emptyMachine(), problem: "The definition has no States." };
  const states = new Map();
  const root = readScope(definition, null, states, { label: "", depth: 0, isInChildren: false });
  return { root, states, problem: null };
}

/** Reads the text of a definition; a text that is not JSON has a problem. */
export function readMachineText(text) {
  try {
    return readMachine(JSON.parse(text));
  } catch (error) {
    return { ...emptyMachine(), problem: `The definition is not JSON: ${error.message}.` };
  }
}

function emptyMachine() {
  return { root: { startAt: null, names: [], label: "" }, states: new Map() };
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readScope(definition, parent, states, { label, depth, isInChildren }) {
  const found = isObject(definition?.States) && depth < maxDepth ? Object.entries(definition.States) : [];
  const names = [];
  for (const [name, state] of found) {
    // States of one machine have different names. A definition that is being edited may break this rule.
    if (!isObject(state) || states.has(name)) continue;
    names.push(name);
    states.set(name, {
      name, type: String(state.Type ?? "unknown"), definition: state, parent, parts: [], edges: edgesOf(name, state),
      isEnd: state.End === true || state.Type === "Succeed" || state.Type === "Fail",
      isDistributed: state.ItemProcessor?.ProcessorConfig?.Mode === "DISTRIBUTED", isInChildren,
    });
  }
  for (const name of names) {
    const state = states.get(name);
    const inner = { depth: depth + 1, isInChildren: isInChildren || state.isDistributed };
    state.parts = scopesOf(state.definition).map(({ scope, label: own }) => readScope(scope, name, states, { ...inner, label: own }));
  }
  const { StartAt: startAt } = definition ?? {};
  return { startAt: names.includes(startAt) ? startAt : names[0] ?? null, names: startFirst(names, startAt), label };
}

function startFirst(names, start) {
  return names.includes(start) ? [start, ...names.filter((name) => name !== start)] : names;
}

function scopesOf({ Branches: branches, ItemProcessor: processor, Iterator: iterator }) {
  if (Array.isArray(branches)) return branches.map((scope, index) => ({ scope, label: `branch ${index + 1}` }));
  const scope = processor ?? iterator;
  return isObject(scope) ? [{ scope, label: "each item" }] : [];
}

function edgesOf(name, state) {
  const edges = new Map();
  const add = (to, kind) => {
    if (typeof to === "string") edges.set(`${to} ${kind}`, { from: name, to, kind });
  };
  add(state.Next, "next");
  for (const rule of asList(state.Choices)) add(rule?.Next, "choice");
  add(state.Default, "choice");
  for (const catcher of asList(state.Catch)) add(catcher?.Next, "catch");
  return [...edges.values()];
}

function asList(value) {
  return Array.isArray(value) ? value : [];
}
