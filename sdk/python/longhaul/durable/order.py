"""The order in which the code receives the outcomes of its operations."""

from __future__ import annotations

import dataclasses
from typing import Any, List, Optional, Tuple, Union

from .operations import ORDER, Operation, Update, start

NAME = "order of outcomes"
#: Later than the end of any operation.
FUTURE = "9999"


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A wait whose operation has ended: its number, its operation, and when that ended."""

    number: int
    id: str
    ended_at: str


@dataclasses.dataclass(frozen=True)
class Difference:
    """The journal has another order than the code can have."""

    request: Update


class DeliveryOrder:
    """Chooses among the waits whose operations have ended.

    A replay must choose as the first run did. Without another note, that is the oldest wait. The first run chose
    another wait when its operation ended first. It then records the choice in a marker `order/N`, in the commit of
    the first update that follows from it. The output of the marker is a list of pairs: the number of outcomes that
    the code had received before, and the identifier of the chosen operation.
    """

    def __init__(self, journal: List[Operation]) -> None:
        self._recorded = {}
        self._markers = 0
        self._count = 0
        self._unwritten: List[List[Any]] = []
        for marker in journal:
            if marker["id"].startswith(ORDER):
                self._markers += 1
                for count, id in marker.get("output") or []:
                    self._recorded[count] = (id, marker["id"])

    def choose(
        self, candidates: List[Candidate], oldest: int, is_replaying: bool
    ) -> Union[Candidate, Difference, None]:
        """The next wait that the code receives; None if there is none.

        Args:
            candidates: the waits whose operations have ended.
            oldest: the number of the oldest wait, ended or not.
            is_replaying: whether the journal has operations that follow from the choice.
        """
        recorded: Optional[Tuple[str, str]] = self._recorded.get(self._count)
        if recorded:
            id, marker = recorded
            for candidate in candidates:
                if candidate.id == id:
                    self._count += 1
                    return candidate
            return Difference(
                start("marker", marker, f"{NAME}: the code does not wait for {id}, whose outcome comes next")
            )
        if not candidates:
            return None
        if is_replaying:
            first = min(candidates, key=lambda candidate: candidate.number)
        else:
            first = min(candidates, key=lambda candidate: (candidate.ended_at, candidate.number))
        if first.number != oldest:
            self._unwritten.append([self._count, first.id])
        self._count += 1
        return first

    def take_marker(self) -> Optional[Update]:
        """The marker of the choices that the journal does not have yet; None if there are none."""
        if not self._unwritten:
            return None
        self._markers += 1
        output, self._unwritten = self._unwritten, []
        return start("marker", f"{ORDER}{self._markers}", NAME, output=output)
