"""Steps: the work of a durable job that has effects."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import dataclasses
import inspect
import json
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
End = Tuple[Outcome, Optional[float]]


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

    @property
    def is_async(self) -> bool:
        """Whether the function is a coroutine function, or an object that is called as one."""
        return inspect.iscoroutinefunction(self.function) or inspect.iscoroutinefunction(type(self.function).__call__)


class StepAttempt:
    """One attempt of a step, as the base of the ways to run it."""

    def __init__(self, job_id: str, operation: Operation, work: StepWork, ended: Ended) -> None:
        self.context = StepContext(job_id, operation["id"], operation["attempt"])
        self.work = work
        self.ended = ended

    def start(self) -> None:
        """Starts the work."""
        raise NotImplementedError

    def cancel(self) -> None:
        """Interrupts the work. Its outcome is ignored."""

    @staticmethod
    def success(output: Any) -> End:
        """The outcome of work that returned a value."""
        if inspect.isawaitable(output):
            raise TypeError("the function of a step returned a coroutine: pass the coroutine function itself")
        text = encode(output)
        size = len(text.encode())
        if size <= MAX_OUTPUT_BYTES:
            return Success(json.loads(text)), None
        message = (
            f"the output of the step has {size} bytes; the maximum is {MAX_OUTPUT_BYTES}. "
            "Store larger data as an artifact."
        )
        return Failure({"type": "output_too_large", "message": message, "retryable": False}), None

    def failure(self, error: BaseException) -> End:
        """The outcome of work that raised an error."""
        report = failed(error)
        retry = self.work.retry
        outcome = Failure({**report.error, "retryable": report.retryable})
        if not report.retryable or self.context.attempt >= retry.max_attempts:
            return outcome, None
        given = error.retry_after if isinstance(error, HandlerError) else None
        return outcome, retry.pause(self.context.attempt) if given is None else seconds(given)


class InlineStep(StepAttempt):
    """Runs a step at once in the present thread, for tests."""

    def start(self) -> None:
        """Runs the work."""
        mark = _step.set(self.context)
        try:
            output = self.work.function(*self.work.args, **self.work.kwargs)
            if self.work.is_async:
                output = run_coroutine(output)
            outcome, pause = self.success(output)
        except (Exception, SystemExit) as error:
            outcome, pause = self.failure(error)
        finally:
            _step.reset(mark)
        self.ended(self.context.id, outcome, pause)


class RunningStep(StepAttempt):
    """Runs a function in a thread of its own, or a coroutine function in the event loop of the worker."""

    def __init__(
        self, job_id: str, operation: Operation, work: StepWork, ended: Ended, loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__(job_id, operation, work, ended)
        self._loop = loop
        self._lock = threading.Lock()
        self._has_ended = False
        self._call = InterruptibleCall()
        self._future: Any = None
        self._timer: Optional[threading.Timer] = None
        self._variables = contextvars.copy_context()

    def start(self) -> None:
        """Starts the work."""
        if self.work.timeout is not None:
            self._timer = threading.Timer(seconds(self.work.timeout), self._time_out)
            self._timer.daemon = True
            self._timer.start()
        if self.work.is_async:
            self._future = asyncio.run_coroutine_threadsafe(self._run_async(), self._loop)
        else:
            threading.Thread(
                target=self._variables.run, args=[self._run], name=f"longhaul-step-{self.context.id}", daemon=True
            ).start()

    def cancel(self) -> None:
        """Interrupts the work. Its outcome is ignored."""
        self._stop(Cancelled)

    def _run(self) -> None:
        _step.set(self.context)
        work = self.work
        try:
            end = self.success(self._call.run(lambda: work.function(*work.args, **work.kwargs)))
        except Interrupt:
            return
        except (Exception, SystemExit) as error:
            end = self.failure(error)
        self._end(end)

    async def _run_async(self) -> None:
        # The task has its own copy of the variables of the loop's thread, which has no job.
        for variable, value in self._variables.items():
            variable.set(value)
        _step.set(self.context)
        try:
            end = self.success(await self.work.function(*self.work.args, **self.work.kwargs))
        except (Exception, SystemExit) as error:
            end = self.failure(error)
        self._end(end)

    def _time_out(self) -> None:
        timeout = seconds(self.work.timeout or 0)
        if self._stop(TimeLimitExceeded):
            self.ended(self.context.id, *self.failure(TimeoutError(f"the step took longer than {timeout:g} s")))

    def _stop(self, kind: type[Interrupt]) -> bool:
        if not self._claim_end():
            return False
        if self._future:
            self._future.cancel()
        else:
            self._call.stop(kind)
        return True

    def _end(self, end: End) -> None:
        if self._claim_end():
            self.ended(self.context.id, *end)

    def _claim_end(self) -> bool:
        """True for the first caller. Stops the timer."""
        with self._lock:
            is_first, self._has_ended = not self._has_ended, True
        if self._timer:
            self._timer.cancel()
        return is_first


def run_coroutine(coroutine: Any) -> Any:
    """Runs a coroutine to its end, also where an event loop runs."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        return pool.submit(contextvars.copy_context().run, asyncio.run, coroutine).result()
