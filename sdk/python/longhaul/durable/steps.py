"""Steps: the work of a durable job that has effects."""

from __future__ import annotations

import asyncio
import contextvars
import dataclasses
import inspect
import threading
from typing import Any, Callable, Dict, Optional, Tuple

from ..encoding import Duration, encode, seconds
from ..errors import Cancelled, HandlerError, Interrupt, TimeLimitExceeded
from ..execution import InterruptibleCall
from ..outcomes import failed
from .operations import Failure, Operation, Outcome, Success

MAX_OUTPUT_BYTES = 262_144
#: Receives the identifier of a step, its outcome, and the pause before its next attempt if it has one.
Ended = Callable[[str, Outcome, Optional[float]], None]


@dataclasses.dataclass(frozen=True)
class StepRetry:
    """How often a step is tried, and the pauses between its attempts, in seconds."""

    max_attempts: int = 5
    delay: float = 1
    factor: float = 2
    max_delay: float = 600

    def pause(self, attempts: int) -> float:
        """The pause after a number of attempts."""
        return min(self.max_delay, self.delay * self.factor ** min(attempts - 1, 100))


@dataclasses.dataclass(frozen=True)
class StepContext:
    """A running step. `key` is the same text at each attempt, for systems that take an idempotency key."""

    job_id: str
    id: str
    attempt: int

    @property
    def key(self) -> str:
        """A text that identifies the step, and is the same at each attempt."""
        return f"{self.job_id}/{self.id}"


_step: contextvars.ContextVar[Optional[StepContext]] = contextvars.ContextVar("longhaul_step", default=None)


def current_step() -> StepContext:
    """The step that runs here. Raises LookupError outside of a step."""
    step = _step.get()
    if step is None:
        raise LookupError("no step runs here")
    return step


@dataclasses.dataclass(frozen=True)
class StepWork:
    """What a step does."""

    function: Callable[..., Any]
    args: Tuple[Any, ...] = ()
    kwargs: Dict[str, Any] = dataclasses.field(default_factory=dict)
    retry: StepRetry = StepRetry()
    timeout: Optional[Duration] = None


class RunningStep:
    """One attempt of a step: a function in a thread of its own, or a coroutine function in the loop of the worker."""

    def __init__(
        self, job_id: str, operation: Operation, work: StepWork, loop: asyncio.AbstractEventLoop, ended: Ended
    ) -> None:
        self._context = StepContext(job_id, operation["id"], operation["attempt"])
        self._work = work
        self._loop = loop
        self._ended = ended
        self._lock = threading.Lock()
        self._has_ended = False
        self._call = InterruptibleCall()
        self._future: Any = None
        self._timer: Optional[threading.Timer] = None
        self._variables = contextvars.copy_context()

    def start(self) -> None:
        """Starts the work."""
        if self._work.timeout is not None:
            self._timer = threading.Timer(seconds(self._work.timeout), self._time_out)
            self._timer.daemon = True
            self._timer.start()
        if inspect.iscoroutinefunction(self._work.function):
            self._future = asyncio.run_coroutine_threadsafe(self._run_async(), self._loop)
        else:
            threading.Thread(
                target=self._variables.run, args=[self._run], name=f"longhaul-step-{self._context.id}", daemon=True).start()

    def cancel(self) -> None:
        """Interrupts the work. Its outcome is ignored."""
        self._stop(Cancelled)

    def _run(self) -> None:
        _step.set(self._context)
        work = self._work
        try:
            outcome, pause = self._success(self._call.run(lambda: work.function(*work.args, **work.kwargs)))
        except Interrupt:
            return
        except (Exception, SystemExit) as error:
            outcome, pause = self._failure(error)
        self._end(outcome, pause)

    async def _run_async(self) -> None:
        # The task has its own copy of the variables of this thread of the loop, which has no job.
        for variable, value in self._variables.items():
            variable.set(value)
        _step.set(self._context)
        try:
            outcome, pause = self._success(await self._work.function(*self._work.args, **self._work.kwargs))
        except (Exception, SystemExit) as error:
            outcome, pause = self._failure(error)
        self._end(outcome, pause)

    def _success(self, output: Any) -> Tuple[Outcome, Optional[float]]:
        if inspect.isawaitable(output):
            raise TypeError("the function of a step returned a coroutine: pass the coroutine function itself")
        size = len(encode(output).encode())
        if size <= MAX_OUTPUT_BYTES:
            return Success(output), None
        message = (f"the output of the step has {size} bytes; the maximum is {MAX_OUTPUT_BYTES}. "
                   "Store larger data as an artifact.")
        return Failure({"type": "output_too_large", "message": message, "retryable": False}), None

    def _failure(self, error: BaseException) -> Tuple[Outcome, Optional[float]]:
        report = failed(error)
        retry = self._work.retry
        outcome = Failure({**report.error, "retryable": report.retryable})
        if not report.retryable or self._context.attempt >= retry.max_attempts:
            return outcome, None
        given = error.retry_after if isinstance(error, HandlerError) else None
        return outcome, retry.pause(self._context.attempt) if given is None else seconds(given)

    def _time_out(self) -> None:
        timeout = seconds(self._work.timeout or 0)
        self._stop(TimeLimitExceeded, lambda: self._failure(TimeoutError(f"the step took longer than {timeout:g} s")))

    def _stop(self, kind: type[Interrupt], end: Optional[Callable[[], Tuple[Outcome, Optional[float]]]] = None) -> None:
        with self._lock:
            if self._has_ended:
                return
            self._has_ended = True
        if self._future:
            self._future.cancel()
        else:
            self._call.stop(kind)
        if end:
            self._ended(self._context.id, *end())

    def _end(self, outcome: Outcome, pause: Optional[float]) -> None:
        with self._lock:
            if self._has_ended:
                return
            self._has_ended = True
        if self._timer:
            self._timer.cancel()
        self._ended(self._context.id, outcome, pause)
