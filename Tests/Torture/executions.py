#!/usr/bin/env python3
"""Kills servers and workers at random while executions of state machines run, and checks the history of each.

There are five kinds: parallel branches, an inline and a distributed map, task tokens, and activities. Clients repeat their
calls, stop some executions, and redrive others. First, one execution of each kind runs undisturbed. The exit code is 1 if a rule
was broken.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import random
import shutil
import sys
import threading
import time

from checks import Checks
from child import Child
from durable import DurableSystem
from execution_actors import Actors
from execution_checks import FAILED, check_identities, check_jobs, check_run, read_effects
from faults import ProcessFaults
from ledger import Counts, Ledger
from processes import HERE, STORES, System
from program import BINARY, run_program
from wire import LOST, SECONDS_TO_ANSWER, Wire

ACTOR_THREADS = 4
ACTIVITY_WORKERS = 2


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--executions", type=int, default=100, help="how many executions run (default: 100)")
    parser.add_argument("--store", choices=STORES, default="sqlite", help="PostgreSQL has two servers")
    parser.add_argument("--spread", type=float, help="the time over which starts are spread, in seconds")
    parser.add_argument("--pause", type=float, default=1.0, help="the mean time between faults, in seconds")
    parser.add_argument("--max-seconds", type=float, default=1200, help="the maximum time with faults")
    parser.add_argument("--end-seconds", type=float, default=90, help="the maximum time without an ended job at the end")
    parser.add_argument("--seed", type=int, help="repeats the random choices; the timing still depends on the machine")
    parser.add_argument("--keep", help="copies the files of a run that broke a rule to this new folder")
    parser.add_argument("--binary", default=os.environ.get("LONGHAUL", BINARY), help="the longhaul to torture")
    return parser.parse_args()


class ExecutionSystem(System):
    """The system of the torture, with workers that run functions, and workers of an activity."""

    queues = "default=4"

    def __init__(self, binary, place, ledger, store):
        super().__init__(binary, place, ledger, store)
        program = os.path.join(HERE, "execution_worker.py")
        ports = [str(port) for port in self.ports]
        for number in range(ACTIVITY_WORKERS):
            name = f"activity-{number}"
            self.workers.append(Child(
                name, ["/usr/bin/python3", "-B", program, place.folder, name, *ports], place.file(f"{name}.log")))

    def _handlers(self):
        path = self.place.file("handlers.json5")
        script = os.path.join(HERE, "execution_task.sh")
        variables = {
            "TORTURE_EFFECTS": self.place.file("effects.txt"), "TORTURE_TOKENS": self.place.file("tokens.txt"), "LD_PRELOAD": ""}
        fields = ["{payload.name}", "{payload.step}", "{payload.sleep}"]
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"handlers": {
                f"torture-{kind}": {
                    "command": ["sh", script, *fields, token], "queue": "default", "timeout_seconds": 60, "env": variables}
                for kind, token in (("work", ""), ("ask", "{payload.token}"))}}, file)
        return path

    diagnose = DurableSystem.diagnose


class ExecutionTorture:
    """One run from the first execution to the result."""

    def __init__(self, options, place):
        self.options = options
        self.place = place
        self.seed = options.seed if options.seed is not None else random.randrange(1 << 32)
        self.ledger = Ledger()
        self.faults_seen = Counts()
        self.requests = Counts()
        self.system = ExecutionSystem(os.path.abspath(options.binary), place, self.ledger, options.store)
        self.wire = Wire(self.system.ports, self.requests, self._watch)
        self.faults = ProcessFaults(
            self.system, place, self.faults_seen, random.Random(f"{self.seed} faults"), options.pause)
        spread = options.spread if options.spread is not None else 3 + options.executions / 10
        self.actors = Actors(self.wire, self.ledger, self.requests, random.Random(f"{self.seed} actors"), spread)
        self.stop = threading.Event()
        self.found = {}
        self.histories = {}
        self.effects = {}
        self.seconds = 0

    def _watch(self, method, path, answer):
        """Checks that there is an answer, and that it is not an internal error."""
        if answer is None:
            self.ledger.report("no answer", f"{method} {path} within {SECONDS_TO_ANSWER:g} s")
        elif answer.status >= 500 and answer.status != 503:
            self.ledger.report("wrong answer", f"{method} {path}: {answer}")

    def run(self):
        """Runs everything except the clean-up. Returns true if no rule was broken."""
        for name in ("effects.txt", "tokens.txt"):
            open(self.place.file(name), "a", encoding="utf-8").close()
        if self.system.start() and self.system.await_ready():
            self.actors.create_machines()
            references = self.actors.start_references()
            began = time.monotonic()
            self._torture(references)
            self.seconds = time.monotonic() - began
            self._check(references)
        self.system.stop()
        self._report()
        return not self.ledger.violations

    def _torture(self, references):
        """Injects faults from the end of the references until nearly all executions have ended, and takes all actions."""
        threads = [threading.Thread(target=self.actors.agenda.run, args=[self.stop]) for _ in range(ACTOR_THREADS)]
        faults = threading.Thread(target=self.faults.run)
        for thread in threads:
            thread.start()
        try:
            self._poll(60, lambda: self._open() == 0)
            self._read(references.values())
            faults.start()
            self.actors.start_all(self.options.executions)
            self._poll(self.options.max_seconds, lambda: all(run.arn for run in self.actors.runs) and (
                self._open() <= 0.05 * self.options.executions))
            self.faults.stop.set()
            faults.join()
            # Functions record tokens until the last execution has ended.
            self._poll(self.options.end_seconds, lambda: not self.actors.agenda.size and self._open() == 0)
        finally:
            self.faults.stop.set()
            self.stop.set()
            for thread in [*threads, *([faults] if faults.ident else [])]:
                thread.join()

    def _poll(self, seconds, is_over):
        """Reads task tokens until a condition is true. The first broken rule ends it too."""
        until = time.monotonic() + seconds
        while not is_over() and time.monotonic() < until and not self.ledger.violations:
            self.actors.read_tokens(self.place.file("tokens.txt"))
            time.sleep(0.1)

    def _open(self):
        """The number of executions that have not ended; infinite without an answer."""
        try:
            answer = self.wire.call("GET", "/v1/queues")
        except LOST:
            return float("inf")
        if answer.status != 200:
            return float("inf")
        return sum(
            count for queue in answer.json["items"] if queue["name"] == "executions"
            for state, count in queue["counts"].items() if state not in ("completed", "failed", "cancelled"))

    def _check(self, references):
        if self.ledger.violations or not self.system.await_ready():
            return
        Checks(self.wire, self.ledger, self.system.ran).await_end(self.options.end_seconds)
        self._read(self.actors.runs)
        with open(self.place.file("effects.txt"), encoding="utf-8") as file:
            self.effects = read_effects(file)
        for kind, run in references.items():
            if self.found[run.name]["status"] != "SUCCEEDED":
                self.ledger.report("wrong end", f"the undisturbed run of {kind}: {self.found[run.name]}")
                return
        for run in self.actors.runs:
            name = references[run.kind].name
            reference = {"name": name, "output": self.found[name]["output"], "histories": self.histories[name]}
            for rule, what in check_run(run, self.found[run.name], self.histories[run.name], self.effects, reference):
                self.ledger.report(rule, f"{run.name} ({run.kind}): {what}")
        jobs = self._jobs()
        for rule, what in [*check_identities(self.effects), *check_jobs(jobs, self._counts())]:
            self.ledger.report(rule, what)
        self._check_workers()
        self.system.diagnose()

    def _check_workers(self):
        for child in self.system.workers[-ACTIVITY_WORKERS:]:
            with open(child.log, encoding="utf-8", errors="replace") as log:
                for line in log:
                    if line.startswith("BROKEN"):
                        self.ledger.report("wrong answer", f"{child.name}: {line}")

    # Reading

    def _read(self, runs):
        """Reads executions with their histories, and the histories of their children."""
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(self._read_run, runs))

    def _read_run(self, run):
        self.found[run.name] = self._ask("DescribeExecution", executionArn=run.arn)
        histories = [self._history(run.arn)]
        if run.kind == "distributed":
            for map_run in self._pages("ListMapRuns", "mapRuns", executionArn=run.arn):
                children = self._pages("ListExecutions", "executions", mapRunArn=map_run["mapRunArn"])
                histories += [self._history(child["executionArn"]) for child in sorted(children, key=lambda each: each["name"])]
        self.histories[run.name] = histories

    def _history(self, arn):
        return self._pages("GetExecutionHistory", "events", executionArn=arn)

    def _pages(self, operation, member, **members):
        items, token = [], {}
        while token is not None:
            page = self._ask(operation, maxResults=100, **members, **token)
            items += page[member]
            token = {"nextToken": page["nextToken"]} if page.get("nextToken") else None
        return items

    def _ask(self, operation, **members):
        """Performs an operation without faults."""
        for _ in range(100):
            status, answer, _ = self.actors.call(operation, **members)
            if status == 200:
                return answer
            if status:
                break
            time.sleep(0.1)
        raise AssertionError(f"{operation} {members}: {answer}")

    def _jobs(self):
        jobs, cursor = {}, ""
        while cursor is not None:
            page = self.wire.call("GET", f"/v1/jobs?limit=500{cursor and '&cursor=' + cursor}").json
            jobs.update((job["id"], job) for job in page["items"])
            cursor = page["next_cursor"]
        return jobs

    def _counts(self):
        counts = collections.Counter()
        for queue in self.wire.call("GET", "/v1/queues").json["items"]:
            counts.update({(queue["name"], state): count for state, count in queue["counts"].items() if count})
        return counts

    # The report

    def _report(self):
        def line(name, counts):
            print(f"  {name:<16}" + (", ".join(f"{text} {count}" for text, count in counts) or "none"))

        kills = self.faults.kinds_of_kills
        runs = [run for run in self.actors.runs if run.name in self.found]
        states = collections.Counter(f"{run.kind} {self.found[run.name]['status'].lower()}" for run in runs)
        events = [event for run in runs for history in self.histories[run.name] for event in history]
        types = collections.Counter(event["type"] for event in events)
        print(f"Torture of {self.options.executions} executions on {self.options.store}, seed {self.seed}")
        line("kills", kills.items())
        line("faults", [(name, count) for name, count in self.faults_seen.items() if name not in kills])
        line("requests", self.requests.items())
        line("executions", sorted(states.items()))
        line("lost tasks", [(name, types[name]) for name in FAILED if types[name]])
        results = {
            "seconds": round(self.seconds), "killed": sum(kills.values()), "histories": sum(
                len(self.histories[run.name]) for run in runs),
            "events": len(events), "runs of tasks": sum(map(len, self.effects.values())),
            "problems": len(self.ledger.violations)}
        for name, count in results.items():
            print(f"  {name:<16}{count}")
        for rule, what in self.ledger.violations[:20]:
            print(f"  BROKEN          {rule}: {what[:2000]}")
        if self.ledger.violations and self.options.keep:
            self._keep()
        sys.stdout.flush()

    def _keep(self):
        """Copies the logs, the records of the workers, and all histories."""
        shutil.copytree(self.place.folder, self.options.keep, ignore=shutil.ignore_patterns("disk", "postgres"))
        for name, value in {
            "found": self.found, "histories": self.histories, "runs": [vars(run) for run in self.actors.runs],
            "broken": self.ledger.violations}.items():
            with open(os.path.join(self.options.keep, f"{name}.json"), "w", encoding="utf-8") as file:
                json.dump(value, file, indent=1, default=str)


if __name__ == "__main__":
    run_program(arguments, ExecutionTorture)
