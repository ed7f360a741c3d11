"""The log lines of an attempt, before they are sent."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any, Dict, List

from .encoding import timestamp

#: The maximum number of lines and bytes of one call. The server accepts 1,000 lines.
BATCH_LINES = 999
BATCH_BYTES = 512 << 10
MAX_LINE_BYTES = 16_384
#: The maximum number of lines that wait. Beyond it, the oldest are dropped.
CAPACITY = 10_000


class LogBuffer:
    """The lines of an attempt that have not been sent. Any thread may add lines."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: List[Dict[str, Any]] = []
        self._dropped = 0
        #: Held while lines are sent, so that they are sent in order.
        self.sending = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._lines or self._dropped)

    def add(self, level: str, message: str, created: float) -> None:
        """Adds the lines of a message."""
        at = timestamp(dt.datetime.fromtimestamp(created, dt.timezone.utc))
        lines = [{"at": at, "level": level, "message": _cut(line)} for line in message.split("\n")]
        with self._lock:
            self._lines += lines
            excess = len(self._lines) - CAPACITY
            if excess > 0:
                del self._lines[:excess]
                self._dropped += excess

    def take(self) -> List[Dict[str, Any]]:
        """Removes and returns the lines of the next call."""
        with self._lock:
            batch: List[Dict[str, Any]] = []
            if self._dropped and self._lines:
                message = f"{self._dropped} lines of the log were lost here: they could not be sent in time"
                batch.append({"at": self._lines[0]["at"], "level": "warning", "message": message})
                self._dropped = 0
            size = count = 0
            while count < len(self._lines) and len(batch) + count < BATCH_LINES and size < BATCH_BYTES:
                size += len(self._lines[count]["message"])
                count += 1
            batch += self._lines[:count]
            del self._lines[:count]
            return batch

    def restore(self, batch: List[Dict[str, Any]]) -> None:
        """Adds lines again that could not be sent."""
        with self._lock:
            self._lines[:0] = batch


def _cut(line: str) -> str:
    """A line that the server accepts."""
    text = line.encode("utf-8", "replace")
    if len(text) <= MAX_LINE_BYTES:
        return text.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    return text[: MAX_LINE_BYTES - 4].decode("utf-8", "ignore").replace("\0", "\N{REPLACEMENT CHARACTER}") + "…"
