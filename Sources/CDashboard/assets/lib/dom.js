// A small virtual DOM. A page describes its content, and `render` changes the document only where it differs. Focus,
// selection and scroll position therefore survive an update every second.
//
// Strings become text nodes: data never becomes markup.

const svgNamespace = "http://www.w3.org/2000/svg";

/**
 * Describes an element.
 *
 * @param {string} tag the name of the element
 * @param {object} [attributes] `key` identifies it among its siblings; `onclick` and similar names are listeners; `value`
 *   and `checked` are properties. False, null and undefined leave an attribute out; true makes it empty
 * @param {...any} children descriptions, texts, numbers, arrays of them; false and null are skipped
 */
export function h(tag, attributes, ...children) {
  return { tag, attributes: attributes ?? {}, children: children.flat(Infinity).filter(isShown) };
}

function isShown(child) {
  return child !== null && child !== undefined && child !== false && child !== true && child !== "";
}

/** Changes the children of an element to the described ones. */
export function render(parent, ...children) {
  patchChildren(parent, children.flat(Infinity).filter(isShown), parent.namespaceURI);
}

function patchChildren(parent, wanted, namespace) {
  const keyed = keyedNodes(parent, wanted);
  let place = parent.firstChild;
  for (const child of wanted) {
    const found = match(child, place, keyed);
    if (!found) {
      parent.insertBefore(create(child, namespace), place);
      continue;
    }
    if (found === place) place = place.nextSibling;
    else move(parent, found, place);
    update(found, child);
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

/** The nodes that stay, by key. Removes nodes whose key is gone first, so that the others need not be moved. */
function keyedNodes(parent, wanted) {
  const keys = new Set(wanted.map((child) => child.attributes?.key));
  const keyed = new Map();
  for (const node of [...parent.childNodes]) {
    const key = node.description?.attributes.key;
    if (key === undefined) continue;
    if (keys.has(key)) keyed.set(key, node);
    else node.remove();
  }
  return keyed;
}

/** Moves a node. With `moveBefore` it keeps its focus. */
function move(parent, node, place) {
  if (parent.moveBefore) parent.moveBefore(node, place);
  else parent.insertBefore(node, place);
}

/** The node to reuse for the child: the node with its key, or the node at its position if it has the same tag. */
function match(child, place, keyed) {
  if (typeof child !== "object") return place?.nodeType === Node.TEXT_NODE ? place : null;
  const key = child.attributes.key;
  const node = key === undefined ? place : keyed.get(key);
  const description = node?.description;
  return description?.tag === child.tag && description.attributes.key === key ? node : null;
}

function create(child, namespace) {
  if (typeof child !== "object") return document.createTextNode(String(child));
  const own = child.tag === "svg" ? svgNamespace : namespace;
  const node = document.createElementNS(own, child.tag);
  node.description = { tag: child.tag, attributes: {} };
  update(node, child);
  return node;
}

function update(node, child) {
  if (typeof child !== "object") {
    const text = String(child);
    if (node.data !== text) node.data = text;
    return;
  }
  const before = node.description.attributes;
  node.description = child;
  for (const name of Object.keys(before)) {
    if (!(name in child.attributes)) set(node, name, undefined);
  }
  // Children first: a select accepts its value only when it has its options.
  patchChildren(node, child.children, node.namespaceURI);
  for (const [name, value] of Object.entries(child.attributes)) {
    if (before[name] !== value) set(node, name, value);
  }
}

function set(node, name, value) {
  if (name === "key") return;
  if (name.startsWith("on")) {
    node[name] = value ?? null;
  } else if (name === "value" || name === "checked" || name === "indeterminate") {
    node[name] = value ?? "";
  } else if (value === undefined || value === null || value === false) {
    node.removeAttribute(name);
  } else {
    node.setAttribute(name, value === true ? "" : String(value));
  }
}
