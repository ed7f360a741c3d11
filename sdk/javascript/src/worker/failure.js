/** Errors as the server stores them. */
import { ChildJobError, PermanentError, StepError } from "../common/errors.js";
import { seconds } from "../common/time.js";

const maxStackLength = 16_000;
const maxDepth = 30;

/**
 * The report of an error that a handler or a step has thrown.
 *
 * @param {unknown} thrown
 * @returns {{error: {type: string, message: string, details: unknown, retryable: boolean}, retry_in_seconds?: number}}
 */
export function failureOf(thrown) {
  if (!(thrown instanceof Error)) return { error: jobError("error", text(thrown), null, true) };
  if (thrown instanceof StepError || thrown instanceof ChildJobError) {
    const { type, details } = thrown.error;
    return { error: jobError(type, thrown.message, { ...asObject(details), stack: stackOf(thrown) }, false) };
  }
  const code = thrown.code === undefined ? {} : { code: text(thrown.code) };
  const details = { ...code, ...asObject(thrown.details), stack: stackOf(thrown) };
  const isPermanent = thrown instanceof PermanentError;
  const failure = { error: jobError(thrown.type ?? thrown.name, thrown.message, details, !isPermanent) };
  const pause = pauseOf(thrown.retryAfter);
  if (pause !== undefined) failure.retry_in_seconds = pause;
  return failure;
}

/** The failure of an attempt that took too long. */
export function timeoutFailure(forSeconds) {
  return { error: jobError("timeout", `the attempt took longer than its timeout of ${forSeconds} s`, null, true) };
}

/** A report without details, for a server that refused the full one. */
export function plainFailure({ error, retry_in_seconds }, problem) {
  const reason = `the server refused the full error: ${problem.message.slice(0, 500)}`;
  const message = `${printable(error.message).slice(0, 500)} (${reason})`;
  const type = /^[\x21-\x7e]{1,100}$/.test(error.type) ? error.type : "error";
  return { error: jobError(type, message, null, error.retryable), retry_in_seconds };
}

function jobError(type, message, details, retryable) {
  return { type: text(type) || "error", message: text(message), details: storable(details), retryable };
}

/** The stack trace, and those of its causes. */
function stackOf(error) {
  const parts = [];
  for (let current = error; current instanceof Error && parts.length < 5; current = current.cause) {
    parts.push(`${parts.length === 0 ? "" : "Caused by: "}${current.stack ?? current}`);
  }
  return parts.join("\n").slice(0, maxStackLength);
}

function asObject(details) {
  if (details === undefined || details === null) return {};
  return typeof details === "object" && !Array.isArray(details) ? details : { details };
}

function storable(details) {
  try {
    if (depth(details) > maxDepth) return { omitted: "the details are nested too deep" };
    return JSON.parse(JSON.stringify(details ?? null));
  } catch (error) {
    return { omitted: `the details are not JSON: ${error.message}` };
  }
}

function depth(value, level = 0) {
  if (value === null || typeof value !== "object" || level > maxDepth) return level;
  return Object.values(value).reduce((deepest, field) => Math.max(deepest, depth(field, level + 1)), level + 1);
}

function pauseOf(retryAfter) {
  if (retryAfter === undefined || retryAfter === null) return undefined;
  try {
    return Math.max(0, seconds(retryAfter));
  } catch {
    return undefined;
  }
}

function text(value) {
  try {
    return String(value);
  } catch {
    return "an error that has no text";
  }
}

function printable(message) {
  // eslint-disable-next-line no-control-regex -- control characters are what it removes
  return message.replace(/[\x00-\x1f\x7f]/g, " ");
}
