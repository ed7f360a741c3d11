#!/usr/bin/env python3
"""Cuts servers off from what they rely on, and stalls it: they must say so, do what can be done, and recover."""

import concurrent.futures
import http.client
import itertools
import json
import os
import subprocess
import sys
import time
import unittest

from ledger import Counts, Ledger
from place import Place, enter_namespaces
from processes import System
from torture import BINARY
from wire import Wire

# Within which a silence must be noticed, and a call refused that cannot be done, on a machine that is busy.
SECONDS_TO_NOTICE = 20.0
SECONDS_TO_ANSWER = 25.0
# Within which all is well again.
SECONDS_TO_RECOVER = 60.0


class Cuts:
    """The tests of one queue; those of the store are in a class that has one more reason to run."""

    queue = ""

    @classmethod
    def setUpClass(cls):
        cls.place = Place()
        cls.addClassCleanup(cls.place.remove)
        cls.ledger = Ledger()
        binary = os.path.abspath(os.environ.get("LONGHAUL", BINARY))
        cls.system = System(binary, cls.place, cls.ledger, "postgres", cls.queue)
        with open(cls.system.ran, "a", encoding="utf-8"):
            pass
        cls.addClassCleanup(cls.system.stop)
        if not (cls.system.start() and cls.system.await_ready()):
            raise AssertionError(cls.ledger.violations)
        cls.wire = Wire(cls.system.ports, Counts(), lambda *_: None)
        cls.numbers = itertools.count()

    def setUp(self):
        self.pids = [server.process.pid for server in self.system.servers]

    def tearDown(self):
        for server in self.system.servers:
            for way in server.ways.values():
                way.mend()
        self.assertEqual(self.pids, [server.process.pid for server in self.system.servers], "a server was restarted")
        self.assertEqual(self.ledger.violations, [])

    def until(self, condition, seconds, what):
        """Waits for a condition."""
        deadline = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), deadline, f"not within {seconds:g} s: {what}")
            time.sleep(0.05)

    def submit(self, seconds=SECONDS_TO_ANSWER):
        """Submits a job with a key of its own; answers the key and what came, which must be in time."""
        key = f"{self.queue}-{next(self.numbers)}"
        return key, self.send(key, seconds)

    def send(self, key, seconds=SECONDS_TO_ANSWER):
        """Submits the job of a key."""
        return self.wire.call("POST", "/v1/jobs", {
            "kind": "torture.note", "queue": "notes", "idempotency_key": key, "max_attempts": 20,
            "backoff": {"type": "fixed", "initial_seconds": 0.1, "jitter": 0},
            "payload": {"sleep": "0", "failures": "0", "file": "no"}}, timeout=seconds)

    def accepted(self, count):
        """The IDs of jobs that are submitted now and must be accepted."""
        answers = [self.submit()[1] for _ in range(count)]
        self.assertEqual([answer.status for answer in answers], [202] * count, answers[-1])
        return [answer.json["id"] for answer in answers]

    def assert_completed(self, ids):
        """Waits until all jobs are completed."""
        for job_id in ids:
            self.until(
                lambda path=f"/v1/jobs/{job_id}": self.wire.call("GET", path).json.get("state") == "completed",
                SECONDS_TO_RECOVER, f"{job_id} is completed")

    def part(self, part, how):
        """Cuts or stalls every server's way to a part, and waits until each says that it alone is away."""
        for server in self.system.servers:
            getattr(server.ways[part], how)()
        for server in self.system.servers:
            self.until(lambda server=server: self.tells_away(server) == [part], SECONDS_TO_NOTICE,
                       f"{server.name} tells that the {part} is away")
            self.until(lambda server=server: self.ask(server, "/healthz", 5)[0] == 200, SECONDS_TO_NOTICE,
                       f"{server.name} tells that it lives")

    def ask(self, server, path, seconds):
        """What a server answers in time; a status of 0 if it does not, as when the machine stalls. Whoever asks
        does so again for a while: a server that is held up by what is away is late every time."""
        try:
            return server.ask(path, timeout=seconds)
        except (OSError, http.client.HTTPException):
            return 0, b""

    def tells_away(self, server):
        """The parts that a server calls away; nothing if it did not answer in time."""
        status, body = self.ask(server, "/readyz", 10)
        if status in (0, 200):
            return []
        self.assertEqual(status, 503)
        detail = json.loads(body)["detail"]
        return [part for part in ("store", "queue", "artifacts") if f"{part}: " in detail]

    def mend(self, part):
        """Ends what `part` began, and waits until every server is ready."""
        for server in self.system.servers:
            server.ways[part].mend()
        for server in self.system.servers:
            self.until(server.is_ready, SECONDS_TO_RECOVER, f"{server.name} is ready again")

    def lose_queue(self, how):
        """While the queue is away, jobs are accepted and done; afterwards they go by the queue again."""
        before = self.accepted(5)
        self.part("queue", how)
        meanwhile = self.accepted(20)
        self.assert_completed(meanwhile)
        meanwhile = self.accepted(20)
        self.mend("queue")
        self.assert_completed([*before, *meanwhile, *self.accepted(5)])

    def lose_store(self, how):
        """While the store is away, nothing is accepted, and said in time; afterwards nothing accepted is lost."""
        before = self.accepted(20)
        self.part("store", how)
        with concurrent.futures.ThreadPoolExecutor(5) as pool:
            looking = pool.submit(self.wire.call, "GET", f"/v1/jobs/{before[0]}", timeout=SECONDS_TO_ANSWER)
            refused = list(pool.map(lambda _: self.submit(), range(4)))
            looked = looking.result()
        for answer in [*(answer for _, answer in refused), looked]:
            self.assertEqual((answer.status, answer.code), (503, "unavailable"), answer)
            self.assertGreaterEqual(int(answer.headers["Retry-After"]), 1)
        self.mend("store")
        again = [self.send(key) for key, _ in refused]
        # A commit whose answer was lost may have made the job: the key then stands for it.
        self.assertTrue(all(answer.status in (200, 202) for answer in again), again[0])
        self.assert_completed([*before, *(answer.json["id"] for answer in again)])

    def test_the_queue_is_cut_off(self):
        """Connections to it are refused."""
        self.lose_queue("cut")

    def test_the_queue_falls_silent(self):
        """Connections to it are made, and nothing comes back."""
        self.lose_queue("stall")


class RedisCuts(Cuts, unittest.TestCase):
    """With Redis as the queue; the store is cut off here only, as it is the same with every queue."""

    queue = "redis"

    def test_the_store_is_cut_off(self):
        """Connections to it are refused."""
        self.lose_store("cut")

    def test_the_store_falls_silent(self):
        """Connections to it are made, and nothing comes back."""
        self.lose_store("stall")


class RabbitMQCuts(Cuts, unittest.TestCase):
    """With RabbitMQ as the queue."""

    queue = "rabbitmq"


def main():
    """Runs what is named, or all classes beside each other: mostly they wait."""
    if len(sys.argv) > 1:
        unittest.main(verbosity=2)
    runs = [
        subprocess.Popen(
            [sys.executable, "-B", __file__, kind.__name__], text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        for kind in (RedisCuts, RabbitMQCuts)]
    for run in runs:
        print(run.communicate()[0], flush=True)
    sys.exit(max(run.returncode for run in runs))


if __name__ == "__main__":
    enter_namespaces()
    main()
