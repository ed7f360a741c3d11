// Calls of the API. Each answers parsed JSON, or throws a Problem that says what is wrong in words for people.

/** A refusal of the server, or its absence. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || `The server answered ${status}.`);
    this.status = status;
    this.code = body.code ?? "";
    this.errors = body.errors ?? [];
  }

  /** Whether no server answered at all. */
  get isLost() {
    return this.status === 0;
  }
}

let clockOffset = 0;

/** The server's clock, as far as it is known: ages are told by it, not by the clock of this machine. */
export function serverNow() {
  return Date.now() + clockOffset;
}

/** A path with its segments encoded: path`/v1/queues/${name}`. */
export function path(texts, ...segments) {
  return texts.reduce((whole, text, index) => whole + encodeURIComponent(segments[index - 1]) + text);
}

/** The text of a query; absent values are left out, arrays repeat. */
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

async function call(method, url, body, signal) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = (await early(method, url)) ?? await fetch(url, {
      method, headers, signal, cache: "no-store",
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (fault) {
    if (fault.name === "AbortError") throw fault;
    throw new Problem(0, { detail: "The server does not answer." });
  }
  readClock(response);
  if (response.status === 204) return null;
  const parsed = parse(await response.text());
  if (!response.ok) throw new Problem(response.status, parsed);
  return parsed;
}

/** The answer to a reading that `early.js` began, once. */
function early(method, url) {
  const answer = method === "GET" ? globalThis.longhaulEarly.get(url) : undefined;
  globalThis.longhaulEarly.delete(url);
  return answer;
}

function parse(text) {
  try {
    return JSON.parse(text, keepInteger);
  } catch {
    // Not an answer of the API, but of something between: its status must do.
    return {};
  }
}

/** A payload's integer beyond 2^53 is shown as it was sent, where the browser can keep it; never rounded unseen. */
function keepInteger(_, value, context) {
  const isRounded = typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "");
  return isRounded && JSON.rawJSON ? JSON.rawJSON(context.source) : value;
}

function readClock(response) {
  const date = Date.parse(response.headers.get("Date") ?? "");
  if (Number.isNaN(date)) return;
  // The header has whole seconds: keep an offset that it does not contradict.
  const least = date - Date.now();
  if (clockOffset < least || clockOffset > least + 1000) clockOffset = Math.abs(least) < 1000 ? 0 : least + 500;
}

/** The number of items on a page of a list, and the default maximum number of pages. */
const pageSize = 500;
const maxPages = 4;

/** The items of a list, read page by page. `hasMore` says that the list is longer than what was read. */
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
export const remove = (url) => call("DELETE", url);

/** Like `get`, but null where there is nothing (404): a part of the API that this server may not have. */
export async function find(url, signal) {
  try {
    return await get(url, signal);
  } catch (fault) {
    if (fault instanceof Problem && fault.status === 404) return null;
    throw fault;
  }
}
