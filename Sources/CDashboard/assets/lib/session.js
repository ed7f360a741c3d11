// The API key of this browser: its name, and what it may do. The key itself stays in a cookie that scripts cannot read.

import { get, Problem } from "./api.js";

let session = null;

/** Reads the session. Returns false if the server needs a key and this browser has none. */
export async function load() {
  try {
    session = await get("/v1/session");
    return true;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    // Without an answer the pages open, and show that the connection is lost.
    return problem.status !== 401;
  }
}

/** Whether the key has a scope. A server without keys allows everything. */
export function may(scope) {
  return session?.scopes.includes(scope) ?? false;
}

/** The name of the key; null on a server without keys. */
export function keyName() {
  return session?.key_id ? session.name : null;
}

/** Whether the key is limited to some kinds of jobs. */
export function hasKindLimit() {
  return Boolean(session?.kinds?.length);
}

/** The address of a trace in another program; null if the server has no template for it. */
export function traceLink(traceID) {
  return session?.trace_link?.replaceAll("{trace_id}", encodeURIComponent(traceID)) ?? null;
}

/** Starts a session with a key. Throws a Problem if the server refuses the key. */
export async function signIn(key) {
  let headers;
  try {
    headers = new Headers({ Accept: "application/json", Authorization: `Bearer ${key.trim()}` });
  } catch {
    throw new Problem(401, { detail: "This is not an API key: it has characters that no key has." });
  }
  let response;
  try {
    response = await fetch("/v1/session", { method: "POST", headers, cache: "no-store" });
  } catch {
    throw new Problem(0, { detail: "The server does not answer." });
  }
  if (!response.ok) throw new Problem(response.status, await response.json().catch(() => ({})));
}

/** Ends the session of this browser. */
export async function signOut() {
  await fetch("/v1/session", { method: "DELETE", cache: "no-store" }).catch(() => null);
}
