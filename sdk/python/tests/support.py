"""A server for tests, and waits with deadlines."""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from longhaul import Longhaul

ROOT = pathlib.Path(__file__).parents[3]
SDK = pathlib.Path(__file__).parents[1]
BINARY = os.environ.get("LONGHAUL_BINARY", str(ROOT / ".build/release/longhaul"))
DEADLINE = 60


def wait_until(condition, what, seconds=DEADLINE):
    """Waits until a condition is true, and returns its value. Fails after a deadline."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds} s: {what}")
        time.sleep(0.01)


def free_port():
    """A free port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """A `longhaul serve` on SQLite, which keeps its port and its data when it starts again."""

    def __init__(self, *options, listen=None):
        self.folder = tempfile.mkdtemp(prefix="longhaul-sdk-")
        self.port = free_port()
        self.options = options
        self.listen = listen or f"127.0.0.1:{self.port}"
        self.url = f"http://127.0.0.1:{self.port}" if not listen else listen
        self.process = None
        self.start()

    def start(self):
        """Starts the server, and waits until it listens."""
        with open(f"{self.folder}/log", "ab") as log:
            self.process = subprocess.Popen(
                [
                    BINARY,
                    "serve",
                    "--listen",
                    self.listen,
                    "--store",
                    f"sqlite:{self.folder}/longhaul.db",
                    "--artifacts",
                    f"file:{self.folder}/artifacts",
                    *self.options,
                ],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        line = self.process.stdout.readline()
        if "listening" not in line:
            raise AssertionError(
                f"the server did not start: {line} {pathlib.Path(self.folder, 'log').read_text()[-2000:]}"
            )

    def kill(self, number=signal.SIGKILL):
        """Ends the server with a signal."""
        self.process.send_signal(number)
        self.process.wait(DEADLINE)
        self.process.stdout.close()

    def restart(self, number=signal.SIGKILL):
        """Ends the server with a signal, and starts it again."""
        self.kill(number)
        self.start()

    def close(self):
        """Ends the server and removes its data."""
        if self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class ServerCase(unittest.TestCase):
    """Tests with one server for the class, and an app for each test."""

    options = ()

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.options)

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def setUp(self):
        self.app = Longhaul(self.server.url)
        self.queue = f"queue-{self.id().rpartition('.')[2]}"[:100]
        self.addCleanup(self.app.close)

    def job(self, kind=None, **options):
        """Makes a function a job of the test's own queue and kind."""

        def decorate(function):
            name = kind or f"{self.id().rpartition('.')[2]}.{function.__name__}"
            return self.app.job(name, queue=self.queue, **options)(function)

        return decorate

    def durable(self, kind=None, **options):
        """Makes a coroutine function a durable job of the test's own queue and kind."""

        def decorate(function):
            name = kind or f"{self.id().rpartition('.')[2]}.{function.__name__}"
            return self.app.durable(name, queue=self.queue, **options)(function)

        return decorate

    def start_worker(self, **settings):
        """Starts a worker of the app, which stops at the end of the test."""
        settings = {"concurrency": 4, "heartbeat": 0.2, "queues": [self.queue], "grace": 5, **settings}
        worker = self.app.worker(**settings)
        worker.start()
        self.addCleanup(worker.shutdown)
        return worker


def start_command(module, *options, folder, server, **environment):
    """Starts `longhaul-worker` for a module in a folder."""
    with open(os.path.join(server.folder, "worker.log"), "ab") as log:
        return subprocess.Popen(
            [sys.executable, "-B", "-m", "longhaul.cli", module, *options],
            cwd=folder,
            stderr=log,
            env={**os.environ, "PYTHONPATH": f"{SDK}:{folder}", "LONGHAUL_SERVER": server.url, **environment},
        )


def lines_of(path):
    """The lines of a file; none if it does not exist."""
    try:
        return pathlib.Path(path).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []


def command(*arguments, server, **environment):
    """Runs the `longhaul` command, and returns its output."""
    return subprocess.run(
        [BINARY, *arguments],
        env={**os.environ, "LONGHAUL_SERVER": server.url, **environment},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


def load(text):
    """JSON from the command."""
    return json.loads(text)
