"""The page of the worker protocol: its calls and its worker in shell, against a server."""

import os
import pathlib
import re
import signal
import subprocess
import tempfile

from longhaul import NewJob

from .support import DEADLINE, ROOT, ServerCase, wait_until

PAGE = ROOT / "docs/worker-protocol.md"


def blocks():
    """The shell blocks of the page: the calls, and the worker."""
    found = re.findall(r"(<!-- worker.sh -->\n)?```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return [text for is_worker, text in found if not is_worker], next(text for is_worker, text in found if is_worker)


class ProtocolPageTests(ServerCase):
    def test_every_call_works(self):
        calls, _ = blocks()
        with tempfile.TemporaryDirectory() as folder:
            script = "set -euo pipefail\n" + "\n".join(calls)
            answer = subprocess.run(
                ["bash", "-x", "-c", script],
                cwd=folder,
                env={"PATH": "/usr/bin:/bin", "LONGHAUL_SERVER": self.server.url},
                capture_output=True,
                text=True,
                check=False,
            )
        self.assertEqual(answer.returncode, 0, answer.stderr[-3000:])
        states = sorted(job.state for job in self.app.jobs.list(kind="text.upper"))
        self.assertEqual(states, ["completed", "completed", "pending", "pending", "retrying"])
        completed = list(self.app.jobs.list(kind="text.upper", state="completed"))[-1]
        self.assertEqual((completed.result, completed.progress), ({"text": "HELLO"}, 100))
        handle = self.app.handle(completed.id)
        self.assertEqual([line.message for line in handle.logs()], ["started"])
        self.assertTrue(handle.artifacts.read("host.txt"))
        self.assertEqual(len(list(self.app.jobs.list(kind="text.print"))), 1)
        self.app.queues.set("default")
        for job in self.app.jobs.list(kind="text.upper", state=["pending", "retrying"]):
            self.app.handle(job.id).cancel()

    def start_worker_in_shell(self, text):
        """Starts a worker of the page, or a changed one. It stops at the end of the test."""
        folder = tempfile.TemporaryDirectory()
        path = pathlib.Path(folder.name, "worker.sh")
        path.write_text(text, encoding="utf-8")
        environment = {"PATH": "/usr/bin:/bin", "LONGHAUL_SERVER": self.server.url, "TMPDIR": folder.name}
        process = subprocess.Popen(["bash", str(path)], env=environment, start_new_session=True)

        def end():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            folder.cleanup()

        self.addCleanup(end)
        return process, pathlib.Path(folder.name)

    def test_the_worker_in_shell(self):
        _, worker = blocks()
        self.assertLessEqual(len(worker.splitlines()), 40)
        process, folder = self.start_worker_in_shell(worker)
        jobs = self.app.submit_batch([NewJob("text.upper", {"text": f"text {n}"}) for n in range(5)])
        self.assertEqual(jobs.results(DEADLINE), [f"TEXT {n}" for n in range(5)])
        record = self.app.submit("text.upper", {"wrong": 1}, retries=0).wait(DEADLINE)
        self.assertEqual((record.state, record.error["type"]), ("failed", "exit_5"))
        self.assertIn("the payload has no text", record.error["message"])
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(DEADLINE), 0)
        self.assertEqual([path.name for path in folder.iterdir()], ["worker.sh"])

    def test_the_worker_in_shell_stops_cancelled_work_and_enforces_the_timeout(self):
        _, worker = blocks()
        slow = worker.replace("jq -ce '.payload", "sleep 60; jq -ce '.payload")
        self.assertNotEqual(slow, worker)
        slow = slow.replace('\\"wait_seconds\\": 2', '\\"lease_seconds\\": 3')
        self.assertIn("lease_seconds", slow)
        process, _ = self.start_worker_in_shell(slow)
        first = self.app.submit("text.upper", {"text": "a"})
        wait_until(lambda: first.status == "processing", "the job runs")
        first.cancel()
        record = self.app.submit("text.upper", {"text": "a"}, timeout=0.5, retries=0).wait(DEADLINE)
        self.assertEqual((record.state, record.error["type"]), ("failed", "timeout"))
        self.assertEqual(first.status, "cancelled")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(DEADLINE), 0)
