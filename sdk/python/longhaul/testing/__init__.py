"""Tests without a server: `eager` runs each job at its submission, `fake` keeps jobs until the test runs them.

```python
with app.eager():
    assert resize.delay("cat.jpg", width=320).result() == "cat-320.jpg"
```
"""

from __future__ import annotations

import contextlib
from typing import Iterator

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


def _replaced(app: Longhaul, server: FakeServer) -> Iterator[FakeServer]:
    before = app.transport, app.async_transport
    app.transport, app.async_transport = server, server.for_asyncio
    try:
        yield server
    finally:
        app.transport, app.async_transport = before


__all__ = ["FakeServer", "ReplayDifference", "eager", "fake", "replay"]
