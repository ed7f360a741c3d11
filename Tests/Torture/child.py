"""One process of the system under test, which is restarted whenever it has ended."""

import os
import random
import signal
import socket
import subprocess
import time


class Child:
    """A process that is replaced by a new one when it has ended."""

    def __init__(self, name, command, log, environment=None, is_group=False):
        self.name = name
        self.command = command
        self.log = log
        self.environment = environment
        # Whether signals go to its child processes as well.
        self.is_group = is_group
        self.process = None
        # Whether the test has ended the process.
        self.is_doomed = False
        self.is_stopped = False
        # The earliest time of the next start, by the monotonic clock.
        self.not_before = 0.0

    def start(self):
        """Starts the process in its own session, so that Ctrl-C does not reach it."""
        variables = {key: text for key, text in os.environ.items() if not key.startswith("LONGHAUL_")}
        variables.update(self.environment or {})
        self.is_doomed = self.is_stopped = False
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
                start_new_session=True, env=variables, cwd=os.path.dirname(self.log))

    def delay_start(self, seconds):
        """Delays the next start."""
        self.not_before = time.monotonic() + seconds

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    @property
    def may_start(self):
        """Whether the next start is due."""
        return time.monotonic() >= self.not_before

    def signal(self, number):
        """Sends a signal; true if the process was running."""
        if not self.is_running:
            return False
        if number != signal.SIGSTOP and number != signal.SIGCONT:
            self.is_doomed = True
        if number == signal.SIGSTOP:
            self.is_stopped = True
        if number == signal.SIGCONT:
            self.is_stopped = False
        if self.is_group:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)
        return True

    def log_tail(self, size=600):
        """The last bytes of the log."""
        with open(self.log, "rb") as file:
            return file.read()[-size:].decode(errors="replace").strip()


_given = set()


def free_port():
    """A free port, different each time. It is outside the range of outgoing connections, so it stays free while the server
    that uses it is down."""
    while True:
        with socket.socket() as listener:
            port = random.randrange(15000, 32768)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            if port not in _given:
                _given.add(port)
                return port
