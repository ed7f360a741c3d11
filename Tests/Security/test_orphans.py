"""Processes and folders that remain after a worker was killed."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from harness import eventually, has_ended
from programs import Programs, processes_with, shell


class Orphans(Programs):
    has_other_workers = True

    def end_all(self, mark):
        """Ends the remaining processes of a test."""
        def end_marked():
            for pid in processes_with(mark):
                os.kill(pid, signal.SIGKILL)

        self.addCleanup(end_marked)

    def test_no_process_outlives_a_killed_worker(self):
        mark = f"orphan-{os.getpid()}-{time.monotonic_ns()}"
        script = f"""
import os, sys, time
print("started", flush=True)
def stay(*steps):
    if os.fork() == 0:
        for step in steps: step()
        os.execvp("sleep", ["sleep {mark}", "600"])
def orphan():
    if os.fork() > 0: os._exit(0)
stay()
stay(os.setsid)
stay(os.setsid, orphan)
stay(os.setsid, orphan, os.environ.clear)
stay(os.environ.clear, lambda: os.chdir("/"))
time.sleep(600)
"""
        self.end_all(mark)
        variables = {"TMPDIR": self.temporary()}
        worker = self.worker({"stay": {"command": ["python3", "-c", script, mark]}}, **variables)
        self.server.submit("stay", max_attempts=1)
        eventually(lambda: len(processes_with(mark)) == 6, "the program and its five children run")
        self.assertEqual(len(os.listdir(variables["TMPDIR"])), 1)
        worker.process.kill()
        worker.process.wait()
        eventually(lambda: not processes_with(mark), "all of them are gone")
        eventually(lambda: not os.listdir(variables["TMPDIR"]), "so is the temporary folder")

    def guardians(self, worker, mark):
        """The children of a worker that are not its programs."""
        children = subprocess.run(
            ["pgrep", "-P", str(worker.process.pid)], capture_output=True, text=True, check=False).stdout.split()
        return [pid for pid in map(int, children) if pid not in processes_with(mark)]

    def test_a_new_guardian_knows_the_programs_of_the_previous_one(self):
        mark = f"guardian-{os.getpid()}-{time.monotonic_ns()}"
        self.end_all(mark)
        # Only its process ID shows that the program belongs to the worker.
        script = "import os, sys; os.chdir('/'); os.execve('/bin/sleep', ['sleep ' + sys.argv[1], '600'], {})"
        handlers = {"stay": {"command": ["python3", "-c", script, mark]}, "other": shell("true")}
        worker = self.worker(handlers, TMPDIR=self.temporary())
        self.server.submit("stay", max_attempts=1)
        found = eventually(lambda: processes_with(f"sleep {mark}"), "the program runs")
        guardian, = self.guardians(worker, mark)
        os.kill(guardian, signal.SIGKILL)
        # The worker starts a new one with the next program.
        eventually(lambda: has_ended(guardian), "the guardian has ended")
        self.assertEqual(self.run_job("other")["state"], "completed")
        self.assertNotIn(guardian, self.guardians(worker, mark))
        self.assertEqual(processes_with(f"sleep {mark}"), found)
        worker.process.kill()
        worker.process.wait()
        eventually(lambda: not processes_with(mark), "the program is gone")

    def test_programs_and_folder_are_removed_after_the_folder_was_recreated(self):
        mark = f"folder-{os.getpid()}-{time.monotonic_ns()}"
        self.end_all(mark)
        # Only the mark in its environment identifies the child: it leaves the session and the folder, and its parent ends.
        script = """
import os, sys
if os.fork() > 0: os._exit(0)
os.setsid()
if os.fork() > 0: os._exit(0)
os.chdir("/")
os.execvp("sleep", ["sleep " + sys.argv[1], "600"])
"""
        launch = "import subprocess, sys, time; subprocess.run([sys.executable, *sys.argv[1:]]); time.sleep(600)"
        handlers = {"stay": {"command": ["python3", "-c", launch, "-c", script, mark]}, "other": shell("true")}
        variables = {"TMPDIR": self.temporary()}
        worker = self.worker(handlers, **variables)
        self.assertEqual(self.run_job("other")["state"], "completed")
        for name in os.listdir(variables["TMPDIR"]):
            shutil.rmtree(os.path.join(variables["TMPDIR"], name))
        self.server.submit("stay", max_attempts=1)
        eventually(lambda: processes_with(f"sleep {mark}"), "the program and its child run")
        worker.process.kill()
        worker.process.wait()
        eventually(lambda: not processes_with(mark), "both are gone")
        eventually(lambda: not os.listdir(variables["TMPDIR"]), "so is the temporary folder")

    def test_a_worker_cleans_up_only_after_killed_workers(self):
        mark = f"leftover-{os.getpid()}-{time.monotonic_ns()}"
        self.end_all(mark)
        variables = {"TMPDIR": self.temporary()}
        handlers = {"stay": {"command": ["python3", "-c", "import time; time.sleep(600)", mark]}}
        workers = [self.worker(handlers, queues=f"q{i}=1", **variables) for i in (0, 1)]
        for i in (0, 1):
            self.server.submit("stay", queue=f"q{i}", max_attempts=1)
        eventually(lambda: len(processes_with(mark)) == 2, "both programs run")
        # The guardian is killed with its worker, as when the kernel kills a whole group.
        guardians = self.guardians(workers[0], mark)
        os.kill(workers[0].process.pid, signal.SIGSTOP)
        for pid in guardians:
            os.kill(pid, signal.SIGKILL)
        workers[0].process.kill()
        workers[0].process.wait()
        self.assertEqual(len(processes_with(mark)), 2)
        self.start({"other": shell("true")}, **variables)
        eventually(lambda: len(processes_with(mark)) == 1, "the leftover program is gone")
        # The folders of the running worker and of the new one.
        eventually(lambda: len(os.listdir(variables["TMPDIR"])) == 2, "so is its folder")
        self.assertEqual(self.run_job("other")["state"], "completed")
        self.assertEqual(len(processes_with(mark)), 1)

    def worker(self, handlers, **options):
        """Starts a worker that the test kills."""
        worker = self.server.worker(handlers, **options)
        self.addCleanup(worker.close)
        return worker

    def temporary(self):
        folder = tempfile.mkdtemp(prefix="longhaul-security-")
        self.addCleanup(shutil.rmtree, folder, True)
        return folder


if __name__ == "__main__":
    unittest.main()
