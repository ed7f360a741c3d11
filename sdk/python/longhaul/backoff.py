"""Pauses between repeated calls."""

from __future__ import annotations

import random


class Backoff:
    """Pauses that grow by a factor up to a maximum, each shortened by a random share of up to a half."""

    def __init__(self, initial: float = 0.05, maximum: float = 5.0, factor: float = 2.0) -> None:
        self._initial = self._next = initial
        self._maximum = maximum
        self._factor = factor

    def next(self) -> float:
        """The next pause in seconds."""
        pause = self._next
        self._next = min(self._maximum, pause * self._factor)
        return pause * random.uniform(0.5, 1)

    def reset(self) -> None:
        """Starts again with the first pause, after a success."""
        self._next = self._initial
