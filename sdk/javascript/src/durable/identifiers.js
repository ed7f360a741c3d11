/** Identifiers that do not depend on the position in the code. The Swift library uses the same. */

/** The markers of the order in which outcomes were delivered. */
export const order = "order/";
/** The steps that run compensations. */
export const compensate = "compensate/";
/** The markers that register compensations. The store knows this prefix. */
export const compensation = "compensation/";
/** The marker of the error with which a job with compensations fails. */
export const failure = "failure";
/** The markers of the versions of changes. */
export const version = "version/";

/** Whether the operation is one that the code does not ask for. */
export function isReserved(id) {
  return id.startsWith(order) || isCompensation(id) || id === failure;
}

/** Whether the job cannot be undone without the operation. */
export function isNeededToUndo(id) {
  return isCompensation(id) || id.startsWith(compensation) || id === failure;
}

/** Whether the operation is a step that runs a compensation. */
export function isCompensation(id) {
  return id.startsWith(compensate);
}
