"""Replays of stored journals against the present code."""

from __future__ import annotations

from typing import Any, List

from ..attempt import Attempt
from ..context import JobContext
from ..durable.flow import Flow
from ..durable.operations import Operation
from ..durable.run import End, FlowRun
from ..functions import JobFunction
from .store import EMPTY_JOB


class ReplayDifference(AssertionError):
    """The code asks for another operation than a journal has."""

    def __init__(self, recorded: Operation, type: str, name: str) -> None:
        super().__init__(
            f'the journal has the {recorded["type"]} "{recorded["name"]}" at {recorded["id"]}, and the code asks for '
            f'the {type} "{name}"'
        )
        self.recorded = recorded


def replay(function: JobFunction[..., Any], payload: Any, journal: List[Operation]) -> None:
    """Checks that the code of a durable job fits a journal, such as `handle.journal()`. No step runs.

    Raises:
        ReplayDifference: the code asks for another operation than the journal has.
    """
    job = {**EMPTY_JOB, "id": "replay", "kind": function.kind, "payload": payload, "attempt": 1}
    lease = {"token": "replay", "job": job, "attempt": 1}
    attempt = Attempt(lease, function, transport=None)  # type: ignore[arg-type]
    run = FlowRun(job, journal)
    flow = Flow(run, JobContext(attempt), function.arguments.payload)
    args, kwargs = function.arguments.call(payload)
    run.begin(lambda: function.function(flow, *args, **kwargs))
    try:
        while True:
            action = run.advance()
            if isinstance(action, End) or action.name == "wait":
                return
            if action.name == "report":
                recorded = run.replay.operations[action.request["id"]]
                raise ReplayDifference(recorded, action.request["type"], action.request["name"])
            if action.name == "cancel_waits":
                run.cancel()
            elif action.name == "send":
                if not run.replay.is_replaying:
                    return
                # Such as the end of a wait that the journal does not have yet.
                run.replay.take_updates()
    finally:
        run.close()
