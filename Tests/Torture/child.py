"""One process of the system under torture, started again whenever it has ended."""

import os
import random
import signal
import socket
import subprocess
import time


class Child:
    """One process, and the next one in its place when it has ended."""

    def __init__(self, name, command, log, environment=None, is_group=False):
        self.name = name
        self.command = command
        self.log = log
        self.environment = environment
        # Whether signals go to all that it started as well.
        self.is_group = is_group
        self.process = None
        # Whether its end was ordered.
        self.is_doomed = False
        self.is_stopped = False
        # When it may be started again, by the monotonic clock.
        self.not_before = 0.0

    def start(self):
        """Starts it, in a session of its own, so that Ctrl-C does not reach it."""
        variables = {key: text for key, text in os.environ.items() if not key.startswith("LONGHAUL_")}
        variables.update(self.environment or {})
        self.is_doomed = self.is_stopped = False
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
                start_new_session=True, env=variables, cwd=os.path.dirname(self.log))

    def rest(self, seconds):
        """Lets it stay down for a while once it has ended."""
        self.not_before = time.monotonic() + seconds

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    @property
    def may_start(self):
        """Whether it is time to start it again."""
        return time.monotonic() >= self.not_before

    def signal(self, number):
        """Sends a signal; true if it was there to get it."""
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

    def last_words(self):
        """The end of its log."""
        with open(self.log, "rb") as file:
            return file.read()[-600:].decode(errors="replace").strip()


_given = set()


def free_port():
    """A port that nobody listens on, different each time. The system gives it to no outgoing connection, so that it
    stays free while the one who listens there is down."""
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
