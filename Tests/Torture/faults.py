"""What goes wrong, at random: kills, stops, a full disk, clocks that jump."""

import heapq
import itertools
import signal
import threading
import time

from processes import LEASE_SECONDS


class Faults:
    """Brings one fault after another over the system until it is told to stop."""

    def __init__(self, system, place, counts, random, pause=1.6):
        self.system = system
        self.place = place
        self.counts = counts
        self.random = random
        self.pause = pause
        self.stop = threading.Event()
        # What is to be undone, and when.
        self._due = []
        self._order = itertools.count()
        self._faults = [
            (5, self._kill_server), (5, self._kill_worker), (1, self._kill_all), (1, self._end_server),
            (1, self._end_worker), (2, self._stop_server), (3, self._stop_worker)]
        if place.has_disk:
            self._faults.append((2, self._fill_disk))
        if place.has_clock:
            self._faults.append((1, self._step_clock))

    @property
    def kills(self):
        """How many processes were killed with SIGKILL."""
        return sum(self.counts[name] for name in ("kill -9 of the server", "kill -9 of a worker"))

    def run(self):
        """Faults until `stop` is set, and then undoes what is left of them."""
        weights = [weight for weight, _ in self._faults]
        bodies = [body for _, body in self._faults]
        at = time.monotonic() + self.random.expovariate(1 / self.pause)
        while not self.stop.wait(0.02):
            now = time.monotonic()
            self._undo(now)
            if now >= at:
                self.random.choices(bodies, weights)[0]()
                at = time.monotonic() + self.random.expovariate(1 / self.pause)
        self._undo(float("inf"))

    def _undo(self, until):
        while self._due and self._due[0][0] <= until:
            heapq.heappop(self._due)[2]()

    def _later(self, seconds, body):
        heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), body))

    def _kill(self, child, name):
        if child.signal(signal.SIGKILL):
            self.counts.add(name)

    def _kill_server(self):
        self._kill(self.system.server, "kill -9 of the server")

    def _kill_worker(self):
        self._kill(self.random.choice(self.system.workers), "kill -9 of a worker")

    def _kill_all(self):
        self._kill_server()
        for worker in self.system.workers:
            self._kill(worker, "kill -9 of a worker")

    def _end(self, child, name):
        if child.signal(signal.SIGTERM):
            self.counts.add(name)
            if child.is_stopped:
                child.signal(signal.SIGCONT)
            # Some are killed in the middle of ending well.
            if self.random.random() < 0.3:
                self._later(self.random.uniform(0, 0.3), lambda: child.signal(signal.SIGKILL))

    def _end_server(self):
        self._end(self.system.server, "SIGTERM to the server")

    def _end_worker(self):
        self._end(self.random.choice(self.system.workers), "SIGTERM to a worker")

    def _halt(self, child, name):
        if child.is_stopped or not child.signal(signal.SIGSTOP):
            return
        process = child.process
        is_long = self.random.random() < 0.35
        seconds = LEASE_SECONDS + self.random.uniform(1, 3) if is_long else self.random.uniform(0.1, 2)
        self.counts.add(f"SIGSTOP of {name} for {'longer' if is_long else 'less'} than the lease")

        def resume():
            if child.process is process:
                child.signal(signal.SIGCONT)

        self._later(seconds, resume)

    def _stop_server(self):
        self._halt(self.system.server, "the server")

    def _stop_worker(self):
        self._halt(self.random.choice(self.system.workers), "a worker")

    def _fill_disk(self):
        if self.place.fill(self.random.choice([0, 4096, 65536, 262144])):
            self.counts.add("full disk")
            self._later(self.random.uniform(0.5, 3), self.place.empty)

    def _step_clock(self):
        seconds = self.random.choice([-86400, -3600, -5, 0, 5, 3600, 86400])
        self.system.set_clock(f"{seconds:+d}")
        self.counts.add("clock step of a worker")
