// Previews of artifacts. Text, also that of HTML and SVG, becomes text nodes, so that no content runs.

import { h } from "../lib/dom.js";
import { readJSON } from "../lib/api.js";
import { parseCSV } from "../lib/csv.js";
import { bytes, count } from "../lib/format.js";
import { table } from "./blocks.js";
import { pretty } from "./json.js";

/** The maximum number of bytes that are read of a text, and of rows and columns that are shown of a table. */
const maxTextBytes = 256 * 1024;
const maxRows = 200;
const maxColumns = 40;
/** The maximum size of a picture in bytes. */
const maxPictureBytes = 8_000_000;
/** The types that an <img> shows. An SVG is text here. */
const pictures = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"]);
const tables = new Set(["text/csv", "text/tab-separated-values"]);
const texts = new Set([
  "application/x-ndjson", "application/xml", "application/yaml", "application/x-yaml", "application/toml", "application/sql",
  "application/javascript", "image/svg+xml",
]);

/** How a file is shown: "picture", "table", "json", "text", or null for a file without a preview. */
export function previewOf({ content_type: contentType, size_bytes: size }) {
  const type = typeOf(contentType);
  if (pictures.has(type)) return size <= maxPictureBytes ? "picture" : null;
  if (tables.has(type)) return "table";
  if (type === "application/json" || type.endsWith("+json")) return "json";
  return type.startsWith("text/") || texts.has(type) || type.endsWith("+xml") ? "text" : null;
}

/** Whether the browser may open the file in a tab. It would lay out HTML and SVG, and blocks PDF in a sandbox. */
export function canOpen(file) {
  const type = typeOf(file.content_type);
  return pictures.has(type) || ["text/plain", "application/json"].includes(type);
}

function typeOf(contentType) {
  return contentType.split(";")[0].trim().toLowerCase();
}

/** Reads the beginning of a file as text. Throws an Error with a message for people. */
export async function readText(file, signal) {
  if (file.size_bytes === 0) return "";
  let response;
  try {
    response = await fetch(`${file.url}?redirect=false`, {
      headers: { Range: `bytes=0-${maxTextBytes - 1}` }, cache: "no-store", signal,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The server does not answer.");
  }
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  const isWhole = file.size_bytes <= maxTextBytes;
  // The end of a part may be in the middle of a character.
  return new TextDecoder().decode(await response.arrayBuffer(), { stream: !isWhole });
}

/** The beginning of a file. */
export function textPreview(file, text) {
  const isWhole = file.size_bytes <= maxTextBytes;
  return [
    !isWhole && h("p", { class: "muted", key: "part" }, `The first ${bytes(maxTextBytes)} of ${bytes(file.size_bytes)}.`),
    previewOf(file) === "table" ? tablePreview(text)
      : h("pre", { class: "code", key: "text", tabindex: "0", role: "region", "aria-label": file.name }, previewOf(file) === "json" && isWhole ? indented(text) : text),
  ];
}

function indented(text) {
  try {
    return pretty(readJSON(text));
  } catch {
    return text;
  }
}

function tablePreview(text) {
  const rows = parseCSV(text, maxRows + 2);
  const [names = [], ...lines] = rows;
  const shown = lines.slice(0, maxRows);
  const isCut = lines.length > maxRows || names.length > maxColumns;
  return [
    isCut && h("p", { class: "muted", key: "cut" }, `At most ${count(maxRows)} rows and ${count(maxColumns)} columns are shown.`),
    h("div", { class: "csv", key: "table" }, table("Table", names.slice(0, maxColumns).map((name) => ({ name })),
      shown.map((cells, key) => ({ key, cells: names.slice(0, maxColumns).map((_, index) => cells[index] ?? "") })))),
  ];
}
