// Reads the history of an execution from the API, as far as it has grown.

import { get, path, query } from "../lib/api.js";
import { historyReader } from "./execution-model.js";

const pageSize = 500;

/** The history of an execution. `read(signal, draw)` reads the events that are new; it draws after each page. */
export function executionHistory(id, containerOf) {
  const reader = historyReader(containerOf);
  // The last page is read again until it is full. The reader skips events that it has.
  let cursor = null;

  async function read(signal, draw) {
    for (;;) {
      const page = await get(path`/v1/executions/${id}/history` + query({ cursor, limit: pageSize }), signal);
      if (page.items.length) {
        reader.add(page.items.map(eventOf));
        draw();
      }
      if (page.next_cursor === null) return;
      cursor = page.next_cursor;
    }
  }

  return { reader, read };
}

/** An event of the API, with its type and the names of its details as in the history of AWS. */
function eventOf({ number, previous, type, at, details }) {
  return {
    id: number, previous, time: Date.parse(at), type: upper(camel(type)),
    details: Object.fromEntries(Object.entries(details ?? {}).map(([name, value]) => [camel(name), value])),
  };
}

function camel(name) {
  return name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
}

function upper(name) {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
