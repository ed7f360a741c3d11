"""The journals of the fake server."""

from __future__ import annotations

import datetime as dt
from typing import Any, Dict, List, Optional

from ..encoding import moment, timestamp
from .store import FakeJob, FakeStore, problem

ENDED = ("succeeded", "failed", "cancelled")


class FakeJournals:
    """Starts, ends and resolves operations by the rules of the server."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    def update(self, job: FakeJob, updates: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
        """Changes operations; returns how they stand."""
        return [dict(self._apply(job, update)) for update in updates]

    def suspend(self, job: FakeJob, ids: List[str]) -> Optional[List[str]]:
        """Suspends a job; returns the operations that have ended, if there are any."""
        ready = [id for id in ids if job.operations[id]["status"] != "waiting"]
        if ready:
            return ready
        job.waits = ids
        self._store.change(job, "suspended")
        return None

    def signal(self, job: FakeJob, name: str, value: Any) -> None:
        """Sends a signal, which is kept until an operation waits for it."""
        for operation in job.operations.values():
            if operation["type"] == "signal" and operation["name"] == name and operation["status"] == "waiting":
                return self.resolve(job, operation, "succeeded", output=value)
        job.signals.append({"name": name, "value": value})

    def resolve(self, job: FakeJob, operation: Dict[str, Any], status: str, **fields: Any) -> None:
        """Ends an operation, or starts a step again, and wakes the job."""
        operation.update(fields, status=status, until=None)
        if status in ENDED:
            operation["ended_at"] = timestamp(self._store.now())
        if operation["id"] in job.waits and job.state == "suspended":
            job.waits = []
            self._store.change(job, "pending")

    def tick(self, job: FakeJob) -> None:
        """Resolves the operations that are due, or whose child job has ended."""
        for operation in list(job.operations.values()):
            if operation["status"] != "waiting":
                continue
            if operation["type"] == "job":
                self._check_child(job, operation)
            elif operation["until"] and moment(operation["until"]) <= self._store.now():
                if operation["type"] == "signal":
                    error = {"type": "timeout", "message": "the signal did not come in time", "details": None}
                    self.resolve(job, operation, "failed", error=error)
                else:
                    self.resolve(job, operation, "started" if operation["type"] == "step" else "succeeded")

    def next_time(self, job: FakeJob) -> Optional[dt.datetime]:
        """When the next operation ends by itself."""
        times = [
            moment(entry["until"])
            for entry in job.operations.values()
            if entry["status"] == "waiting" and entry["until"]
        ]
        return min(times, default=None)

    def _check_child(self, job: FakeJob, operation: Dict[str, Any]) -> None:
        child = self._store.find(operation["job_id"])
        if child.state == "completed":
            self.resolve(job, operation, "succeeded", output=child.fields["result"])
        elif child.has_ended:
            error = child.fields["error"] or {"type": "cancelled", "message": "the job was cancelled", "details": None}
            self.resolve(job, operation, "failed", error=error)

    def _apply(self, job: FakeJob, update: Dict[str, Any]) -> Dict[str, Any]:
        operation = job.operations.get(update["id"])
        if operation and (operation["type"], operation["name"]) != (update["type"], update["name"]):
            detail = (
                f'the code asks for the {update["type"]} "{update["name"]}", and the journal has the '
                f'{operation["type"]} "{operation["name"]}" at {operation["id"]}'
            )
            self._store.change(job, "suspended", error={"type": "nondeterministic", "message": detail}, paused=True)
            raise problem(409, "nondeterministic", detail)
        if update["action"] == "start":
            return operation or self._start(job, update)
        if operation and operation["status"] not in ENDED:
            self._end(job, operation, update)
        return operation or {}

    def _start(self, job: FakeJob, update: Dict[str, Any]) -> Dict[str, Any]:
        now = self._store.now()
        options = update.get("options") or {}
        operation: Dict[str, Any] = {
            "id": update["id"],
            "parent_id": update.get("parent_id"),
            "type": update["type"],
            "name": update["name"],
            "status": "waiting",
            "attempt": 1,
            "input": None,
            "output": update.get("output"),
            "error": None,
            "job_id": None,
            "until": None,
            "started_at": timestamp(now),
            "ended_at": None,
            "number": len(job.operations) + 1,
        }
        job.operations[update["id"]] = operation
        seconds = options.get("seconds", options.get("timeout_seconds"))
        if update["type"] in ("step", "group"):
            operation["status"] = "started"
        elif update["type"] == "marker":
            operation.update(status="succeeded", ended_at=timestamp(now))
        elif update["type"] == "job":
            operation["job_id"] = self._store.submit(options["job"], parent=job.id).id
        elif seconds is not None:
            operation["until"] = timestamp(now + dt.timedelta(seconds=seconds))
        elif "until" in options:
            operation["until"] = options["until"]
        if update["type"] == "signal":
            operation["signal_token"] = f"{job.id}.{operation['number']}"
            kept = next((entry for entry in job.signals if entry["name"] == update["name"]), None)
            if kept:
                job.signals.remove(kept)
                self.resolve(job, operation, "succeeded", output=kept["value"])
        return operation

    def _end(self, job: FakeJob, operation: Dict[str, Any], update: Dict[str, Any]) -> None:
        action = update["action"]
        if action == "succeed":
            self.resolve(job, operation, "succeeded", output=update.get("output"))
        elif action == "fail":
            self.resolve(job, operation, "failed", error=update["error"])
        elif action == "cancel":
            if operation["job_id"]:
                child = self._store.find(operation["job_id"])
                if not child.has_ended:
                    self._store.change(child, "cancelled")
            self.resolve(job, operation, "cancelled")
        elif operation["attempt"] == update["options"].get("attempt", operation["attempt"]):
            until = self._store.now() + dt.timedelta(seconds=update["options"].get("delay_seconds", 0))
            operation.update(
                status="waiting", attempt=operation["attempt"] + 1, error=update["error"], until=timestamp(until)
            )
