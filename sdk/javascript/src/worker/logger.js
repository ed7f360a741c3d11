/** Method to level of the log of a job. */
const levels = { debug: "debug", info: "info", warn: "warning", error: "error" };

/**
 * Methods that add lines to a log. Values that are not texts become JSON, and errors their stack traces.
 *
 * @param {(level: string, message: string) => void} add
 */
export function logger(add) {
  const method = (level) => (...values) => add(level, values.map(textOf).join(" "));
  return Object.fromEntries(Object.entries(levels).map(([name, level]) => [name, method(level)]));
}

function textOf(value) {
  if (typeof value === "string") return value;
  if (value instanceof Error) return value.stack ?? String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}
