"""The rules of executions, checked when all have ended. Each check returns the broken rules."""

import collections
import json

from execution_machines import STEPS

SCHEDULED = ("LambdaFunctionScheduled", "ActivityScheduled", "TaskScheduled")
STARTED = ("LambdaFunctionStarted", "ActivityStarted", "TaskStarted", "TaskSubmitted")
SUCCEEDED = ("LambdaFunctionSucceeded", "ActivitySucceeded", "TaskSucceeded")
FAILED = (
    "LambdaFunctionFailed", "LambdaFunctionTimedOut", "ActivityFailed", "ActivityTimedOut", "TaskFailed", "TaskTimedOut")
ENDS = {
    "SUCCEEDED": "ExecutionSucceeded", "FAILED": "ExecutionFailed", "ABORTED": "ExecutionAborted",
    "TIMED_OUT": "ExecutionTimedOut"}
# Events that follow the last event of whichever branch, iteration or child ended last.
JOINS = (
    "ParallelStateSucceeded", "ParallelStateExited", "MapStateSucceeded", "MapStateExited", "MapRunSucceeded",
    "MapIterationStarted", "ExecutionSucceeded")


class Run:
    """What the client knows about an execution that it started."""

    def __init__(self, kind, name):
        self.kind = kind
        self.name = name
        self.arn = None
        # Whether a caller may have stopped it, and whether it was redriven afterwards.
        self.is_stopped = False
        self.is_redriven = False


def details(event):
    """The details of an event; an empty object if it has none."""
    return next((value for key, value in event.items() if key.endswith("EventDetails")), {})


def check_sequence(history, status):
    """The events have the numbers 1, 2, 3…, follow earlier events, and end with the one event of the end."""
    broken = []
    numbers = [event["id"] for event in history]
    if numbers != list(range(1, len(history) + 1)):
        broken.append(("gap", f"the events are {numbers}"))
    broken += [
        ("wrong previous event", str(event)) for event in history if not 0 <= event["previousEventId"] < event["id"]]
    times = [event["timestamp"] for event in history]
    if times != sorted(times):
        broken.append(("wrong time", "the times of the events decrease"))
    if not history or history[0]["type"] != "ExecutionStarted":
        broken.append(("wrong start", str(history[:1])))
    ends = [event["type"] for event in history if event["type"] in ENDS.values()]
    if status not in ENDS or not history or history[-1]["type"] != ENDS[status]:
        broken.append(("wrong end", f"{status} after {history[-1:]}"))
    redrives = sum(1 for event in history if event["type"] == "ExecutionRedriven")
    if len(ends) != redrives + 1:
        broken.append(("wrong end", f"the ends are {ends}, with {redrives} redrives"))
    return broken


def check_tasks(history, is_stopped):
    """Each scheduled task has one start at most, and one end. The end of an execution that was stopped ends its tasks too."""
    broken = []
    followers = collections.defaultdict(list)
    for event in history:
        followers[event["previousEventId"]].append(event)
    for event in history:
        if event["type"] not in SCHEDULED:
            continue
        ends, place = [], event
        while place is not None:
            following = [next for next in followers[place["id"]] if next["type"] in STARTED + SUCCEEDED + FAILED]
            if len(following) > 1:
                broken.append(("task ended twice", f"{place} is followed by {following}"))
            place = following[0] if following else None
            if place is not None and place["type"] in SUCCEEDED + FAILED:
                ends.append(place["type"])
        if len(ends) > 1 or not ends and not is_stopped:
            broken.append(("wrong end of a task", f"{event} has the ends {ends}"))
    return broken


def step_of(event):
    """The name of the execution and the step of a scheduled task."""
    found = details(event)
    value = json.loads(found.get("input") or found.get("parameters") or "{}")
    value = value.get("Payload", value)
    return value["name"], value["step"]


def check_effects(run, histories, effects):
    """Each run of a task has its own entry in the history, and each step has run."""
    broken = []
    scheduled = collections.Counter(
        step_of(event) for history in histories for event in history if event["type"] in SCHEDULED)
    for step in STEPS[run.kind]:
        ran, entries = len(effects.get((run.name, step), ())), scheduled[run.name, step]
        if ran > entries:
            broken.append(("task ran twice", f"{step} ran {ran} times, and was scheduled {entries} times"))
        if not ran and not run.is_stopped:
            broken.append(("task did not run", step))
    return broken


def without_retries(history):
    """The events without the attempts of tasks that failed: the state has repeated them. `TaskSubmitted` goes as well: a caller
    may report on a task before its job has ended."""
    by_id = {event["id"]: event for event in history}
    removed = {event["id"] for event in history if event["type"] == "TaskSubmitted"}
    for event in history:
        if event["type"] in FAILED:
            while event["type"] in SCHEDULED + STARTED + FAILED:
                removed.add(event["id"])
                event = by_id[event["previousEventId"]]
    previous = {}
    for event in history:
        before = event["previousEventId"]
        previous[event["id"]] = previous[before] if before in removed else before
    return [event for event in history if event["id"] not in removed], previous


def labels(history):
    """What happened, without numbers and times: each event with the event before it."""
    kept, previous = without_retries(history)
    names = {0: ""}
    for event in kept:
        found = details(event)
        place = found.get("name") or found.get("resource") or ""
        names[event["id"]] = f"{event['type']} {place} {found.get('index', '')}".strip()
    found = collections.Counter()
    for event in kept:
        before = "" if event["type"] in JOINS else names.get(previous[event["id"]], "")
        found[names[event["id"]], before] += 1
    return found


def check_like(history, reference):
    """The history has the events of an undisturbed run."""
    found, wanted = labels(history), labels(reference)
    if found == wanted:
        return []
    return [("differs from an undisturbed run", f"more {dict(found - wanted)}, less {dict(wanted - found)}")]


def check_output(run, output, reference_name, reference):
    """The output is that of an undisturbed run."""
    wanted = reference.replace(reference_name, run.name)
    return [] if json.loads(output) == json.loads(wanted) else [("wrong output", f"{output}, not {wanted}")]


def check_run(run, found, histories, effects, reference):
    """All rules of one execution. `histories` has its own history first, and those of its children."""
    history, status = histories[0], found["status"]
    broken = check_sequence(history, status) + check_tasks(history, run.is_stopped)
    for child in histories[1:]:
        broken += check_sequence(child, {end: name for name, end in ENDS.items()}.get(child[-1]["type"], "RUNNING"))
        broken += check_tasks(child, run.is_stopped)
    broken += check_effects(run, histories, effects)
    wanted = ("ABORTED", "SUCCEEDED") if run.is_stopped and not run.is_redriven else ("SUCCEEDED",)
    if status not in wanted:
        broken.append(("wrong end", f"{status} ({found.get('error')}: {found.get('cause')}), not {wanted}"))
    if status == "SUCCEEDED":
        broken += check_output(run, found["output"], reference["name"], reference["output"])
    if not run.is_stopped:
        broken += check_like(history, reference["histories"][0])
        own = sum((labels(child) for child in histories[1:]), collections.Counter())
        other = sum((labels(child) for child in reference["histories"][1:]), collections.Counter())
        if own != other:
            broken.append(("differs from an undisturbed run", f"children: more {own - other}, less {other - own}"))
    return broken


def check_identities(effects):
    """No job and no delivered task has run twice."""
    seen, broken = collections.Counter(), []
    for runs in effects.values():
        seen.update(runs)
    broken += [("task ran twice", f"{identity} ran {count} times") for identity, count in seen.items() if count > 1]
    return broken


def check_jobs(jobs, counts):
    """Each job of a task was attempted once at most, each job has ended, and the counts of queues fit the jobs."""
    broken = []
    for job in jobs.values():
        if job["state"] not in ("completed", "failed", "cancelled"):
            broken.append(("stuck", f"{job['id']} is {job['state']}: {job['error']}"))
        if job["kind"].startswith("torture-") and job["attempt"] > 1:
            broken.append(("task ran twice", f"{job['id']} had {job['attempt']} attempts"))
    found = collections.Counter((job["queue"], job["state"]) for job in jobs.values())
    if found != counts:
        broken.append(("wrong counts", f"rows {dict(found)}, counts {dict(counts)}"))
    return broken


def read_effects(lines):
    """The identities of the runs of each step of each execution."""
    effects = collections.defaultdict(list)
    for line in lines:
        name, step, identity = line.split()
        effects[name, step].append(identity)
    return effects
