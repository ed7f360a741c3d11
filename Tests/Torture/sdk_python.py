#!/usr/bin/env python3
"""Kills servers and workers of the Python SDK at random while jobs run, and checks that no job is lost or completed twice.

Jobs are submitted through the SDK with idempotency keys while servers die. The workers are processes of `longhaul-worker` with
threads, coroutines and durable jobs. The exit code is 1 if a rule was broken.
"""

import argparse
import collections
import concurrent.futures
import os
import random
import sys
import threading
import time

from checks import Checks
from child import Child
from faults import ProcessFaults
from ledger import Counts, Ledger
from processes import HERE, STORES, System
from program import BINARY, run_program
from wire import SECONDS_TO_ANSWER, Wire

SDK = os.path.join(HERE, "../../sdk/python")
BATCH = 20


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--jobs", type=int, default=1000, help="how many jobs are submitted (default: 1000)")
    parser.add_argument("--store", choices=STORES, default="sqlite", help="PostgreSQL has two servers")
    parser.add_argument("--workers", type=int, default=3, help="how many worker processes run (default: 3)")
    parser.add_argument("--rate", type=float, default=100, help="the jobs submitted per second (default: 100)")
    parser.add_argument("--pause", type=float, default=1.0, help="the mean time between faults, in seconds")
    parser.add_argument("--end-seconds", type=float, default=60, help="the maximum time without an ended job at the end")
    parser.add_argument("--seed", type=int, help="repeats the random choices; the timing still depends on the machine")
    parser.add_argument("--binary", default=os.environ.get("LONGHAUL", BINARY), help="the longhaul to torture")
    return parser.parse_args()


class SDKSystem(System):
    """The servers of the torture, with workers of the Python SDK."""

    def __init__(self, binary, place, ledger, store, workers):
        super().__init__(binary, place, ledger, store)
        self.workers = [self._sdk_worker(number) for number in range(workers)]

    def _sdk_worker(self, number):
        server = self.servers[number % len(self.servers)]
        name = f"sdk-{number}"
        return Child(name, [
            sys.executable, "-B", "-m", "longhaul.cli", "sdk_python_tasks:app", "--concurrency", "4", "--lease", "4",
            "--heartbeat", "0.5", "--grace", "2", "--name", name], self.place.file(f"{name}.log"), {
                "PYTHONPATH": f"{SDK}:{HERE}", "LONGHAUL_SERVER": f"http://127.0.0.1:{server.port}",
                "TORTURE_FOLDER": self.place.folder})


class SDKTorture:
    """One run from the first job to the result."""

    def __init__(self, options, place):
        self.options = options
        self.place = place
        self.seed = options.seed if options.seed is not None else random.randrange(1 << 32)
        self.random = random.Random(f"{self.seed} jobs")
        self.ledger = Ledger()
        self.counts = Counts()
        self.system = SDKSystem(os.path.abspath(options.binary), place, self.ledger, options.store, options.workers)
        self.wire = Wire(self.system.ports, Counts(), self._watch)
        self.faults = ProcessFaults(
            self.system, place, self.counts, random.Random(f"{self.seed} faults"), options.pause)
        self.submitted = {}
        self.jobs = {}
        os.environ.update(TORTURE_FOLDER=place.folder, LONGHAUL_SERVER=f"http://127.0.0.1:{self.system.ports[0]}")
        sys.path.insert(0, SDK)
        import sdk_python_tasks
        from longhaul import Longhaul, LonghaulError

        self.tasks = sdk_python_tasks
        self.app = Longhaul(retry_seconds=SECONDS_TO_ANSWER)
        self.unavailable = LonghaulError

    def _watch(self, method, path, answer):
        """Checks that there is an answer."""
        if answer is None:
            self.ledger.report("no answer", f"{method} {path} within {SECONDS_TO_ANSWER:g} s")

    def run(self):
        """Runs everything except the clean-up. Returns true if no rule was broken."""
        began = time.monotonic()
        if self.system.start() and self.system.await_ready():
            faults = threading.Thread(target=self.faults.run)
            faults.start()
            try:
                self._submit()
                self._await_most()
            finally:
                self.faults.stop.set()
                faults.join()
            if self.system.await_ready():
                Checks(self.wire, self.ledger, self.system.ran).await_end(self.options.end_seconds)
                self.seconds = time.monotonic() - began
                self._check()
        self.system.stop()
        self._report()
        return not self.ledger.violations

    def _submit(self):
        """Submits all jobs in batches, each with its key."""
        for first in range(0, self.options.jobs, BATCH):
            numbers = range(first, min(first + BATCH, self.options.jobs))
            jobs = [self.tasks.plan(self.random).with_options(idempotency_key=f"job {number}") for number in numbers]
            try:
                for number, job in zip(numbers, self.app.submit_batch(jobs)):
                    self.submitted[job.id] = number
            except Exception as error:
                self.ledger.report("not submitted", f"jobs {numbers}: {error!r}")
            time.sleep(BATCH / self.options.rate)

    def _await_most(self):
        """Waits until nearly all jobs have ended, or none has ended for a long time."""
        ended, deadline = 0, time.monotonic() + 120
        while ended < 0.95 * self.options.jobs and time.monotonic() < deadline and not self.ledger.violations:
            now_ended = self._ended()
            if now_ended > ended:
                ended, deadline = now_ended, time.monotonic() + 120
            time.sleep(0.3)

    def _ended(self):
        try:
            counts = self.app.queues.get(self.tasks.QUEUE)["counts"]
        except self.unavailable:
            return 0
        return counts["completed"] + counts["failed"] + counts["cancelled"]

    def _check(self):
        self.jobs = {job.id: job for job in self.app.jobs.list(queue=self.tasks.QUEUE, page_size=500)}
        effects = collections.defaultdict(set)
        with open(self.place.file("effects.txt"), encoding="utf-8") as lines:
            for line in lines:
                place, nonce = line.split()
                effects[place].add(nonce)
        for id, number in self.submitted.items():
            if id not in self.jobs:
                self.ledger.report("lost", f"the job {number} ({id}) was acknowledged and does not exist")
        for job in self.jobs.values():
            if job.id not in self.submitted and job.tags.get("child") != "yes":
                self.ledger.report("duplicated", f"{job.id} was never acknowledged: {job.raw}")
            if job.state != "completed":
                self.ledger.report("lost", f"{job.id} is {job.state}: {job.raw}")
            else:
                self._check_result(job, effects)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(self._check_history, self.jobs.values()))
        if len(self.submitted) != self.options.jobs:
            self.ledger.report("lost", f"{len(self.submitted)} of {self.options.jobs} jobs were acknowledged")

    def _check_result(self, job, effects):
        """Each result is that of an effect which happened."""
        if job.kind != "sdk.durable":
            nonces = {job.id: job.result}
        else:
            nonces = {f"{job.id}/1": job.result["first"]}
            nonces.update({f"{job.id}/4.{index + 1}.1": nonce for index, nonce in enumerate(job.result["numbers"])})
        for place, nonce in nonces.items():
            if nonce not in effects[place]:
                self.ledger.report("wrong result", f"{place} has {nonce}, and its effects are {effects[place]}: {job.raw}")

    def _check_history(self, job):
        text = self.wire.call("GET", f"/v1/jobs/{job.id}/events").body.decode()
        ends = text.count('"state":"completed"')
        if ends != 1:
            self.ledger.report("completed twice", f"{job.id} was completed {ends} times: {text[-2000:]}")

    def _report(self):
        def line(name, counts):
            print(f"  {name:<16}" + (", ".join(f"{text} {count}" for text, count in counts) or "none"))

        kills = self.faults.kinds_of_kills
        kinds = collections.Counter(job.kind for job in self.jobs.values())
        attempts = sum(len(job.attempts) for job in self.jobs.values())
        print(f"Torture of {self.options.jobs} jobs of the Python SDK on {self.options.store}, seed {self.seed}")
        line("kills", kills.items())
        line("faults", [(name, count) for name, count in self.counts.items() if name not in kills])
        line("jobs", sorted(kinds.items()))
        for name, count in {
            "seconds": round(getattr(self, "seconds", 0)), "killed": sum(kills.values()), "attempts": attempts,
            "problems": len(self.ledger.violations),
        }.items():
            print(f"  {name:<16}{count}")
        for rule, what in self.ledger.violations[:20]:
            print(f"  BROKEN          {rule}: {what}")
        sys.stdout.flush()


if __name__ == "__main__":
    run_program(arguments, SDKTorture)
