"""Leases jobs for a pool."""

from __future__ import annotations

import json
import logging
import threading
from typing import TYPE_CHECKING

from ..attempt import Attempt
from ..backoff import Backoff
from ..errors import LonghaulError
from ..messages import Repeat, path, request
from .pools import Pool

if TYPE_CHECKING:
    from .worker import Worker

log = logging.getLogger("longhaul.worker")


class Poller:
    """A thread that asks for jobs whenever its pool has room. One call waits for many jobs."""

    def __init__(self, worker: Worker, pool: Pool, freed: threading.Condition) -> None:
        self._worker = worker
        self._pool = pool
        self._freed = freed
        # A connection of its own, so that a stop can end the waiting call.
        self._transport = worker.app.new_transport(retry_seconds=0)
        self._thread = threading.Thread(target=self._run, name="longhaul-leases", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Lets the poller check whether the worker stops."""
        with self._freed:
            self._freed.notify_all()

    def stop(self) -> None:
        """Ends the waiting call and the thread."""
        self.wake()
        self._transport.abort()
        self._thread.join(5)
        self._transport.close()

    def _run(self) -> None:
        backoff = Backoff()
        while not self._worker.is_stopping:
            wanted = self._pool.room()
            if wanted <= 0:
                with self._freed:
                    if self._pool.room() <= 0 and not self._worker.is_stopping:
                        self._freed.wait(1)
                continue
            try:
                self._lease(min(wanted, 1000))
                backoff.reset()
            except (LonghaulError, json.JSONDecodeError) as error:
                if self._worker.is_stopping:
                    return
                log.warning("cannot lease jobs: %s", error)
                self._worker.stop_requested.wait(backoff.next())

    def _lease(self, count: int) -> None:
        worker, config = self._worker, self._worker.config
        body = {
            "worker": config.info(worker.id),
            "queues": worker.queues,
            "kinds": self._pool.kinds,
            "max_jobs": count,
            "lease_seconds": config.lease,
            "wait_seconds": config.poll,
        }
        call = request("POST", path("leases"), body, repeat=Repeat.NEVER, timeout=config.poll)
        leases = self._transport.call(call).json()["leases"]
        functions = worker.app.functions
        attempts = [Attempt(lease, functions[lease["job"]["kind"]], worker.transport) for lease in leases]
        worker.begin(self._pool, attempts)
