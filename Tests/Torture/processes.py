"""The server and the workers of the built binary, started again whenever they have ended."""

import http.client
import json
import os
import signal
import socket
import subprocess
import threading
import time

from place import FAKETIME

HERE = os.path.dirname(os.path.abspath(__file__))
LEASE_SECONDS = 4


class Child:
    """One process, and the next one in its place when it has ended."""

    def __init__(self, name, command, log, environment=None):
        self.name = name
        self.command = command
        self.log = log
        self.environment = environment
        self.process = None
        # Whether its end was ordered.
        self.is_doomed = False
        self.is_stopped = False

    def start(self):
        """Starts it, in a session of its own, so that Ctrl-C does not reach it."""
        variables = {key: text for key, text in os.environ.items() if not key.startswith("LONGHAUL_")}
        variables.update(self.environment or {})
        self.is_doomed = self.is_stopped = False
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
                start_new_session=True, env=variables, cwd=os.path.dirname(self.log))

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        """Sends a signal; true if it was there to get it."""
        if not self.is_running:
            return False
        if number in (signal.SIGKILL, signal.SIGTERM):
            self.is_doomed = True
        if number == signal.SIGSTOP:
            self.is_stopped = True
        if number == signal.SIGCONT:
            self.is_stopped = False
        self.process.send_signal(number)
        return True

    def last_words(self):
        """The end of its log."""
        with open(self.log, "rb") as file:
            return file.read()[-600:].decode(errors="replace").strip()


class System:
    """One server and some workers, watched: what ends without orders is a violation."""

    def __init__(self, binary, place, ledger, workers=3):
        self.place = place
        self.ledger = ledger
        self.port = free_port()
        self.ran = place.file("ran.txt")
        self.clock = place.file("clock")
        self.set_clock("+0")
        handlers = place.file("handlers.json5")
        with open(handlers, "w", encoding="utf-8") as file:
            json.dump({"handlers": {"torture.note": {
                "command": ["sh", os.path.join(HERE, "handler.sh"),
                            "{payload.sleep}", "{payload.failures}", "{payload.file}"],
                "queue": "notes", "timeout_seconds": 60, "env": {"TORTURE_LEDGER": self.ran, "LD_PRELOAD": ""},
            }}}, file)
        self.server = Child("server", [
            binary, "serve", "--listen", f"127.0.0.1:{self.port}", "--store", f"sqlite:{place.disk}/longhaul.db",
            "--artifacts", f"file:{place.disk}/artifacts", "--shutdown-grace", "5"], place.file("server.log"))
        self.workers = [self._worker(binary, handlers, number) for number in range(workers)]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _worker(self, binary, handlers, number):
        environment = None
        if number == 0 and self.place.has_clock:
            environment = {
                "LD_PRELOAD": FAKETIME, "FAKETIME_TIMESTAMP_FILE": self.clock, "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                # Names of nothing. Without them the library adds to the environment, which moves it away from
                # where Swift looks for the arguments, and leaves files in /dev/shm.
                "FAKETIME_SHARED": "/none /none"}
        return Child(f"worker {number}", [
            binary, "worker", "--server", f"http://127.0.0.1:{self.port}", "--handlers", handlers,
            "--queues", "notes=3", "--lease-seconds", str(LEASE_SECONDS), "--name", f"torture-{number}",
            "--shutdown-grace", "5"], self.place.file(f"worker-{number}.log"), environment)

    @property
    def children(self):
        return [self.server, *self.workers]

    def set_clock(self, offset):
        """Sets how far the first worker's clock is off."""
        with open(self.clock + ".new", "w", encoding="utf-8") as file:
            file.write(offset + "\n")
        os.replace(self.clock + ".new", self.clock)

    def start(self):
        """Starts everything, and keeps it running from now on."""
        for child in self.children:
            child.start()
        self._thread.start()

    def _watch(self):
        while not self._stop.wait(0.03):
            for child in self.children:
                if child.is_running:
                    continue
                self._account(child)
                child.start()

    def _account(self, child):
        code = child.process.returncode
        # A server cannot start on a full disk: it says so with exit code 1, and is started again.
        is_excused = child is self.server and code == 1 and self.place.was_full_lately
        if not child.is_doomed and not is_excused:
            self.ledger.blame("ended by itself", f"{child.name}, exit code {code}: {child.last_words()}")
        if child.is_doomed and code not in (0, -signal.SIGKILL, -signal.SIGTERM):
            self.ledger.blame("ended badly", f"{child.name}, exit code {code}: {child.last_words()}")
        if is_excused:
            time.sleep(0.2)

    def await_ready(self, seconds=60):
        """Waits until the server says that it is ready."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/readyz")
                if connection.getresponse().status == 200:
                    return True
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.05)
        self.ledger.blame("not ready", f"not within {seconds} s: {self.server.last_words()}")
        return False

    def stop(self):
        """Ends everything in good order, and what does not end by force."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        for child in self.children:
            child.signal(signal.SIGCONT)
            child.signal(signal.SIGTERM)
        for child in self.children:
            if child.process is None:
                continue
            try:
                code = child.process.wait(20)
                if code not in (0, -signal.SIGKILL):
                    self.ledger.blame("ended badly", f"{child.name}, exit code {code}: {child.last_words()}")
            except subprocess.TimeoutExpired:
                self.ledger.blame("did not stop", f"{child.name} within 20 s of SIGTERM: {child.last_words()}")
                child.process.kill()


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
