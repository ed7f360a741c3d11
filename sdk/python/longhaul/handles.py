"""Handles: references to submitted jobs."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, AsyncIterator, Generic, Iterator, List, Optional, TypeVar, Union

from . import streams
from .artifacts import JobArtifacts
from .backoff import Backoff
from .encoding import Duration, seconds
from .errors import JobCancelled, JobFailed, ResultTimeout, ServerUnreachable, Unavailable
from .messages import Repeat, Request, path, request
from .records import Event, JobRecord, LogLine

if TYPE_CHECKING:
    from .app import Longhaul

R = TypeVar("R")
#: How long one call waits for the end of a job, in seconds.
POLL_SECONDS = 25.0


class JobHandle(Generic[R]):
    """A reference to a submitted job. Methods that end in `_async` are for asyncio code.

    `record` is what the server said about the job last.
    """

    def __init__(self, app: Longhaul, id: str, record: Optional[JobRecord] = None) -> None:
        self._app = app
        self.id = id
        self.record = record

    def __repr__(self) -> str:
        return f"<JobHandle {self.id}{f' {self.record.kind} {self.record.state}' if self.record else ''}>"

    # Reading

    def refresh(self) -> JobRecord:
        """Reads the job."""
        return self._remember(self._app.transport.call(self._get()).json())

    async def refresh_async(self) -> JobRecord:
        """Reads the job."""
        return self._remember((await self._app.async_transport.call(self._get())).json())

    @property
    def status(self) -> str:
        """The present state of the job, from the server."""
        return self.refresh().state

    async def status_async(self) -> str:
        """The present state of the job, from the server."""
        return (await self.refresh_async()).state

    def wait(self, timeout: Optional[Duration] = None) -> JobRecord:
        """Waits until the job has ended, also while the server restarts.

        Raises:
            ResultTimeout: the job had not ended after `timeout`.
        """
        clock = _Deadline(self.id, timeout)
        while True:
            try:
                record = self._remember(self._app.transport.call(self._get(clock.next_wait())).json())
            except (ServerUnreachable, Unavailable):
                time.sleep(clock.pause_after_failure())
                continue
            if clock.is_over(record):
                return record

    async def wait_async(self, timeout: Optional[Duration] = None) -> JobRecord:
        """Waits until the job has ended, like `wait`."""
        clock = _Deadline(self.id, timeout)
        while True:
            try:
                record = self._remember((await self._app.async_transport.call(self._get(clock.next_wait()))).json())
            except (ServerUnreachable, Unavailable):
                await asyncio.sleep(clock.pause_after_failure())
                continue
            if clock.is_over(record):
                return record

    def result(self, timeout: Optional[Duration] = None) -> R:
        """Waits until the job has ended, and returns its result.

        Raises:
            JobFailed: the job failed for good.
            JobCancelled: the job was cancelled.
            ResultTimeout: the job had not ended after `timeout`.
        """
        return _result(self.wait(timeout))  # type: ignore[no-any-return]

    async def result_async(self, timeout: Optional[Duration] = None) -> R:
        """Waits until the job has ended, and returns its result, like `result`."""
        return _result(await self.wait_async(timeout))  # type: ignore[no-any-return]

    def logs(self) -> List[LogLine]:
        """The log of the job's attempts, oldest first."""
        return [LogLine.of(line) for line in self._app.pages(path("jobs", self.id, "logs", limit=500))]

    def follow_logs(self) -> Iterator[LogLine]:
        """The lines of the log as they arrive, until the job has ended."""
        for event in streams.events(self._app.transport, path("jobs", self.id, "logs", follow=True), self._has_ended):
            yield LogLine.of(event.data)

    def events(self) -> Iterator[Event]:
        """The history of the job and then its changes as they happen, until it has ended."""
        return streams.events(self._app.transport, path("jobs", self.id, "events"), self._has_ended)

    def events_async(self) -> AsyncIterator[Event]:
        """The history of the job and then its changes, for asyncio code."""
        return streams.events_async(self._app.async_transport, path("jobs", self.id, "events"), self._has_ended_async)

    @property
    def artifacts(self) -> JobArtifacts:
        """The files of the job."""
        return JobArtifacts(self._app.transport, self._app.async_transport, self.id)

    def journal(self) -> List[Any]:
        """The operations of a durable job."""
        return list(self._app.pages(path("jobs", self.id, "journal", limit=100)))

    # Acting

    def cancel(self, children: bool = True) -> JobRecord:
        """Cancels the job and its descendants. A running handler receives `Cancelled`.

        Raises:
            Conflict: the job has ended.
        """
        return self._act("cancel", children=None if children else False)

    async def cancel_async(self) -> JobRecord:
        """Cancels the job and its descendants, like `cancel`."""
        return self._remember((await self._app.async_transport.call(self._post("cancel"))).json())

    def retry(self) -> JobRecord:
        """Makes a failed, cancelled or retrying job pending again."""
        return self._act("retry")

    def delete(self) -> None:
        """Removes an ended job with its files."""
        self._app.transport.call(request("DELETE", path("jobs", self.id), repeat=Repeat.UNSENT))

    def signal(self, name: str, value: Any = None, *, idempotency_key: Optional[str] = None) -> None:
        """Sends a signal to a durable job."""
        self._app.transport.call(self._signal(name, value, idempotency_key))

    async def signal_async(self, name: str, value: Any = None, *, idempotency_key: Optional[str] = None) -> None:
        """Sends a signal to a durable job."""
        await self._app.async_transport.call(self._signal(name, value, idempotency_key))

    def pause(self) -> JobRecord:
        """Pauses the job: no worker receives it."""
        return self._act("pause")

    def resume(self) -> JobRecord:
        """Ends the pause of the job."""
        return self._act("resume")

    def restart(self, operation: str) -> JobRecord:
        """Runs a durable job again from an operation of its journal."""
        call = request("POST", path("jobs", self.id, "restart"), {"from": operation}, repeat=Repeat.UNSENT)
        return self._remember(self._app.transport.call(call).json())

    def fork(self, operation: str) -> JobHandle[R]:
        """Submits a copy of a durable job that runs from an operation."""
        call = request("POST", path("jobs", self.id, "fork"), {"from": operation}, repeat=Repeat.UNSENT)
        record = JobRecord.of(self._app.transport.call(call).json())
        return JobHandle(self._app, record.id, record)

    # Requests

    def _has_ended(self) -> bool:
        return self.refresh().has_ended

    async def _has_ended_async(self) -> bool:
        return (await self.refresh_async()).has_ended

    def _get(self, wait: Optional[float] = None) -> Request:
        return request("GET", path("jobs", self.id, wait_seconds=wait), timeout=wait)

    def _post(self, action: str, **query: Any) -> Request:
        return request("POST", path("jobs", self.id, action, **query), repeat=Repeat.UNSENT)

    def _act(self, action: str, **query: Any) -> JobRecord:
        return self._remember(self._app.transport.call(self._post(action, **query)).json())

    def _signal(self, name: str, value: Any, key: Optional[str]) -> Request:
        return request(
            "POST",
            path("jobs", self.id, "signals", name),
            value,
            repeat=Repeat.ALWAYS if key else Repeat.UNSENT,
            headers={"Idempotency-Key": key} if key else None,
        )

    def _remember(self, raw: Any) -> JobRecord:
        self.record = JobRecord.of(raw)
        return self.record


class _Deadline:
    """The time until which a caller waits for the end of a job."""

    def __init__(self, id: str, timeout: Optional[Duration]) -> None:
        self._id = id
        self._end = None if timeout is None else time.monotonic() + seconds(timeout)
        self._timeout = timeout
        self._backoff = Backoff(maximum=2)

    @property
    def _left(self) -> float:
        return POLL_SECONDS if self._end is None else self._end - time.monotonic()

    def next_wait(self) -> float:
        """How long the next call waits, in seconds."""
        return round(max(0.0, min(POLL_SECONDS, self._left)), 3)

    def pause_after_failure(self) -> float:
        """The pause after a call without an answer. Raises ResultTimeout when the time is over."""
        pause = self._backoff.next()
        if pause > self._left:
            raise self._timed_out
        return pause

    def is_over(self, record: JobRecord) -> bool:
        """Whether the job has ended. Raises ResultTimeout when the time is over."""
        self._backoff.reset()
        if not record.has_ended and self._left <= 0:
            raise self._timed_out
        return record.has_ended

    @property
    def _timed_out(self) -> ResultTimeout:
        return ResultTimeout(f"the job {self._id} did not end within {self._timeout} s")


def _result(record: JobRecord) -> Any:
    if record.state == "failed":
        raise JobFailed(record)
    if record.state == "cancelled":
        raise JobCancelled(record)
    return record.result


class Batch(List[JobHandle[Any]]):
    """The handles of a batch in order, and the handle of its parent."""

    def __init__(self, jobs: List[JobHandle[Any]], parent: Optional[JobHandle[Any]] = None) -> None:
        super().__init__(jobs)
        self.parent = parent

    def results(self, timeout: Optional[Duration] = None) -> List[Any]:
        """Waits until all jobs have ended, and returns their results in order. Raises the first error."""
        end = None if timeout is None else time.monotonic() + seconds(timeout)
        return [job.result(None if end is None else max(0.0, end - time.monotonic())) for job in self]

    async def results_async(self, timeout: Optional[Duration] = None) -> List[Any]:
        """Waits until all jobs have ended, like `results`."""
        return list(await asyncio.gather(*[job.result_async(timeout) for job in self]))


#: A job, by its handle or its identifier.
AnyJob = Union[str, JobHandle[Any]]
