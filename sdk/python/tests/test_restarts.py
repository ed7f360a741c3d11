"""Servers and workers that are stopped and killed while jobs run."""

import os
import pathlib
import signal
import threading
import time
import unittest

from longhaul import Longhaul, current_job

from .support import DEADLINE, Server, ServerCase, lines_of, start_command, wait_until

TASKS = """
import asyncio, os, pathlib, time
from longhaul import Flow, Longhaul, RetryBackoff, current_job

app = Longhaul()
FAST = RetryBackoff(initial=0.05, maximum=0.1)

def note(name, text):
    with open(name, "a") as file:
        file.write(text + "\\n")

@app.job(queue="restarts", retries=50, backoff=FAST)
def count(number):
    note("ran.txt", str(number))
    return number

@app.job(queue="restarts", retries=50, backoff=FAST)
def hold(number):
    note("held.txt", f"{number} {current_job().attempt}")
    while not os.path.exists("release"):
        time.sleep(0.01)
    return number

def held():
    note("held.txt", current_job().kind)
    while not os.path.exists("release"):
        current_job().sleep(0.01)
    note("storing.txt", "")
    return "stored"

@app.job(queue="restarts")
def store(number):
    held()
    current_job().upload("file.txt", b"stored", "text/plain")
    return current_job().checkpoint("work", lambda: "stored")

@app.job(queue="restarts")
async def store_async(number):
    await asyncio.to_thread(held)
    async def work():
        return "stored"
    return await current_job().checkpoint_async("work", work)

@app.durable(queue="restarts", retries=50, backoff=FAST)
async def process(flow: Flow, number: int):
    for step in range(5):
        await flow.step(f"step {step}", note, "steps.txt", f"{number} {step}")
        await flow.sleep(0.1)
    return number
"""


class RestartCase(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)
        self.folder = pathlib.Path(self.server.folder)
        (self.folder / "restart_tasks.py").write_text(TASKS)
        self.app = Longhaul(self.server.url, retry_seconds=60)
        self.addCleanup(self.app.close)
        self.processes = []
        self.addCleanup(self._end)

    def _end(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()

    def start(self, *options):
        process = start_command(
            "restart_tasks:app", "--lease", "2", "--heartbeat", "0.2", *options, folder=self.folder, server=self.server
        )
        self.processes.append(process)
        return process

    def submit(self, kind, count, **options):
        return [
            self.app.submit(kind, {"number": number}, queue="restarts", retries=50, **options)
            for number in range(count)
        ]


class ServerRestartTests(RestartCase):
    def test_worker_continues_after_each_restart(self):
        self.start("--concurrency", "4")
        for number in (signal.SIGKILL, signal.SIGTERM):
            jobs = self.submit("hold", 3)
            wait_until(lambda: len(lines_of(self.folder / "held.txt")) >= 3, "the jobs run")
            self.server.restart(number)
            (self.folder / "release").touch()
            self.assertEqual([job.result(DEADLINE) for job in jobs], [0, 1, 2])
            # The leases were kept over the restart.
            self.assertEqual({job.record.attempt for job in jobs}, {1})
            (self.folder / "release").unlink()
            (self.folder / "held.txt").unlink()

    def test_jobs_that_end_while_no_server_runs_are_completed_later(self):
        self.start("--concurrency", "2")
        jobs = self.submit("hold", 2)
        wait_until(lambda: len(lines_of(self.folder / "held.txt")) == 2, "the jobs run")
        self.server.kill()
        (self.folder / "release").touch()
        time.sleep(0.5)
        self.server.start()
        self.assertEqual([job.result(DEADLINE) for job in jobs], [0, 1])
        self.assertEqual({job.record.attempt for job in jobs}, {1})

    def test_checkpoints_and_files_wait_for_the_server(self):
        self.start("--concurrency", "2")
        jobs = self.submit("store", 1) + self.submit("store_async", 1)
        wait_until(lambda: len(lines_of(self.folder / "held.txt")) == 2, "the jobs run")
        self.server.kill()
        (self.folder / "release").touch()
        wait_until(lambda: len(lines_of(self.folder / "storing.txt")) == 2, "the jobs store their output")
        self.server.start()
        self.assertEqual([job.result(DEADLINE) for job in jobs], ["stored", "stored"])
        self.assertEqual({job.record.attempt for job in jobs}, {1})
        self.assertEqual(jobs[0].artifacts.read("file.txt"), b"stored")

    def test_durable_jobs_survive_kills_of_servers_and_workers(self):
        workers = [self.start("--concurrency", "4") for _ in range(2)]
        jobs = self.submit("process", 10)
        for round in range(4):
            reached = 5 + 10 * round
            wait_until(lambda: len(lines_of(self.folder / "steps.txt")) >= reached, "steps run")
            if round % 2:
                self.server.restart()
            else:
                workers[round // 2].kill()
                workers[round // 2].wait()
                workers[round // 2] = self.start("--concurrency", "4")
        self.assertEqual([job.result(DEADLINE) for job in jobs], list(range(10)))
        steps = lines_of(self.folder / "steps.txt")
        self.assertEqual(len(set(steps)), 50)
        # Only steps under way at a kill run twice.
        self.assertLess(len(steps), 50 + 4 * 10)


class WorkerEndTests(RestartCase):
    def test_sigterm_lets_running_jobs_end(self):
        worker = self.start("--concurrency", "2")
        jobs = self.submit("hold", 2)
        wait_until(lambda: len(lines_of(self.folder / "held.txt")) == 2, "the jobs run")
        waiting = self.app.submit("count", {"number": 1}, queue="restarts")
        worker.terminate()
        time.sleep(0.3)
        self.assertIsNone(worker.poll())
        (self.folder / "release").touch()
        self.assertEqual(worker.wait(DEADLINE), 0)
        self.assertEqual([job.result(DEADLINE) for job in jobs], [0, 1])
        self.assertEqual(waiting.status, "pending")
        self.assertEqual(self.app.transport.call(_workers()).json()["items"], [])

    def test_jobs_beyond_the_grace_period_are_released(self):
        worker = self.start("--grace", "0.2")
        job = self.submit("hold", 1)[0]
        wait_until(lambda: lines_of(self.folder / "held.txt"), "the job runs")
        worker.terminate()
        self.assertEqual(worker.wait(DEADLINE), 0)
        record = job.refresh()
        # The attempt does not count.
        self.assertEqual((record.state, record.attempt), ("pending", 0))

    def test_second_signal_ends_at_once(self):
        worker = self.start()
        self.submit("hold", 1)
        wait_until(lambda: lines_of(self.folder / "held.txt"), "the job runs")
        worker.terminate()
        time.sleep(0.3)
        worker.terminate()
        self.assertEqual(worker.wait(DEADLINE), 128 + signal.SIGTERM)

    def test_jobs_of_a_killed_worker_run_again(self):
        first = self.start()
        job = self.submit("hold", 1)[0]
        wait_until(lambda: lines_of(self.folder / "held.txt"), "the job runs")
        first.kill()
        self.start()
        (self.folder / "release").touch()
        self.assertEqual(job.result(DEADLINE), 0)
        self.assertEqual(lines_of(self.folder / "held.txt"), ["0 1", "0 2"])

    def test_frozen_worker_loses_its_lease_and_changes_nothing(self):
        first = self.start("--name", "first")
        job = self.submit("hold", 1)[0]
        wait_until(lambda: lines_of(self.folder / "held.txt"), "the job runs")
        first.send_signal(signal.SIGSTOP)
        self.start("--name", "second")
        wait_until(lambda: len(lines_of(self.folder / "held.txt")) == 2, "another worker runs the job")
        first.send_signal(signal.SIGCONT)
        # The first worker learns that its lease is lost, and interrupts its handler.
        log = self.folder / "worker.log"
        first.terminate()
        self.assertEqual(first.wait(DEADLINE), 0, log.read_text()[-2000:])
        (self.folder / "release").touch()
        self.assertEqual(job.result(DEADLINE), 0)
        attempts = [(attempt["worker"], (attempt["error"] or {}).get("type")) for attempt in job.record.attempts]
        # The frozen worker may have received the job again by its waiting call.
        self.assertEqual(set(attempts[:-1]), {("first", "lease_expired")})
        self.assertEqual(attempts[-1], ("second", None))

    def test_processes_are_started_again_and_end_together(self):
        worker = self.start("--processes", "2", "--concurrency", "2")
        children = wait_until(lambda: len(_children(worker.pid)) == 2 and _children(worker.pid), "two processes run")
        jobs = self.submit("count", 50)
        self.assertEqual([job.result(DEADLINE) for job in jobs], list(range(50)))
        os.kill(children[0], signal.SIGKILL)
        wait_until(
            lambda: len(_children(worker.pid)) == 2 and children[0] not in _children(worker.pid), "it starts again"
        )
        jobs = self.submit("count", 50)
        self.assertEqual([job.result(DEADLINE) for job in jobs], list(range(50)))
        worker.terminate()
        self.assertEqual(worker.wait(DEADLINE), 0)

    def test_processes_end_with_a_killed_parent(self):
        worker = self.start("--processes", "2")
        children = wait_until(lambda: len(_children(worker.pid)) == 2 and _children(worker.pid), "two processes run")
        wait_until(lambda: len(self.app.transport.call(_workers()).json()["items"]) == 2, "both have asked for jobs")
        worker.kill()
        wait_until(lambda: not any(_is_running(child) for child in children), "they end")


class LostLeaseTests(ServerCase):
    def test_handler_is_interrupted_when_its_lease_is_lost(self):
        reasons = []
        started = threading.Event()

        @self.job(retries=0)
        def hold():
            started.set()
            try:
                while True:
                    time.sleep(0.01)
            finally:
                reasons.append(current_job().interrupt_reason)

        worker = self.start_worker()
        job = hold.delay()
        self.assertTrue(started.wait(DEADLINE))
        # An operator deregisters the worker: its jobs are released.
        self.app.queues.pause(self.queue)
        self.app.transport.call(_deregister(worker.id))
        wait_until(lambda: reasons, "the handler ends")
        self.assertEqual(reasons, ["lease_lost"])
        self.assertEqual(job.status, "pending")

    def test_handler_ends_when_no_server_answers_for_too_long(self):
        server = Server()
        self.addCleanup(server.close)
        app = Longhaul(server.url)
        reasons = []
        started = threading.Event()

        @app.job()
        def hold():
            started.set()
            try:
                current_job().sleep(60)
            finally:
                reasons.append(current_job().interrupt_reason)

        worker = app.worker(concurrency=1, lease=1, heartbeat=0.2, outage=0.3, grace=0)
        worker.start()
        hold.delay()
        self.assertTrue(started.wait(DEADLINE))
        server.kill()
        wait_until(lambda: reasons, "the handler ends")
        self.assertEqual(reasons, ["lease_lost"])
        worker.shutdown()
        app.close()


def _workers():
    from longhaul.messages import path, request

    return request("GET", path("workers"))


def _deregister(id):
    from longhaul.messages import path, request

    return request("DELETE", path("workers", id))


def _children(pid):
    try:
        return [int(text) for text in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def _is_running(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
