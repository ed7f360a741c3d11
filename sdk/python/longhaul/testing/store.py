"""The jobs of the fake server, and how they change."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import uuid
from typing import Any, Dict, Iterable, List, Mapping, Optional

from ..encoding import moment, timestamp
from ..errors import APIError, api_error

#: The fields of a job that has just been submitted.
EMPTY_JOB: Dict[str, Any] = {
    "queue": "default",
    "state": "pending",
    "priority": 5,
    "payload": None,
    "result": None,
    "error": None,
    "progress": None,
    "attempt": 0,
    "max_attempts": 4,
    "started_at": None,
    "finished_at": None,
    "tags": {},
    "depends_on": [],
    "parent_id": None,
    "artifacts": [],
    "attempts": [],
    "dependencies": [],
    "ancestors": [],
    "timeout_seconds": None,
    "on_dependency_failure": "cancel",
}
ENDED = ("completed", "failed", "cancelled")


class FakeJob:
    """One job: its fields, and what belongs to it."""

    def __init__(self, body: Mapping[str, Any], now: dt.datetime, number: int) -> None:
        at = timestamp(now)
        self.number = number
        self.body = body
        self.fields: Dict[str, Any] = {
            **EMPTY_JOB,
            **{name: value for name, value in body.items() if name not in ("ref", "delay_seconds", "run_at")},
            "id": str(uuid.uuid4()),
            "created_at": at,
            "run_at": at,
        }
        self.token = ""
        self.due: dt.datetime = now
        self.logs: List[Dict[str, Any]] = []
        self.steps: Dict[str, Any] = {}
        self.files: Dict[str, bytes] = {}
        self.operations: Dict[str, Dict[str, Any]] = {}
        self.waits: List[str] = []
        self.signals: List[Dict[str, Any]] = []
        self.history: List[Dict[str, Any]] = []

    @property
    def id(self) -> str:
        """The identifier."""
        return str(self.fields["id"])

    @property
    def state(self) -> str:
        """The state."""
        return str(self.fields["state"])

    @property
    def has_ended(self) -> bool:
        """Whether the job is completed, failed or cancelled."""
        return self.state in ENDED


class FakeStore:
    """The jobs in memory, with a clock that tests move."""

    def __init__(self) -> None:
        self.jobs: Dict[str, FakeJob] = {}
        self.skipped = dt.timedelta()
        self._numbers = itertools.count(1)
        self._keys: Dict[str, FakeJob] = {}

    def now(self) -> dt.datetime:
        """The time of the fake server."""
        return dt.datetime.now(dt.timezone.utc) + self.skipped

    def find(self, id: str) -> FakeJob:
        """A job. Raises NotFound."""
        if id not in self.jobs:
            raise problem(404, "not_found", f"there is no job {id}")
        return self.jobs[id]

    def leased(self, token: str) -> FakeJob:
        """The job of a lease. Raises LeaseLost."""
        for job in self.jobs.values():
            if job.token == token and job.state == "processing":
                return job
        raise problem(409, "lease_lost", "the lease has ended")

    def submit(self, body: Mapping[str, Any], parent: Optional[str] = None) -> FakeJob:
        """Stores a job, or finds the one with the same key."""
        if not body.get("kind"):
            raise problem(400, "invalid_request", "the request is invalid")
        keys = list(_keys(body))
        for key in keys:
            found = self._keys.get(key)
            if found and not (found.has_ended and key.startswith("active")):
                return found
        now = self.now()
        job = FakeJob(body, now, next(self._numbers))
        if parent:
            job.fields["parent_id"] = parent
        job.due = (
            moment(body["run_at"]) if body.get("run_at") else now + dt.timedelta(seconds=body.get("delay_seconds") or 0)
        )
        job.fields["run_at"] = timestamp(job.due)
        self.jobs[job.id] = job
        self._keys.update((key, job) for key in keys)
        self.change(job, "scheduled" if job.due > now else "pending")
        self.unblock(job)
        return job

    def submit_batch(self, bodies: List[Dict[str, Any]], parent: Optional[Dict[str, Any]]) -> List[FakeJob]:
        """Stores a batch; the last job is its parent, if it has one."""
        refs: Dict[str, str] = {}
        made: List[FakeJob] = []
        for body in bodies:
            depends_on = [refs[id[1:]] if id.startswith("#") else id for id in body.get("depends_on", [])]
            made.append(self.submit({**body, "depends_on": depends_on}))
            refs[body.get("ref", "")] = made[-1].id
        if parent:
            made.append(self.submit({**parent, "depends_on": [job.id for job in made]}))
            for job in made[:-1]:
                job.fields["parent_id"] = made[-1].id
        return made

    def change(self, job: FakeJob, state: str, **fields: Any) -> None:
        """Changes the state of a job, and what waits for it."""
        previous = job.fields["state"] if job.history else None
        job.fields.update(fields, state=state)
        if state in ENDED:
            job.fields["finished_at"] = timestamp(self.now())
        job.history.append(
            {
                "job_id": job.id,
                "queue": job.fields["queue"],
                "kind": job.fields["kind"],
                "state": state,
                "previous": previous,
                "attempt": job.fields["attempt"],
                "version": len(job.history) + 1,
                "at": timestamp(self.now()),
                "progress": job.fields["progress"],
                "error": job.fields["error"],
            }
        )
        if state in ENDED:
            for other in list(self.jobs.values()):
                if job.id in other.fields["depends_on"]:
                    self.unblock(other)

    def unblock(self, job: FakeJob) -> None:
        """Blocks a job whose dependencies have not ended, or makes it pending."""
        if job.state not in ("pending", "scheduled", "blocked") or not job.fields["depends_on"]:
            return
        dependencies = [self.find(id) for id in job.fields["depends_on"]]
        failed = [entry for entry in dependencies if entry.state in ("failed", "cancelled")]
        policy = job.fields["on_dependency_failure"]
        if failed and policy != "run":
            error = {
                "type": "dependency_failed",
                "message": f"the job {failed[0].id} was not completed",
                "details": None,
            }
            return self.change(job, "failed" if policy == "fail" else "cancelled", error=error)
        if not all(entry.has_ended for entry in dependencies):
            if job.state != "blocked":
                self.change(job, "blocked")
            return
        job.fields["dependencies"] = [related(entry) for entry in dependencies]
        if job.state == "blocked":
            self.change(job, "scheduled" if job.due > self.now() else "pending")

    def filtered(self, query: Mapping[str, List[str]]) -> Iterable[FakeJob]:
        """The jobs of a list, newest first."""
        for job in reversed(list(self.jobs.values())):
            tags = {f"{name}:{value}" for name, value in job.fields["tags"].items()}
            is_wanted = all(
                job.fields[name] in values for name, values in query.items() if name in ("state", "queue", "kind")
            )
            if is_wanted and all(tag in tags for tag in query.get("tag", [])):
                yield job


def related(job: FakeJob) -> Dict[str, Any]:
    """A job as another one shows it."""
    return {name: job.fields[name] for name in ("id", "kind", "state", "result", "error")}


def problem(status: int, code: str, detail: str) -> APIError:
    """An answer with a problem."""
    return api_error(status, {"code": code, "detail": detail})


def _keys(body: Mapping[str, Any]) -> Iterable[str]:
    if body.get("idempotency_key"):
        yield f"key {body['idempotency_key']}"
    unique = body.get("unique")
    if unique:
        parts = [body.get(part) for part in sorted(unique["by"])]
        yield f"{unique.get('while', 'unique')} {json.dumps(parts, sort_keys=True)}"
