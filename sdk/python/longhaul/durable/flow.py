"""The flow: what the code of a durable job may do."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from typing import TYPE_CHECKING, Any, Awaitable, Callable, Iterable, List, NoReturn, Optional, TypeVar, Union, overload

from ..encoding import Duration, moment, plain, seconds, timestamp
from ..errors import ChildFailed, PermanentError, SignalTimeout, StepFailed
from ..options import NewJob
from ..records import JobRecord
from .code import TaskGroup
from .operations import OperationFailure, Unwinding, Update, start
from .run import End, FlowRun, failure_of
from .steps import StepRetry, StepWork

if TYPE_CHECKING:
    from ..context import JobContext

V = TypeVar("V")
T = TypeVar("T")
_MISSING: Any = object()
MAX_ID = 64


class Flow:
    """The first argument of a durable job. Its calls are recorded in the journal of the job.

    The code runs again from its beginning after each wait and each crash. It must make the same calls in the
    same order.
    Everything that has an effect, takes long or can differ belongs into `step`. The code awaits nothing but its flow.
    """

    def __init__(
        self,
        run: FlowRun,
        context: JobContext,
        payload: Callable[..., Any],
        scope: str = "",
        parent: Optional[str] = None,
    ) -> None:
        self._run = run
        self._context = context
        self._payload = payload
        self._scope = scope
        self._parent = parent

    @property
    def job(self) -> JobRecord:
        """The job as the worker received it."""
        return self._context.job

    @property
    def is_replaying(self) -> bool:
        """Whether the code repeats what the journal has."""
        return self._run.replay.is_replaying

    # Steps

    @overload
    async def step(
        self,
        name: str,
        work: Callable[..., Awaitable[V]],
        *args: Any,
        retry: StepRetry = ...,
        timeout: Optional[Duration] = ...,
        **kwargs: Any,
    ) -> V: ...

    @overload
    async def step(
        self,
        name: str,
        work: Callable[..., V],
        *args: Any,
        retry: StepRetry = ...,
        timeout: Optional[Duration] = ...,
        **kwargs: Any,
    ) -> V: ...

    async def step(
        self,
        name: str,
        work: Callable[..., Any],
        *args: Any,
        retry: StepRetry = StepRetry(),
        timeout: Optional[Duration] = None,
        **kwargs: Any,
    ) -> Any:
        """Runs a function once, and records its output. It runs again if the worker dies before the output is recorded.

        Args:
            work: a function, which runs in a thread, or a coroutine function. `current_step().key` identifies the step.
            retry: how often it is tried. The job waits for the next attempt without a worker.
            timeout: how long one attempt may take.

        Raises:
            StepFailed: no attempt is left, or the function raised a PermanentError.
        """
        request = self._request("step", name)
        try:
            output = await self._run.perform(request, StepWork(work, args, kwargs, retry, timeout))
        except OperationFailure as failure:
            raise StepFailed(name, failure.error) from None
        return output

    async def compensate(
        self,
        name: str,
        work: Callable[..., Any],
        *args: Any,
        retry: StepRetry = StepRetry(),
        timeout: Optional[Duration] = None,
        **kwargs: Any,
    ) -> None:
        """Registers a function that undoes what was done before. It runs when the job fails or is cancelled."""
        self._run.register(name, StepWork(work, args, kwargs, retry, timeout))

    # Waits

    async def sleep(self, duration: Duration) -> None:
        """Waits without a worker."""
        await self._run.perform(self._request("timer", "sleep", options={"seconds": max(0.0, seconds(duration))}))

    async def sleep_until(self, when: dt.datetime) -> None:
        """Waits without a worker until a time."""
        await self._run.perform(self._request("timer", "sleep", options={"until": timestamp(when)}))

    async def signal(self, name: str, *, within: Optional[Duration] = None, default: Any = _MISSING) -> Any:
        """Waits for a signal, and returns its value. Signals that come early are kept.

        Args:
            within: how long to wait.
            default: what to return if the signal does not come in time.

        Raises:
            SignalTimeout: the signal did not come in time, and there is no default.
        """
        return await self._open(name, within).value(default=default)

    async def open_signal(self, name: str, *, within: Optional[Duration] = None) -> PendingSignal:
        """Starts to wait for a signal. The token of the result permits to send it without an API key."""
        pending = self._open(name, within)
        await self._run.wait(pending.id, for_end=False)
        return pending

    def _open(self, name: str, within: Optional[Duration]) -> PendingSignal:
        options = {} if within is None else {"options": {"timeout_seconds": max(0.0, seconds(within))}}
        request = self._request("signal", name, **options)
        self._run.start(request)
        return PendingSignal(self._run, request["id"], name)

    # Child jobs

    async def call(self, job: Union[NewJob, str], payload: Any = None) -> Any:
        """Submits a child job, and waits for its result without a worker: `flow.call(resize.new("a.jpg"))`.

        Raises:
            ChildFailed: the job failed or was cancelled.
        """
        child = NewJob(job, payload) if isinstance(job, str) else job
        request = self._request("job", child.kind, options={"job": child.body()})
        try:
            return await self._run.perform(request)
        except OperationFailure as failure:
            operation = self._run.replay.operations.get(request["id"], {})
            raise ChildFailed(child.kind, operation.get("job_id"), failure.error) from None

    # Side by side

    async def group(self, name: str, *branches: Callable[[Flow], Awaitable[Any]]) -> List[Any]:
        """Runs branches side by side, and returns their results in order. Each uses the flow that it receives."""
        return await self.map(name, branches, lambda branch, flow: branch(flow))

    async def map(
        self,
        name: str,
        items: Iterable[T],
        work: Callable[[T, Flow], Awaitable[V]],
        *,
        concurrency: Optional[int] = None,
    ) -> List[V]:
        """Runs a coroutine function for each item, and returns the results in order.

        If one raises an error, the others are cancelled, and the error is raised.
        """
        entries = list(items)

        async def body(tasks: TaskGroup, flows: Callable[[int], Flow]) -> List[V]:
            started = [
                tasks.spawn(_await(work, entry, flows(index))) for index, entry in enumerate(entries[:concurrency])
            ]
            for _ in entries:
                (await tasks.next()).value()
                if len(started) < len(entries):
                    index = len(started)
                    started.append(tasks.spawn(_await(work, entries[index], flows(index))))
            return [task.result for task in started]

        return await self._group(name, body)  # type: ignore[no-any-return]

    async def race(self, name: str, *branches: Callable[[Flow], Awaitable[V]]) -> V:
        """Returns the result of the first branch that ends, and cancels the others."""
        if not branches:
            raise ValueError("a race needs a branch")

        async def body(tasks: TaskGroup, flows: Callable[[int], Flow]) -> V:
            for index, branch in enumerate(branches):
                tasks.spawn(_await(branch, flows(index)))
            return (await tasks.next()).value()  # type: ignore[no-any-return]

        return await self._group(name, body)  # type: ignore[no-any-return]

    async def _group(self, name: str, body: Callable[[TaskGroup, Callable[[int], Flow]], Awaitable[Any]]) -> Any:
        request = self._request("group", name)
        self._run.start(request)
        tasks = TaskGroup(self._run.code)
        id = request["id"]

        def flow(index: int) -> Flow:
            return Flow(self._run, self._context, self._payload, f"{id}.{index + 1}", id)

        try:
            value = await body(tasks, flow)
        except (Unwinding, GeneratorExit):
            raise
        except BaseException as error:
            await tasks.cancel_all()
            self._run.replay.end_group(request, failure_of(error).error)
            raise
        await tasks.cancel_all()
        self._run.replay.end_group(request, None)
        return value

    # Recorded values

    def now(self) -> dt.datetime:
        """The time, which is the same at each replay."""
        return moment(self.record("now", lambda: dt.datetime.now(dt.timezone.utc)))

    def random(self) -> float:
        """A random number from 0 to below 1, which is the same at each replay."""
        return float(self.record("random", random.random))

    def randint(self, low: int, high: int) -> int:
        """A random whole number from `low` to `high`, which is the same at each replay."""
        return int(self.record("random", lambda: random.randint(low, high)))

    def uuid(self) -> uuid.UUID:
        """A random UUID, which is the same at each replay."""
        return uuid.UUID(self.record("uuid", uuid.uuid4))

    def record(self, name: str, value: Callable[[], Any]) -> Any:
        """A value that is the same at each replay, such as a setting."""
        request = self._request("marker", name)
        return self._run.replay.mark(request, lambda: plain(value()))

    def version(self, change: str, current: int) -> int:
        """The version of a change that this run uses; 0 if it passed the place before the change."""
        self._run.check()
        return self._run.replay.version(change, current)

    # The end

    async def continue_as_new(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Begins the job again with new arguments and an empty journal."""
        self._run.check()
        self._run.finish(End("continued", plain(self._payload(args, kwargs))))
        raise Unwinding()

    # Reports

    def progress(self, percent: float, message: Optional[str] = None) -> None:
        """Sets the progress of the job."""
        self._context.progress(percent, message)

    def log(self, message: str, level: str = "info") -> None:
        """Adds a line to the log, unless the code repeats what the journal has."""
        if not self.is_replaying:
            self._context._attempt.logs.add(level, message, dt.datetime.now().timestamp())

    def _request(self, type: str, name: str, **fields: Any) -> Update:
        self._run.check()
        id = self._run.replay.next_id(self._scope)
        if len(id) > MAX_ID:
            raise PermanentError(f"races and maps are nested too deeply at {id}", type="too_deep")
        if self._parent:
            fields["parent_id"] = self._parent
        return start(type, id, name, **fields)


class PendingSignal:
    """A signal for which the job waits."""

    def __init__(self, run: FlowRun, id: str, name: str) -> None:
        self._run = run
        self.id = id
        self._name = name

    @property
    def token(self) -> str:
        """Permits to send the signal once without an API key: `POST /v1/signals/{token}`."""
        return str(self._run.replay.operations[self.id].get("signal_token", ""))

    async def value(self, *, default: Any = _MISSING) -> Any:
        """Waits for the signal. Raises SignalTimeout if it does not come in time, and there is no default."""
        try:
            return await self._run.wait(self.id)
        except OperationFailure:
            if default is not _MISSING:
                return default
        raise SignalTimeout(f'the signal "{self._name}" did not come in time')


async def _await(work: Callable[..., Awaitable[V]], *args: Any) -> V:
    return await work(*args)
