#!/usr/bin/env python3
"""Tortures the built binary, and tells what became of every job that it acknowledged.

Servers and workers are killed and stopped at random while clients submit, cut their connections, repeat themselves and
cancel; the disk fills up, a worker's clock jumps; PostgreSQL and the queue's broker are killed, and cut off. In the end everything is left alone until all jobs have ended, and
each acknowledged one is looked at. Exit code 1 says that a rule was broken.

It is no Swift and uses nothing of the product but the binary: a fault that client and server share would not be seen.
"""

import argparse
import os
import random
import signal
import sys
import threading
import time

from checks import Checks
from clients import Client
from faults import Faults
from hands import Hand
from ledger import Counts, Ledger
from place import Place, enter_namespaces
from processes import QUEUES, STORES, System
from wire import SECONDS_TO_ANSWER, Wire

BINARY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../.build/release/longhaul")


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=float, default=60, help="how long faults go on (default: 60)")
    parser.add_argument("--store", choices=STORES, default="sqlite", help="PostgreSQL has two servers")
    parser.add_argument("--queue", choices=QUEUES, default="store", help="what carries the IDs of jobs")
    parser.add_argument("--kills", type=int, default=0, help="go on until so many were killed, at most thrice as long")
    parser.add_argument("--each", type=int, default=0, help="and so many of each sort")
    parser.add_argument("--seed", type=int, help="of the choices made here; the timing is the machine's own")
    parser.add_argument("--clients", type=int, default=4, help="how many clients submit (default: 4)")
    parser.add_argument("--hands", type=int, default=3, help="how many workers are played by hand (default: 3)")
    parser.add_argument("--pause", type=float, default=1.6, help="the mean time between faults, in seconds")
    parser.add_argument("--settle", type=float, default=120, help="how long no job may end afterwards")
    parser.add_argument("--binary", default=os.environ.get("LONGHAUL", BINARY), help="the longhaul to torture")
    return parser.parse_args()


class Torture:
    """One run from the first process to the verdict."""

    def __init__(self, options, place):
        self.options = options
        self.place = place
        self.seed = options.seed if options.seed is not None else random.randrange(1 << 32)
        self.ledger = Ledger()
        self.faults_seen = Counts()
        self.requests = Counts()
        self.system = System(os.path.abspath(options.binary), place, self.ledger, options.store, options.queue)
        self.wire = Wire(self.system.ports, self.requests, self._watch)
        self.stop = threading.Event()
        self.faults = Faults(
            self.system, place, self.faults_seen, random.Random(f"{self.seed} faults"), options.pause)

    def _watch(self, method, path, answer):
        """There is an answer, and it is no fault of the server's own."""
        if answer is None:
            self.ledger.blame("no answer", f"{method} {path} within {SECONDS_TO_ANSWER:g} s")
            return
        is_refusal = answer.status == 503 and answer.code in ("unavailable", "system_busy")
        if answer.status >= 500 and not is_refusal:
            self.ledger.blame("wrong answer", f"{method} {path}: {answer}")

    def _actor(self, kind, name, counts):
        return kind(name, self.wire, self.ledger, counts, random.Random(f"{self.seed} {name}"), self.stop)

    def run(self):
        """Everything but the cleaning up; true if no rule was broken."""
        open(self.system.ran, "a", encoding="utf-8").close()
        if self.system.start() and self.system.await_ready():
            self._torture()
            self._settle()
        self.system.stop()
        self._report()
        return not self.ledger.violations

    def _torture(self):
        clients = [self._actor(Client, f"client-{n}", self.requests) for n in range(self.options.clients)]
        hands = [self._actor(Hand, f"hand-{n}", self.faults_seen) for n in range(self.options.hands)]
        threads = [threading.Thread(target=actor.run) for actor in [*clients, *hands, self.faults]]
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

    def _settle(self):
        """Leaves the system alone, with a hand that does its work, until every job has ended; then looks."""
        if not self.system.await_ready():
            return
        self.stop.clear()
        hand = self._actor(Hand, "hand-last", self.faults_seen)
        hand.is_calm = True
        thread = threading.Thread(target=hand.run)
        thread.start()
        checks = Checks(self.wire, self.ledger, self.system.ran)
        try:
            checks.settle(self.options.settle)
        finally:
            self.stop.set()
            thread.join()
        checks.run()
        self.states = [job["state"] for job in checks.jobs.values()]

    def _report(self):
        def line(name, counts):
            print(f"  {name:<16}" + (", ".join(f"{text} {count}" for text, count in counts) or "none"))

        ledger = self.ledger
        states = getattr(self, "states", [])
        kills = self.faults.kinds_of_kills
        options = self.options
        print(f"Torture: {options.seconds:g} s of {options.store} and {options.queue}, seed {self.seed}")
        line("kills", kills.items())
        line("faults", [(name, count) for name, count in self.faults_seen.items() if name not in kills])
        line("requests", self.requests.items())
        for what in self.place.skipped:
            print(f"  skipped         {what}")
        acknowledged = sum(1 for entry in ledger.entries.values() if entry.ids)
        facts = {
            "killed": sum(kills.values()), "acknowledged": acknowledged, "jobs in all": len(states),
            "completed": states.count("completed"), "cancelled": states.count("cancelled"),
            "lost": ledger.count("lost"), "completed twice": ledger.count("completed twice"),
            "other faults": len(ledger.violations) - ledger.count("lost") - ledger.count("completed twice"),
        }
        for name, count in facts.items():
            print(f"  {name:<16}{count}")
        for rule, what in ledger.violations[:20]:
            print(f"  BROKEN          {rule}: {what}")
        sys.stdout.flush()


def interrupted(number, _frame):
    """Ends the run by the way that cleans up."""
    raise SystemExit(128 + number)


def main():
    """Runs, cleans up whatever happens, and answers with the exit code."""
    options = arguments()
    if not os.access(options.binary, os.X_OK):
        sys.exit(f"There is no {options.binary}; run: make build")
    enter_namespaces()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    place = Place()
    try:
        return 0 if Torture(options, place).run() else 1
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        place.remove()


if __name__ == "__main__":
    code = 1
    try:
        code = main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 2
        if not isinstance(end.code, int):
            print(end.code, file=sys.stderr)
    sys.stdout.flush()
    # Threads of an interrupted run may still hang on a dead connection.
    os._exit(code)
