// Reads tables of text: comma-separated values as in RFC 4180, and those with semicolons or tabs.

/** The rows of a text, at most `maxRows`, as lists of texts. The separator is the one that the first line has most. */
export function parseCSV(text, maxRows) {
  const separator = separatorOf(text);
  const rows = [];
  let row = [];
  let place = 0;
  while (place < text.length && rows.length < maxRows) {
    const cell = text[place] === "\"" ? quoted(text, place, separator) : plain(text, place, separator);
    row.push(cell.text);
    place = cell.end;
    if (text[place] === separator) {
      place += 1;
      if (place < text.length) continue;
      row.push("");
    }
    rows.push(row);
    row = [];
    place += text.startsWith("\r\n", place) ? 2 : 1;
  }
  return rows;
}

function separatorOf(text) {
  const line = text.slice(0, text.search(/[\r\n]|$/));
  const counts = [",", ";", "\t"].map((separator) => [separator, line.split(separator).length]);
  return counts.sort(([, one], [, other]) => other - one)[0][0];
}

/** A cell in quotation marks; two of them stand for one. Text between the last mark and the separator belongs to the cell. */
function quoted(text, start, separator) {
  let end = start + 1;
  let value = "";
  for (;;) {
    const mark = text.indexOf("\"", end);
    value += text.slice(end, mark < 0 ? text.length : mark);
    if (mark < 0) return { text: value, end: text.length };
    end = mark + 1;
    if (text[end] !== "\"") {
      const rest = plain(text, end, separator);
      return { text: value + rest.text, end: rest.end };
    }
    value += "\"";
    end += 1;
  }
}

function plain(text, start, separator) {
  let end = start;
  while (end < text.length && text[end] !== separator && text[end] !== "\n" && text[end] !== "\r") end += 1;
  return { text: text.slice(start, end), end };
}
