"""Tests without a server: `eager` runs each job at its submission, `fake` keeps jobs until the test runs them.

```python
with app.eager():
    assert resize.delay("cat.jpg", width=320).result() == "cat-320.jpg"
```
"""

from __future__ import annotations

import contextlib
from typing import Callable, Iterator

from ..app import Longhaul
from .replays import ReplayDifference, replay
from .server import FakeServer


@contextlib.contextmanager
def fake(app: Longhaul) -> Iterator[FakeServer]:
    """Replaces the server of an app by one in memory, which keeps jobs until `run` is called."""
    yield from _replaced(app, FakeServer(app))


@contextlib.contextmanager
def eager(app: Longhaul) -> Iterator[FakeServer]:
    """Replaces the server of an app by one in memory, which runs each job at its submission.

    Retries, delays and timers do not wait. A job that waits for a signal waits until the test sends it.
    """
    yield from _replaced(app, FakeServer(app, is_eager=True))


def crash_everywhere(app: Longhaul, scenario: Callable[[FakeServer], None]) -> int:
    """Runs a scenario in eager mode again and again, and crashes the worker at another point each time.

    The points are before and after each call of an attempt that changes something. Returns the number of runs.
    """
    runs = commit = 0
    has_crashed = True
    while has_crashed:
        commit += 1
        for is_after in (False, True):
            server = FakeServer(app, is_eager=True)
            server.crash_at(commit, is_after)
            with contextlib.contextmanager(_replaced)(app, server):
                scenario(server)
            has_crashed = server.has_crashed
            runs += 1
    return runs


def _replaced(app: Longhaul, server: FakeServer) -> Iterator[FakeServer]:
    before = app.transport, app.async_transport
    app.transport, app.async_transport = server, server.for_asyncio
    try:
        yield server
    finally:
        app.transport, app.async_transport = before


__all__ = ["FakeServer", "ReplayDifference", "crash_everywhere", "eager", "fake", "replay"]
