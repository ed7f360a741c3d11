/** Outcomes of operations: `{output}` or `{error}`. */

/** The error type of a step that the code has cancelled. */
const stepCancelledType = "step_cancelled";

/** The error of a step that the code has cancelled. */
export const stepCancelled = { type: stepCancelledType, message: "the code cancelled the step", retryable: false };

/** The outcome of a recorded operation; undefined if it has not ended, or if the code cancels it again at a replay. */
export function outcomeOf(operation) {
  if (operation.status === "succeeded") return { output: operation.output ?? null };
  if (operation.status !== "failed") return undefined;
  const error = operation.error ?? { type: "failed", message: "the operation failed", details: null, retryable: false };
  return operation.type === "step" && error.type === stepCancelledType ? undefined : { error };
}

/** Whether an operation never changes again. */
export function isEnded({ status }) {
  return status === "succeeded" || status === "failed" || status === "cancelled";
}

/** An operation failed. Each kind of call turns it into the error that the code receives. */
export class OperationFailure extends Error {
  constructor(error) {
    super(error.message);
    this.error = error;
  }
}

/** The request as the server must see it to find that it differs from the recorded operation in its place. */
export function requestInstead(request, recorded) {
  if (request.type !== recorded.type || request.name !== recorded.name) return { ...request, id: recorded.id };
  const place = request.id === "" ? "" : ` at ${request.id}`;
  const type = recorded.type === "marker" ? "group" : "marker";
  return { id: recorded.id, type, name: `${request.type} ${request.name.slice(0, 100)}${place}`, action: "start" };
}
