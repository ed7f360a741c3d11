#!/usr/bin/env python3
"""Cuts and stalls the links of servers to their backends: servers must report it, continue where possible, and recover."""

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
from program import BINARY
from wire import Wire

# The maximum time until a server notices an outage, and until it refuses a call, on a busy machine.
SECONDS_TO_NOTICE = 20.0
SECONDS_TO_ANSWER = 25.0
# The maximum time until everything works again.
SECONDS_TO_RECOVER = 60.0


class Cuts:
    """The tests of one queue. The tests of the store are in one of the classes below."""

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
            for link in server.links.values():
                link.restore()
        self.assertEqual(self.pids, [server.process.pid for server in self.system.servers], "a server was restarted")
        self.assertEqual(self.ledger.violations, [])

    def until(self, condition, seconds, what):
        """Waits for a condition."""
        deadline = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), deadline, f"not within {seconds:g} s: {what}")
            time.sleep(0.05)

    def submit(self, seconds=SECONDS_TO_ANSWER):
        """Submits a job with a new key; returns the key and the answer, which must arrive in time."""
        key = f"{self.queue}-{next(self.numbers)}"
        return key, self.send(key, seconds)

    def send(self, key, seconds=SECONDS_TO_ANSWER):
        """Submits a job with a key."""
        return self.wire.call("POST", "/v1/jobs", {
            "kind": "torture.note", "queue": "notes", "idempotency_key": key, "max_attempts": 20,
            "backoff": {"type": "fixed", "initial_seconds": 0.1, "jitter": 0},
            "payload": {"sleep": "0", "failures": "0", "file": "no"}}, timeout=seconds)

    def accepted(self, count):
        """Submits jobs, which must be accepted; returns their IDs."""
        answers = [self.submit()[1] for _ in range(count)]
        self.assertEqual([answer.status for answer in answers], [202] * count, answers[-1])
        return [answer.json["id"] for answer in answers]

    def assert_completed(self, ids):
        """Waits until all jobs are completed."""
        for job_id in ids:
            self.until(
                lambda path=f"/v1/jobs/{job_id}": self.wire.call("GET", path).json.get("state") == "completed",
                SECONDS_TO_RECOVER, f"{job_id} is completed")

    def disconnect(self, part, how):
        """Cuts or stalls every server's link to a part, and waits until each server reports only this part as unavailable."""
        for server in self.system.servers:
            getattr(server.links[part], how)()
        for server in self.system.servers:
            self.until(lambda server=server: self.unavailable_parts(server) == [part], SECONDS_TO_NOTICE,
                       f"{server.name} reports that the {part} is unavailable")
            self.until(lambda server=server: self.ask(server, "/healthz", 5)[0] == 200, SECONDS_TO_NOTICE,
                       f"{server.name} answers /healthz")

    def ask(self, server, path, seconds):
        """Returns status and body, with status 0 if the server does not answer in time, for example because the machine
        stalls. Callers repeat the call: a server that waits for an unavailable backend is late every time."""
        try:
            return server.ask(path, timeout=seconds)
        except (OSError, http.client.HTTPException):
            return 0, b""

    def unavailable_parts(self, server):
        """The parts that a server reports as unavailable; empty if it does not answer in time."""
        status, body = self.ask(server, "/readyz", 10)
        if status in (0, 200):
            return []
        self.assertEqual(status, 503)
        detail = json.loads(body)["detail"]
        return [part for part in ("store", "queue", "artifacts") if f"{part}: " in detail]

    def restore(self, part):
        """Restores the links, and waits until every server is ready."""
        for server in self.system.servers:
            server.links[part].restore()
        for server in self.system.servers:
            self.until(server.is_ready, SECONDS_TO_RECOVER, f"{server.name} is ready again")

    def lose_queue(self, how):
        """While the queue is unavailable, jobs are accepted and completed; afterwards they use the queue again."""
        before = self.accepted(5)
        self.disconnect("queue", how)
        during = self.accepted(20)
        self.assert_completed(during)
        during = self.accepted(20)
        self.restore("queue")
        self.assert_completed([*before, *during, *self.accepted(5)])

    def lose_store(self, how):
        """While the store is unavailable, submissions are refused in time; afterwards no accepted job is lost."""
        before = self.accepted(20)
        self.disconnect("store", how)
        with concurrent.futures.ThreadPoolExecutor(5) as pool:
            read = pool.submit(self.wire.call, "GET", f"/v1/jobs/{before[0]}", timeout=SECONDS_TO_ANSWER)
            refused = list(pool.map(lambda _: self.submit(), range(4)))
            read_answer = read.result()
        for answer in [*(answer for _, answer in refused), read_answer]:
            self.assertEqual((answer.status, answer.code), (503, "unavailable"), answer)
            self.assertGreaterEqual(int(answer.headers["Retry-After"]), 1)
        self.restore("store")
        again = [self.send(key) for key, _ in refused]
        # A commit whose answer was lost may have stored the job: the key then returns it.
        self.assertTrue(all(answer.status in (200, 202) for answer in again), again[0])
        self.assert_completed([*before, *(answer.json["id"] for answer in again)])

    def test_the_queue_is_cut_off(self):
        """Connections to it are refused."""
        self.lose_queue("cut")

    def test_the_queue_stalls(self):
        """Connections to it succeed, but no data arrives."""
        self.lose_queue("stall")


class RedisCuts(Cuts, unittest.TestCase):
    """With Redis as the queue. This class also tests the store, which behaves the same with every queue."""

    queue = "redis"

    def test_the_store_is_cut_off(self):
        """Connections to it are refused."""
        self.lose_store("cut")

    def test_the_store_stalls(self):
        """Connections to it succeed, but no data arrives."""
        self.lose_store("stall")


class RabbitMQCuts(Cuts, unittest.TestCase):
    """With RabbitMQ as the queue."""

    queue = "rabbitmq"


class KafkaCuts(Cuts, unittest.TestCase):
    """With Kafka as the queue."""

    queue = "kafka"


class SQSCuts(Cuts, unittest.TestCase):
    """With SQS as the queue."""

    queue = "sqs"


def main():
    """Runs the named tests, or all classes in parallel, because they mostly wait."""
    if len(sys.argv) > 1:
        unittest.main(verbosity=2)
    runs = [
        subprocess.Popen(
            [sys.executable, "-B", __file__, kind.__name__], text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        for kind in (RedisCuts, RabbitMQCuts, KafkaCuts, SQSCuts)]
    for run in runs:
        print(run.communicate()[0], flush=True)
    sys.exit(max(run.returncode for run in runs))


if __name__ == "__main__":
    enter_namespaces()
    main()
