"""The queues of the server: `app.queues`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Iterator

from .messages import path, request

if TYPE_CHECKING:
    from .app import Longhaul


class Queues:
    """Reads and sets queues. A queue is a dict with the fields of the API, such as `depth` and `counts`."""

    def __init__(self, app: Longhaul) -> None:
        self._app = app

    def list(self) -> Iterator[Dict[str, Any]]:
        """The queues, by name."""
        return self._app.pages(path("queues"))

    def get(self, name: str) -> Dict[str, Any]:
        """A queue. Raises NotFound."""
        return self._call("GET", name)

    def set(self, name: str, **settings: Any) -> Dict[str, Any]:
        """Sets the settings of a queue, such as `max_concurrency=4` or `max_depth=1000`."""
        answer: Dict[str, Any] = self._app.transport.call(request("PUT", path("queues", name), settings)).json()
        return answer

    def pause(self, name: str) -> Dict[str, Any]:
        """Pauses a queue: workers get no jobs of it."""
        return self._call("POST", name, "pause")

    def resume(self, name: str) -> Dict[str, Any]:
        """Ends the pause of a queue."""
        return self._call("POST", name, "resume")

    def _call(self, method: str, *parts: str) -> Dict[str, Any]:
        answer: Dict[str, Any] = self._app.transport.call(request(method, path("queues", *parts))).json()
        return answer
