#!/usr/bin/env python3
"""Injects random faults into a running system, and checks every job that it acknowledged.

Servers and workers are killed and stopped at random while clients submit, cut their connections, repeat requests and
cancel. The disk fills up, the clock of a worker jumps, and PostgreSQL and the broker are killed and disconnected. Then all faults
are undone, and when all jobs have ended, each acknowledged job is checked. The exit code is 1 if a rule was broken.

It is written in Python and shares only the binary with the product, because a fault in code that client and server share
would not be found.
"""

import argparse
import os
import random
import sys
import threading
import time

from checks import Checks
from clients import Client
from faults import Faults
from manual_workers import ManualWorker
from ledger import Counts, Ledger
from processes import ARTIFACTS, QUEUES, STORES, System
from program import BINARY, run_program
from wire import SECONDS_TO_ANSWER, Wire

# The share of jobs with a large file, if the files are in S3.
LARGE_SHARE = 0.015


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=float, default=60, help="how long faults are injected (default: 60)")
    parser.add_argument("--store", choices=STORES, default="sqlite", help="PostgreSQL has two servers")
    parser.add_argument("--queue", choices=QUEUES, default="store", help="the queue of the IDs of jobs")
    parser.add_argument("--artifacts", choices=ARTIFACTS, default="file", help="the store of the files of jobs")
    parser.add_argument("--kills", type=int, default=0, help="continue until this number of kills, at most three times as long")
    parser.add_argument("--each", type=int, default=0, help="the minimum number of kills of each type")
    parser.add_argument("--seed", type=int, help="repeats the random choices; the timing still depends on the machine")
    parser.add_argument("--clients", type=int, default=4, help="how many clients submit (default: 4)")
    parser.add_argument("--manual-workers", type=int, default=3, help="how many workers over plain HTTP (default: 3)")
    parser.add_argument("--pause", type=float, default=1.6, help="the mean time between faults, in seconds")
    parser.add_argument("--end-seconds", type=float, default=120, help="the maximum time without an ended job after the faults")
    parser.add_argument("--binary", default=os.environ.get("LONGHAUL", BINARY), help="the longhaul to torture")
    return parser.parse_args()


class Torture:
    """One run from the first process to the result."""

    def __init__(self, options, place):
        self.options = options
        self.place = place
        self.seed = options.seed if options.seed is not None else random.randrange(1 << 32)
        self.ledger = Ledger()
        self.faults_seen = Counts()
        self.requests = Counts()
        self.system = System(
            os.path.abspath(options.binary), place, self.ledger, options.store, options.queue, options.artifacts)
        self.wire = Wire(self.system.ports, self.requests, self._watch)
        self.stop = threading.Event()
        self.faults = Faults(
            self.system, place, self.faults_seen, random.Random(f"{self.seed} faults"), options.pause)

    def _watch(self, method, path, answer):
        """Checks that there is an answer, and that it is not an internal error."""
        if answer is None:
            self.ledger.report("no answer", f"{method} {path} within {SECONDS_TO_ANSWER:g} s")
            return
        is_busy = answer.status == 503 and answer.code in ("unavailable", "system_busy")
        if answer.status >= 500 and not is_busy:
            self.ledger.report("wrong answer", f"{method} {path}: {answer}")

    def _actor(self, kind, name, counts):
        return kind(name, self.wire, self.ledger, counts, random.Random(f"{self.seed} {name}"), self.stop)

    def run(self):
        """Runs everything except the clean-up. Returns true if no rule was broken."""
        open(self.system.ran, "a", encoding="utf-8").close()
        if self.system.start() and self.system.await_ready():
            self._torture()
            self._check()
        self.system.stop()
        self._report()
        return not self.ledger.violations

    def _torture(self):
        clients = [self._actor(Client, f"client-{n}", self.requests) for n in range(self.options.clients)]
        workers = [self._actor(ManualWorker, f"manual-{n}", self.faults_seen) for n in range(self.options.manual_workers)]
        if self.options.artifacts == "s3":
            for actor in [*clients, *workers]:
                actor.large_share = LARGE_SHARE
        threads = [threading.Thread(target=actor.run) for actor in [*clients, *workers, self.faults]]
        for thread in threads:
            thread.start()
        began = time.monotonic()
        try:
            while not self._is_enough(time.monotonic() - began):
                time.sleep(0.1)
        finally:
            self.faults.stop.set()
            self.stop.set()
            for thread in threads:
                thread.join()
        self.place.empty()

    def _is_enough(self, seconds):
        if seconds < self.options.seconds:
            return False
        kills = self.faults.kinds_of_kills.values()
        is_enough = sum(kills) >= self.options.kills and min(kills) >= self.options.each
        return is_enough or seconds > 3 * self.options.seconds

    def _check(self):
        """Waits without faults, with one manual worker, until every job has ended; then checks the jobs."""
        if not self.system.await_ready():
            return
        self.stop.clear()
        worker = self._actor(ManualWorker, "manual-last", self.faults_seen)
        worker.only_completes = True
        thread = threading.Thread(target=worker.run)
        thread.start()
        checks = Checks(self.wire, self.ledger, self.system.ran)
        try:
            checks.await_end(self.options.end_seconds)
        finally:
            self.stop.set()
            thread.join()
        checks.run()
        bucket = self.system.backend("artifacts")
        # The sweep of a start removes what killed servers have left.
        if bucket and self.system.restart_servers():
            checks.check_bucket(bucket)
        self.states = [job["state"] for job in checks.jobs.values()]

    def _report(self):
        def line(name, counts):
            print(f"  {name:<16}" + (", ".join(f"{text} {count}" for text, count in counts) or "none"))

        ledger = self.ledger
        states = getattr(self, "states", [])
        kills = self.faults.kinds_of_kills
        options = self.options
        files = "" if options.artifacts == "file" else f", artifacts in {options.artifacts}"
        print(f"Torture: {options.seconds:g} s of {options.store} and {options.queue}{files}, seed {self.seed}")
        line("kills", kills.items())
        line("faults", [(name, count) for name, count in self.faults_seen.items() if name not in kills])
        line("requests", self.requests.items())
        for what in self.place.skipped:
            print(f"  skipped         {what}")
        acknowledged = sum(1 for entry in ledger.entries.values() if entry.ids)
        results = {
            "killed": sum(kills.values()), "acknowledged": acknowledged, "jobs in total": len(states),
            "completed": states.count("completed"), "cancelled": states.count("cancelled"),
            "lost": ledger.count("lost"), "completed twice": ledger.count("completed twice"),
            "other problems": len(ledger.violations) - ledger.count("lost") - ledger.count("completed twice"),
        }
        for name, count in results.items():
            print(f"  {name:<16}{count}")
        for rule, what in ledger.violations[:20]:
            print(f"  BROKEN          {rule}: {what}")
        sys.stdout.flush()


if __name__ == "__main__":
    run_program(arguments, Torture)
