"""A server whose threads stand still reports it, logs their stacks, and aborts. SIGTERM always ends it.

Threads are held as a debugger holds them, by ptrace, so nothing in the product is made for the test.
"""

import ctypes
import os
import signal
import subprocess
import threading
import time
import unittest

from harness import BINARY, Server, eventually, has_ended

PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH = 0x4206, 0x4207, 17
LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def threads(pid, name=None):
    """The IDs of the threads of a process, with this name or all."""
    found = []
    for thread in map(int, os.listdir(f"/proc/{pid}/task")):
        with open(f"/proc/{pid}/task/{thread}/comm", encoding="utf-8") as file:
            if name is None or file.read().strip() == name:
                found.append(thread)
    return found


class Holder:
    """Stops threads of a process until it is closed. It uses one thread, because ptrace belongs to a thread."""

    def __init__(self, ids):
        self.ids = ids
        self.problem = None
        self.held = threading.Event()
        self.end = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        self.held.wait()
        if self.problem:
            self.close()
            raise unittest.SkipTest(self.problem)

    def run(self):
        for each in self.ids:
            if LIBC.ptrace(PTRACE_SEIZE, each, None, None) != 0:
                self.problem = f"ptrace is not allowed here: {os.strerror(ctypes.get_errno())}"
                break
            LIBC.ptrace(PTRACE_INTERRUPT, each, None, None)
        self.held.set()
        self.end.wait()
        for each in self.ids:
            LIBC.ptrace(PTRACE_DETACH, each, None, None)

    def close(self):
        self.end.set()
        self.thread.join()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class WatchdogTests(unittest.TestCase):
    def test_a_writer_that_stands_still_ends_the_server(self):
        with Server("--watchdog-seconds", "6") as server:
            server.submit("before")
            with Holder(threads(server.process.pid, "lh-writer")):
                waiting = threading.Thread(target=self.submit_in_vain, args=[server])
                waiting.start()
                ready = eventually(lambda: self.unready(server), "/readyz fails before the server ends")
                self.assertIn("store writer", ready.json["detail"])
                self.assertEqual(server.call("GET", "/healthz").status, 200)
                # A held thread prevents `wait`.
                eventually(lambda: has_ended(server.process.pid), "the server ends itself")
            self.assertEqual(server.process.wait(60), -signal.SIGABRT)
            waiting.join()
            log = server.log()
            self.assertIn("store writer has stood still", log)
            self.assertIn('"lh-writer"', log)
            self.assertIn('"lh-http"', log)
            # The log has the stack of every other thread.
            self.assertGreater(log.count("0x"), 10)
            # After a restart the server works.
            server.process.stdout.close()
            server.start()
            server.submit("after")

    def submit_in_vain(self, server):
        try:
            server.call("POST", "/v1/jobs", {"kind": "waits"})
        except OSError:
            pass

    def unready(self, server):
        answer = server.call("GET", "/readyz")
        return answer if answer.status == 503 and "progresses" in answer.json["detail"] else None

    def test_a_stopped_server_continues(self):
        with Server("--watchdog-seconds", "2") as server:
            callers = [threading.Thread(target=self.submit_in_vain, args=[server]) for _ in range(20)]
            server.process.send_signal(signal.SIGSTOP)
            for caller in callers:
                caller.start()
            time.sleep(5)
            server.process.send_signal(signal.SIGCONT)
            for caller in callers:
                caller.join()
            server.submit("after")
            self.assertIsNone(server.process.poll())


class ForcedEndTests(unittest.TestCase):
    def test_sigterm_ends_a_server_whose_threads_stand_still(self):
        with Server("--watchdog-seconds", "0", "--shutdown-grace", "0") as server:
            server.submit("before")
            everything = [
                thread for name in ("lh-writer", "lh-http") for thread in threads(server.process.pid, name)]
            with Holder(everything):
                server.process.terminate()
                eventually(lambda: has_ended(server.process.pid), "the server ends itself", 90)
            self.assertEqual(server.process.wait(60), 128 + signal.SIGTERM)
            self.assertIn("did not stop within", server.log())
            self.assertIn('"lh-writer"', server.log())

    def test_sigterm_ends_an_idle_server_without_force(self):
        with Server() as server:
            server.submit("before")
            server.process.terminate()
            self.assertEqual(server.process.wait(60), 0)
            self.assertNotIn("by force", server.log())


class SettingTests(unittest.TestCase):
    def test_a_wrong_limit_is_named(self):
        done = subprocess.run(
            [BINARY, "serve", "--watchdog-seconds", "-1"], capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual(done.returncode, 2)
        self.assertIn("watchdog-seconds", done.stderr)


if __name__ == "__main__":
    unittest.main()
