"""The worker as a whole: its start, its running attempts and its graceful stop."""

from __future__ import annotations

import logging
import signal
import threading
import time
from typing import TYPE_CHECKING, Any, Dict, List, Tuple

from ..attempt import Attempt
from ..context import JobLogHandler
from ..durable.running import DurableRunning
from ..errors import LeaseEnded, LonghaulError, WorkerStopping
from ..messages import Repeat, path, request
from ..outcomes import Outcome, Released
from .config import WorkerConfig
from .monitor import Monitor
from .poller import Poller
from .pools import LoopPool, LoopThread, Pool, Room, ThreadPool
from .reporter import Reporter

if TYPE_CHECKING:
    from ..app import Longhaul

log = logging.getLogger("longhaul.worker")
DEREGISTER_SECONDS = 2.0


class Worker:
    """Runs the jobs of an app until it is stopped.

    `run` is for programs; `start` and `stop` are for tests and for applications that contain a worker.
    """

    def __init__(self, app: Longhaul, config: WorkerConfig, *, ends_with_parent: bool = False) -> None:
        if not app.functions:
            raise ValueError("the app has no job functions; import the modules that define them")
        self.app = app
        self.config = config
        self.id = config.new_id()
        self.queues = list(config.queues) if config.queues else app.queues_of_functions()
        self.transport = app.new_transport(retry_seconds=0)
        self.ends_with_parent = ends_with_parent
        self.stop_requested = threading.Event()
        self._lock = threading.Lock()
        self._attempts: Dict[str, Attempt] = {}
        self._pools: List[Tuple[Pool, Poller]] = []
        self._log_handler = JobLogHandler(config.log_level)

    @property
    def is_stopping(self) -> bool:
        """Whether the worker leases no more jobs."""
        return self.stop_requested.is_set()

    def run(self) -> None:
        """Runs until SIGTERM, SIGINT or `stop`. Then running jobs may end within the grace period."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, self._on_signal)
        self.start()
        # A wait without a timeout would delay the handling of signals.
        while not self.stop_requested.wait(1):
            pass
        self.shutdown()

    def start(self) -> None:
        """Starts the threads of the worker."""
        logging.getLogger().addHandler(self._log_handler)
        log.info(
            "the worker %s runs %s of the queues %s",
            self.id,
            ", ".join(sorted(self.app.functions)),
            ", ".join(self.queues),
        )
        self._loop = LoopThread()
        self._reporter = Reporter(self)
        self._monitor = Monitor(self)
        run_durable = DurableRunning(self._loop.loop)
        functions = self.app.functions.values()
        kinds = [entry.kind for entry in functions if not entry.is_async]
        if kinds:
            room = Room(self.config.concurrency, self.config.max_prefetch)
            self._add(
                ThreadPool(kinds, self.config.concurrency, room, self.report, run_durable, self.config.timeout), room
            )
        kinds = [entry.kind for entry in functions if entry.is_async]
        if kinds:
            room = Room(self.config.async_concurrency, 0)
            self._add(LoopPool(kinds, room, self.report, self.config.timeout, self._loop), room)

    def _add(self, pool: Pool, room: Room) -> None:
        self._pools.append((pool, Poller(self, pool, room.freed)))

    def stop(self) -> None:
        """Asks the worker to stop, from any thread or a signal handler."""
        self.stop_requested.set()

    def shutdown(self) -> None:
        """Stops: leases no more jobs, lets running jobs end within the grace period, and releases the others."""
        self.stop()
        for _, poller in self._pools:
            poller.stop()
        for pool, _ in self._pools:
            for attempt in pool.take_waiting():
                self.report(attempt, Released())
        deadline = time.monotonic() + self.config.grace
        self._wait_until_idle(deadline)
        for attempt in self.attempts():
            attempt.interrupt_with(WorkerStopping)
        deadline = time.monotonic() + self.config.interrupt_grace + 5
        self._wait_until_idle(deadline)
        for pool, _ in self._pools:
            pool.stop()
        self._reporter.stop(deadline)
        self._monitor.stop()
        self._loop.stop()
        self._deregister()
        self.transport.close()
        logging.getLogger().removeHandler(self._log_handler)
        log.info("the worker %s has stopped", self.id)

    # The attempts

    def begin(self, pool: Pool, attempts: List[Attempt]) -> None:
        """Runs attempts in a pool, or releases them if the worker stops."""
        if not attempts:
            return
        with self._lock:
            self._attempts.update((attempt.token, attempt) for attempt in attempts)
        if self.is_stopping:
            for attempt in attempts:
                self.report(attempt, Released())
        else:
            pool.start(attempts)

    def attempts(self) -> List[Attempt]:
        """The attempts whose end has not been reported."""
        with self._lock:
            return list(self._attempts.values())

    def report(self, attempt: Attempt, outcome: Outcome) -> bool:
        """Reports the end of an attempt; false if it was reported before."""
        return self._reporter.add(attempt, outcome)

    def forget(self, attempt: Attempt) -> None:
        """Ends the heartbeats of an attempt."""
        with self._lock:
            self._attempts.pop(attempt.token, None)

    def is_lost(self, attempt: Attempt) -> bool:
        """Whether the server has not confirmed the lease for too long."""
        silence = time.monotonic() - attempt.renewed_at
        return attempt.interrupt is LeaseEnded or silence > self.config.lease + self.config.outage

    # The end

    def _on_signal(self, number: int, _: Any) -> None:
        if self.is_stopping:
            raise SystemExit(128 + number)
        self.stop()

    def _wait_until_idle(self, deadline: float) -> None:
        while self.attempts() and time.monotonic() < deadline:
            time.sleep(0.02)

    def _deregister(self) -> None:
        """Releases what is left, such as the jobs of a call whose answer was not read."""
        deadline = time.monotonic() + DEREGISTER_SECONDS
        while True:
            try:
                self.transport.call(request("DELETE", path("workers", self.id), repeat=Repeat.NEVER))
                return
            except LonghaulError as error:
                if getattr(error, "status", 0) == 404:
                    return
                if time.monotonic() > deadline:
                    log.warning("the worker could not be deregistered: %s", error)
                    return
                time.sleep(0.1)
