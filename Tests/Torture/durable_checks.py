"""The rules of durable jobs, checked when all jobs have ended. Each check returns the broken rules of one job."""

import collections

from sightings import digest

ENDED = ("completed", "failed", "cancelled")
COMPENSATION = "compensation/"
TICKS = 3

# The operations of each kind in the order of its code: type and name. `undo` is the marker of a compensation.
OPERATIONS = {
    "durable.parent": [
        ("step", "step 1"), ("undo", "undo step 1"), ("timer", "pause 1"), ("step", "step 2"), ("signal", "go"),
        ("step", "step 3"), ("undo", "undo step 3"), ("job", "first"), ("step", "step 4"), ("signal", "tick"),
        ("step", "step 5"), ("signal", "tick"), ("step", "step 6"), ("undo", "undo step 6"), ("marker", "chosen"),
        ("timer", "pause 2"), ("job", "second"), ("step", "step 7"), ("signal", "maybe"), ("step", "step 8"),
        ("signal", "tick"), ("step", "step 9"), ("step", "step 10")],
    "durable.child": [("step", "child 1"), ("timer", "pause"), ("step", "child 2")]}


class Process:
    """What a client knows about a durable job that it submitted."""

    def __init__(self, number, plan):
        self.number = number
        self.plan = plan
        self.id = None
        # None, "asked" (without an answer, or the job had ended) or "done" (answered 200).
        self.cancel = None
        # The number of the operation in each request for a restart that may have been served.
        self.restarts = []

    @property
    def key(self):
        """The idempotency key of the submission."""
        return f"process-{self.number}"

    def value(self, name, count=1):
        """The value of a signal."""
        return {"number": self.number, "name": name, "count": count}


def expected_operations(kind, plan):
    """The identifier, type and name of each operation of a process without compensations."""
    found, ids, markers = [], 0, 0
    for type, name in OPERATIONS[kind]:
        if type == "undo":
            markers += 1
            found.append((f"{COMPENSATION}{markers}", "marker", name))
        elif not (name == "step 10" and plan["fails"]):
            ids += 1
            found.append((str(ids), type, name))
    return found


def split(journal):
    """The operations of the code, and the steps of the compensations."""
    undone = [entry for entry in journal if entry["id"].startswith("compensate/")]
    return [entry for entry in journal if entry not in undone], undone


def check_end(job, process):
    """The job has ended as it should."""
    own = "failed" if process.plan["fails"] else "completed"
    wanted = {None: {own}, "asked": {own, "cancelled"}, "done": {"cancelled"}}[process.cancel]
    if process.plan["fails"]:
        # A job that is cancelled after its last operation fails by itself.
        wanted = wanted | {"failed"}
    if job["state"] not in wanted:
        return [("wrong end", f"should be {' or '.join(sorted(wanted))}")]
    return []


def check_order(job, journal):
    """Each operation is recorded once, in the order of the code, and has ended. A cancelled job has the first ones."""
    broken = []
    if [entry["number"] for entry in journal] != list(range(1, len(journal) + 1)):
        broken.append(("wrong numbers", str([entry["number"] for entry in journal])))
    counts = collections.Counter(entry["id"] for entry in journal)
    broken += [("recorded twice", id) for id, count in counts.items() if count > 1]
    code, _ = split(journal)
    expected = expected_operations(job["kind"], job["payload"])
    found = [(entry["id"], entry["type"], entry["name"]) for entry in code]
    if found != (expected[:len(found)] if job["state"] == "cancelled" else expected):
        broken.append(("wrong order", str(found)))
    if job["state"] != "cancelled":
        broken += [("open operation", str(entry)) for entry in journal if not entry["ended_at"]]
    return broken


def check_steps(job, journal, effects, is_retried=False):
    """The output of each step is the nonce of an effect of this step, with the number of its attempt."""
    broken = []
    for entry in journal:
        if entry["type"] != "step" or not entry["ended_at"]:
            continue
        nonce, attempt = entry["output"]["nonce"], entry["output"]["attempt"]
        if effects.get(entry["id"], {}).get(nonce) != attempt:
            broken.append(("no effect", f"of {entry}"))
        wanted = 2 if is_retried and entry["name"] == "step 4" else 1
        if not entry["attempt"] == attempt == wanted:
            broken.append(("wrong attempt", f"{entry}, not {wanted}"))
    nonces = [entry["output"]["nonce"] for entry in journal if entry["type"] == "step" and entry["ended_at"]]
    if len(set(nonces)) < len(nonces):
        broken.append(("effect recorded twice", str(nonces)))
    return broken


def check_result(job, journal):
    """The result of a completed job has the outcomes that its journal has."""
    if job["state"] != "completed":
        return [] if job["result"] is None else [("wrong result", f"{job['result']} of a job that is not completed")]
    seen = []
    for entry in split(journal)[0]:
        if entry["type"] == "timer" or entry["id"].startswith(COMPENSATION):
            continue
        seen.append([entry["name"], entry["output"] if entry["status"] == "succeeded" else entry["error"]["type"]])
    expected = {"number": job["payload"]["number"], "seen": seen}
    return [] if job["result"] == expected else [("wrong result", f"{job['result']}, not {expected}")]


def check_compensations(job, journal):
    """A job that did not complete has run all its compensations, in reverse order. A completed one has run none."""
    code, undone = split(journal)
    expected = [
        (entry["id"].replace(COMPENSATION, "compensate/"), entry["name"], "succeeded")
        for entry in reversed(code) if entry["id"].startswith(COMPENSATION)]
    if job["state"] == "completed":
        expected = []
    found = [(entry["id"], entry["name"], entry["status"]) for entry in undone]
    return [] if found == expected else [("wrong compensations", f"{found}, not {expected}")]


def check_outcomes(journal, seen, restarts):
    """No outcome that a worker saw has changed, except by a restart of the job."""
    broken = []
    final = {entry["id"]: entry for entry in journal}
    for id in {*seen, *final}:
        entry = final.get(id)
        outcomes = seen.get(id, set()) | ({digest(entry)} if entry and entry["ended_at"] else set())
        is_removed = entry is None or entry["id"].startswith("compensate/")
        allowed = 1 + sum(1 for number in restarts if is_removed or number <= entry["number"])
        if len(outcomes) > allowed:
            broken.append(("outcome changed", f"{id} had {len(outcomes)} outcomes, {len(restarts)} restarts; it is {entry}"))
        if entry is None and not restarts:
            broken.append(("operation lost", f"a worker saw {id}"))
    return broken


def check_children(job, journal, children, restarts):
    """Each operation of type `job` has one child job, which ended like the operation. A restart may have made another."""
    broken = []
    is_cancelled = job["state"] == "cancelled"

    def allowed(child):
        # The children of a cancelled job are cancelled with it.
        ends = [("completed", "succeeded", child["result"])]
        return [*ends, ("cancelled", "failed", None)] if is_cancelled else ends

    by_id = {child["id"]: child for child in children}
    operations = {entry["id"]: entry for entry in journal if entry["type"] == "job"}
    for id, count in collections.Counter(child["tags"]["operation"] for child in children).items():
        if count > 1 + len(restarts) or (id not in operations and not restarts):
            broken.append(("wrong children", f"{count} for the operation {id}"))
    for id, entry in operations.items():
        child = by_id.get(entry["job_id"])
        if child is None or child["tags"]["operation"] != id:
            broken.append(("child lost", str(entry)))
        elif (child["state"], entry["status"], entry["output"]) not in allowed(child):
            broken.append(("child and operation differ", f"{entry}, {child['state']}, {child['result']}"))
    used = {entry["job_id"] for entry in operations.values()}
    broken += [
        ("wrong end", f"the child {child['id']} is {child['state']}") for child in children
        if child["state"] != "completed" and not is_cancelled and (child["id"] in used or not restarts)]
    return broken


def check_signals(journal, process):
    """Each operation of type `signal` has the value of its signal, and signals of one name are in their order."""
    broken = []
    ticks = 0
    for entry in journal:
        if entry["type"] != "signal" or not entry["ended_at"]:
            continue
        ticks += entry["name"] == "tick"
        expected = process.value(entry["name"], ticks if entry["name"] == "tick" else 1)
        if entry["name"] == "maybe" and entry["status"] == "failed" and entry["error"]["type"] == "timeout":
            continue
        if entry["status"] != "succeeded" or entry["output"] != expected:
            broken.append(("wrong signal", f"{entry}, not {expected}"))
    return broken


def check_process(job, process, journal, children, sightings):
    """All rules of a process that a client submitted."""
    restarts = process.restarts
    return [
        *check_end(job, process), *check_order(job, journal), *check_result(job, journal),
        *check_compensations(job, journal), *check_signals(journal, process),
        *check_steps(job, journal, sightings.effects[job["id"]], process.plan["is_retried"]),
        *check_outcomes(journal, sightings.outcomes[job["id"]], restarts),
        *check_children(job, journal, children, restarts)]


def check_child(job, journal, sightings):
    """All rules of a durable job that another one submitted. Its end is checked with its parent."""
    if job["state"] == "cancelled":
        return []
    return [
        *check_order(job, journal), *check_result(job, journal),
        *check_steps(job, journal, sightings.effects[job["id"]]),
        *check_outcomes(journal, sightings.outcomes[job["id"]], [])]


def check_system(processes, jobs, queues):
    """Each key has one job, each job has ended, each child has a parent, and the counts of queues fit the jobs."""
    broken = []
    by_key = collections.Counter(job["tags"].get("key") for job in jobs.values())
    for process in processes:
        if by_key[process.key] != 1 or process.id not in jobs:
            broken.append(("lost or duplicated", f"{process.key}, {process.id}: {by_key[process.key]} jobs"))
    for job in jobs.values():
        if job["state"] not in ENDED or job.get("paused"):
            broken.append(("stuck", f"{job['id']} is {job['state']}, paused: {job.get('paused')}, error: {job['error']}"))
        if "key" not in job["tags"] and job["parent_id"] not in jobs:
            broken.append(("no parent", job["id"]))
    found = collections.Counter((job["queue"], job["state"]) for job in jobs.values())
    reported = collections.Counter()
    for queue in queues:
        reported.update({(queue["name"], state): count for state, count in queue["counts"].items() if count})
    if found != reported:
        broken.append(("wrong counts", f"rows {dict(found)}, counts {dict(reported)}"))
    return broken
