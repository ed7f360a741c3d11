"""Servers, workers and raw connections for the tests in this folder.

Everything here talks to the built binary from outside: it shares no code with the product. `LONGHAUL_BINARY` names
another binary, for example one from before a fix, to see a test fail there.
"""

import contextlib
import http.client
import json
import os
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.append(os.path.join(REPOSITORY, "Tests/Torture"))

BINARY = os.environ.get("LONGHAUL_BINARY", os.path.join(REPOSITORY, ".build/release/longhaul"))
# The limit of open files at the start of the tests, which servers get.
FILES = resource.getrlimit(resource.RLIMIT_NOFILE)
# The maximum time in which a server starts or stops, and in which a condition becomes true.
DEADLINE_SECONDS = 60


def environment(**extra):
    """The environment of the tests without settings of Longhaul, plus `extra`. The number of a planted fault stays."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("LONGHAUL") or k == "LONGHAUL_MUTANT"}
    return kept | extra


def eventually(condition, what, seconds=DEADLINE_SECONDS):
    """Polls `condition` until it returns a true value, and returns that value. Fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


def has_ended(pid):
    """Whether a process has ended, also if its parent has not waited for it."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0] in "ZX"
    except OSError:
        return True


def end(process, seconds=DEADLINE_SECONDS):
    """Sends SIGTERM and waits; kills the process if it does not end in time. Returns the exit code."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return process.returncode


def allow_descriptors(count):
    """Raises the limit of open files for this process. Servers start with the limit that the tests were started with,
    and raise it on their own."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        raise unittest.SkipTest(f"the system allows {hard} open files only")
    if soft != resource.RLIM_INFINITY and soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


class Answer:
    """The status, headers and body of an HTTP answer."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """The `code` of a problem; None for any other answer."""
        with contextlib.suppress(ValueError, AttributeError):
            return json.loads(self.body).get("code")
        return None

    def __repr__(self):
        return f"{self.status} {self.body[:500]!r}"


class Server:
    """`longhaul serve` (or `up`) on a free port, with its own folder, which `close` removes."""

    def __init__(self, *options, store=None, queue="store:", command="serve", umask=None, **variables):
        self.folder = tempfile.mkdtemp(prefix="longhaul-security-")
        self.options = list(options)
        self.store = store or f"sqlite:{self.folder}/longhaul.db"
        self.queue = queue
        self.command = command
        self.umask = umask
        self.variables = variables
        self.port = None
        self.process = None
        self.start()

    def start(self):
        """Starts the process; later starts use the same port."""
        command = [
            BINARY, self.command, "--listen", f"127.0.0.1:{self.port or 0}", "--store", self.store, "--queue", self.queue,
            "--artifacts", f"file:{self.folder}/artifacts", *self.options]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, cwd=self.folder,
                env=environment(**self.variables), umask=-1 if self.umask is None else self.umask,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, FILES))
        ready, _, _ = select.select([self.process.stdout], [], [], DEADLINE_SECONDS)
        line = self.process.stdout.readline() if ready else b""
        if not line:
            self.kill()
            raise AssertionError("the server did not start: " + self.log())
        self.port = int(json.loads(line)["listening"].rsplit(":", 1)[1])

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def log_path(self):
        return os.path.join(self.folder, "server.log")

    def log(self):
        """The standard error of the server."""
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def kill(self):
        """Ends the process with SIGKILL."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def close(self):
        """Stops the process and removes its folder. Returns the exit code."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGCONT)
        code = end(self.process)
        if not self.process.stdout.closed:
            self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        return code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # HTTP.

    def call(self, method, path, body=None, headers=None, timeout=DEADLINE_SECONDS):
        """Sends one request on a new connection. `body` is sent as JSON unless it is bytes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
            fields = {} if data is None else {"Content-Type": "application/json"}
            connection.request(method, path, data, fields | (headers or {}))
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def submit(self, kind="test", **fields):
        """Submits a job and returns it; fails unless the answer is 202."""
        answer = self.call("POST", "/v1/jobs", {"kind": kind, **fields})
        assert answer.status == 202, answer
        return answer.json

    def job(self, job_id):
        answer = self.call("GET", f"/v1/jobs/{job_id}")
        assert answer.status == 200, answer
        return answer.json

    def lease(self, queue="default", count=1, seconds=30, wait=30, worker="w1", **fields):
        """Leases jobs like a worker; returns the leases."""
        answer = self.call("POST", "/v1/leases", {
            "worker": {"id": worker, "name": worker}, "queues": [queue], "max_jobs": count,
            "lease_seconds": seconds, "wait_seconds": wait, **fields})
        assert answer.status == 200, answer
        return answer.json["leases"]

    def metric(self, name, headers=None, **labels):
        """The sum of a metric's series that have these labels; None if there is none."""
        total = None
        for line in self.call("GET", "/metrics", headers=headers).body.decode().splitlines():
            if line.startswith("#") or not line.startswith(name):
                continue
            series, value = line.rsplit(" ", 1)
            if series.split("{")[0] == name and all(f'{k}="{v}"' in series for k, v in labels.items()):
                total = (total or 0) + float(value)
        return total

    def raw(self, timeout=DEADLINE_SECONDS, receive_buffer=None):
        """A plain connection to the server. With a small receive buffer, the kernel takes little of an answer that is not read."""
        connection = socket.socket()
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(timeout)
        connection.connect(("127.0.0.1", self.port))
        return connection

    def exchange(self, request):
        """Sends bytes on a new connection, and waits for the answer. Returns all received bytes until the server closes the
        connection or sends nothing more for a second."""
        with self.raw() as connection:
            connection.sendall(request)
            received = b""
            with contextlib.suppress(TimeoutError, ConnectionResetError):
                while chunk := connection.recv(65536):
                    received += chunk
                    connection.settimeout(1)
            return received

    # The process.

    def memory_mib(self):
        """The resident memory of the process, MiB."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024

    def descriptors(self):
        """The number of open file descriptors of the process."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    # Workers.

    def worker(self, handlers, *options, queues="default=4", **variables):
        """Starts `longhaul worker` over HTTP with these handlers."""
        return Worker(self, handlers, *options, queues=queues, **variables)


class Worker:
    """`longhaul worker --server`, with its own handlers file and log."""

    count = 0

    def __init__(self, server, handlers, *options, queues="default=4", **variables):
        Worker.count += 1
        self.log_path = os.path.join(server.folder, f"worker-{Worker.count}.log")
        path = os.path.join(server.folder, f"handlers-{Worker.count}.json5")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"handlers": handlers}, file)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [BINARY, "worker", "--server", server.address, "--handlers", path, "--queues", queues, *options],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log, cwd=server.folder,
                env=environment(**variables))

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def close(self):
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGCONT)
        return end(self.process)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
