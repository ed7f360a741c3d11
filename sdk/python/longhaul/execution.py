"""Runs the function of an attempt to its outcome, in a thread or in an event loop."""

from __future__ import annotations

import asyncio
import ctypes
import threading
from typing import Any, Callable, Optional, Type

from . import outcomes
from .attempt import Attempt
from .context import JobContext, _current
from .errors import Interrupt
from .outcomes import Outcome

#: Runs a durable job: set by `durable.running`, so that this module does not depend on it.
DurableRunner = Callable[[Attempt, Any], Outcome]
DEFAULT_TIMEOUT = 3600.0


class InterruptibleCall:
    """Runs a function in the present thread. Another thread can raise an interrupt in it, once.

    A function in a blocking call of C code, such as `time.sleep`, receives the interrupt after the call.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: Optional[int] = None
        self._was_stopped = False

    def run(self, function: Callable[[], Any]) -> Any:
        """Calls the function. Raises its exception, or the interrupt."""
        try:
            self._thread = threading.get_ident()
            return function()
        finally:
            self._leave()

    def stop(self, kind: Type[Interrupt]) -> None:
        """Raises an interrupt in the function if it runs. Must be called at most once."""
        with self._lock:
            if self._thread is not None:
                self._was_stopped = True
                _raise_in(self._thread, ctypes.py_object(kind))

    def _leave(self) -> None:
        try:
            with self._lock:
                thread, self._thread = self._thread, None
                if self._was_stopped and thread is not None:
                    # An interrupt that has not arrived yet must not reach the next job of this thread.
                    _raise_in(thread, ctypes.py_object())
        except Interrupt:
            # The only interrupt arrived here, so no other thread needs the lock any more.
            self._thread = None
            raise


def _raise_in(thread: int, kind: ctypes.py_object[Any]) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), kind)


def run_in_thread(attempt: Attempt, run_durable: DurableRunner, default_timeout: float = DEFAULT_TIMEOUT) -> Outcome:
    """Runs the function of an attempt in this thread."""
    timeout = attempt.timeout_seconds(default_timeout)
    call = InterruptibleCall()
    if not attempt.begin(call.stop):
        return outcomes.interrupted(attempt.interrupt or Interrupt, timeout)
    context = JobContext(attempt)
    mark = _current.set(context)
    try:
        return call.run(lambda: _outcome(attempt, context, run_durable))
    except Interrupt as interrupt:
        return outcomes.interrupted(type(interrupt), timeout)
    finally:
        _current.reset(mark)


def _outcome(attempt: Attempt, context: JobContext, run_durable: DurableRunner) -> Outcome:
    function = attempt.function
    try:
        args, kwargs = function.arguments.call(context.job.payload)
        if function.is_durable:
            return run_durable(attempt, context)
        return outcomes.completed(function.function(*args, **kwargs), attempt.next_jobs)
    except (Exception, SystemExit) as error:
        return outcomes.failed(error)


async def run_in_loop(attempt: Attempt, default_timeout: float = DEFAULT_TIMEOUT) -> Outcome:
    """Runs the coroutine function of an attempt as a task of the running event loop."""
    timeout = attempt.timeout_seconds(default_timeout)
    loop = asyncio.get_running_loop()
    context = JobContext(attempt)
    task = loop.create_task(_coroutine(attempt, context))

    def stop(_: Type[Interrupt]) -> None:
        loop.call_soon_threadsafe(task.cancel)

    if not attempt.begin(stop):
        task.cancel()
    try:
        return outcomes.completed(await task, attempt.next_jobs)
    except (asyncio.CancelledError, Interrupt) as error:
        if attempt.interrupt is None:
            return outcomes.failed(RuntimeError(f"the handler cancelled itself: {error!r}"))
        return outcomes.interrupted(attempt.interrupt, timeout)
    except (Exception, SystemExit) as error:
        return outcomes.failed(error)


async def _coroutine(attempt: Attempt, context: JobContext) -> Any:
    _current.set(context)
    args, kwargs = attempt.function.arguments.call(context.job.payload)
    return await attempt.function.function(*args, **kwargs)
