#!/usr/bin/env python3
"""Kills servers and workers at random while durable jobs run, and checks the journal and the result of each job.

Each process has ten steps, timers, signals, child jobs and compensations. Signals are sent early, late and repeatedly. Some
processes fail; an operator cancels, pauses and restarts others. The exit code is 1 if a rule was broken.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time

from checks import Checks
from child import Child
from durable_actors import Actors
from durable_checks import ENDED, check_child, check_process, check_system
from faults import ProcessFaults
from ledger import Counts, Ledger
from processes import HERE, STORES, System
from program import BINARY, run_program
from sightings import Sightings
from wire import LOST, SECONDS_TO_ANSWER, Wire

ACTOR_THREADS = 4


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--processes", type=int, default=100, help="how many durable jobs run (default: 100)")
    parser.add_argument("--store", choices=STORES, default="sqlite", help="PostgreSQL has two servers")
    parser.add_argument("--workers", type=int, default=4, help="how many workers run durable jobs (default: 4)")
    parser.add_argument("--spread", type=float, help="the time over which actions are spread, in seconds")
    parser.add_argument("--pause", type=float, default=1.0, help="the mean time between faults, in seconds")
    parser.add_argument("--max-seconds", type=float, default=1200, help="the maximum time with faults")
    parser.add_argument("--end-seconds", type=float, default=60, help="the maximum time without an ended job at the end")
    parser.add_argument("--seed", type=int, help="repeats the random choices; the timing still depends on the machine")
    parser.add_argument("--keep", help="copies the files of a run that broke a rule to this new folder")
    parser.add_argument("--binary", default=os.environ.get("LONGHAUL", BINARY), help="the longhaul to torture")
    return parser.parse_args()


class DurableSystem(System):
    """The system of the torture, with workers that run durable jobs."""

    def __init__(self, binary, place, ledger, store, workers):
        super().__init__(binary, place, ledger, store)
        # They only run the child jobs that are programs.
        del self.workers[2:]
        program = os.path.join(HERE, "durable_worker.py")
        ports = [str(port) for port in self.ports]
        for number in range(workers):
            name = f"durable-{number}"
            self.workers.append(Child(
                name, ["/usr/bin/python3", "-B", program, place.folder, name, *ports], place.file(f"{name}.log")))

    def diagnose(self):
        """The problems that `longhaul doctor` finds."""
        command = self.servers[0].command
        store, artifacts = (command[command.index(option) + 1] for option in ("--store", "--artifacts"))
        answer = subprocess.run(
            [self.binary, "doctor", "--store", store, "--artifacts", artifacts, "--json"], capture_output=True, text=True,
            check=False)
        if answer.returncode != 0:
            self.ledger.report("doctor", f"exit code {answer.returncode}: {answer.stdout} {answer.stderr}")


class DurableTorture:
    """One run from the first process to the result."""

    def __init__(self, options, place):
        self.options = options
        self.place = place
        self.seed = options.seed if options.seed is not None else random.randrange(1 << 32)
        self.ledger = Ledger()
        self.faults_seen = Counts()
        self.requests = Counts()
        self.system = DurableSystem(os.path.abspath(options.binary), place, self.ledger, options.store, options.workers)
        self.wire = Wire(self.system.ports, self.requests, self._watch)
        self.faults = ProcessFaults(
            self.system, place, self.faults_seen, random.Random(f"{self.seed} faults"), options.pause)
        spread = options.spread if options.spread is not None else 3 + options.processes / 25
        self.actors = Actors(self.wire, self.ledger, self.requests, random.Random(f"{self.seed} actors"), spread)
        self.stop = threading.Event()
        self.jobs = {}
        self.journals = {}

    def _watch(self, method, path, answer):
        """Checks that there is an answer, and that it is not an internal error."""
        if answer is None:
            self.ledger.report("no answer", f"{method} {path} within {SECONDS_TO_ANSWER:g} s")
        elif answer.status >= 500 and not (answer.status == 503 and answer.code in ("unavailable", "system_busy")):
            self.ledger.report("wrong answer", f"{method} {path}: {answer}")

    def run(self):
        """Runs everything except the clean-up. Returns true if no rule was broken."""
        for name in ("effects.txt", "sightings.txt"):
            open(self.place.file(name), "a", encoding="utf-8").close()
        began = time.monotonic()
        if self.system.start() and self.system.await_ready():
            self._torture()
            self.seconds = time.monotonic() - began
            self._check()
        self.system.stop()
        self._report()
        return not self.ledger.violations

    def _torture(self):
        """Injects faults until nearly all processes have ended, and takes all actions."""
        self.actors.submit_all(self.options.processes)
        threads = [threading.Thread(target=self.actors.agenda.run, args=[self.stop]) for _ in range(ACTOR_THREADS)]
        faults = threading.Thread(target=self.faults.run)
        for thread in [*threads, faults]:
            thread.start()
        until = time.monotonic() + self.options.max_seconds
        try:
            # The first broken rule ends the faults, so that its cause is among the last lines of the logs.
            while self._ended() < 0.95 * self.options.processes and time.monotonic() < until:
                if self.ledger.violations:
                    break
                time.sleep(0.3)
            self.faults.stop.set()
            faults.join()
            until = time.monotonic() + 4 * self.actors.spread + 60
            while self.actors.agenda.size and time.monotonic() < until:
                time.sleep(0.1)
            if self.actors.agenda.size:
                self.ledger.report("no end", f"{self.actors.agenda.size} actions are left")
        finally:
            self.faults.stop.set()
            self.stop.set()
            for thread in [*threads, faults]:
                thread.join()

    def _ended(self):
        """The number of processes that have ended; 0 without an answer."""
        try:
            answer = self.wire.call("GET", "/v1/queues")
        except LOST:
            return 0
        queues = answer.json.get("items", []) if answer.status == 200 else []
        return sum(queue["counts"][end] for queue in queues if queue["name"] == "parents" for end in ENDED)

    def _check(self):
        if not self.system.await_ready():
            return
        Checks(self.wire, self.ledger, self.system.ran).await_end(self.options.end_seconds)
        self._read()
        sightings = Sightings()
        with open(self.place.file("effects.txt"), encoding="utf-8") as effects, \
                open(self.place.file("sightings.txt"), encoding="utf-8") as lines:
            sightings.read(effects, lines)
        queues = self.wire.call("GET", "/v1/queues").json["items"]
        for rule, what in [*check_system(self.actors.processes, self.jobs, queues), *sightings.problems]:
            self.ledger.report(rule, what)
        children = collections.defaultdict(list)
        for job in self.jobs.values():
            children[job["parent_id"]].append(job)
        for process in self.actors.processes:
            if process.id in self.jobs:
                job = self.jobs[process.id]
                journal = self.journals[job["id"]]
                self._report_all(job, check_process(job, process, journal, children[job["id"]], sightings))
        for job in self.jobs.values():
            if job["kind"] == "durable.child":
                self._report_all(job, check_child(job, self.journals[job["id"]], sightings))
        self.system.diagnose()

    def _report_all(self, job, broken):
        for rule, what in broken:
            self.ledger.report(rule, f"{job['id']} ({job['state']}): {what}")

    def _read(self):
        """Reads all jobs and their journals."""
        cursor = ""
        while cursor is not None:
            page = self.wire.call("GET", f"/v1/jobs?limit=500{cursor and '&cursor=' + cursor}").json
            self.jobs.update((job["id"], job) for job in page["items"])
            cursor = page["next_cursor"]
        durable = [job["id"] for job in self.jobs.values() if job["kind"].startswith("durable.")]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            self.journals = dict(zip(durable, pool.map(self._journal, durable)))

    def _journal(self, id):
        items, cursor = [], ""
        while cursor is not None:
            page = self.wire.call("GET", f"/v1/jobs/{id}/journal?limit=100{cursor and '&cursor=' + cursor}").json
            items += page["items"]
            cursor = page["next_cursor"]
        return items

    def _report(self):
        def line(name, counts):
            print(f"  {name:<16}" + (", ".join(f"{text} {count}" for text, count in counts) or "none"))

        kills = self.faults.kinds_of_kills
        parents = [self.jobs[process.id] for process in self.actors.processes if process.id in self.jobs]
        states = collections.Counter(job["state"] for job in parents)
        print(f"Torture of {self.options.processes} durable jobs on {self.options.store}, seed {self.seed}")
        line("kills", kills.items())
        line("faults", [(name, count) for name, count in self.faults_seen.items() if name not in kills])
        line("requests", self.requests.items())
        line("processes", sorted(states.items()))
        results = {
            "seconds": round(getattr(self, "seconds", 0)), "killed": sum(kills.values()), "jobs in total": len(self.jobs),
            "operations": sum(map(len, self.journals.values())), "problems": len(self.ledger.violations)}
        for name, count in results.items():
            print(f"  {name:<16}{count}")
        for rule, what in self.ledger.violations[:20]:
            print(f"  BROKEN          {rule}: {what}")
        if self.ledger.violations and self.options.keep:
            self._keep()
        sys.stdout.flush()

    def _keep(self):
        """Copies the logs, the records of the workers, and all jobs with their journals."""
        shutil.copytree(self.place.folder, self.options.keep, ignore=shutil.ignore_patterns("disk", "postgres"))
        processes = [vars(process) for process in self.actors.processes]
        for name, value in {
            "jobs": self.jobs, "journals": self.journals, "processes": processes, "broken": self.ledger.violations}.items():
            with open(os.path.join(self.options.keep, f"{name}.json"), "w", encoding="utf-8") as file:
                json.dump(value, file, indent=1)


if __name__ == "__main__":
    run_program(arguments, DurableTorture)
