// Where the values of a JSON text are, so that a page can show the place of a problem.

const token = /\s*(?:([{}[\],:])|("(?:[^"\\]|\\.)*")|([^\s{}[\],:"]+))/gy;

/**
 * The place of the value that a JSON pointer names, or of the nearest value around it that exists.
 *
 * @param {string} text JSON; a text with errors is read as far as possible
 * @param {string} pointer `/States/Pay/Next`; empty for the whole text
 * @returns {{start: number, end: number, line: number}} offsets into the text, and the line from 1
 */
export function placeOf(text, pointer) {
  const wanted = pointer.split("/").slice(1).map((part) => part.replace(/~1/g, "/").replace(/~0/g, "~"));
  let best = { depth: -1, start: 0, end: 0 };
  for (const found of values(text)) {
    if (found.path.length <= best.depth || found.path.length > wanted.length) continue;
    if (found.path.every((part, index) => part === wanted[index])) best = { depth: found.path.length, start: found.start, end: found.end };
  }
  return { start: best.start, end: best.end, line: lineOf(text, best.start) };
}

/** The line of an offset, from 1. */
export function lineOf(text, offset) {
  let line = 1;
  for (let place = text.indexOf("\n"); place >= 0 && place < offset; place = text.indexOf("\n", place + 1)) line += 1;
  return line;
}

/** All values of a text: `{path, start, end}`. A value that is a member begins at its name. */
function* values(text) {
  const stack = [];
  token.lastIndex = 0;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const [, mark, string, other] = match;
    const end = token.lastIndex;
    const start = end - (mark ?? string ?? other).length;
    const top = stack.at(-1);
    if (mark === "{" || mark === "[") {
      const began = beginning(top, start);
      stack.push({ isArray: mark === "[", index: 0, name: null, nameStart: 0, isName: true, path: pathIn(top), start: began });
    } else if (mark === "}" || mark === "]") {
      if (!top) return;
      stack.pop();
      yield { path: top.path, start: top.start, end };
    } else if (mark === ",") {
      if (top) Object.assign(top, { index: top.index + 1, isName: true });
    } else if (mark === ":") {
      if (top) top.isName = false;
    } else if (string && top && !top.isArray && top.isName) {
      Object.assign(top, { name: unquoted(string), nameStart: start });
    } else {
      yield { path: pathIn(top), start: beginning(top, start), end };
    }
  }
  // What is not closed, from the inside.
  for (const { path, start } of stack.reverse()) yield { path, start, end: text.length };
}

function pathIn(top) {
  return top ? [...top.path, top.isArray ? String(top.index) : top.name] : [];
}

function beginning(top, start) {
  return top && !top.isArray && top.name !== null ? top.nameStart : start;
}

function unquoted(string) {
  try {
    return JSON.parse(string);
  } catch {
    return string.slice(1, -1);
  }
}
