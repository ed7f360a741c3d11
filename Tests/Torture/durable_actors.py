"""The client, the senders of signals and the operator of durable jobs: actions at random times in a few threads."""

import contextlib
import heapq
import itertools
import threading
import time

from durable_checks import Process, TICKS
from wire import LOST

# What happens to a process beside its signals, with its share.
FATES = {"nothing": 68, "cancel": 12, "pause": 10, "restart": 10}


def draw_plan(random, number):
    """The payload of a process."""
    children = [
        {"kind": "durable.child", "queue": "children", "payload": {
            "number": number, "fails": False, "pause": round(random.uniform(0, 1), 3)}}
        for _ in range(2)]
    if random.random() < 0.5:
        children[0] = {"kind": "torture.note", "queue": "notes", "payload": {
            "sleep": "0", "failures": str(random.choice([0, 0, 0, 1])), "file": "no"},
            "backoff": {"type": "fixed", "initial_seconds": 0.1, "jitter": 0}}
    return {
        "number": number, "children": children, "pauses": [round(random.uniform(0, 1.5), 3) for _ in range(2)],
        "is_retried": random.random() < 0.3, "fails": random.random() < 0.1,
        "maybe_seconds": round(random.uniform(0, 1), 3)}


class Agenda:
    """Actions by time. An action returns after how many seconds it must be repeated, or None."""

    def __init__(self):
        self._condition = threading.Condition()
        self._order = itertools.count()
        self._due = []
        self._running = 0

    def add(self, seconds, action, *arguments):
        """Adds an action that is due after a number of seconds."""
        with self._condition:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), action, arguments))
            self._condition.notify()

    @property
    def size(self):
        """The number of actions that are left."""
        with self._condition:
            return len(self._due) + self._running

    def run(self, stop):
        """Takes actions until `stop` is set."""
        while not stop.is_set():
            with self._condition:
                wait = self._due[0][0] - time.monotonic() if self._due else 0.2
                if wait > 0:
                    self._condition.wait(min(wait, 0.2))
                    continue
                _, _, action, arguments = heapq.heappop(self._due)
                self._running += 1
            try:
                again = action(*arguments)
            except LOST:
                again = 0.1
            if again is not None:
                self.add(again, action, *arguments)
            with self._condition:
                self._running -= 1


class Actors:
    """Submits processes, and does to each what its fate is."""

    def __init__(self, wire, ledger, counts, random, spread):
        self.wire = wire
        self.ledger = ledger
        self.counts = counts
        self.random = random
        # The time over which submissions and signals are spread, in seconds.
        self.spread = spread
        self.agenda = Agenda()
        self.processes = []

    def submit_all(self, number):
        """Plans the submission of a number of processes."""
        for index in range(number):
            process = Process(index, draw_plan(self.random, index))
            self.processes.append(process)
            self.agenda.add(self.random.uniform(0, self.spread), self._submit, process)

    def _submit(self, process):
        job = {
            "kind": "durable.parent", "queue": "parents", "idempotency_key": process.key, "tags": {"key": process.key},
            "max_attempts": 100, "payload": process.plan,
            "backoff": {"type": "fixed", "initial_seconds": 0.1, "jitter": 0}}
        if self.random.random() < 0.1:
            with contextlib.suppress(*LOST):
                self.wire.disconnect_early("POST", "/v1/jobs", job, self.random)
        answer = self.wire.call("POST", "/v1/jobs", job)
        if answer.status == 503:
            return 0.1
        if answer.status not in (200, 202):
            self.ledger.report("refused", f"{process.key}: {answer}")
            return None
        process.id = answer.json["id"]
        fate = self.random.choices(list(FATES), list(FATES.values()))[0]
        # The signal of a link is not kept. So a restart would need another link, and a cancelled job has none.
        uses_link = fate in ("nothing", "pause") and self.random.random() < 0.2
        if uses_link:
            self.agenda.add(self._moment(), self._answer_link, process, [])
        else:
            self.agenda.add(self._moment(), self._signal, process, "go", 1)
        self.agenda.add(self._moment(), self._signal, process, "tick", 1)
        self.agenda.add(self._moment(), self._signal, process, "maybe", 1)
        if fate != "nothing":
            action = {"cancel": self._cancel, "pause": self._pause, "restart": self._restart}[fate]
            self.agenda.add(self.random.uniform(0, 1.5 * self.spread), action, process)
        return None

    def _moment(self):
        """When a signal is sent: often before the job waits for it."""
        return self.random.choice([0, self.random.uniform(0, 2), self.random.uniform(0, self.spread)])

    # Signals

    def _signal(self, process, name, count, is_repeated=False):
        """Sends a signal until it is accepted. The next one of the same name is sent afterwards, so their order is known."""
        headers = {"Idempotency-Key": f"{name}-{count}"}
        path, value = f"/v1/jobs/{process.id}/signals/{name}", process.value(name, count)
        if self.random.random() < 0.1:
            with contextlib.suppress(*LOST):
                self.wire.cut("POST", path, value, self.random)
        answer = self.wire.call("POST", path, value, headers)
        if answer.status == 503:
            return 0.1
        # A job may end before its optional signal comes, and a cancelled job before each of them.
        may_have_ended = name == "maybe" or process.cancel or is_repeated
        if answer.status != 202 and not (answer.status == 409 and may_have_ended):
            self.ledger.report("signal refused", f"{name} {count} to {process.id}: {answer}")
        self.counts.add("signals repeated" if is_repeated else "signals")
        if is_repeated:
            return None
        while self.random.random() < 0.3:
            self.agenda.add(self.random.uniform(0, 3), self._signal, process, name, count, True)
        if name == "tick" and count < TICKS:
            self.agenda.add(self._moment(), self._signal, process, name, count + 1)
        return None

    def _answer_link(self, process, sent):
        """Sends the signal `go` by its token when the job waits for it. The journal shows whether it came."""
        answer = self.wire.call("GET", f"/v1/jobs/{process.id}/journal")
        if answer.status != 200:
            return 0.3
        found = next((entry for entry in answer.json["items"] if entry["name"] == "go"), None)
        if found is None:
            return 0.3
        if found["ended_at"]:
            if not sent:
                self.ledger.report("wrong signal", f"{process.id} has a signal that was not sent: {found}")
            return None
        sent.append(found["signal_token"])
        answer = self.wire.call("POST", f"/v1/signals/{found['signal_token']}", process.value("go"))
        if answer.status == 202 or answer.status == 409 and len(sent) > 1:
            self.counts.add("links answered")
            return None
        if answer.status != 503:
            self.ledger.report("signal refused", f"the link of {process.id}, sent {len(sent)} times: {answer}")
        return 0.3

    # The operator

    def _cancel(self, process):
        """Cancels a process once. A second call would end it without its compensations."""
        process.cancel = "asked"
        with contextlib.suppress(*LOST):
            answer = self.wire.call("POST", f"/v1/jobs/{process.id}/cancel", {})
            if answer.status == 200:
                process.cancel = "done"
                self.counts.add("cancels")
            elif answer.status not in (409, 503):
                self.ledger.report("wrong answer", f"cancel {process.id}: {answer}")

    def _pause(self, process):
        """Pauses a process for a while."""
        with contextlib.suppress(*LOST):
            answer = self.wire.call("POST", f"/v1/jobs/{process.id}/pause")
            if answer.status == 200:
                self.counts.add("pauses")
            elif answer.status not in (409, 503):
                self.ledger.report("wrong answer", f"pause {process.id}: {answer}")
        # Also without an answer: the job may be paused.
        self.agenda.add(self.random.uniform(0.2, 4), self._resume, process)

    def _resume(self, process):
        answer = self.wire.call("POST", f"/v1/jobs/{process.id}/resume")
        if answer.status == 503:
            return 0.1
        if answer.status != 200:
            self.ledger.report("wrong answer", f"resume {process.id}: {answer}")
        return None

    def _restart(self, process):
        """Restarts a process from a random operation, when no worker holds it."""
        answer = self.wire.call("GET", f"/v1/jobs/{process.id}/journal")
        if answer.status != 200 or not answer.json["items"]:
            return 0.3
        operation = self.random.choice(answer.json["items"])
        process.restarts.append(operation["number"])
        try:
            answer = self.wire.call("POST", f"/v1/jobs/{process.id}/restart", {"from": operation["id"]})
        except LOST:
            # It may have been served.
            return None
        if answer.status == 200:
            self.counts.add("restarts")
            return None
        if answer.status in (404, 409):
            process.restarts.pop()
        elif answer.status != 503:
            self.ledger.report("wrong answer", f"restart {process.id} from {operation}: {answer}")
        return 0.3
