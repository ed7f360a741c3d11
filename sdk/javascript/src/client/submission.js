/** Turns the options of a submission into the fields of the API. */
import { seconds, timestamp } from "../common/time.js";

/** Option to field: the name in the API, and the conversion of its value. */
const fields = {
  queue: ["queue"],
  priority: ["priority"],
  delay: ["delay_seconds", seconds],
  runAt: ["run_at", timestamp],
  retries: ["max_attempts", (count) => count + 1],
  backoff: ["backoff", backoffOf],
  timeout: ["timeout_seconds", seconds],
  expiresAt: ["expires_at", timestamp],
  retention: ["retention_seconds", seconds],
  idempotencyKey: ["idempotency_key"],
  unique: ["unique", uniqueOf],
  actor: ["actor"],
  dependsOn: ["depends_on", (jobs) => [jobs].flat().map(idOf)],
  onDependencyFailure: ["on_dependency_failure"],
  join: ["join", ({ waitFor, collect }) => ({ wait_for: waitFor, collect })],
  parent: ["parent_id", idOf],
  tags: ["tags"],
  size: ["size"],
  labels: ["labels"],
  callbackUrl: ["callback_url"],
  traceparent: ["traceparent"],
  ref: ["ref"],
};

/** A job to be submitted: an entry of a batch, a chain, a schedule, or the next jobs of a handler. */
export class Entry {
  /**
   * @param {string} kind
   * @param {unknown} payload
   * @param {object} options As in `submit`.
   */
  constructor(kind, payload, options) {
    this.kind = kind;
    this.payload = payload;
    this.options = options;
  }

  /** A copy with further options. */
  with(options) {
    return new Entry(this.kind, this.payload, { ...this.options, ...options });
  }
}

/** The body of a submission. Throws a TypeError for an unknown option. */
export function submissionOf({ kind, payload, options }) {
  const body = { kind };
  if (payload !== undefined) body.payload = payload;
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === null) continue;
    const field = fields[name];
    if (!field) throw new TypeError(`"${name}" is not an option of a job: use ${Object.keys(fields).join(", ")}`);
    const [apiName, convert] = field;
    body[apiName] = convert ? convert(value) : value;
  }
  return body;
}

/** The identifier of a job: of a handle, a job, or the identifier itself. */
export function idOf(job) {
  return typeof job === "string" ? job : job.id;
}

function backoffOf({ type, initial, factor, max, jitter }) {
  const optional = (duration) => (duration === undefined ? undefined : seconds(duration));
  return { type, initial_seconds: optional(initial), factor, max_seconds: optional(max), jitter };
}

function uniqueOf({ by, window, while: state }) {
  return { by: [by].flat(), window_seconds: window === undefined ? undefined : seconds(window), while: state };
}
