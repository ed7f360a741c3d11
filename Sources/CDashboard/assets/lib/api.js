// Calls of the API. Each returns parsed JSON, or throws a Problem with a message for people.

/** A problem that the server answered, or a missing answer. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || `The server answered ${status}.`);
    this.status = status;
    this.code = body.code ?? "";
    this.errors = body.errors ?? [];
  }

  /** Whether the server did not answer. */
  get isLost() {
    return this.status === 0;
  }
}

let clockOffset = 0;

/** The estimated time of the server's clock. Ages are computed with it, not with the clock of this machine. */
export function serverNow() {
  return Date.now() + clockOffset;
}

/** A path with its segments encoded: path`/v1/queues/${name}`. */
export function path(texts, ...segments) {
  return texts.reduce((whole, text, index) => whole + encodeURIComponent(segments[index - 1]) + text);
}

/** A query string. Empty values are left out; an array repeats the parameter. */
export function query(parameters) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const each of [value].flat()) {
      if (each !== undefined && each !== null && each !== "") search.append(name, each);
    }
  }
  const text = search.toString();
  return text ? `?${text}` : "";
}

async function call(method, url, body, signal, moreHeaders = {}) {
  return (await exchange(method, url, body, signal, moreHeaders)).value;
}

/** Sends a request: the parsed answer, and its entity tag. */
async function exchange(method, url, body, signal, moreHeaders) {
  const headers = { Accept: "application/json", ...moreHeaders };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = (await early(method, url)) ?? await fetch(url, {
      method, headers, signal, cache: "no-store",
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, { detail: "The server does not answer." });
  }
  readClock(response);
  // The session has ended, or was never begun.
  if (response.status === 401 && url !== "/v1/session") dispatchEvent(new Event("longhaul-unauthorized"));
  const tag = response.headers.get("ETag");
  if (response.status === 204) return { value: null, tag };
  const value = parse(await response.text());
  if (!response.ok) throw new Problem(response.status, value);
  return { value, tag };
}

/** The answer to a request that `early.js` started; used once. */
function early(method, url) {
  const answer = method === "GET" ? globalThis.longhaulEarly.get(url) : undefined;
  globalThis.longhaulEarly.delete(url);
  return answer;
}

function parse(text) {
  try {
    return readJSON(text);
  } catch {
    // The answer comes from a proxy, not from the API. Only its status is used.
    return {};
  }
}

/** Parses JSON. Throws a SyntaxError for any other text. */
export function readJSON(text) {
  return JSON.parse(text, keepInteger);
}

/** Keeps integers beyond 2^53 in payloads unrounded, if the browser supports it. */
function keepInteger(_, value, context) {
  const isRounded = typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "");
  return isRounded && JSON.rawJSON ? JSON.rawJSON(context.source) : value;
}

function readClock(response) {
  const date = Date.parse(response.headers.get("Date") ?? "");
  if (Number.isNaN(date)) return;
  // The header has whole seconds. An offset within that second stays.
  const min = date - Date.now();
  if (clockOffset < min || clockOffset > min + 1000) clockOffset = Math.abs(min) < 1000 ? 0 : min + 500;
}

/** The number of items on a page of a list, and the default maximum number of pages. */
const pageSize = 500;
const maxPages = 4;

/** The items of a list, read page by page. `hasMore` is true if the list has further items. */
export async function getAll(url, signal, pages = maxPages) {
  const items = [];
  let cursor = null;
  for (let page = 0; page < pages; page += 1) {
    const mark = url.includes("?") ? "&" : "?";
    const place = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await get(`${url}${mark}limit=${pageSize}${place}`, signal);
    items.push(...answer.items);
    cursor = answer.next_cursor;
    if (cursor === null) break;
  }
  return { items, hasMore: cursor !== null };
}

export const get = (url, signal) => call("GET", url, undefined, signal);
export const post = (url, body) => call("POST", url, body);
export const put = (url, body) => call("PUT", url, body);
export const patch = (url, body) => call("PATCH", url, body);
/** Like `get`, but returns `{value, tag}` with the entity tag of the answer. */
export const getTagged = (url) => exchange("GET", url, undefined, undefined, {});
/** Like `put`, but only if the server's state has the entity tag. */
export const putTagged = (url, body, tag) => call("PUT", url, body, undefined, { "If-Match": tag });
export const remove = (url) => call("DELETE", url);

/** Like `get`, but returns null for 404. */
export async function find(url, signal) {
  try {
    return await get(url, signal);
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null;
    throw error;
  }
}
