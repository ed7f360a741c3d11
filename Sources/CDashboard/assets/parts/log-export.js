// Saves the lines of a log as a file.

/** The formats: the name, the end of the file's name, the type, and the text of a line. */
const formats = {
  text: {
    name: "Text", end: "log", type: "text/plain",
    write: ({ at, level, attempt, message }) => `${at} ${level.padEnd(7)} [attempt ${attempt}] ${message}`,
  },
  ndjson: { name: "NDJSON", end: "ndjson", type: "application/x-ndjson", write: (line) => JSON.stringify(line) },
};

/** The formats as pairs of an identifier and a name. */
export const exportFormats = Object.entries(formats).map(([format, { name }]) => [format, name]);

/** The content of a file. */
function exportText(lines, format) {
  return lines.map((line) => `${formats[format].write(line)}\n`).join("");
}

/** Saves the lines with the browser's dialog or in its folder of downloads. */
export function saveLines(id, lines, format) {
  const { end, type } = formats[format];
  const url = URL.createObjectURL(new Blob([exportText(lines, format)], { type: `${type};charset=utf-8` }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `job-${id}.${end}`;
  link.click();
  // The browser reads the address after this task.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
