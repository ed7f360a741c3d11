"""How an attempt ended, and what the worker reports about it."""

from __future__ import annotations

import dataclasses
import traceback
from typing import Any, Dict, Optional, Sequence

from .encoding import encode, seconds
from .errors import ChildFailed, HandlerError, Interrupt, StepFailed, TimeLimitExceeded, WorkerStopping
from .options import NewJob

#: A traceback keeps its last characters.
MAX_TRACEBACK = 20_000


@dataclasses.dataclass(frozen=True)
class Completed:
    """The handler returned. `result` is JSON text."""

    result: str = "null"
    next_jobs: str = ""


@dataclasses.dataclass(frozen=True)
class Failed:
    """The handler raised an error."""

    error: Dict[str, Any]
    retryable: bool = True
    retry_after: Optional[float] = None


@dataclasses.dataclass(frozen=True)
class Released:
    """The attempt does not count; another worker runs the job."""


@dataclasses.dataclass(frozen=True)
class Nothing:
    """There is nothing to report: the lease has ended, the job was cancelled, or it was suspended."""


Outcome = Any


def completed(result: Any, next_jobs: Sequence[NewJob] = ()) -> Outcome:
    """The outcome of a handler that returned a value."""
    try:
        bodies = [job.body() for job in next_jobs]
        return Completed(encode(result), encode(bodies) if bodies else "")
    except (TypeError, ValueError, RecursionError) as error:
        return Failed({"type": "invalid_result", "message": f"the result cannot be stored: {error}"}, retryable=False)


def failed(error: BaseException) -> Failed:
    """The outcome of a handler that raised an error."""
    report = {"type": type(error).__name__, "message": str(error) or type(error).__name__, "details": _details(error)}
    if isinstance(error, (StepFailed, ChildFailed)):
        return Failed({**report, "type": error.error.get("type") or "failed"}, retryable=False)
    if not isinstance(error, HandlerError):
        return Failed(report)
    report["type"] = error.type or report["type"]
    after = None if error.retry_after is None else seconds(error.retry_after)
    return Failed(report, error.retryable, after)


def _details(error: BaseException) -> Dict[str, Any]:
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    details: Dict[str, Any] = {"traceback": text[-MAX_TRACEBACK:]}
    given = getattr(error, "details", None)
    if given is not None:
        try:
            encode(given)
            details["details"] = given
        except (TypeError, ValueError, RecursionError):
            details["details"] = repr(given)[:1000]
    return details


def interrupted(kind: type[Interrupt], timeout: float = 0) -> Outcome:
    """The outcome of a handler that was stopped."""
    if kind is WorkerStopping:
        return Released()
    if kind is TimeLimitExceeded:
        return Failed({"type": "timeout", "message": f"the attempt took longer than its timeout of {timeout:g} s"})
    return Nothing()
