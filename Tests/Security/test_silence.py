"""Outages of the server or the database, and clock steps, cost no attempt.

A living worker keeps its job through each of them. A killed worker's lease still ends about one lease length later.
"""

import os
import shutil
import signal
import tempfile
import time
import unittest

from harness import Server, eventually
from stores import Postgres
from clock_step import Clock

# The length of an outage, longer than a lease of the tests.
OUTAGE_SECONDS = 5
LEASE_SECONDS = 4


class SilenceTest(unittest.TestCase):
    """Each test runs on both stores. The clock that steps is that of the store: the server's for SQLite, or PostgreSQL's."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="longhaul-clock-")
        # The user of PostgreSQL reads it.
        os.chmod(cls.folder, 0o755)
        cls.clock = Clock(cls.folder)
        cls.postgres = Postgres(**cls.clock.variables)

    @classmethod
    def tearDownClass(cls):
        cls.postgres.close()
        cls.clock.close()
        shutil.rmtree(cls.folder)

    def setUp(self):
        self.clock.set(0)

    def servers(self):
        """Yields a server over each store, one after the other."""
        for store in (None, self.postgres.url()):
            self.clock.set(0)
            variables = self.clock.variables if store is None else {}
            with self.subTest(store=store or "sqlite"), Server(store=store, **variables) as server:
                yield server

    def check_survival(self, server, outage):
        """Checks that two running workers keep their jobs during `outage`: `longhaul worker` with a program, and a worker of
        the test. Each job has one attempt."""
        runs = os.path.join(server.folder, "runs")
        handlers = {"program": {"command": ["sh", "-c", f"echo run >> {runs}; sleep 7"], "queue": "programs"}}
        with server.worker(
                handlers, "--lease-seconds", str(LEASE_SECONDS), "--heartbeat-seconds", "0.5", queues="programs=1"):
            program = server.submit("program", queue="programs", max_attempts=1)["id"]
            eventually(lambda: os.path.exists(runs), "the program runs")
            own = server.submit("own", max_attempts=1)["id"]
            lease = server.lease(seconds=LEASE_SECONDS)[0]
            outage()
            # Within one lease length after the outage, so that maintenance has checked the lease.
            eventually(lambda: server.call("GET", "/healthz").status == 200, "the server answers again")
            time.sleep(LEASE_SECONDS / 4)
            beat = {"worker": {"id": "w1"}, "leases": [{"token": lease["token"]}]}
            renewed = eventually(lambda: self.answered(server, "/v1/leases/heartbeat", beat), "a heartbeat is answered")
            self.assertEqual([entry["token"] for entry in renewed.json["renewed"]], [lease["token"]])
            done = self.answered(server, f"/v1/leases/{lease['token']}/complete", {"result": 1})
            self.assertEqual(done.status, 200, done)
            for job_id in (own, program):
                job = eventually(lambda: self.ended(server, job_id), "the job ends")
                self.assertEqual((job["state"], job["attempt"], len(job["attempts"])), ("completed", 1, 1), job)
        with open(runs, encoding="ascii") as file:
            self.assertEqual(file.read().split(), ["run"])

    @staticmethod
    def answered(server, path, body):
        """The answer to a call; None if the store is unavailable."""
        answer = server.call("POST", path, body)
        return None if answer.status == 503 else answer

    @staticmethod
    def ended(server, job_id):
        """The ended job, or None before its end."""
        answer = server.call("GET", f"/v1/jobs/{job_id}")
        if answer.status != 200 or answer.json["state"] not in ("completed", "failed", "cancelled"):
            return None
        return answer.json

    def check_expiry(self, server):
        """Leases a job to a worker without heartbeats. Returns a check that the lease ends."""
        job = server.submit("silent", queue="silent", max_attempts=1)["id"]
        self.assertEqual(len(server.lease("silent", seconds=LEASE_SECONDS)), 1)
        return lambda: self.assertEqual(
            eventually(lambda: self.ended(server, job), "the lease ends")["error"]["type"], "lease_expired")

    def test_stopped_server(self):
        for server in self.servers():
            def outage(server=server):
                server.process.send_signal(signal.SIGSTOP)
                time.sleep(OUTAGE_SECONDS)
                server.process.send_signal(signal.SIGCONT)
            self.check_survival(server, outage)

    def test_killed_server(self):
        for server in self.servers():
            def outage(server=server):
                server.kill()
                time.sleep(OUTAGE_SECONDS)
                server.start()
            self.check_survival(server, outage)

    def test_stopped_database(self):
        with Server(store=self.postgres.url()) as server:
            def outage():
                self.postgres.signal(signal.SIGSTOP)
                time.sleep(OUTAGE_SECONDS)
                self.postgres.signal(signal.SIGCONT)
            self.check_survival(server, outage)

    def test_clock_set_ahead(self):
        for server in self.servers():
            self.check_survival(server, lambda: self.clock.set(86_400))

    def test_clock_set_back(self):
        for server in self.servers():
            expect_expiry = self.check_expiry(server)
            self.check_survival(server, lambda: self.clock.set(-7200))
            expect_expiry()

    def test_silent_worker(self):
        for server in self.servers():
            self.check_expiry(server)()
            expect_expiry = self.check_expiry(server)
            server.kill()
            server.start()
            expect_expiry()

    def test_schedule_after_the_clock_is_set_back(self):
        for server in self.servers():
            made = server.call("PUT", "/v1/schedules/minutely", {"cron": "* * * * *", "job": {"kind": "tick"}})
            self.assertIn(made.status, (200, 201), made)
            before = made.json["next_run_at"]
            self.clock.set(-7200)
            eventually(
                lambda: server.call("GET", "/v1/schedules/minutely").json["next_run_at"] < before,
                "the next tick is drawn back")


if __name__ == "__main__":
    unittest.main()
