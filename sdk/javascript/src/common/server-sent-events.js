/**
 * Reads server-sent events.
 *
 * @param {AsyncIterable<Uint8Array>} body
 * @returns {AsyncGenerator<{id?: string, event: string, data: string}>}
 */
export async function* serverSentEvents(body) {
  const decoder = new TextDecoder();
  let rest = "";
  let event = {};
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    for (const line of lines) {
      if (line !== "") addLine(event, line);
      else {
        if (event.data !== undefined) yield { event: "message", ...event };
        event = {};
      }
    }
  }
}

function addLine(event, line) {
  if (line.startsWith(":")) return;
  const colon = line.indexOf(":");
  const name = colon < 0 ? line : line.slice(0, colon);
  const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
  if (name === "data") event.data = event.data === undefined ? value : `${event.data}\n${value}`;
  else if (name === "id" || name === "event") event[name] = value;
}
