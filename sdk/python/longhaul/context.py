"""What a running job knows about itself: `current_job()`."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from typing import TYPE_CHECKING, Any, Awaitable, BinaryIO, Callable, Dict, Iterable, List, Optional, TypeVar, Union

from .artifacts import FilePath
from .encoding import Duration, seconds
from .options import NewJob
from .records import JobRecord

if TYPE_CHECKING:
    from .attempt import Attempt

V = TypeVar("V")
_current: contextvars.ContextVar[Optional[JobContext]] = contextvars.ContextVar("longhaul_job", default=None)


class NoCurrentJob(RuntimeError):
    """`current_job()` was called where no job runs."""


def current_job() -> JobContext:
    """The job that runs here: in the handler, and in what it calls.

    Threads that a handler starts do not inherit it. Use `contextvars.copy_context().run`.

    Raises:
        NoCurrentJob: no job runs here.
    """
    context = _current.get()
    if context is None:
        raise NoCurrentJob("no job runs here")
    return context


class JobContext:
    """A running job: its record, and what its handler may do."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        #: The job as the worker received it.
        self.job = JobRecord.of(attempt.job)
        self.id = self.job.id
        self.kind = self.job.kind
        #: The number of the attempt, from 1.
        self.attempt: int = attempt.number

    @property
    def dependencies(self) -> List[Dict[str, Any]]:
        """The jobs on which this one depends: `{"id", "kind", "state", "result", "error"}`, in order."""
        return self.job.raw.get("dependencies") or []

    @property
    def results(self) -> List[Any]:
        """The results of the dependencies, in order."""
        return [dependency.get("result") for dependency in self.dependencies]

    @property
    def ancestors(self) -> List[Dict[str, Any]]:
        """Earlier jobs of the chain, the nearest first."""
        return self.job.raw.get("ancestors") or []

    @property
    def cancelled(self) -> bool:
        """Whether the handler must stop: a cancellation, a lost lease, the time limit, or a stop of the worker."""
        return self._attempt.interrupt is not None

    @property
    def interrupt_reason(self) -> Optional[str]:
        """Why the handler must stop: cancelled, lease_lost, timeout or shutdown."""
        kind = self._attempt.interrupt
        return kind.reason if kind else None

    def check(self) -> None:
        """Raises the `Interrupt` if the handler must stop, for loops that catch every exception."""
        if self._attempt.interrupt is not None:
            raise self._attempt.interrupt()

    def sleep(self, duration: Duration) -> None:
        """Sleeps in a thread. It ends early, and raises the `Interrupt`, if the handler must stop."""
        self._attempt.interrupted.wait(seconds(duration))
        self.check()

    def progress(self, percent: float, message: Optional[str] = None) -> None:
        """Sets the progress. The worker sends the latest one at most twice per second."""
        self._attempt.set_progress(min(100.0, max(0.0, percent)), message)

    def then(self, *jobs: NewJob) -> None:
        """Submits jobs when this one completes, in the same transaction."""
        self._attempt.next_jobs.extend(jobs)

    def checkpoint(self, name: str, work: Callable[..., V], *args: Any, **kwargs: Any) -> V:
        """The stored output of a checkpoint. Calls `work` if no attempt has stored one."""
        found, output = self._attempt.checkpoint(name)
        if found:
            return output  # type: ignore[no-any-return]
        return self._attempt.store_checkpoint(name, work(*args, **kwargs))  # type: ignore[no-any-return]

    async def checkpoint_async(self, name: str, work: Callable[..., Awaitable[V]], *args: Any, **kwargs: Any) -> V:
        """The stored output of a checkpoint, for handlers in asyncio code."""
        found, output = await asyncio.to_thread(self._attempt.checkpoint, name)
        if found:
            return output  # type: ignore[no-any-return]
        value = await work(*args, **kwargs)
        return await asyncio.to_thread(self._attempt.store_checkpoint, name, value)

    def upload(
        self,
        name: str,
        data: Union[bytes, BinaryIO, Iterable[bytes]],
        content_type: str = "application/octet-stream",
    ) -> Dict[str, Any]:
        """Uploads a file of the job, which is visible when the job completes. Files and iterators are streamed."""
        return self._attempt.upload(name, data, content_type)

    def upload_file(
        self, file: FilePath, name: Optional[str] = None, content_type: Optional[str] = None
    ) -> Dict[str, Any]:
        """Uploads a file of this machine."""
        return self._attempt.upload_file(file, name, content_type)

    async def upload_async(
        self,
        name: str,
        data: Union[bytes, BinaryIO, Iterable[bytes]],
        content_type: str = "application/octet-stream",
    ) -> Dict[str, Any]:
        """Uploads a file of the job, for handlers in asyncio code."""
        return await asyncio.to_thread(self._attempt.upload, name, data, content_type)


class JobLogHandler(logging.Handler):
    """Adds log records to the log of the job that runs where they are made. Records without a job are ignored."""

    _LEVELS = ((logging.ERROR, "error"), (logging.WARNING, "warning"), (logging.INFO, "info"))

    def emit(self, record: logging.LogRecord) -> None:
        """Adds a record to the log of the current job."""
        context = _current.get()
        if context is None or record.name.startswith("longhaul."):
            return
        level = next((name for number, name in self._LEVELS if record.levelno >= number), "debug")
        try:
            context._attempt.logs.add(level, self.format(record), record.created)
        except Exception:
            self.handleError(record)


__all__ = ["JobContext", "JobLogHandler", "NoCurrentJob", "current_job"]
