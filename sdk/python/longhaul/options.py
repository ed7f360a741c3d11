"""The options of a job, and a job that has not been submitted yet."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Sequence, TypedDict, Union

from .encoding import Duration, plain, seconds, timestamp

if TYPE_CHECKING:
    from .handles import JobHandle

#: A job on which another one depends: a handle, an identifier, or a job of the same batch.
Dependency = Union[str, "JobHandle[Any]", "NewJob"]


@dataclasses.dataclass(frozen=True)
class RetryBackoff:
    """The pauses between the attempts of a job, in seconds."""

    initial: float = 1
    factor: float = 2
    maximum: float = 600
    jitter: float = 0.2
    type: str = "exponential"

    def body(self) -> Dict[str, Any]:
        """The value in a request."""
        return {
            "type": self.type,
            "initial_seconds": self.initial,
            "factor": self.factor,
            "max_seconds": self.maximum,
            "jitter": self.jitter,
        }


@dataclasses.dataclass(frozen=True)
class Unique:
    """At most one job for the same parts of the request: `actor`, `kind`, `queue` or `payload`.

    `window` rounds the time into the key; `while_active` limits the rule to jobs that have not ended.
    """

    by: Sequence[str]
    window: Optional[Duration] = None
    while_active: bool = False

    def body(self) -> Dict[str, Any]:
        """The value in a request."""
        value: Dict[str, Any] = {"by": list(self.by)}
        if self.window is not None:
            value["window_seconds"] = seconds(self.window)
        if self.while_active:
            value["while"] = "active"
        return value


@dataclasses.dataclass(frozen=True)
class Join:
    """How many dependencies a job waits for: all, or a number. With `collect`, their results are its result."""

    wait_for: Union[str, int] = "all"
    collect: bool = False

    def body(self) -> Dict[str, Any]:
        """The value in a request."""
        return {"wait_for": self.wait_for, "collect": self.collect}


class JobOptions(TypedDict, total=False):
    """The options of a submission. The options of a call replace those of `@app.job`."""

    queue: str
    #: 0 to 9; higher runs sooner. The default is 5.
    priority: int
    #: How long after the submission the job becomes due.
    delay: Duration
    #: When the job becomes due.
    run_at: dt.datetime
    #: The number of attempts after the first one. The default is 3.
    retries: int
    backoff: RetryBackoff
    #: How long one attempt may run.
    timeout: Duration
    #: When a job that has not started is cancelled.
    expires_at: dt.datetime
    #: How long the job is kept after its end.
    retention: Duration
    #: The same key with the same request answers with the same job.
    idempotency_key: str
    unique: Unique
    #: The user or service on whose behalf the job runs.
    actor: str
    #: The jobs that must end first.
    depends_on: Sequence[Dependency]
    #: What happens if a dependency fails: `cancel` (the default), `fail` or `run`.
    on_dependency_failure: str
    join: Join
    #: A job that has not ended, of which the new job becomes a child.
    parent: Union[str, JobHandle[Any]]
    #: Labels for filters.
    tags: Mapping[str, str]
    #: The size of the work, in a unit of your own.
    size: int
    #: The labels that a worker must have to get the job.
    labels: Mapping[str, str]
    #: The URL to which the server posts a signed webhook when the job ends.
    callback_url: str
    #: A W3C trace context.
    traceparent: str


_SAME = (
    "queue",
    "priority",
    "idempotency_key",
    "actor",
    "on_dependency_failure",
    "size",
    "callback_url",
    "traceparent",
)
_SECONDS = {"delay": "delay_seconds", "timeout": "timeout_seconds", "retention": "retention_seconds"}
_BODIES = ("backoff", "unique", "join")
NAMES = frozenset(
    [*_SAME, *_SECONDS, *_BODIES, "run_at", "expires_at", "retries", "depends_on", "parent", "tags", "labels"]
)


def check_names(options: Mapping[str, Any]) -> None:
    """Raises TypeError if a name is no option."""
    unknown = set(options) - NAMES
    if unknown:
        raise TypeError(f"unknown job options: {', '.join(sorted(unknown))}")


@dataclasses.dataclass(frozen=True, eq=False)
class NewJob:
    """A job that has not been submitted yet, for batches, chains, schedules and durable jobs."""

    kind: str
    payload: Any = None
    options: JobOptions = dataclasses.field(default_factory=JobOptions)

    def with_options(self, **options: Any) -> NewJob:
        """The same job with other options."""
        check_names(options)
        return NewJob(self.kind, self.payload, {**self.options, **options})  # type: ignore[typeddict-item]

    def body(self, refs: Optional[Mapping[int, str]] = None) -> Dict[str, Any]:
        """The submission as the API reads it.

        Args:
            refs: the names of the other jobs of the batch, by the `id()` of the object.
        """
        options: Mapping[str, Any] = self.options
        body: Dict[str, Any] = {"kind": self.kind, "payload": plain(self.payload)}
        for name in _SAME:
            if options.get(name) is not None:
                body[name] = options[name]
        for name, field in _SECONDS.items():
            if options.get(name) is not None:
                body[field] = seconds(options[name])
        for name in _BODIES:
            if options.get(name) is not None:
                body[name] = options[name].body()
        for name in ("run_at", "expires_at"):
            if options.get(name) is not None:
                body[name] = timestamp(options[name])
        for name in ("tags", "labels"):
            if options.get(name):
                body[name] = dict(options[name])
        if options.get("retries") is not None:
            body["max_attempts"] = options["retries"] + 1
        if options.get("parent") is not None:
            body["parent_id"] = identifier(options["parent"])
        if options.get("depends_on"):
            body["depends_on"] = [self._dependency(job, refs or {}) for job in options["depends_on"]]
        return body

    @staticmethod
    def _dependency(job: Dependency, refs: Mapping[int, str]) -> str:
        if not isinstance(job, NewJob):
            return identifier(job)
        if id(job) not in refs:
            raise ValueError(f"the job of kind {job.kind} is no part of the same batch")
        return "#" + refs[id(job)]


def identifier(job: Union[str, JobHandle[Any]]) -> str:
    """The identifier of a job."""
    return job if isinstance(job, str) else job.id


def batch_body(jobs: Sequence[NewJob], parent: Optional[NewJob]) -> Dict[str, Any]:
    """The body of a batch, in which jobs may depend on each other."""
    refs = {id(job): f"job-{number}" for number, job in enumerate(jobs)}
    if len(refs) < len(jobs):
        raise ValueError("the same job occurs twice in a batch")
    needed = {
        id(job)
        for entry in [*jobs, *([parent] if parent else [])]
        for job in entry.options.get("depends_on") or []
        if isinstance(job, NewJob)
    }
    entries: List[Dict[str, Any]] = []
    for job in jobs:
        body = job.body(refs)
        if id(job) in needed:
            body["ref"] = refs[id(job)]
        entries.append(body)
    value: Dict[str, Any] = {"jobs": entries}
    if parent:
        value["parent"] = parent.body(refs)
    return value
