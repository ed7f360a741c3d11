"""Operations of a journal, updates of them, and their outcomes."""

from __future__ import annotations

import dataclasses
from typing import Any, Dict, List, Optional

from ..encoding import encode

Operation = Dict[str, Any]
Update = Dict[str, Any]

#: The maximum number of updates and bytes of one call.
MAX_UPDATES = 250
MAX_UPDATE_BYTES = 900 << 10
ENDED = ("succeeded", "failed", "cancelled")
ORDER = "order/"
COMPENSATE = "compensate/"
COMPENSATION = "compensation/"
FAILURE = "failure"
VERSION = "version/"
STEP_CANCELLED = "step_cancelled"


class Unwinding(BaseException):
    """Ends the code of a job whose attempt is over, or that differs from its journal."""


class OperationFailure(Exception):
    """The outcome of an operation that failed."""

    def __init__(self, error: Dict[str, Any]) -> None:
        super().__init__(error.get("message"))
        self.error = error


@dataclasses.dataclass(frozen=True)
class Success:
    """The output of an operation."""

    output: Any

    def get(self) -> Any:
        """The output."""
        return self.output


@dataclasses.dataclass(frozen=True)
class Failure:
    """The error of an operation."""

    error: Dict[str, Any]

    def get(self) -> Any:
        """Raises the error."""
        raise OperationFailure(self.error)


Outcome = Any


def outcome_of(operation: Operation) -> Optional[Outcome]:
    """The outcome that a journal has; None if the operation has not ended, or the code has cancelled it."""
    if operation["status"] == "succeeded":
        return Success(operation.get("output"))
    if operation["status"] == "failed":
        error = operation.get("error") or {"type": "failed", "message": "the operation failed"}
        is_cancelled = operation["type"] == "step" and error.get("type") == STEP_CANCELLED
        return None if is_cancelled else Failure(error)
    return None


def start(type: str, id: str, name: str, **fields: Any) -> Update:
    """The update that starts an operation."""
    return {"id": id, "type": type, "name": name, "action": "start", **fields}


def is_reserved(id: str) -> bool:
    """Whether the runner makes the operation, not the code of the job."""
    return id.startswith((ORDER, COMPENSATE)) or id == FAILURE


def is_needed_to_undo(id: str) -> bool:
    """Whether compensations need the operation."""
    return id.startswith((COMPENSATE, COMPENSATION)) or id == FAILURE


def instead_of(request: Update, recorded: Operation) -> Update:
    """An update that the server refuses, with both sides of a difference."""
    if (request["type"], request["name"]) != (recorded["type"], recorded["name"]):
        return {**request, "id": recorded["id"]}
    place = f" at {request['id']}" if request["id"] else ""
    other = "group" if recorded["type"] == "marker" else "marker"
    return start(other, recorded["id"], f"{request['type']} {request['name'][:100]}{place}")


def take_updates(updates: List[Update]) -> List[Update]:
    """Removes and returns the updates of the next call."""
    size = count = 0
    for update in updates[:MAX_UPDATES]:
        size += 512 + len(encode(update).encode())
        if count and size > MAX_UPDATE_BYTES:
            break
        count += 1
    part = updates[:count]
    del updates[:count]
    return part
