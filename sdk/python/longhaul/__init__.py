"""Background jobs and durable processes on a Longhaul server. See the README for a tour."""

from .__about__ import VERSION as __version__
from .app import Longhaul
from .context import JobContext, current_job
from .durable.flow import Flow, PendingSignal
from .durable.steps import StepContext, StepRetry, current_step
from .errors import (
    APIError,
    Cancelled,
    ChildFailed,
    Conflict,
    Forbidden,
    HandlerError,
    IdempotencyKeyReused,
    Interrupt,
    InvalidRequest,
    JobCancelled,
    JobFailed,
    LeaseEnded,
    LonghaulError,
    NotFound,
    PermanentError,
    ResultTimeout,
    Retry,
    ServerUnreachable,
    SignalTimeout,
    StepFailed,
    SystemBusy,
    TimeLimitExceeded,
    Unauthorized,
    Unavailable,
    WorkerStopping,
)
from .functions import JobFunction
from .handles import Batch, JobHandle
from .options import Join, NewJob, RetryBackoff, Unique
from .records import Event, JobRecord, LogLine
from .worker import Worker, WorkerConfig

__all__ = [
    "APIError",
    "Batch",
    "Cancelled",
    "ChildFailed",
    "Conflict",
    "Event",
    "Flow",
    "Forbidden",
    "HandlerError",
    "IdempotencyKeyReused",
    "Interrupt",
    "InvalidRequest",
    "JobCancelled",
    "JobContext",
    "JobFailed",
    "JobFunction",
    "JobHandle",
    "JobRecord",
    "Join",
    "LeaseEnded",
    "LogLine",
    "Longhaul",
    "LonghaulError",
    "NewJob",
    "NotFound",
    "PendingSignal",
    "PermanentError",
    "ResultTimeout",
    "Retry",
    "RetryBackoff",
    "ServerUnreachable",
    "SignalTimeout",
    "StepContext",
    "StepFailed",
    "StepRetry",
    "SystemBusy",
    "TimeLimitExceeded",
    "Unauthorized",
    "Unavailable",
    "Unique",
    "Worker",
    "WorkerConfig",
    "WorkerStopping",
    "__version__",
    "current_job",
    "current_step",
]
