"""Runs an attempt of a durable job: sends the updates of its journal, runs its steps, and suspends it."""

from __future__ import annotations

import asyncio
import queue
import time
from typing import Any, Dict, List, Optional, Tuple

from .. import outcomes
from ..attempt import Attempt
from ..context import JobContext
from ..encoding import moment
from ..errors import (
    APIError,
    Conflict,
    Forbidden,
    IdempotencyKeyReused,
    InvalidRequest,
    LeaseLost,
    Nondeterministic,
    NotFound,
    PayloadTooLarge,
    ServerUnreachable,
)
from ..messages import request
from ..outcomes import Nothing, Outcome
from .flow import Flow
from .operations import Operation, Update, is_needed_to_undo
from .run import End, FlowRun
from .steps import InlineStep, RunningStep, StepAttempt

#: The errors of an operation that the server refuses for good.
REJECTIONS = (InvalidRequest, PayloadTooLarge, Conflict, Forbidden, NotFound, IdempotencyKeyReused)
#: How long the runner waits at once, so that an interrupt can reach it, in seconds.
SLICE = 0.25


class DurableRunning:
    """Runs attempts of durable jobs. Coroutine functions of steps run in the loop. Without it, steps run inline."""

    def __init__(self, loop: Optional[asyncio.AbstractEventLoop]) -> None:
        self._loop = loop

    def __call__(self, attempt: Attempt, context: JobContext) -> Outcome:
        """Runs an attempt in this thread until the job ends or is suspended."""
        calls = JournalCalls(attempt)
        try:
            run = FlowRun({**attempt.job, "attempt": attempt.number}, calls.whole_journal())
            return _FlowAttempt(run, attempt, context, calls, self._loop).outcome()
        except (Nondeterministic, LeaseLost):
            # The server has paused the job, or another worker runs it.
            return Nothing()
        except REJECTIONS as error:
            # The code asks for something that the server refuses, and it cannot be undone.
            return outcomes.Failed({"type": error.code, "message": str(error)}, retryable=False)


class JournalCalls:
    """The calls of an attempt that change its journal. They are repeated until the server answers."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt

    def whole_journal(self) -> List[Operation]:
        """All operations of the journal. The lease has the first ones."""
        page = self._attempt.lease["journal"]
        operations: List[Operation] = list(page["operations"])
        cursor = page["next_cursor"]
        while cursor:
            page = self._call("GET", self._attempt.path("journal", cursor=cursor, limit=500))
            operations += page["items"]
            cursor = page["next_cursor"]
        return operations

    def update(self, updates: List[Update]) -> List[Operation]:
        """Changes operations; returns how they stand."""
        answer = self._call("POST", self._attempt.path("journal"), {"updates": updates})
        return answer["operations"]  # type: ignore[no-any-return]

    def suspend(self, ids: List[str]) -> Optional[List[str]]:
        """Suspends the job until an operation ends. Returns those that have ended, or None if it is suspended."""
        answer = self._call("POST", self._attempt.path("suspend"), {"on": ids})
        return answer.get("ready")  # type: ignore[no-any-return]

    def continue_as_new(self, payload: Any) -> None:
        """Begins the job again with an empty journal."""
        self._call("POST", self._attempt.path("complete"), {"continue_as_new": {"payload": payload}})

    def _call(self, method: str, path: str, *value: Any) -> Any:
        return self._attempt.call(request(method, path, *value))


class _FlowAttempt:
    """One attempt of a durable job."""

    def __init__(
        self,
        run: FlowRun,
        attempt: Attempt,
        context: JobContext,
        calls: JournalCalls,
        loop: Optional[asyncio.AbstractEventLoop],
    ) -> None:
        self._run = run
        self._attempt = attempt
        self._calls = calls
        self._loop = loop
        self._steps: Dict[str, StepAttempt] = {}
        self._ended: queue.SimpleQueue[Tuple[str, Outcome, Optional[float]]] = queue.SimpleQueue()
        self._poll_seconds = 1.0
        function = attempt.function
        flow = Flow(run, context, function.arguments.payload)
        args, kwargs = function.arguments.call(attempt.job.get("payload"))
        run.begin(lambda: function.function(flow, *args, **kwargs))

    def outcome(self) -> Outcome:
        """Runs until the job ends or is suspended."""
        try:
            while True:
                action = self._run.advance()
                for id in self._run.replay.take_cancelled_steps():
                    self._steps.pop(id).cancel()
                if isinstance(action, End):
                    return self._finish(action)
                outcome = self._do(action)
                if outcome:
                    return outcome
        finally:
            self._run.close()
            for step in self._steps.values():
                step.cancel()

    def _do(self, action: Any) -> Optional[Outcome]:
        if action.name == "report":
            self._calls.update([action.request])
            raise RuntimeError("the server accepted an operation that differs from the journal")
        if action.name == "send":
            self._send(self._run.replay.take_updates())
        elif action.name == "run":
            for operation in action.operations:
                self._begin(operation)
        elif action.name == "cancel_waits":
            self._run.cancel()
        else:
            return self._wait(action.ids)
        return None

    def _send(self, updates: List[Update]) -> None:
        try:
            self._run.replay.apply(self._calls.update(updates))
        except REJECTIONS as error:
            if len(updates) > 1:
                for update in updates:
                    self._send([update])
            elif is_needed_to_undo(updates[0]["id"]):
                raise
            else:
                self._run.reject(outcomes.Failed({"type": error.code, "message": str(error)}, retryable=False))

    def _finish(self, end: End) -> Outcome:
        if end.name == "completed":
            return outcomes.completed(end.value, self._attempt.next_jobs)
        if end.name == "cancelled":
            return outcomes.completed(None)
        if end.name == "failed":
            return end.failure
        self._flush_logs()
        self._calls.continue_as_new(end.value)
        return Nothing()

    def _begin(self, operation: Operation) -> None:
        work = self._run.work.get(operation["id"])
        if not work:
            return

        def ended(id: str, outcome: Outcome, retry_after: Optional[float]) -> None:
            self._ended.put((id, outcome, retry_after))

        id = self._attempt.job["id"]
        step: StepAttempt = InlineStep(id, operation, work, ended)
        if self._loop:
            step = RunningStep(id, operation, work, ended, self._loop)
        self._steps[operation["id"]] = step
        step.start()

    def _wait(self, ids: List[str]) -> Optional[Outcome]:
        """Waits for a step that runs here, or suspends the job."""
        if not self._run.replay.running:
            if not ids:
                raise RuntimeError("the code waits for nothing")
            self._flush_logs()
            ready = self._calls.suspend(ids)
            if ready is None:
                return Nothing()
            self._refresh(ready)
            return None
        # Other operations may end while a step runs: they are polled at intervals, and when they are due.
        due = time.monotonic() + min(self._poll_seconds, self._seconds_until_end(ids)) if ids else None
        ended = self._next_ended(due)
        if ended:
            self._poll_seconds = 1.0
            id, outcome, retry_after = ended
            self._steps.pop(id, None)
            self._run.replay.end_step(id, outcome, retry_after)
        else:
            self._poll_seconds = min(10.0, self._poll_seconds * 2)
            self._refresh(ids)
        return None

    def _next_ended(self, due: Optional[float]) -> Optional[Tuple[str, Outcome, Optional[float]]]:
        while due is None or time.monotonic() < due:
            try:
                return self._ended.get(timeout=SLICE if due is None else min(SLICE, max(0.001, due - time.monotonic())))
            except queue.Empty:
                if self._attempt.interrupt:
                    raise self._attempt.interrupt() from None
        return None

    def _seconds_until_end(self, ids: List[str]) -> float:
        operations = self._run.replay.operations
        ends = [moment(operations[id]["until"]).timestamp() for id in ids if operations[id].get("until")]
        return max(0.001, min(ends) - time.time()) if ends else float("inf")

    def _refresh(self, ids: List[str]) -> None:
        updates = self._run.replay.refresh(ids)
        if updates:
            self._run.replay.apply(self._calls.update(updates))

    def _flush_logs(self) -> None:
        """Sends the log before the lease ends."""
        try:
            self._attempt.send_logs()
        except (APIError, ServerUnreachable):
            return
