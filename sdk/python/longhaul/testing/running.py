"""Runs the jobs of the fake server in the present thread."""

from __future__ import annotations

import datetime as dt
import json
import logging
import uuid
from typing import TYPE_CHECKING, Any, Optional

from ..app import Longhaul
from ..attempt import Attempt
from ..context import JobLogHandler
from ..durable.running import DurableRunning
from ..durable.steps import run_coroutine
from ..encoding import Duration, seconds, timestamp
from ..errors import LeaseEnded
from ..execution import run_in_loop, run_in_thread
from ..outcomes import Completed, Failed, Nothing, Outcome, Released
from .journal import FakeJournals
from .store import FakeJob, FakeStore

if TYPE_CHECKING:
    from .server import FakeServer

#: A test that runs more attempts than this does not end by itself.
MAX_ATTEMPTS = 10_000


class Runs:
    """Runs attempts of the jobs of a fake server."""

    def __init__(self, app: Longhaul, server: FakeServer, store: FakeStore, journals: FakeJournals) -> None:
        self._app = app
        self._server = server
        self._store = store
        self._journals = journals
        self._is_running = False

    def run_due(self) -> int:
        """Runs the jobs that are due; returns the number of attempts."""
        count = 0
        while not self._is_running:
            job = self._next_job()
            if not job:
                break
            count += 1
            if count > MAX_ATTEMPTS:
                raise RuntimeError(f"the jobs did not end after {MAX_ATTEMPTS} attempts")
            self._is_running = True
            try:
                self._run(job)
            finally:
                self._is_running = False
        return count

    def advance(self, duration: Duration) -> int:
        """Moves the clock step by step; returns the number of attempts."""
        count = self.run_due()
        end = self._store.now() + dt.timedelta(seconds=seconds(duration))
        while True:
            due = self._next_time()
            if due is None or due > end:
                break
            self._move_to(due)
            count += self.run_due()
        self._move_to(end)
        return count + self.run_due()

    def run_until_idle(self) -> int:
        """Runs all jobs, and moves the clock to each time; returns the number of attempts."""
        count = self.run_due()
        while not self._is_running:
            due = self._next_time()
            if due is None:
                break
            self._move_to(due)
            count += self.run_due()
        return count

    def _move_to(self, when: dt.datetime) -> None:
        self._store.skipped += max(dt.timedelta(), when - self._store.now())

    def _next_time(self) -> Optional[dt.datetime]:
        times = [job.due for job in self._store.jobs.values() if job.state in ("scheduled", "retrying")]
        for job in self._store.jobs.values():
            time = self._journals.next_time(job) if job.state == "suspended" and not job.fields.get("paused") else None
            times += [time] if time else []
        return min(times, default=None)

    def _next_job(self) -> Optional[FakeJob]:
        """The most urgent job that is due and has a function."""
        for job in self._store.jobs.values():
            self._journals.tick(job)
            if job.state in ("scheduled", "retrying") and job.due <= self._store.now():
                self._store.change(job, "pending")
        pending = [
            job
            for job in self._store.jobs.values()
            if job.state == "pending" and job.fields["kind"] in self._app.functions
        ]
        return min(pending, key=lambda job: (-job.fields["priority"], job.number), default=None)

    def _run(self, job: FakeJob) -> None:
        job.token = uuid.uuid4().hex
        fields = job.fields
        self._store.change(job, "processing", attempt=fields["attempt"] + 1, started_at=timestamp(self._store.now()))
        lease = {
            "token": job.token,
            "job": dict(fields),
            "attempt": fields["attempt"],
            "journal": {"operations": [dict(entry) for entry in job.operations.values()], "next_cursor": None},
        }
        attempt = Attempt(lease, self._app.functions[fields["kind"]], self._server)
        handler = JobLogHandler()
        logging.getLogger().addHandler(handler)
        try:
            if attempt.function.is_async:
                outcome = run_coroutine(run_in_loop(attempt))
            else:
                outcome = run_in_thread(attempt, DurableRunning(None))
            if job.state == "processing" and not isinstance(outcome, Nothing):
                attempt.send_logs()
        finally:
            logging.getLogger().removeHandler(handler)
        try:
            self._server.commit(lambda: self._end(job, attempt, outcome))
        except LeaseEnded:
            self._end(job, attempt, Nothing())

    def _end(self, job: FakeJob, attempt: Attempt, outcome: Outcome) -> None:
        job.fields["progress"] = attempt.progress and {"message": None, **attempt.progress}
        if job.state != "processing":
            if job.state == "suspended":
                # A suspension does not count as an attempt.
                job.fields["attempt"] -= 1
            return
        if isinstance(outcome, Completed):
            state = "cancelled" if job.fields.get("cancelling") else "completed"
            self._store.change(job, state, result=json.loads(outcome.result), error=None)
            for body in json.loads(outcome.next_jobs or "[]"):
                self._store.submit({**body, "parent_id": job.id})
        elif isinstance(outcome, Failed):
            self._fail(job, outcome)
        elif isinstance(outcome, Released):
            self._store.change(job, "pending", attempt=job.fields["attempt"] - 1)
        else:
            error = {"type": "lease_expired", "message": "the worker stopped sending heartbeats and its lease ended"}
            self._fail(job, Failed(error))

    def _fail(self, job: FakeJob, outcome: Failed) -> None:
        error: Any = {"details": None, **outcome.error, "retryable": outcome.retryable}
        if job.fields.get("cancelling"):
            return self._store.change(job, "cancelled", error=error)
        if not outcome.retryable or job.fields["attempt"] >= job.fields["max_attempts"]:
            return self._store.change(job, "failed", error=error)
        backoff = {"initial_seconds": 1, "factor": 2, "max_seconds": 600, **(job.fields.get("backoff") or {})}
        pause = outcome.retry_after
        if pause is None:
            pause = min(
                backoff["max_seconds"], backoff["initial_seconds"] * backoff["factor"] ** (job.fields["attempt"] - 1)
            )
        job.due = self._store.now() + dt.timedelta(seconds=pause)
        self._store.change(job, "retrying", error=error)
