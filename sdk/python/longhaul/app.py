"""The app: a connection to a server, and the functions that run as its jobs."""

from __future__ import annotations

import contextlib
import inspect
from typing import (
    TYPE_CHECKING,
    Any,
    AsyncIterator,
    Awaitable,
    Callable,
    Dict,
    Iterator,
    List,
    Optional,
    Protocol,
    Sequence,
    Union,
    overload,
)

from . import streams
from .aio import AsyncHTTPTransport, AsyncTransport
from .durable.flow import Flow
from .functions import AsyncJobFunction, JobFunction
from .handles import Batch, JobHandle
from .messages import Repeat, Request, path, request
from .options import JobOptions, NewJob, batch_body, check_names
from .queries import Jobs
from .queues import Queues
from .records import Event, JobRecord
from .schedules import Schedules
from .settings import read_settings
from .transport import HTTPTransport, Transport
from .typing_shims import P, R

if TYPE_CHECKING:
    from typing import Concatenate

    from typing_extensions import Unpack

    from .testing import FakeServer
    from .worker import Worker


class _JobDecorator(Protocol):
    """Makes a job function of a function or a coroutine function."""

    @overload
    def __call__(self, function: Callable[P, Awaitable[R]]) -> AsyncJobFunction[P, R]: ...

    @overload
    def __call__(self, function: Callable[P, R]) -> JobFunction[P, R]: ...


class Longhaul:
    """A connection to a server, and the functions that run as its jobs.

    ```python
    app = Longhaul()

    @app.job(queue="images", retries=5, timeout=60)
    def resize(source: str, width: int = 640) -> str:
        ...

    handle = resize.delay("cat.jpg", width=320)
    print(handle.result(timeout=60))
    ```

    Args:
        url: the address of the server: `http://HOST:PORT`, `https://HOST:PORT` or `unix:PATH`. By default
            `LONGHAUL_SERVER`, or `http://127.0.0.1:8080`.
        api_key: the API key. By default the content of the file `LONGHAUL_KEY_FILE`, or `LONGHAUL_API_KEY`.
        ca_file, client_cert, client_key: as the options of the `longhaul` command, and its environment variables.
        timeout: how long the server may take to answer, in seconds.
        retry_seconds: how long calls are repeated while no server answers, in seconds.
    """

    def __init__(
        self,
        url: Optional[str] = None,
        api_key: Optional[str] = None,
        *,
        ca_file: Optional[str] = None,
        client_cert: Optional[str] = None,
        client_key: Optional[str] = None,
        timeout: float = 30,
        retry_seconds: float = 10,
    ) -> None:
        self._settings = read_settings(url, api_key, ca_file, client_cert, client_key)
        self._timeout = timeout
        #: Sends requests, and sends them from asyncio code.
        self.transport: Transport = HTTPTransport(self._settings, timeout, retry_seconds)
        self.async_transport: AsyncTransport = AsyncHTTPTransport(self._settings, timeout, retry_seconds)
        #: The job functions by kind.
        self.functions: Dict[str, JobFunction[Any, Any]] = {}
        self.jobs = Jobs(self)
        self.schedules = Schedules(self)
        self.queues = Queues(self)

    # Functions

    def job(
        self, kind: Optional[str] = None, *, raw_payload: bool = False, **options: Unpack[JobOptions]
    ) -> _JobDecorator:
        """Makes a function a job: `@app.job()` or `@app.job("image.resize", queue="images")`.

        The arguments of the function are the payload: an object with the arguments by name. The result of the function
        is the result of the job. Both are JSON. An `async def` function runs in the event loop of the worker.

        Args:
            kind: the kind of the job. By default the name of the function.
            raw_payload: the function has one argument, which is the whole payload.
            options: the default options of its submissions.
        """
        check_names(options)

        def decorate(function: Callable[..., Any]) -> Any:
            form = AsyncJobFunction if inspect.iscoroutinefunction(function) else JobFunction
            return self._register(form(self, kind or function.__name__, function, options, raw_payload=raw_payload))

        return decorate

    def durable(
        self, kind: Optional[str] = None, *, raw_payload: bool = False, **options: Unpack[JobOptions]
    ) -> Callable[[Callable[Concatenate[Flow, P], Awaitable[R]]], JobFunction[P, R]]:
        """Makes a coroutine function a durable job. Its first argument is the `Flow`."""
        check_names(options)

        def decorate(function: Callable[Concatenate[Flow, P], Awaitable[R]]) -> JobFunction[P, R]:
            job: JobFunction[P, R] = JobFunction(
                self, kind or function.__name__, function, options, is_durable=True, raw_payload=raw_payload
            )
            self._register(job)
            return job

        return decorate

    def _register(self, function: JobFunction[Any, Any]) -> JobFunction[Any, Any]:
        if function.kind in self.functions:
            raise ValueError(f"two functions are of the kind {function.kind}")
        self.functions[function.kind] = function
        return function

    def queues_of_functions(self) -> List[str]:
        """The queues that the functions name, and `default`."""
        return sorted({function.queue or "default" for function in self.functions.values()} | {"default"})

    # Submission

    def submit(self, job: Union[NewJob, str], payload: Any = None, **options: Unpack[JobOptions]) -> JobHandle[Any]:
        """Submits a job: `app.submit("report.build", {"month": 5}, priority=9)`. When it returns, the job is durable.

        Raises:
            SystemBusy: the queue is full.
            ServerUnreachable: no server answered. If `was_sent` is true, the job may exist. With an `idempotency_key`,
                the call is repeated safely.
        """
        return self._handle(self.transport.call(_submission(job, payload, options)).json())

    async def submit_async(
        self, job: Union[NewJob, str], payload: Any = None, **options: Unpack[JobOptions]
    ) -> JobHandle[Any]:
        """Submits a job from asyncio code, like `submit`."""
        return self._handle((await self.async_transport.call(_submission(job, payload, options))).json())

    def submit_batch(self, jobs: Sequence[NewJob], parent: Optional[NewJob] = None) -> Batch:
        """Submits 1 to 1,000 jobs, all or none. Jobs of the batch may depend on each other.

        Args:
            parent: a job that waits for all others, and receives their results.
        """
        return self._batch(self.transport.call(_batch_submission(jobs, parent)).json())

    async def submit_batch_async(self, jobs: Sequence[NewJob], parent: Optional[NewJob] = None) -> Batch:
        """Submits a batch from asyncio code, like `submit_batch`."""
        return self._batch((await self.async_transport.call(_batch_submission(jobs, parent))).json())

    def chain(self, *jobs: NewJob) -> Batch:
        """Submits jobs that run one after another. Each finds the result before it in `current_job().results`."""
        return self.submit_batch(chained(jobs))

    async def chain_async(self, *jobs: NewJob) -> Batch:
        """Submits a chain from asyncio code, like `chain`."""
        return await self.submit_batch_async(chained(jobs))

    def handle(self, id: str) -> JobHandle[Any]:
        """The handle of a job that was submitted before."""
        return JobHandle(self, id)

    def signal_token(self, token: str, value: Any = None) -> None:
        """Sends a signal by its token, which serves once."""
        self.transport.call(request("POST", path("signals", token), value, repeat=Repeat.UNSENT))

    # Watching

    def events(self, queue: Optional[str] = None) -> Iterator[Event]:
        """The changes of all jobs as they happen, without an end. `resync` means that changes are missing."""
        return streams.events(self.transport, path("events", queue=queue))

    def events_async(self, queue: Optional[str] = None) -> AsyncIterator[Event]:
        """The changes of all jobs, for asyncio code."""
        return streams.events_async(self.async_transport, path("events", queue=queue))

    def pages(self, first: str) -> Iterator[Any]:
        """The items of a list, page by page."""
        cursor: Optional[str] = None
        while True:
            mark = "&" if "?" in first else "?"
            page = self.transport.call(request("GET", f"{first}{mark}cursor={cursor}" if cursor else first)).json()
            yield from page["items"]
            cursor = page["next_cursor"]
            if not cursor:
                return

    # Workers and tests

    def worker(self, **settings: Any) -> Worker:
        """A worker that runs the functions of this app: `app.worker(concurrency=8).run()`. See `WorkerConfig`."""
        from .worker import Worker, WorkerConfig

        return Worker(self, WorkerConfig(**settings))

    def eager(self) -> contextlib.AbstractContextManager[FakeServer]:
        """Runs each job at its submission, in this process and without a server, for tests. See `longhaul.testing`."""
        from .testing import eager

        return eager(self)

    def new_transport(self, retry_seconds: float) -> HTTPTransport:
        """Connections to the server that are not shared with other callers."""
        return HTTPTransport(self._settings, self._timeout, retry_seconds)

    def close(self) -> None:
        """Closes the connections."""
        self.transport.close()

    async def close_async(self) -> None:
        """Closes the connections of the running event loop."""
        await self.async_transport.close()

    def _handle(self, raw: Any) -> JobHandle[Any]:
        return JobHandle(self, raw["id"], JobRecord.of(raw))

    def _batch(self, answer: Any) -> Batch:
        parent = answer.get("parent")
        return Batch(
            [self._handle(entry["job"]) for entry in answer["jobs"]], self._handle(parent["job"]) if parent else None
        )


def chained(jobs: Sequence[NewJob]) -> List[NewJob]:
    """Jobs of which each depends on the one before."""
    chain: List[NewJob] = []
    for job in jobs:
        before = list(job.options.get("depends_on") or [])
        chain.append(job.with_options(depends_on=[*before, chain[-1]]) if chain else job)
    return chain


def _submission(job: Union[NewJob, str], payload: Any, options: JobOptions) -> Request:
    check_names(options)
    new = NewJob(job, payload, options) if isinstance(job, str) else job.with_options(**options) if options else job
    # Without a key, a repetition could make a second job.
    repeat = Repeat.ALWAYS if new.options.get("idempotency_key") or new.options.get("unique") else Repeat.UNSENT
    return request("POST", path("jobs"), new.body(), repeat=repeat)


def _batch_submission(jobs: Sequence[NewJob], parent: Optional[NewJob]) -> Request:
    has_keys = all(job.options.get("idempotency_key") for job in ([parent] if parent else jobs))
    return request(
        "POST", path("jobs", "batch"), batch_body(jobs, parent), repeat=Repeat.ALWAYS if has_keys else Repeat.UNSENT
    )
