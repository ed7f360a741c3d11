import { camelCase } from "../common/names.js";

/**
 * Path and query of a call. Undefined values are left out.
 *
 * @param {string} path
 * @param {Record<string, unknown>} query
 */
export function withQuery(path, query) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null) search.set(name, String(value));
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

/** All items of a list, page by page. */
export async function* items(client, path, query = {}, options) {
  let cursor;
  do {
    const page = await client.get(withQuery(path, { ...query, cursor }), options);
    for (const item of page.items) yield camelCase(item);
    cursor = page.next_cursor;
  } while (cursor);
}
