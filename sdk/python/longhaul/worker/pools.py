"""Where jobs run: threads for functions, an event loop for coroutine functions."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from typing import Callable, Dict, List, Optional, Protocol, Sequence

from ..attempt import Attempt
from ..errors import Interrupt
from ..execution import DurableRunner, run_in_loop, run_in_thread
from ..outcomes import Outcome, failed

log = logging.getLogger("longhaul.worker")
#: Reports the outcome of an attempt.
Report = Callable[[Attempt, Outcome], object]
#: The worker leases as many jobs as should start within this time, in seconds.
PREFETCH_SECONDS = 0.2


class Pool(Protocol):
    """Runs attempts, a limited number at the same time."""

    kinds: Sequence[str]

    def room(self) -> int:
        """How many more jobs the pool should get now."""

    def start(self, attempts: List[Attempt]) -> None:
        """Runs attempts, or keeps them until there is a free place."""

    def take_waiting(self) -> List[Attempt]:
        """Removes the attempts that have not started."""

    def stop(self) -> None:
        """Ends the pool. No attempt runs any more, or those that run ignore their interrupt."""


class Room:
    """Counts the jobs of a pool, and computes how many it may have.

    The number grows beyond the free places when jobs are short: the measured rate says how many start soon. A pool
    whose jobs are long, or in which none has ended recently, leases only what it can run at once.
    """

    def __init__(self, places: int, max_prefetch: int) -> None:
        self.places = places
        self._max_prefetch = max_prefetch
        #: Notified when the pool has room again.
        self.freed = threading.Condition()
        self._held = 0
        self._seconds = PREFETCH_SECONDS
        self._ended_at = 0.0
        self._low = 0

    def add(self, count: int) -> None:
        """Counts jobs that the pool gets."""
        with self.freed:
            self._held += count

    def ended(self, seconds: float) -> None:
        """Counts a job that has left the pool after it ran for a time."""
        # Single bytecode updates by several threads may lose a sample, which only delays the estimate.
        self._seconds += (seconds - self._seconds) * 0.05
        self._ended_at = time.monotonic()
        with self.freed:
            self._held -= 1
            if self._held <= self._low:
                self.freed.notify_all()

    def wanted(self) -> int:
        """How many more jobs the pool should get now; 0 until enough have ended."""
        with self.freed:
            limit = self.places + self._prefetch()
            # Asking for few jobs at a time would cost a call for each.
            self._low = limit // 2 if limit > 2 * self.places else limit - 1
            return limit - self._held if self._held <= self._low else 0

    def _prefetch(self) -> int:
        seconds = max(self._seconds, 1e-5)
        if seconds > PREFETCH_SECONDS / 2 or time.monotonic() - self._ended_at > PREFETCH_SECONDS:
            return 0
        return min(self._max_prefetch, int(self.places * PREFETCH_SECONDS / seconds))


class ThreadPool:
    """Runs functions and durable jobs in threads."""

    def __init__(
        self,
        kinds: Sequence[str],
        threads: int,
        room: Room,
        report: Report,
        run_durable: DurableRunner,
        timeout: float,
    ) -> None:
        self.kinds = kinds
        self._room = room
        self._report = report
        self._run_durable = run_durable
        self._timeout = timeout
        self._waiting: queue.SimpleQueue[Optional[Attempt]] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._run, name=f"longhaul-{number}", daemon=True) for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def room(self) -> int:
        """How many more jobs the pool should get now."""
        return self._room.wanted()

    def start(self, attempts: List[Attempt]) -> None:
        """Runs attempts, or keeps them until a thread is free."""
        self._room.add(len(attempts))
        for attempt in attempts:
            self._waiting.put(attempt)

    def take_waiting(self) -> List[Attempt]:
        """Removes the attempts that have not started."""
        taken: List[Attempt] = []
        while True:
            try:
                attempt = self._waiting.get_nowait()
            except queue.Empty:
                return taken
            if attempt:
                taken.append(attempt)
                self._room.ended(PREFETCH_SECONDS)

    def stop(self) -> None:
        """Ends the threads that are free."""
        for _ in self._threads:
            self._waiting.put(None)

    def _run(self) -> None:
        while True:
            attempt = self._waiting.get()
            if attempt is None:
                return
            began = time.perf_counter()
            try:
                outcome = run_in_thread(attempt, self._run_durable, self._timeout)
            except (Exception, Interrupt) as error:
                log.exception("the job %s cannot run", attempt.job["id"])
                outcome = failed(error)
            self._report(attempt, outcome)
            self._room.ended(time.perf_counter() - began)


class LoopPool:
    """Runs coroutine functions as tasks of one event loop."""

    def __init__(self, kinds: Sequence[str], room: Room, report: Report, timeout: float, loop: LoopThread) -> None:
        self.kinds = kinds
        self._room = room
        self._report = report
        self._timeout = timeout
        self._loop = loop
        self._tasks: Dict[asyncio.Task[None], Attempt] = {}

    def room(self) -> int:
        """How many more jobs the pool should get now."""
        return self._room.wanted()

    def start(self, attempts: List[Attempt]) -> None:
        """Runs attempts."""
        self._room.add(len(attempts))
        self._loop.loop.call_soon_threadsafe(self._start, attempts)

    def _start(self, attempts: List[Attempt]) -> None:
        for attempt in attempts:
            task = self._loop.loop.create_task(self._run(attempt))
            self._tasks[task] = attempt
            task.add_done_callback(self._tasks.pop)

    def take_waiting(self) -> List[Attempt]:
        """No attempt waits."""
        return []

    def stop(self) -> None:
        """Nothing: the loop ends with the worker."""

    async def _run(self, attempt: Attempt) -> None:
        began = time.perf_counter()
        try:
            outcome = await run_in_loop(attempt, self._timeout)
        except Exception as error:
            log.exception("the job %s cannot run", attempt.job["id"])
            outcome = failed(error)
        self._report(attempt, outcome)
        self._room.ended(time.perf_counter() - began)


class LoopThread:
    """An event loop in a thread of its own, for coroutine functions and steps."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="longhaul-loop", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def stop(self) -> None:
        """Ends the loop."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)
        if not self._thread.is_alive():
            self.loop.close()
