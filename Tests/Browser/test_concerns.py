"""A flood, a stuck worker, a poisoned kind: each is on the overview within five seconds of its making. What
happens when the server dies is in test_live.py; the cures are in docs/runbook.md."""

import time
import unittest

from browser import DEADLINE_SECONDS, BrowserTest
from server import Refused, Worker

WITHIN_SECONDS = 5
#: A machine that is busy with other things, or stalls, may be late a few times; it is not late every time.
TRIES = 6


class ConcernTests(BrowserTest):
    def setUp(self):
        super().setUp()
        self.server.submit("calm.kind", queue="calm")
        self.server.complete(self.server.lease("calm")[0])
        self.open()
        self.see("All is well")

    def seen_in_time(self, make, words):
        """Makes a fault, up to a few times, until its words were on the page in time, counted from its making."""
        took = []
        for n in range(TRIES):
            subject = f"{words.split()[0]}-{n}"
            expected = make(subject)
            start = time.monotonic()
            self.see(expected, ".attention")
            took.append(time.monotonic() - start)
            if took[-1] <= WITHIN_SECONDS:
                print(f"{words}: seen after {took[-1]:.1f} s")
                return
        self.fail(f"{words} was seen only after {took} s")

    def test_a_flood(self):
        def flood(queue):
            self.server.call("PUT", f"/v1/queues/{queue}", {"max_depth": 1000})
            self.server.submit_many([{"kind": "image.resize", "queue": queue}] * 900)
            return f"{queue} is filling up"
        self.seen_in_time(flood, "flood of jobs")

    def test_a_queue_that_nobody_serves(self):
        def leave(queue):
            self.server.submit("image.resize", queue=queue)
            return f"No worker serves {queue}"
        self.seen_in_time(leave, "unserved queue")

    def test_a_stuck_worker(self):
        def stick(name):
            # With the usual lease of 30 s, and in the middle of a job.
            worker = Worker(self.server, name, "image.resize", queue=name)
            self.addCleanup(worker.close)
            job = self.server.submit("image.resize", queue=name)
            self.wait(lambda: self.server.call("GET", f"/v1/jobs/{job}")["state"] == "processing", "a running job")
            worker.stop()
            return f"{name} does not answer"
        self.seen_in_time(stick, "stuck worker")

    def test_an_idle_worker_that_is_stuck(self):
        def stick(name):
            worker = Worker(self.server, name, "image.resize", queue=name)
            self.addCleanup(worker.close)
            self.wait(lambda: any(
                each["name"] == name for each in self.server.call("GET", "/v1/workers")["items"]), "a worker")
            worker.stop()
            return f"{name} does not answer"
        self.seen_in_time(stick, "stuck idle worker")

    def test_a_worker_that_works_is_no_concern(self):
        worker = Worker(self.server, "steady", "image.resize", queue="steady")
        self.addCleanup(worker.close)
        began = self.server.submit("image.resize", queue="steady")
        self.wait(lambda: self.server.call("GET", f"/v1/jobs/{began}")["state"] == "processing", "a running job")
        # Long enough for several heartbeats to be missed, and for none of its leases to be renewed. A machine that
        # stalls may hold up a heartbeat, after which it is counted anew; a worker that sent none would be late in
        # every such span.
        since = time.monotonic()
        deadline = since + DEADLINE_SECONDS
        while time.monotonic() < since + 3 * WITHIN_SECONDS / 2:
            states = [each["state"] for each in self.server.call("GET", "/v1/workers")["items"]
                      if each["name"] == "steady"]
            if states != ["healthy"]:
                since = time.monotonic()
                self.assertLess(since, deadline, f"never healthy for long: {states}")
            time.sleep(0.05)

    def test_a_worker_that_is_forgotten_gives_back_its_job(self):
        job = self.server.submit("image.resize")
        # It is missed at once, and as its lease is long, for long enough for that to be seen at leisure.
        lease = self.server.lease(worker="lost-one", seconds=15, promise=0.2)[0]
        self.see("lost-one does not answer", ".attention")
        again = self.server.lease(worker="lost-two", seconds=600)[0]
        self.assertEqual((again["job"]["id"], again["attempt"]), (job, 2))
        self.open("/workers")
        self.click("[aria-label='Forget lost-one']")
        self.click("dialog [type=submit]")
        self.see("lost-one is forgotten", "#notices")
        self.wait(lambda: "lost-one" not in self.text("table"), "the worker is gone from the list")
        self.assertEqual(self.server.call("GET", f"/v1/jobs/{job}")["state"], "processing")
        with self.assertRaises(Refused):
            self.server.complete(lease)
        released = self.server.call("DELETE", "/v1/workers/lost-two")["released"]
        self.assertEqual(released, [job])
        found = self.server.call("GET", f"/v1/jobs/{job}")
        self.assertEqual((found["state"], found["attempt"]), ("pending", 1))

    def test_a_worker_that_stops_is_no_concern(self):
        worker = Worker(self.server, "tidy", "image.resize", queue="tidy")
        self.addCleanup(worker.close)
        self.wait(lambda: any(
            each["name"] == "tidy" for each in self.server.call("GET", "/v1/workers")["items"]), "a worker")
        worker.close()
        self.assertEqual([each["name"] for each in self.server.call("GET", "/v1/workers")["items"]], ["worker-1"])

    def test_a_poisoned_kind(self):
        def poison(kind):
            self.server.submit_many([{"kind": kind, "queue": kind, "max_attempts": 1}] * 5)
            for lease in self.server.lease(kind, 5):
                self.server.fail(lease, "ValueError", "the payload has no width")
            return f"{kind} keeps failing"
        self.seen_in_time(poison, "poisoned kind")

    def test_a_concern_leads_to_its_cure(self):
        self.server.submit("report.pdf", max_attempts=1)
        self.server.fail(self.server.lease()[0], "ValueError", "the payload has no width")
        self.see("report.pdf has failed", ".attention")
        self.click(".attention [data-concern=poisoned] a")
        self.see("the payload has no width", ".group")


if __name__ == "__main__":
    unittest.main()
