"""Programs while the server does not answer."""

import os
import signal
import sys
import time
import unittest

from harness import eventually
from programs import Programs, processes_with

# Ends when a file exists.
SCRIPT = "import os, sys, time\nwhile not os.path.exists(sys.argv[1]): time.sleep(0.05)"


class Pauses(Programs):
    timeout = 5

    def is_stopped(self, pid):
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] == "T"

    def test_a_pause_does_not_count_towards_the_timeout(self):
        done = os.path.join(self.server.folder, "done")
        command = [sys.executable, "-c", SCRIPT, done]
        worker = self.start(
            {"wait": {"command": command, "timeout_seconds": self.timeout}}, "--lease-seconds", "3")
        job = self.server.submit("wait", max_attempts=1)
        pid, = eventually(lambda: processes_with(done), "the program runs")
        os.kill(self.server.process.pid, signal.SIGSTOP)
        try:
            eventually(lambda: self.is_stopped(pid), "the program is paused")
            time.sleep(self.timeout + 1)
            self.assertTrue(self.is_stopped(pid), worker.log())
            with open(done, "wb"):
                pass
        finally:
            os.kill(self.server.process.pid, signal.SIGCONT)
        ended = self.ended(job)
        self.assertEqual((ended["state"], ended["attempt"]), ("completed", 1), ended)
        self.assertIn("the program is resumed", worker.log())


if __name__ == "__main__":
    unittest.main()
