"""Questions about jobs, and actions on many of them: `app.jobs`."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Dict, Iterator, Mapping, Optional, Sequence, Union

from .encoding import timestamp
from .messages import Repeat, path, request
from .records import JobRecord

if TYPE_CHECKING:
    from .app import Longhaul


class Jobs:
    """Reads jobs, and acts on dead letters."""

    def __init__(self, app: Longhaul) -> None:
        self._app = app

    def get(self, id: str) -> JobRecord:
        """A job. Raises NotFound."""
        return self._app.handle(id).refresh()

    async def get_async(self, id: str) -> JobRecord:
        """A job. Raises NotFound."""
        return await self._app.handle(id).refresh_async()

    def list(
        self,
        *,
        state: Union[str, Sequence[str], None] = None,
        queue: Optional[str] = None,
        kind: Optional[str] = None,
        actor: Optional[str] = None,
        tags: Optional[Mapping[str, str]] = None,
        error_type: Optional[str] = None,
        created_after: Optional[dt.datetime] = None,
        created_before: Optional[dt.datetime] = None,
        page_size: int = 100,
    ) -> Iterator[JobRecord]:
        """The jobs that fit all filters, newest first. Pages are read as the iterator advances."""
        query = {
            "state": state,
            "queue": queue,
            "kind": kind,
            "actor": actor,
            "tag": _tags(tags),
            "error_type": error_type,
            "created_after": created_after and timestamp(created_after),
            "created_before": created_before and timestamp(created_before),
            "limit": page_size,
        }
        return map(JobRecord.of, self._app.pages(path("jobs", **query)))

    def children(self, id: str) -> Iterator[JobRecord]:
        """The children of a job, newest first."""
        return map(JobRecord.of, self._app.pages(path("jobs", id, "children")))

    def dependents(self, id: str) -> Iterator[JobRecord]:
        """The jobs that depend on a job, newest first."""
        return map(JobRecord.of, self._app.pages(path("jobs", id, "dependents")))

    def dead_letters(self, *, queue: Optional[str] = None, kind: Optional[str] = None) -> Iterator[JobRecord]:
        """The jobs that failed for good, newest first."""
        return map(JobRecord.of, self._app.pages(path("dead-letters", queue=queue, kind=kind)))

    def redrive(self, *ids: str, limit: int = 1000, **filter: Any) -> int:
        """Makes dead letters pending again, by identifiers or filters such as `queue="mail"`. Returns their number."""
        return self._select("redrive", ids, limit, filter)

    def discard(self, *ids: str, limit: int = 1000, **filter: Any) -> int:
        """Removes dead letters with their files, by their identifiers or by filters; returns their number."""
        return self._select("discard", ids, limit, filter)

    def _select(self, action: str, ids: Sequence[str], limit: int, filter: Dict[str, Any]) -> int:
        if bool(ids) == bool(filter):
            raise ValueError("give either identifiers or filters")
        body: Dict[str, Any] = {"ids": list(ids)} if ids else {"filter": filter, "limit": limit}
        answer = self._app.transport.call(request("POST", path("dead-letters", action), body, repeat=Repeat.UNSENT))
        return int(answer.json()["count"])


def _tags(tags: Optional[Mapping[str, str]]) -> Sequence[str]:
    return [f"{name}:{value}" for name, value in (tags or {}).items()]
