"""Jobs that are submitted repeatedly, at the times of a cron expression: `app.schedules`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Iterator, Optional

from .handles import JobHandle
from .messages import Repeat, path, request
from .options import NewJob
from .records import JobRecord

if TYPE_CHECKING:
    from .app import Longhaul


class Schedules:
    """Sets, reads and removes schedules. A schedule is a dict with the fields of the API, such as `next_run_at`."""

    def __init__(self, app: Longhaul) -> None:
        self._app = app

    def set(
        self,
        name: str,
        cron: str,
        job: NewJob,
        *,
        time_zone: Optional[str] = None,
        catch_up: Optional[str] = None,
        paused: bool = False,
    ) -> Dict[str, Any]:
        """Creates a schedule, or replaces it: `app.schedules.set("nightly", "0 3 * * *", report.new())`.

        Args:
            time_zone: such as `Europe/Paris`; by default UTC.
            catch_up: what happens with ticks at which no server ran: `last` (the default), `all` or `none`.
        """
        body: Dict[str, Any] = {"cron": cron, "job": job.body(), "paused": paused}
        if time_zone:
            body["time_zone"] = time_zone
        if catch_up:
            body["catch_up"] = catch_up
        return self._call("PUT", name, body=body)

    def get(self, name: str) -> Dict[str, Any]:
        """A schedule. Raises NotFound."""
        return self._call("GET", name)

    def list(self) -> Iterator[Dict[str, Any]]:
        """The schedules, by name."""
        return self._app.pages(path("schedules"))

    def delete(self, name: str) -> None:
        """Removes a schedule. Its jobs remain."""
        self._app.transport.call(request("DELETE", path("schedules", name)))

    def run(self, name: str) -> JobHandle[Any]:
        """Submits a job of the schedule now."""
        record = JobRecord.of(self._call("POST", name, "run", repeat=Repeat.UNSENT))
        return JobHandle(self._app, record.id, record)

    def pause(self, name: str) -> Dict[str, Any]:
        """Pauses a schedule. Its ticks are skipped."""
        return self._call("POST", name, "pause")

    def resume(self, name: str) -> Dict[str, Any]:
        """Ends the pause of a schedule."""
        return self._call("POST", name, "resume")

    def _call(self, method: str, *parts: str, body: Any = None, repeat: Repeat = Repeat.ALWAYS) -> Dict[str, Any]:
        where = path("schedules", *parts)
        call = request(method, where, body, repeat=repeat) if body else request(method, where, repeat=repeat)
        answer: Dict[str, Any] = self._app.transport.call(call).json()
        return answer
