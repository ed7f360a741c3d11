#!/usr/bin/env python3
"""Runs a mixed load on one server for a long time, and reports whether anything hangs, fails or grows.

See README.md. Exit code 1: a rule was broken; the table and the last lines say which.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Security"))

import harness
import stores
from bounds import Bounds
from load import Load
from measure import Postgres, Process, Sampler, SQLite, files_below
from verdict import judge, table
from wire import Client, Outcomes, Rude

HEALTH_SECONDS = 10
STOP_SECONDS = 15
DRAIN_SECONDS = 120
# Sends requests to the server itself, also if the environment names a proxy.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
# One new queue per half second would be too many in a long run, and one per four seconds too few in a short one.
QUEUE_SECONDS = 0.5


class SoakPostgres(stores.Postgres):
    """PostgreSQL with frequent vacuums, as after days of running."""

    def start(self):
        if "autovacuum_naptime=5s" not in self.command:
            self.command += ["-c", "autovacuum_naptime=5s", "-c", "fsync=off", "-c", "max_wal_size=128MB"]
        super().start()


class Settings:
    """The settings of the server under test."""

    # A job is removed 12 s after its end, and 15 s after its submission if it has a key.
    kept_seconds = 15
    # The time for which an unused queue or label is kept.
    queue_seconds = 10
    # The time for which an empty lane is kept.
    lane_seconds = 10

    def __init__(self):
        self.options = []
        for state in ("completed", "failed", "cancelled"):
            self.options += [f"--retention-{state}", "12"]
        self.options += ["--idempotency-ttl-seconds", "15"]
        self.options += ["--queue-retention-seconds", str(self.queue_seconds)]
        self.store_options = f"?longhaul_lane_seconds={self.lane_seconds}"

    series_bound = ("15,000", lambda _: 15_000)
    scrape_bound = ("1.5 MiB", lambda _: 1536)


class Soak:
    """One run, from the start of the server to the report."""

    def __init__(self, options):
        self.options = options
        self.outcomes = Outcomes()
        self.settings = Settings()
        self.postgres = SoakPostgres() if options.store == "postgres" else None
        self.is_over = threading.Event()
        self.has_hung = threading.Event()

    def run(self):
        with contextlib.ExitStack() as stack:
            url = None
            if self.postgres:
                stack.callback(self.postgres.close)
                url = self.postgres.url()
            self.server = stack.enter_context(
                harness.Server(*self.settings.options, store=url and url + self.settings.store_options))
            self.store = Postgres(lambda text: self.postgres.sql(url, text)) if url else SQLite(f"{self.server.folder}/longhaul.db")
            self.process = Process(self.server.process.pid)
            self.client = Client(self.server.port, self.outcomes)
            self.load = Load(self.server.port, self.outcomes, self.options.rate, QUEUE_SECONDS, not self.options.without_streams)
            self.sampler = Sampler(self.server, self.store, self.load, self.outcomes, self.client)
            self.idle = (self.process.descriptors(), self.process.status("Threads"))
            watch = threading.Thread(target=self.watch, daemon=True)
            watch.start()
            self.load.start()
            self.sample(self.options.seconds)
            if not self.has_hung.is_set():
                self.finish()
            self.is_over.set()
            verdicts = self.verdicts()
            self.report(verdicts)
            if self.has_hung.is_set():
                self.server.kill()
            return not self.outcomes.problems and not any(verdict.is_failure for verdict in verdicts)

    def watch(self):
        """Requests /healthz once a second, on its own connection."""
        while not self.is_over.is_set():
            started = time.monotonic()
            try:
                with OPENER.open(self.server.address + "/healthz", timeout=HEALTH_SECONDS) as answer:
                    answer.read()
            except (OSError, urllib.error.URLError) as error:
                if not self.is_over.is_set():
                    state = "runs" if self.server.process.poll() is None else "has ended"
                    self.outcomes.fail(
                        f"/healthz was not answered within {HEALTH_SECONDS} s, {started - self.sampler.started:.0f} s after the "
                        f"start ({error}); the process {state}")
                    self.has_hung.set()
                    return
            self.is_over.wait(1)

    def sample(self, seconds):
        """Takes samples until the time is over or the server hangs."""
        pause = 5 if seconds < 600 else 15
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.has_hung.wait(min(pause, max(0.1, until - time.monotonic()))):
            sample = self.sampler.take()
            if self.options.verbose:
                print(json.dumps({k: round(v, 2) for k, v in sample.items()}), flush=True)

    # The end.

    def finish(self):
        self.load.stop_submitting()
        answer = self.client.call("GET", "/v1/schedules?limit=500")
        for schedule in answer.json["items"] if answer is not None else []:
            self.client.call("DELETE", f"/v1/schedules/{schedule['name']}")
        self.drain()
        self.doctor("beside the running server")
        self.load.stop()
        self.expect_nothing_left()
        self.stop()
        self.doctor("after the stop")

    def wait(self, condition, seconds):
        """Polls a condition; returns whether it became true."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline or self.has_hung.is_set():
                return False
            time.sleep(0.5)
        return True

    def drain(self):
        def is_drained():
            self.load.find_open_queues(self.client)
            return self.store.measure()[1] == 0
        if not self.wait(is_drained, DRAIN_SECONDS):
            left = self.client.call("GET", "/v1/jobs?state=pending&state=processing&state=blocked&state=retrying&state=scheduled&limit=3")
            self.outcomes.fail(
                f"{self.store.measure()[1]} jobs have not ended {DRAIN_SECONDS} s after the load; for example "
                f"{[(job['id'], job['kind'], job['queue'], job['state']) for job in left.json['items']] if left else left}")

    def expect_nothing_left(self):
        """Every job goes when its retention is over, with its files and connections."""
        folder = os.path.join(self.server.folder, "artifacts")
        seconds = self.settings.kept_seconds + 60
        if not self.wait(lambda: self.store.measure()[0]["jobs"] == 0, seconds):
            self.outcomes.fail(f"{self.store.measure()[0]['jobs']} jobs are still stored {seconds} s after the last one ended")
        if not self.wait(lambda: files_below(folder)[0] == 0, 20):
            self.outcomes.fail(f"{files_below(folder)[0]} artifact files remain without a job")
        self.client.close()
        allowed = (self.idle[0] + 16, self.idle[1] + 8)
        now = lambda: (self.process.descriptors(), self.process.status("Threads"))
        if not self.wait(lambda: now()[0] <= allowed[0] and now()[1] <= allowed[1], 60):
            self.outcomes.fail(f"descriptors and threads are not released: {now()}, {self.idle} before the load")

    def doctor(self, words):
        url = self.server.store
        done = subprocess.run(
            [harness.BINARY, "doctor", "--store", url, "--artifacts", f"file:{self.server.folder}/artifacts", "--json"],
            capture_output=True, text=True, check=False, env=harness.environment())
        if done.returncode != 0:
            self.outcomes.fail(f"longhaul doctor, {words}: exit code {done.returncode}: {(done.stdout + done.stderr)[-1500:]}")

    def stop(self):
        """SIGTERM while clients wait, read events, and have sent half a request."""
        rude = Rude(self.server.port)
        connections = [rude.open() for _ in range(5)]
        body = json.dumps({"worker": {"id": "last", "name": "last"}, "queues": ["none"], "max_jobs": 1, "lease_seconds": 3,
                           "wait_seconds": 20}).encode()
        for connection, data in zip(connections, [
                rude.head("GET", "/v1/events"), rude.head("GET", "/v1/events?queue=base-0"),
                rude.head("POST", "/v1/leases", len(body)) + body, rude.head("POST", "/v1/jobs", 100) + b"{", b"GET /v1/jobs HT"]):
            connection.sendall(data)
        time.sleep(0.5)
        self.is_over.set()
        started = time.monotonic()
        code = harness.end(self.server.process)
        seconds = time.monotonic() - started
        for connection in connections:
            connection.close()
        print(f"  The server stopped {seconds:.1f} s after SIGTERM, exit code {code}.")
        if code != 0 or seconds > STOP_SECONDS:
            self.outcomes.fail(f"the server stopped {seconds:.1f} s after SIGTERM with exit code {code}; the limit is {STOP_SECONDS} s")

    # The report.

    def verdicts(self):
        bounds = Bounds(self.sampler, self.settings, QUEUE_SECONDS)
        figures = sorted({figure for sample in self.sampler.samples for figure in sample} - {"at"}, key=lambda f: (f.startswith("rows"), f))
        seconds = self.sampler.samples[-1]["at"] if self.has_hung.is_set() and figures else self.options.seconds
        return [judge(figure, self.sampler.samples, bounds.of(figure), seconds) for figure in figures]

    def report(self, verdicts):
        seconds = self.sampler.samples[-1]["at"] if self.sampler.samples else 0
        print(f"  Soak on {self.store.name}: {self.outcomes.answered:,} answers in {seconds:.0f} s, {self.load.accepted:,} jobs.")
        print(table(verdicts))
        statuses = {}
        for (method, route, status), count in self.outcomes.statuses.items():
            if status >= 429:
                statuses[f"{method} {route} {status}"] = count
        if statuses:
            print(f"  Answers of 429 and above: {statuses}")
        problems = self.outcomes.problems
        for problem in problems[:20]:
            print(f"  BROKEN: {problem}")
        if len(problems) > 20:
            print(f"  BROKEN: and {len(problems) - 20} more")
        for verdict in verdicts:
            if verdict.is_failure:
                print(f"  BROKEN: {verdict.figure} {verdict.word}: mean {verdict.mean:,.1f}, last {verdict.last:,.1f}")
        if problems or any(verdict.is_failure for verdict in verdicts):
            print("  The server's last lines:\n    " + "\n    ".join(self.server.log().splitlines()[-15:]))
        else:
            print(f"  Nothing hung, failed or grew ({self.store.name}).")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=float, default=1800, help="how long the load lasts (default: 1800)")
    parser.add_argument("--store", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--rate", type=float, default=60, help="about how many requests arrive per second (default: 60)")
    parser.add_argument("--without-streams", action="store_true", help="opens no event streams")
    parser.add_argument("--verbose", action="store_true", help="prints each sample as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    # The servers end with this process.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(0 if Soak(arguments()).run() else 1)
