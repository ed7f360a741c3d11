// What a history says about an execution: each visit of a state with its input, output, variables, errors and times.

/** The statuses of a visit, the most important first. The status of a state is the first one that one of its visits has. */
const visitStatuses = ["running", "failed", "timed out", "aborted", "caught", "succeeded"];

const entered = /^(\w+)StateEntered$/;
const exited = /^(\w+)StateExited$/;
const failures = /(Failed|TimedOut)$/;
const containerEvents = /^(Map|Parallel)(State|Run)/;
const isContainerStart = /^(Map|Parallel)StateStarted$/;
const aborted = /^(\w+)StateAborted$/;
const isContainerEnd = /^(Map|Parallel)State(Failed|Aborted)$/;
const scheduled = /^(TaskScheduled|LambdaFunctionScheduled|ActivityScheduled)$/;

/**
 * Reads events in the order of their identifiers. A reader can get further events later, because a history only grows.
 *
 * @param {(name: string) => string|null} containerOf the name of the state that contains a state
 * @returns `visits`, `events` (each with the `visit` it belongs to), `of(name)` (the visits of a state), `transitions` (the
 *   transitions that were taken, as "from to"), `status` and `add(events)`
 */
export function historyReader(containerOf) {
  const contexts = new Map([[0, start()]]);
  const byName = new Map();
  const reader = { visits: [], events: [], transitions: new Set(), status: "running", mapRuns: [], of, add };

  function of(name) {
    return byName.get(name) ?? [];
  }

  function add(events) {
    for (const event of events) {
      if (event.id <= (reader.events.at(-1)?.id ?? 0)) continue;
      const before = contexts.get(event.previous) ?? start();
      const context = before.redriven ? resumed(event, before.redriven) : { ...before };
      read(event, context);
      contexts.set(event.id, context);
      reader.events.push({ ...event, visit: context.visit ?? context.last ?? context.parent });
    }
  }

  function read(event, context) {
    const details = event.details;
    const [, enteredType] = entered.exec(event.type) ?? [];
    if (enteredType) enter(event, details, enteredType, context);
    else if (exited.test(event.type)) exit(event, details, context);
    else if (event.type === "MapIterationStarted") Object.assign(context, startIteration(details, context));
    else if (event.type.startsWith("Execution")) readExecution(event, details, context);
    else note(event, details, context);
  }

  function enter(event, { name, input }, type, context) {
    const parent = context.visit ?? context.parent;
    const visit = {
      id: event.id, name, type, parent, iteration: context.iteration, input, output: undefined, variables: context.variables, assigned: null,
      start: event.time, end: null, status: "running", attempts: 0, retries: 0, error: null, counts: null, errors: [], mapRun: null,
    };
    if (context.last) reader.transitions.add(`${context.last.name} ${name}`);
    reader.visits.push(visit);
    if (!byName.has(name)) byName.set(name, []);
    byName.get(name).push(visit);
    Object.assign(context, { visit, parent, last: null });
    if (type === "Fail") visit.error = { error: null, cause: null };
  }

  function exit(event, { name, output, assigned: found }, context) {
    const visit = ancestor(context, (each) => each.name === name && each.end === null);
    if (!visit) return;
    const assigned = found ?? {};
    Object.assign(visit, { output, assigned, end: event.time, status: visit.error ? "caught" : "succeeded" });
    Object.assign(context, {
      visit: null, last: visit, parent: visit.parent, iteration: visit.iteration, variables: { ...visit.variables, ...assigned },
    });
  }

  function startIteration({ name, index }, context) {
    const map = ancestor(context, (each) => each.name === name) ?? context.visit;
    if (map) map.counts ??= { total: null, started: 0, succeeded: 0, failed: 0, aborted: 0 };
    if (map) map.counts.started += 1;
    return { visit: null, last: null, parent: map, iteration: index };
  }

  function note(event, details, context) {
    if (event.type.startsWith("MapIteration")) {
      endIteration(event, details, context);
      return;
    }
    if (containerEvents.test(event.type)) context.visit = ancestor(context, isContainer(event.type)) ?? context.visit;
    // The event of an aborted state follows the event of the state that failed, in another branch.
    const [, abortedType] = aborted.exec(event.type) ?? [];
    if (abortedType && context.visit?.type !== abortedType) {
      context.visit = reader.visits.find(({ type, end }) => type === abortedType && end === null) ?? context.visit;
    }
    // Some failed evaluations follow event 0, but name their state.
    context.visit ??= of(details.state).findLast(({ end }) => end === null) ?? context.last;
    const { visit } = context;
    if (!visit) return;
    if (event.type.endsWith("StateAborted")) Object.assign(visit, { end: event.time, isOpen: true, status: "aborted" });
    if (isContainerEnd.test(event.type)) endInside(visit, event.time);
    if (isContainerStart.test(event.type)) inside(visit).forEach((each) => { each.isOpen = false; });
    if (event.type === "MapStateStarted") visit.counts = { total: details.length ?? null, started: 0, succeeded: 0, failed: 0, aborted: 0 };
    if (event.type === "MapRunStarted") {
      visit.mapRun = details.mapRunArn;
      reader.mapRuns.push({ arn: details.mapRunArn, visit });
    }
    if (scheduled.test(event.type)) {
      visit.attempts += 1;
      if (visit.error) visit.retries += 1;
      visit.error = null;
    }
    if (failures.test(event.type)) {
      const { error = event.type.endsWith("TimedOut") ? "States.Timeout" : null, cause = null } = details;
      // A MapStateFailed has no error: it follows the MapRunFailed that has it.
      if (error || cause || !visit.error) {
        visit.error = { error, cause };
        visit.errors.push({ ...visit.error, at: event.time });
      }
    }
  }

  function endIteration({ type }, { name }, context) {
    const map = ancestor(context, (each) => each.name === name);
    const outcome = type.slice("MapIteration".length).toLowerCase();
    if (map?.counts && outcome in map.counts) map.counts[outcome] += 1;
    if (outcome === "succeeded") Object.assign(context, { visit: null, last: null, parent: map });
  }

  function readExecution(event, details, context) {
    const outcome = { ExecutionSucceeded: "succeeded", ExecutionFailed: "failed", ExecutionAborted: "aborted", ExecutionTimedOut: "timed out" }[event.type];
    if (event.type === "ExecutionRedriven") redrive(context);
    if (!outcome) return;
    reader.status = outcome;
    for (const visit of reader.visits) {
      if (visit.end !== null) continue;
      visit.end = event.time;
      visit.isOpen = true;
      visit.status = outcome === "failed" ? "aborted" : outcome;
    }
    if (outcome === "failed") recordFailure(context, details);
  }

  /** The visit that failed the execution, and the states around it. */
  function recordFailure(context, { error = null, cause = null }) {
    for (let visit = context.visit ?? context.last ?? context.parent; visit; visit = visit.parent) {
      if (!visit.isOpen) continue;
      visit.status = "failed";
      if (!visit.error?.error || visit.type === "Fail") visit.error = { error, cause };
      // The history has no error of a Fail state. It is that of the state around it.
      const inner = reader.visits.findLast(({ parent, type, status }) => parent === visit && type === "Fail" && status === "failed");
      if (inner) inner.error = { error, cause };
    }
  }

  /** The visits inside the visit of a Parallel or Map state. */
  function inside(container) {
    return reader.visits.filter((visit) => visit !== container && ancestor({ visit }, (each) => each === container));
  }

  function endInside(container, time) {
    for (const visit of inside(container).filter(({ end }) => end === null)) {
      Object.assign(visit, { end: time, isOpen: true, status: visit.error ? "failed" : "aborted" });
    }
  }

  /** Opens the visits again that have not succeeded. Their next events follow the event of the redrive. */
  function redrive(context) {
    reader.status = "running";
    const opened = reader.visits.filter(({ isOpen }) => isOpen);
    for (const visit of opened) Object.assign(visit, { end: null, status: "running", isOpen: false, error: null });
    const around = new Set(opened.map(({ parent }) => parent));
    context.redriven = { opened, leaves: opened.filter((visit) => !around.has(visit)) };
  }

  /** The context of the first event of a branch after a redrive. The history does not say which visit the event belongs to:
   * it is that of the named state, or the next one of the type of the event. */
  function resumed(event, { opened, leaves }) {
    const { name } = event.details;
    if (entered.test(event.type)) {
      const parent = opened.find((visit) => visit.name === containerOf(name)) ?? null;
      return { ...start(), parent, variables: parent?.variables ?? {} };
    }
    const type = /^(Map|Parallel|Wait|Choice|Pass)/.exec(event.type)?.[0] ?? "Task";
    const fits = (visit) => (name ? visit.name === name : visit.type === type);
    const index = leaves.findIndex(fits);
    const visit = index >= 0 ? leaves.splice(index, 1)[0] : opened.find(fits) ?? null;
    return { visit, last: null, parent: visit?.parent ?? null, iteration: visit?.iteration ?? null, variables: visit?.variables ?? {} };
  }

  return reader;
}

function start() {
  return { visit: null, last: null, parent: null, iteration: null, variables: {} };
}

/** The nearest visit around the context that passes a test. */
function ancestor(context, passes) {
  for (let visit = context.visit ?? context.last ?? context.parent; visit; visit = visit.parent) {
    if (passes(visit)) return visit;
  }
  return null;
}

function isContainer(type) {
  const wanted = type.startsWith("Map") ? "Map" : "Parallel";
  return (visit) => visit.type === wanted && visit.end === null;
}

/** What the graph and the lists show of a state: its status and its visits by status. */
export function summaryOf(visits) {
  const counts = {};
  for (const { status } of visits) counts[status] = (counts[status] ?? 0) + 1;
  return { status: visitStatuses.find((status) => counts[status]) ?? null, counts, total: visits.length };
}

/** The time that the visits of a state took together, in milliseconds; until `now` for those that run. */
export function timeSpent(visits, now) {
  return visits.reduce((sum, { start: from, end }) => sum + Math.max(0, (end ?? now) - from), 0);
}
