// Writes the curl command of a call.

import { keyArgument, quoted } from "../lib/curl.js";

/**
 * The curl command of a call, with its example as the body.
 *
 * @param {object} call a call of `groupsOf`
 * @param {string} origin the address of the server
 * @param {boolean} hasKey whether the server requires an API key
 */
export function curlOf(call, origin, hasKey) {
  const parts = ["curl"];
  const isStream = Object.values(call.responses).some(({ content }) => content?.["text/event-stream"]);
  const hasJSON = Object.values(call.responses).some(({ content }) => content?.["application/json"]);
  if (isStream && !hasJSON) parts.push("-N");
  if (call.method !== "GET" && !(call.method === "POST" && call.requestBody)) parts.push(`-X ${call.method}`);
  if (hasKey && call.security?.length > 0) parts.push(keyArgument);
  const body = call.requestBody?.content;
  if (body?.["application/json"]) {
    parts.push("-H 'Content-Type: application/json'");
    parts.push(`-d ${quoted(JSON.stringify(body["application/json"].example))}`);
  } else if (body) {
    parts.push("-H 'Content-Type: application/pdf'", "--data-binary @report.pdf");
  }
  parts.push(quoted(origin + pathOf(call)));
  return parts.join(" \\\n  ").replace("curl \\\n ", "curl");
}

/** The path with names that a reader replaces. */
function pathOf(call) {
  return call.path.replaceAll(/\{(\w+)\}/g, (_, name) => name.toUpperCase());
}
