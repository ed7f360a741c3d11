"""The errors of the package.

`LonghaulError` is the base of what a caller receives. `Interrupt` is the base of what a running handler receives when
it must stop. It is no `Exception`, so that `except Exception` in a handler does not catch it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Optional

if TYPE_CHECKING:
    from .records import JobRecord


class LonghaulError(Exception):
    """The base of all errors of this package."""


class ServerUnreachable(LonghaulError, ConnectionError):
    """No server answered. If `was_sent` is true, the server may have received and processed the request."""

    def __init__(self, message: str, was_sent: bool) -> None:
        super().__init__(message)
        self.was_sent = was_sent


class APIError(LonghaulError):
    """The server refused a request with a problem (RFC 9457)."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        errors: Optional[List[Dict[str, str]]] = None,
        retry_after: Optional[float] = None,
    ) -> None:
        places = "; ".join(f"{error.get('pointer')}: {error.get('message')}" for error in errors or [])
        super().__init__(f"{detail} ({code})" + (f": {places}" if places else ""))
        self.status = status
        self.code = code
        self.detail = detail
        #: The faults of an invalid request: `{"pointer", "message"}`.
        self.errors = errors or []
        #: The number of seconds after which the server expects to accept the request.
        self.retry_after = retry_after


class InvalidRequest(APIError):
    """The request is invalid; `errors` lists every fault (400)."""


class Unauthorized(APIError):
    """The request has no valid API key (401)."""


class Forbidden(APIError):
    """The API key does not permit the request (403)."""


class NotFound(APIError):
    """The job, the schedule or the file does not exist (404)."""


class Conflict(APIError):
    """The state of the job does not permit the request (409)."""


class LeaseLost(APIError):
    """The lease of the attempt has ended: the call changed nothing (409)."""


class Nondeterministic(APIError):
    """A durable job asked for another operation than its journal has (409). The server has paused the job."""


class PayloadTooLarge(APIError):
    """The request is larger than the server accepts (413)."""


class IdempotencyKeyReused(APIError):
    """The idempotency key belongs to another request (422)."""


class RateLimited(APIError):
    """There were too many requests; `retry_after` says when to send the next one (429)."""


class SystemBusy(APIError):
    """The queue is full; nothing was stored. `retry_after` says when there should be room (503)."""


class Unavailable(APIError):
    """The store or the queue of the server does not answer; nothing was stored (503)."""


_ERRORS = {
    "invalid_request": InvalidRequest,
    "unauthorized": Unauthorized,
    "forbidden": Forbidden,
    "not_found": NotFound,
    "conflict": Conflict,
    "lease_lost": LeaseLost,
    "nondeterministic": Nondeterministic,
    "payload_too_large": PayloadTooLarge,
    "idempotency_key_reused": IdempotencyKeyReused,
    "rate_limited": RateLimited,
    "system_busy": SystemBusy,
    "unavailable": Unavailable,
}


def api_error(status: int, problem: Any, retry_after: Optional[float] = None) -> APIError:
    """The error for a problem document. Without one, as in an answer of a proxy, the status decides."""
    if not isinstance(problem, dict):
        problem = {}
    code = problem.get("code") or ("unavailable" if status in (408, 425, 502, 503, 504) else "internal")
    kind = _ERRORS.get(code, APIError)
    detail = problem.get("detail") or problem.get("title") or f"the server answered with status {status}"
    return kind(status, code, detail, problem.get("errors"), retry_after)


def is_transient(error: BaseException) -> bool:
    """Whether the same call may succeed later: no server answered, or it could not process the call now.

    An API key that is not valid may be replaced, and a worker must keep its results until then.
    """
    if isinstance(error, APIError):
        return error.status >= 500 or error.status in (401, 408, 425, 429)
    return isinstance(error, ServerUnreachable)


class JobError(LonghaulError):
    """The job of a handle ended without a result."""

    def __init__(self, message: str, job: JobRecord) -> None:
        super().__init__(message)
        self.job = job


class JobFailed(JobError):
    """The job failed for good."""

    def __init__(self, job: JobRecord) -> None:
        error = job.error or {}
        self.type: str = error.get("type", "failed")
        self.message: str = error.get("message", "")
        #: What the handler reported besides, such as `{"traceback": …}`.
        self.details: Any = error.get("details")
        super().__init__(f"the job {job.id} of kind {job.kind} failed: {self.type}: {self.message}", job)


class JobCancelled(JobError):
    """The job was cancelled."""

    def __init__(self, job: JobRecord) -> None:
        super().__init__(f"the job {job.id} of kind {job.kind} was cancelled", job)


class ResultTimeout(LonghaulError, TimeoutError):
    """The job had not ended in time. It continues."""


class HandlerError(LonghaulError):
    """An error that a handler raises to say how its attempt ended.

    Any other exception of a handler is retried by the job's `max_attempts` and back-off.
    """

    retryable = True

    def __init__(
        self,
        message: str,
        *,
        type: Optional[str] = None,
        details: Any = None,
        retry_after: Optional[float] = None,
    ) -> None:
        super().__init__(message)
        self.type = type
        self.details = details
        self.retry_after = retry_after


class PermanentError(HandlerError):
    """Fails the job without another attempt."""

    retryable = False

    def __init__(self, message: str, *, type: Optional[str] = None, details: Any = None) -> None:
        super().__init__(message, type=type, details=details)


class Retry(HandlerError):
    """Fails the attempt. With `retry_after`, the next attempt starts after this number of seconds."""


class Interrupt(BaseException):
    """Stops a running handler. Clean up and re-raise it; no result and no error of the attempt is recorded."""

    reason = "interrupted"


class Cancelled(Interrupt):
    """The job was cancelled."""

    reason = "cancelled"


class LeaseEnded(Interrupt):
    """The server has given the job to another worker, or could not be reached for too long."""

    reason = "lease_lost"


class TimeLimitExceeded(Interrupt):
    """The attempt took longer than its timeout. It counts as failed."""

    reason = "timeout"


class WorkerStopping(Interrupt):
    """The worker stops, and the grace period is over. The job is released; the attempt does not count."""

    reason = "shutdown"


class StepFailed(LonghaulError):
    """A step of a durable job failed, and has no attempt left."""

    def __init__(self, name: str, error: Dict[str, Any]) -> None:
        super().__init__(f'the step "{name}" failed: {error.get("type")}: {error.get("message")}')
        self.name = name
        self.error = error


class ChildFailed(LonghaulError):
    """A child job of a durable job failed or was cancelled."""

    def __init__(self, kind: str, job_id: Optional[str], error: Dict[str, Any]) -> None:
        super().__init__(f"the job {job_id or ''} of kind {kind} failed: {error.get('type')}: {error.get('message')}")
        self.kind = kind
        self.job_id = job_id
        self.error = error


class SignalTimeout(LonghaulError, TimeoutError):
    """A signal did not come in time."""
