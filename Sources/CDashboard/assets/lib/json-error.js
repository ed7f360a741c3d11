// Where a text stops to be JSON. Browsers do not always say it, and each of them in another way.

import { lineOf } from "./json-places.js";

const number = /-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const word = /true|false|null/y;
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const space = /[ \t\n\r]*/y;

/** The first error of a text: `{offset, line, message, words}`, where `words` have the place; null if the text is JSON. */
export function jsonError(text) {
  const reader = { text, offset: 0 };
  try {
    readValue(reader);
    skip(reader);
    if (reader.offset < text.length) fail(reader, "expected the end of the text");
    return null;
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error;
    return described(text, error);
  }
}

/** What is wrong with the text of a field, in words; null if the text is JSON. `name` is the name of the field. */
export function jsonProblem(name, text) {
  const error = jsonError(text);
  return error && `${name} is not JSON. ${error.words}`;
}

function described(text, { offset, message }) {
  const line = lineOf(text, offset);
  const column = offset - text.lastIndexOf("\n", offset - 1);
  const whole = offset >= text.length ? `${message}, but the text ends` : message;
  return { offset, line, message: whole, words: `Line ${line}, column ${column}: ${whole}.` };
}

class Mismatch extends Error {
  constructor(offset, message) {
    super(message);
    this.offset = offset;
  }
}

function fail({ offset }, message) {
  throw new Mismatch(offset, message);
}

function skip(reader) {
  accept(reader, space);
}

/** Reads what the pattern matches here; returns whether it does. */
function accept(reader, pattern) {
  pattern.lastIndex = reader.offset;
  if (!pattern.test(reader.text)) return false;
  reader.offset = pattern.lastIndex;
  return true;
}

function acceptMark(reader, mark) {
  skip(reader);
  if (reader.text[reader.offset] !== mark) return false;
  reader.offset += 1;
  return true;
}

function readString(reader, expected) {
  skip(reader);
  if (reader.text[reader.offset] !== '"') fail(reader, `expected ${expected}`);
  if (!accept(reader, string)) fail(reader, "this text in quotation marks has no end, or has a character that must be escaped");
}

function readValue(reader) {
  skip(reader);
  const next = reader.text[reader.offset];
  if (next === "{") readList(reader, "}", readMember);
  else if (next === "[") readList(reader, "]", readValue);
  else if (next === '"') readString(reader);
  else if (!accept(reader, word) && !accept(reader, number)) fail(reader, "expected a value");
}

function readMember(reader) {
  readString(reader, "a name in quotation marks");
  if (!acceptMark(reader, ":")) fail(reader, "expected a colon after the name");
  readValue(reader);
}

function readList(reader, end, readItem) {
  reader.offset += 1;
  if (acceptMark(reader, end)) return;
  do {
    readItem(reader);
  } while (acceptMark(reader, ","));
  if (!acceptMark(reader, end)) fail(reader, `expected a comma or ${end}`);
}
