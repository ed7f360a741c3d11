"""The state of one run of a durable job. It makes no calls and starts no work."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any, Callable, Dict, List, Optional, Set

from .operations import (
    COMPENSATE,
    ENDED,
    FAILURE,
    STEP_CANCELLED,
    VERSION,
    Operation,
    Outcome,
    Success,
    Unwinding,
    Update,
    instead_of,
    is_reserved,
    outcome_of,
    start,
    take_updates,
)
from .order import FUTURE, Candidate, DeliveryOrder, Difference


@dataclasses.dataclass(frozen=True)
class Wait:
    """A wait of the code: for the end of an operation, or only until it is recorded."""

    number: int
    id: str
    for_end: bool


@dataclasses.dataclass(frozen=True)
class Action:
    """What the runner does next.

    `deliver`: resume wait `number` with `outcome`. `report`: send `request`, which the server refuses. `send`: send the
    updates. `run`: run the steps `operations`. `cancel_waits`: cancel the code. `wait`: wait until one of `ids` ends.
    """

    name: str
    number: int = 0
    outcome: Outcome = None
    request: Optional[Update] = None
    operations: List[Operation] = dataclasses.field(default_factory=list)
    ids: List[str] = dataclasses.field(default_factory=list)


class Replay:
    """The state of one run.

    Args:
        journal: all operations of the journal.
        is_cancelling: whether the job was cancelled, so that no new operation starts.
    """

    def __init__(self, journal: List[Operation], is_cancelling: bool = False) -> None:
        self.operations: Dict[str, Operation] = {entry["id"]: entry for entry in journal}
        self.running: Set[str] = set()
        self._unrequested = {entry["id"] for entry in journal if not is_reserved(entry["id"])}
        self._requests: Dict[str, Update] = {}
        self._counters: Dict[str, int] = {}
        self._waits: Dict[int, Wait] = {}
        self._ready: Dict[int, Candidate] = {}
        self._next_wait = 0
        self._versions: Dict[str, int] = {}
        self._updates: List[Update] = []
        # The outcomes of steps that have ended here, until the code receives them.
        self._outcomes: Dict[str, Outcome] = {}
        self._launchable: List[str] = []
        self._cancelled_steps: List[str] = []
        self._order = DeliveryOrder(journal)
        self._difference: Optional[Update] = None
        self._is_cancelling = is_cancelling
        self._is_rejected = False
        self._has_cancelled_waits = False

    @property
    def is_replaying(self) -> bool:
        """Whether the journal has operations that the code has not asked for yet."""
        return bool(self._unrequested)

    @property
    def is_unwinding(self) -> bool:
        """Whether the code may not start operations, because the job is cancelled, or has failed."""
        return self._is_cancelling or self._is_rejected or FAILURE in self.operations

    # What the code asks for

    def next_id(self, scope: str) -> str:
        """The identifier of the next operation of a scope: `3`, or `4.2.1` within the scope `4.2`."""
        count = self._counters[scope] = self._counters.get(scope, 0) + 1
        return f"{scope}.{count}" if scope else str(count)

    def start(self, request: Update, is_forced: bool = False) -> bool:
        """Starts an operation, unless the journal has it. Returns whether the journal has its outcome.

        Raises:
            asyncio.CancelledError: the job is cancelled, and the operation is not forced.
            Unwinding: the operation differs from the recorded one.
        """
        if self._difference:
            raise Unwinding()
        id = request["id"]
        recorded = self.operations.get(id)
        if recorded:
            if (recorded["type"], recorded["name"]) != (request["type"], request["name"]):
                self._difference = request
                raise Unwinding()
            self._unrequested.discard(id)
            if outcome_of(recorded):
                return True
            self._requests[id] = request
            self._launch(recorded)
            return False
        self._requests[id] = request
        if self.is_unwinding and not is_forced:
            raise asyncio.CancelledError()
        # All operations are recorded in the order in which the code asks for them.
        following = self._next_recorded
        if not self.is_unwinding and not is_reserved(id) and following:
            self._difference = instead_of(request, following)
            raise Unwinding()
        self._add(request)
        return False

    def mark(self, request: Update, output: Callable[[], Any]) -> Any:
        """The output of a marker: that of the journal, or the given one, which is recorded."""
        recorded = self.operations.get(request["id"])
        value = recorded.get("output") if recorded else output()
        self.start({**request, "output": value}, is_forced=True)
        return value

    def version(self, change: str, current: int) -> int:
        """The version of a change that the run uses; 0 if it passed the place before the code asked for the version."""
        if change not in self._versions:
            id = VERSION + change
            version = 0
            if id in self.operations or not self.is_replaying:
                version = self.mark(start("marker", id, change), lambda: current)
            self._versions[change] = version
        return self._versions[change]

    def end_group(self, request: Update, error: Optional[Dict[str, Any]]) -> None:
        """Ends a group."""
        if self._difference or self._has_ended(request["id"]):
            return
        update = {**_named(request), "action": "fail" if error else "succeed"}
        if error:
            update["error"] = error
        self._add(update)

    def add_wait(self, id: str, for_end: bool) -> int:
        """Adds a wait, and returns its number."""
        self._next_wait += 1
        wait = self._waits[self._next_wait] = Wait(self._next_wait, id, for_end)
        if for_end and self.outcome(id):
            self._make_ready(wait)
        return self._next_wait

    def end_wait(self, number: int) -> None:
        """Removes a wait whose task was cancelled. Cancels its operation."""
        wait = self._remove_wait(number)
        if not wait or not wait.for_end or self._difference or wait.id in self._outcomes or self._has_ended(wait.id):
            return
        request = self._requests.get(wait.id)
        if not request:
            return
        update = {**_named(request), "action": "cancel"}
        if request["type"] == "step":
            update["action"] = "fail"
            update["error"] = {"type": STEP_CANCELLED, "message": "the code cancelled the step", "retryable": False}
            self._launchable = [id for id in self._launchable if id != wait.id]
            if wait.id in self.running:
                self.running.discard(wait.id)
                self._cancelled_steps.append(wait.id)
        self._add(update)

    def end(self) -> None:
        """Records that the code has ended. Raises Unwinding if the journal has operations that it has not asked for."""
        if self._difference:
            raise Unwinding()
        following = self._next_recorded
        if not self.is_unwinding and following:
            self._difference = instead_of(start("marker", "", "end of the job"), following)
            raise Unwinding()

    def deliver_at_once(self, id: str) -> Optional[Outcome]:
        """The outcome of an operation, if a wait for it would be the only one, and would end before other code runs."""
        outcome = self.outcome(id)
        if self._waits or self._difference or not outcome:
            return None
        only = Candidate(self._next_wait + 1, id, FUTURE)
        chosen = self._order.choose([only], only.number, self.is_replaying)
        return outcome if chosen is only else None

    # What comes next

    def next(self) -> Action:
        """What the runner does next, when each task of the code waits."""
        if self._difference:
            return Action("report", request=self._difference)
        delivery = self._next_delivery()
        if delivery:
            return delivery
        if self._updates:
            return Action("send")
        if self.is_unwinding and not self._has_cancelled_waits and self._waits:
            self._has_cancelled_waits = True
            return Action("cancel_waits")
        # An operation is recorded with the outcomes from which it follows, so a replay does not wait before it is over.
        following = self._next_recorded
        oldest = next(iter(self._waits.values()), None)
        if not self.is_unwinding and not self.running and oldest and following and oldest.id in self._requests:
            self._difference = instead_of(self._requests[oldest.id], following)
            return Action("report", request=self._difference)
        if self._launchable:
            launched, self._launchable = self._launchable, []
            self.running.update(launched)
            return Action("run", operations=[self.operations[id] for id in launched])
        waiting = [
            wait.id for wait in self._waits.values() if self.operations.get(wait.id, {}).get("status") == "waiting"
        ]
        return Action("wait", ids=waiting)

    def _next_delivery(self) -> Optional[Action]:
        for wait in self._waits.values():
            if not wait.for_end:
                # Before all outcomes: at a replay it is recorded at once.
                if wait.id not in self.operations:
                    return None
                self._remove_wait(wait.number)
                return Action("deliver", wait.number, Success(None))
        if not self._waits:
            return None
        oldest = next(iter(self._waits))
        chosen = self._order.choose(list(self._ready.values()), oldest, self.is_replaying)
        if isinstance(chosen, Difference):
            self._difference = chosen.request
            return Action("report", request=chosen.request)
        if not chosen:
            return None
        outcome = self.outcome(chosen.id)
        self._remove_wait(chosen.number)
        return Action("deliver", chosen.number, outcome)

    # What has happened

    def take_updates(self) -> List[Update]:
        """Removes and returns the updates of the next call."""
        return take_updates(self._updates)

    def take_cancelled_steps(self) -> List[str]:
        """Removes and returns the steps that were cancelled while they ran."""
        cancelled, self._cancelled_steps = self._cancelled_steps, []
        return cancelled

    def reject(self) -> None:
        """Records that the server has refused an update, so that the job fails."""
        self._is_rejected = True

    def refresh(self, ids: List[str]) -> List[Update]:
        """The updates whose answers show how operations stand."""
        return [self._requests[id] for id in ids[:250] if id in self._requests]

    def apply(self, operations: List[Operation]) -> None:
        """Records operations as the server answered them."""
        for operation in operations:
            self.operations[operation["id"]] = operation
            self._resolve(operation["id"])
            self._launch(operation)

    def end_step(self, id: str, outcome: Outcome, retry_after: Optional[float]) -> None:
        """Records the end of a step that ran here. With `retry_after`, the step has another attempt."""
        request = self._requests.get(id)
        if id not in self.running or not request:
            return
        self.running.discard(id)
        # Not a consequence of an outcome, so no marker of the order comes before it.
        update = _named(request)
        if isinstance(outcome, Success):
            self._updates.append({**update, "action": "succeed", "output": outcome.output})
        elif retry_after is None:
            self._updates.append({**update, "action": "fail", "error": outcome.error})
        else:
            options = {"delay_seconds": retry_after, "attempt": self.operations[id]["attempt"]}
            self._updates.append({**update, "action": "retry", "error": outcome.error, "options": options})
            return
        self._outcomes[id] = outcome
        self._resolve(id)

    def outcome(self, id: str) -> Optional[Outcome]:
        """The outcome of an operation, if it has one."""
        if id in self._outcomes:
            return self._outcomes[id]
        operation = self.operations.get(id)
        return outcome_of(operation) if operation else None

    # Details

    @property
    def _next_recorded(self) -> Optional[Operation]:
        """The first recorded operation that the code has not asked for."""
        return min((self.operations[id] for id in self._unrequested), key=lambda entry: entry["number"], default=None)

    def _has_ended(self, id: str) -> bool:
        return self.operations.get(id, {}).get("status") in ENDED

    def _add(self, update: Update) -> None:
        """Adds an update that follows from the outcomes that the code has received."""
        marker = self._order.take_marker()
        if marker:
            self._updates.append(marker)
        self._updates.append(update)

    def _launch(self, operation: Operation) -> None:
        id = operation["id"]
        if operation["type"] != "step" or operation["status"] != "started" or id in self._outcomes:
            return
        if id not in self._requests or id in self.running or id in self._launchable:
            return
        if not self.is_unwinding or id.startswith(COMPENSATE):
            self._launchable.append(id)

    def _resolve(self, id: str) -> None:
        if not self.outcome(id):
            return
        for wait in self._waits.values():
            if wait.id == id and wait.for_end and wait.number not in self._ready:
                self._make_ready(wait)

    def _make_ready(self, wait: Wait) -> None:
        # The server does not know yet when a step ended that ran here.
        ended_at = None if wait.id in self._outcomes else self.operations[wait.id].get("ended_at")
        self._ready[wait.number] = Candidate(wait.number, wait.id, ended_at or FUTURE)

    def _remove_wait(self, number: int) -> Optional[Wait]:
        self._ready.pop(number, None)
        return self._waits.pop(number, None)


def _named(request: Update) -> Update:
    return {"id": request["id"], "type": request["type"], "name": request["name"]}
