"""One run of a durable job's code, between the flow that the code uses and the runner that talks to the server."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any, Callable, Dict, List, Optional

from ..encoding import plain
from ..outcomes import Failed, failed
from .code import Code, Task
from .operations import COMPENSATE, COMPENSATION, FAILURE, Operation, OperationFailure, Unwinding, Update, start
from .replay import Replay
from .steps import StepWork


@dataclasses.dataclass(frozen=True)
class End:
    """How the code ended: `completed` or `continued` with a value, `failed` with a failure, or `cancelled`."""

    name: str
    value: Any = None
    failure: Optional[Failed] = None


@dataclasses.dataclass(frozen=True)
class Compensation:
    """A registered compensation."""

    number: int
    name: str
    work: StepWork


class FlowRun:
    """One run of the code.

    Args:
        job: the job as the server sent it.
        journal: all operations of its journal.
    """

    def __init__(self, job: Dict[str, Any], journal: List[Operation]) -> None:
        self.job = job
        self.replay = Replay(journal, bool(job.get("cancelling")))
        self.code = Code()
        self.code.end_wait = self.replay.end_wait
        self.work: Dict[str, StepWork] = {}
        self.compensations: List[Compensation] = []
        self.rejection: Optional[Failed] = None
        self.is_over = False
        self._end: Optional[End] = None
        self._main: Optional[Task] = None

    # For the flow

    def check(self) -> None:
        """Raises Unwinding after the end of the attempt."""
        if self.is_over:
            raise Unwinding()

    def start(self, request: Update, work: Optional[StepWork] = None, is_forced: bool = False) -> None:
        """Starts an operation, unless the journal has it."""
        self.check()
        current = self.code.current
        if not is_forced and current and current.is_cancelled:
            raise asyncio.CancelledError()
        has_outcome = self.replay.start(request, is_forced)
        if work and not has_outcome:
            self.work[request["id"]] = work

    async def perform(self, request: Update, work: Optional[StepWork] = None, is_forced: bool = False) -> Any:
        """Starts an operation, and waits for its output. Raises OperationFailure."""
        self.start(request, work, is_forced)
        return await self.wait(request["id"], is_forced=is_forced)

    async def wait(self, id: str, for_end: bool = True, is_forced: bool = False) -> Any:
        """Waits for the output of an operation, or until it is recorded."""
        self.check()
        is_cancelled = not is_forced and bool(self.code.current and self.code.current.is_cancelled)
        if for_end and self.code.is_idle and not is_cancelled:
            outcome = self.replay.deliver_at_once(id)
            if outcome:
                return outcome.get()
        number = self.replay.add_wait(id, for_end)
        if is_cancelled:
            self.replay.end_wait(number)
            raise asyncio.CancelledError()
        return await self.code.wait(number, is_forced)

    def register(self, name: str, work: StepWork) -> None:
        """Registers a compensation."""
        self.check()
        number = len(self.compensations) + 1
        self.replay.mark(start("marker", f"{COMPENSATION}{number}", name), lambda: None)
        self.compensations.append(Compensation(number, name, work))

    def finish(self, end: End) -> None:
        """Records how the code ends; only the first end counts."""
        self._end = self._end or end

    # For the runner

    def begin(self, body: Callable[[], Any]) -> None:
        """Starts the code."""
        self._main = Task(self._perform(body))
        self.code.schedule(self._main)

    def advance(self) -> Any:
        """Runs the code until it waits; returns what the runner does next, or how the code ended."""
        while True:
            self.code.drain()
            action = self.replay.next()
            if action.name == "deliver":
                self.code.deliver(action.number, action.outcome)
            elif action.name in ("wait", "run") and self._end:
                return self._end
            else:
                return action

    def cancel(self) -> None:
        """Cancels the code: its waits raise CancelledError."""
        if self._main:
            self.code.cancel(self._main)

    def reject(self, failure: Failed) -> None:
        """Records that the server has refused an update, so that the job fails."""
        self.rejection = self.rejection or failure
        self.replay.reject()
        if self._end:
            self._end = None
            self._main = Task(self._end_after_rejection(self.rejection))
            self.code.schedule(self._main)

    def close(self) -> None:
        """Ends the code."""
        self.is_over = True
        self.code.close()

    # The end of the code

    async def _perform(self, body: Callable[[], Any]) -> None:
        result: Any = None
        error: Optional[BaseException] = None
        try:
            result = plain(await body())
        except Unwinding:
            # The attempt is over, the code differs from the journal, or it continues as new: the runner knows.
            return
        except (Exception, asyncio.CancelledError) as end:
            error = end
        try:
            self.finish(await self._ending(result, error))
        except Unwinding:
            return

    async def _ending(self, result: Any, error: Optional[BaseException]) -> End:
        recorded = self.replay.operations.get(FAILURE)
        if recorded:
            return await self._undo(recorded["output"])
        if self.job.get("cancelling"):
            return await self._undo(None)
        if self.rejection:
            return await self._fail(self.rejection)
        if error is None:
            self.replay.end()
            return End("completed", result)
        failure = failure_of(error)
        if failure.retryable and self.job["attempt"] < self.job["max_attempts"]:
            return End("failed", failure=failure)
        self.replay.end()
        return await self._fail(failure)

    async def _end_after_rejection(self, failure: Failed) -> None:
        try:
            self.finish(await self._fail(failure))
        except Unwinding:
            return

    async def _fail(self, failure: Failed) -> End:
        """Records the failure, and runs the compensations."""
        if not self.compensations:
            return End("failed", failure=failure)
        error = {**failure.error, "retryable": failure.retryable}
        self.replay.mark(start("marker", FAILURE, "failure"), lambda: error)
        return await self._undo(error)

    async def _undo(self, error: Optional[Dict[str, Any]]) -> End:
        """Runs the compensations, the last one first. Without an error, the job is cancelled."""
        problems = []
        for compensation in reversed(self.compensations):
            request = start("step", f"{COMPENSATE}{compensation.number}", compensation.name)
            try:
                await self.perform(request, compensation.work, is_forced=True)
            except OperationFailure as failure:
                problems.append(f"{compensation.name}: {failure.error['message']}")
        if not problems and error is None:
            return End("cancelled")
        final = dict(error or {"type": "cancelled", "message": "the job was cancelled"})
        final.pop("retryable", None)
        if problems:
            final["message"] = f"{final['message']}; compensations failed: {'; '.join(problems)}"
            final["type"] = "compensation_failed"
        return End("failed", failure=Failed(final, retryable=False))


def failure_of(error: BaseException) -> Failed:
    """The failure of a job whose code raised an error."""
    if isinstance(error, asyncio.CancelledError):
        return Failed({"type": "cancelled", "message": "the code cancelled itself"}, retryable=False)
    if isinstance(error, OperationFailure):
        return Failed({"type": error.error.get("type", "failed"), "message": str(error)}, retryable=False)
    return failed(error)
