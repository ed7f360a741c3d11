"""Shared helpers of the tests of programs as handlers."""

import glob
import os
import unittest

from harness import Server, eventually

FINAL = ("completed", "failed", "cancelled")


def processes_with(text):
    """The processes whose command line contains a text."""
    found = []
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, "rb") as file:
                if text.encode() in file.read():
                    found.append(int(path.split("/")[2]))
        except OSError:
            pass
    return [pid for pid in found if pid != os.getpid()]


class Programs(unittest.TestCase):
    """One server for all tests of a class."""

    # Whether tests of the class start workers without `start`.
    has_other_workers = False

    @classmethod
    def setUpClass(cls):
        cls.server = Server()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def start(self, handlers, *options, **variables):
        worker = self.server.worker(handlers, *options, **variables)
        self.workers = [*getattr(self, "workers", []), worker]
        self.addCleanup(self.stop, worker)
        return worker

    def stop(self, worker):
        """Stops a worker. After the last one, waits until the server has detected it: a job that the server leases over the
        closed connection of a worker waits until its lease ends."""
        worker.close()
        if self.has_other_workers or any(other.process.poll() is None for other in self.workers):
            return
        eventually(
            lambda: self.server.metric("longhaul_http_connections") in (None, 1), "the connections of a worker are gone")

    def ended(self, job):
        return eventually(
            lambda: (now := self.server.job(job["id"]))["state"] in FINAL and now, f"job {job['kind']} ends")

    def run_job(self, kind, payload=None, attempts=1):
        return self.ended(self.server.submit(kind, payload=payload, max_attempts=attempts))

    def lines(self, job):
        return [line["message"] for line in self.server.call("GET", f"/v1/jobs/{job['id']}/logs").json["items"]]


def shell(script, *arguments, **settings):
    return {"command": ["sh", "-c", script, "sh", *arguments], **settings}
