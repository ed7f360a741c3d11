"""What the server says about jobs, as read-only values."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any, Dict, List, Mapping, Optional

from .encoding import moment

ENDED = frozenset(["completed", "failed", "cancelled"])


def _time(text: Optional[str]) -> Optional[dt.datetime]:
    return moment(text) if text else None


@dataclasses.dataclass(frozen=True)
class JobRecord:
    """A job as the server knew it when it answered. `raw` has all fields of the API."""

    raw: Mapping[str, Any] = dataclasses.field(repr=False)
    id: str
    kind: str
    #: scheduled, blocked, pending, processing, retrying, suspended, completed, failed or cancelled.
    state: str
    queue: str
    payload: Any
    result: Any
    error: Optional[Dict[str, Any]]
    attempt: int
    progress: Optional[float]
    progress_message: Optional[str]

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> JobRecord:
        """The record of a job in an answer."""
        progress = raw.get("progress") or {}
        return cls(
            raw,
            raw["id"],
            raw["kind"],
            raw["state"],
            raw["queue"],
            raw.get("payload"),
            raw.get("result"),
            raw.get("error"),
            raw.get("attempt", 0),
            progress.get("percent"),
            progress.get("message"),
        )

    @property
    def has_ended(self) -> bool:
        """Whether the job is completed, failed or cancelled."""
        return self.state in ENDED

    @property
    def tags(self) -> Mapping[str, str]:
        """The labels for filters."""
        return self.raw.get("tags") or {}

    @property
    def attempts(self) -> List[Dict[str, Any]]:
        """The attempts with their workers, times and errors."""
        return self.raw.get("attempts") or []

    @property
    def artifacts(self) -> List[Dict[str, Any]]:
        """The files of the job: name, size_bytes, content_type and sha256."""
        return self.raw.get("artifacts") or []

    @property
    def created_at(self) -> Optional[dt.datetime]:
        """When the job was submitted."""
        return _time(self.raw.get("created_at"))

    @property
    def started_at(self) -> Optional[dt.datetime]:
        """When the latest attempt started."""
        return _time(self.raw.get("started_at"))

    @property
    def finished_at(self) -> Optional[dt.datetime]:
        """When the job ended."""
        return _time(self.raw.get("finished_at"))


@dataclasses.dataclass(frozen=True)
class LogLine:
    """A line of a job's log."""

    at: dt.datetime
    attempt: int
    level: str
    message: str

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> LogLine:
        """The line of an answer."""
        return cls(moment(raw["at"]), raw["attempt"], raw["level"], raw["message"])


@dataclasses.dataclass(frozen=True)
class Event:
    """A change of a job: its type (`state` or `progress`), or `resync` when changes are missing."""

    type: str
    data: Any
    id: Optional[str] = None

    @property
    def job_id(self) -> Optional[str]:
        """The identifier of the job."""
        return self.data.get("job_id") if isinstance(self.data, dict) else None

    @property
    def state(self) -> Optional[str]:
        """The new state of the job."""
        return self.data.get("state") if isinstance(self.data, dict) else None
