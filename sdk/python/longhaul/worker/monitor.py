"""Sends heartbeats, log lines and progress, and interrupts attempts that must stop."""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import TYPE_CHECKING, List

from ..attempt import Attempt
from ..errors import Cancelled, LeaseEnded, LonghaulError, TimeLimitExceeded, WorkerStopping, is_transient
from ..messages import Repeat, path, request
from ..outcomes import Released, interrupted

if TYPE_CHECKING:
    from .worker import Worker

log = logging.getLogger("longhaul.worker")
#: The time between two checks, and the minimum time between two reports of progress, in seconds.
TICK = 0.25
PROGRESS_INTERVAL = 0.5
#: How long a leased job may wait for a thread before it is released, in seconds.
MAX_WAIT = 2.0


class Monitor:
    """A thread that checks the running attempts."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._ended = threading.Event()
        self._sent_at = 0.0
        self._parent = os.getppid()
        self._thread = threading.Thread(target=self._run, name="longhaul-heartbeats", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread."""
        self._ended.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._ended.wait(TICK):
            try:
                self._tick()
            except Exception:
                log.exception("a check of the running jobs failed")

    def _tick(self) -> None:
        worker = self._worker
        attempts = worker.attempts()
        for attempt in attempts:
            self._check(attempt)
        if worker.ends_with_parent and os.getppid() != self._parent:
            worker.stop()
        since = time.monotonic() - self._sent_at
        has_progress = since >= PROGRESS_INTERVAL and any(attempt.has_unsent_progress for attempt in attempts)
        if since >= worker.config.heartbeat or has_progress:
            self._send(attempts)
        for attempt in attempts:
            if attempt.logs:
                self._send_logs(attempt)

    def _check(self, attempt: Attempt) -> None:
        config, now = self._worker.config, time.monotonic()
        if self._worker.is_lost(attempt):
            attempt.interrupt_with(LeaseEnded)
        timeout = attempt.timeout_seconds(config.timeout)
        if attempt.started_at is not None and now - attempt.started_at > timeout:
            attempt.interrupt_with(TimeLimitExceeded)
        if attempt.started_at is None and now - attempt.leased_at > MAX_WAIT:
            # Another worker may have a free thread.
            self._worker.report(attempt, Released())
        if attempt.interrupt in (TimeLimitExceeded, WorkerStopping):
            is_overdue = now - attempt.interrupted_at > config.interrupt_grace
            # Another worker can run the job now.
            if is_overdue and self._worker.report(attempt, interrupted(attempt.interrupt, timeout)):
                log.error(
                    "the handler of the job %s did not end after its interrupt; it occupies its thread until it ends",
                    attempt.job["id"],
                )

    def _send(self, attempts: List[Attempt]) -> None:
        sent_at = self._sent_at = time.monotonic()
        body = {"worker": {"id": self._worker.id}, "leases": [attempt.heartbeat() for attempt in attempts]}
        try:
            call = request("POST", path("leases", "heartbeat"), body, repeat=Repeat.NEVER)
            answer = self._worker.transport.call(call).json()
        except LonghaulError as error:
            log.warning("cannot send heartbeats: %s", error)
            return
        by_token = {attempt.token: attempt for attempt in attempts}
        for renewal in answer["renewed"]:
            # The time before the call is a lower bound of the time at which the server renewed the lease.
            by_token[renewal["token"]].renewed_at = sent_at
        for token in answer["cancel"]:
            by_token[token].interrupt_with(Cancelled)
        for token in answer["lost"]:
            by_token[token].interrupt_with(LeaseEnded)

    @staticmethod
    def _send_logs(attempt: Attempt) -> None:
        try:
            attempt.send_logs()
        except LonghaulError as error:
            # Otherwise the lines wait for the next check.
            if not is_transient(error):
                attempt.logs.take()
                log.warning("lines of the log of the job %s are lost: %s", attempt.job["id"], error)
