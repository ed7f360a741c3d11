"""Random faults: kills, stops, a full disk, clock steps, backends that die or cannot be reached."""

import heapq
import itertools
import signal
import threading
import time

from outages import Outages
from processes import LEASE_SECONDS


class Faults:
    """Injects one fault after another until it is stopped.

    Faults are drawn without replacement, so that each occurs in proportion to its weight also in a short run.
    """

    def __init__(self, system, place, counts, random, pause=1.6):
        self.system = system
        self.place = place
        self.counts = counts
        self.random = random
        self.pause = pause
        self.stop = threading.Event()
        # The faults to undo, by time.
        self._due = []
        self._order = itertools.count()
        self._outages = Outages(system, counts, random, self._later)
        self._server = "the server" if len(system.servers) == 1 else "a server"
        self._weighted = [body for weight, body in self._weights() for _ in range(weight)]
        self._drawn = []

    def _weights(self):
        """The faults with their weights."""
        weights = [*self._process_weights(), *self._outages.faults]
        if self.place.has_disk:
            weights.append((2, self._fill_disk))
        if self.place.clock:
            weights.append((1, self._step_clock))
        return weights

    def _process_weights(self):
        """The faults of servers and workers."""
        return [
            (5, self._kill_server), (5, self._kill_worker), (1, self._kill_all), (1, self._end_server),
            (1, self._end_worker), (2, self._stop_server), (3, self._stop_worker)]

    @property
    def kinds_of_kills(self):
        """The number of kills of each type of process."""
        kinds = [f"kill -9 of {self._server}", "kill -9 of a worker", *self._backend_kills()]
        return {kind: self.counts[kind] for kind in kinds}

    def _backend_kills(self):
        return self._outages.kinds_of_kills

    def run(self):
        """Injects faults until `stop` is set, and then undoes them."""
        at = time.monotonic() + self.random.expovariate(1 / self.pause)
        while not self.stop.wait(0.02):
            now = time.monotonic()
            self._undo(now)
            if now >= at:
                self._draw()()
                at = time.monotonic() + self.random.expovariate(1 / self.pause)
        self._undo(float("inf"))

    def _draw(self):
        if not self._drawn:
            self._drawn = self.random.sample(self._weighted, len(self._weighted))
        return self._drawn.pop()

    def _undo(self, until):
        while self._due and self._due[0][0] <= until:
            heapq.heappop(self._due)[2]()

    def _later(self, seconds, body):
        heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), body))

    def _kill(self, child, name):
        if child.signal(signal.SIGKILL):
            self.counts.add(f"kill -9 of {name}")

    def _any_server(self):
        return self.random.choice(self.system.servers)

    def _any_worker(self):
        return self.random.choice(self.system.workers)

    def _kill_server(self):
        self._kill(self._any_server(), self._server)

    def _kill_worker(self):
        self._kill(self._any_worker(), "a worker")

    def _kill_all(self):
        for server in self.system.servers:
            self._kill(server, self._server)
        for worker in self.system.workers:
            self._kill(worker, "a worker")

    def _end(self, child, name):
        if child.signal(signal.SIGTERM):
            self.counts.add(f"SIGTERM to {name}")
            if child.is_stopped:
                child.signal(signal.SIGCONT)
            # Sometimes the process is killed while it shuts down.
            if self.random.random() < 0.3:
                self._later(self.random.uniform(0, 0.3), lambda: child.signal(signal.SIGKILL))

    def _end_server(self):
        self._end(self._any_server(), self._server)

    def _end_worker(self):
        self._end(self._any_worker(), "a worker")

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
        self._halt(self._any_server(), self._server)

    def _stop_worker(self):
        self._halt(self._any_worker(), "a worker")

    def _fill_disk(self):
        if self.place.fill(self.random.choice([0, 4096, 65536, 262144])):
            self.counts.add("full disk")
            self._later(self.random.uniform(0.5, 3), self.place.empty)

    def _step_clock(self):
        seconds = self.random.choice([-86400, -3600, -5, 0, 5, 3600, 86400])
        self.place.clock.set(seconds)
        self.counts.add("clock step of a worker")


class ProcessFaults(Faults):
    """Only the faults of servers and workers."""

    def _weights(self):
        return self._process_weights()

    def _backend_kills(self):
        return []
