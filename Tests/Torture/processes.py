"""The servers, workers and backends of a run, which are restarted whenever they have ended."""

import http.client
import json
import os
import signal
import subprocess
import threading
import time

from backends import Postgres, RabbitMQ, Redis, S3, SQS
from child import Child, free_port
from kafka import Kafka

HERE = os.path.dirname(os.path.abspath(__file__))
LEASE_SECONDS = 4
# More than the time after which a process that does not stop ends itself.
STOP_SECONDS = 80
STORES = {"sqlite": None, "postgres": Postgres}
QUEUES = {"store": None, "redis": Redis, "rabbitmq": RabbitMQ, "kafka": Kafka, "sqs": SQS}
ARTIFACTS = {"file": None, "s3": S3}


class Server(Child):
    """A server with its own links to the backends, which can be cut."""

    def __init__(self, name, command, log, environment, port, links):
        super().__init__(name, command, log, environment)
        self.port = port
        # The proxy to each backend, by the name of its part.
        self.links = links
        # Until this time the server may fail to start because its store is unavailable, by the monotonic clock.
        self.may_fail_until = 0.0

    def ask(self, path, timeout=5.0):
        """Sends a GET; returns status and body. Raises OSError or HTTPException."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def is_ready(self):
        """Whether the server reports that it is ready."""
        try:
            return self.ask("/readyz")[0] == 200
        except (OSError, http.client.HTTPException):
            return False


class System:
    """Servers and workers over one store and one queue. An unexpected end of a process is a violation.

    SQLite has one server. PostgreSQL has two, and the workers are spread over them.
    """

    # The queues of the workers.
    queues = "notes=3"

    def __init__(self, binary, place, ledger, store="sqlite", queue="store", artifacts="file"):
        self.binary = binary
        self.place = place
        self.ledger = ledger
        self.ran = place.file("ran.txt")
        kinds = STORES[store], QUEUES[queue], ARTIFACTS[artifacts]
        self.backends = [kind(place) for kind in kinds if kind]
        servers, workers = (1, 3) if store == "sqlite" else (2, 4)
        self.servers = [self._server(number, servers) for number in range(servers)]
        handlers = self._handlers()
        self.workers = [self._worker(handlers, number) for number in range(workers)]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _handlers(self):
        path = self.place.file("handlers.json5")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"handlers": {"torture.note": {
                "command": ["sh", os.path.join(HERE, "handler.sh"),
                            "{payload.sleep}", "{payload.failures}", "{payload.file}"],
                "queue": "notes", "timeout_seconds": 60, "env": {"TORTURE_LEDGER": self.ran, "LD_PRELOAD": ""},
            }}}, file)
        return path

    def _server(self, number, count):
        name = "server" if count == 1 else f"server {number}"
        port = free_port()
        links = {backend.part: backend.link() for backend in self.backends}
        urls = {"store": f"sqlite:{self.place.disk}/longhaul.db", "queue": "store:",
                "artifacts": f"file:{self.place.disk}/artifacts"}
        urls |= {backend.part: backend.url(links[backend.part].port) for backend in self.backends}
        environment = {}
        for backend in self.backends:
            environment |= backend.client_environment
        return Server(name, [
            self.binary, "serve", "--listen", f"127.0.0.1:{port}", "--store", urls["store"], "--queue", urls["queue"],
            "--artifacts", urls["artifacts"], "--shutdown-grace", "5"],
            self.place.file(f"{name.replace(' ', '-')}.log"), environment, port, links)

    def _worker(self, handlers, number):
        environment = self.place.clock.variables if number == 0 and self.place.clock else None
        server = self.servers[number % len(self.servers)]
        return Child(f"worker {number}", [
            self.binary, "worker", "--server", f"http://127.0.0.1:{server.port}", "--handlers", handlers,
            "--queues", self.queues, "--lease-seconds", str(LEASE_SECONDS), "--name", f"torture-{number}",
            "--shutdown-grace", "5"], self.place.file(f"worker-{number}.log"), environment)

    @property
    def ports(self):
        """The ports of the servers."""
        return [server.port for server in self.servers]

    @property
    def children(self):
        """Every supervised process."""
        return [*(child for backend in self.backends for child in backend.children), *self.servers, *self.workers]

    def backend(self, part):
        """The backend of a part, or None."""
        return next((backend for backend in self.backends if backend.part == part), None)

    def start(self):
        """Starts all processes and supervises them. Returns false if a backend does not start."""
        for backend in self.backends:
            backend.start()
        for backend in self.backends:
            if not backend.await_answer():
                self.ledger.report("not ready", f"{backend.name}: {backend.children[-1].log_tail()}")
                return False
        for child in [*self.servers, *self.workers]:
            child.start()
        self._thread.start()
        return True

    def _watch(self):
        while not self._stop.wait(0.03):
            for child in self.children:
                if child.is_running or not child.may_start:
                    continue
                self._check_end(child)
                child.start()

    def _check_end(self, child):
        if child not in self.servers and child not in self.workers:
            return
        code = child.process.returncode
        # A server cannot start on a full disk, or without its store or its bucket: it exits with code 1 and is restarted.
        is_expected = child in self.servers and code == 1 and (
            self.place.was_full_recently or time.monotonic() < child.may_fail_until)
        if not child.is_doomed and not is_expected:
            self.ledger.report("unexpected end", f"{child.name}, exit code {code}: {child.log_tail()}")
        if child.is_doomed and code not in (0, -signal.SIGKILL, -signal.SIGTERM) and not is_expected:
            self.ledger.report("wrong exit code", f"{child.name}, exit code {code}: {child.log_tail()}")
        if is_expected:
            time.sleep(0.2)

    def allow_failed_start(self, servers, seconds):
        """Allows servers to fail to start for a number of seconds."""
        for server in servers:
            server.may_fail_until = max(server.may_fail_until, time.monotonic() + seconds)

    def await_ready(self, seconds=120):
        """Waits until every server reports that it is ready."""
        deadline = time.monotonic() + seconds
        for server in self.servers:
            while not server.is_ready():
                if time.monotonic() > deadline:
                    self.ledger.report("not ready", f"{server.name} within {seconds} s: {server.log_tail()}")
                    for backend in self.backends:
                        if not backend.answers():
                            self.ledger.report("not ready", f"{backend.name}: {backend.children[-1].log_tail()}")
                    return False
                time.sleep(0.05)
        return True

    def restart_servers(self):
        """Stops the servers in order, so that the supervisor starts them again. Returns whether they are ready."""
        for server in self.servers:
            process = server.process
            server.signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.ledger.report("did not stop", f"{server.name} within {STOP_SECONDS} s of SIGTERM: {server.log_tail(8000)}")
                return False
        return self.await_ready()

    def stop(self):
        """Stops all processes with SIGTERM, and kills those that do not end in time.

        A process ends by itself at its limit, and then logs the stacks of its threads. A worker without a server needs longer
        than its grace period: it repeats its last reports.
        """
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        ours = [*self.servers, *self.workers]
        for child in ours:
            child.signal(signal.SIGCONT)
            child.signal(signal.SIGTERM)
        for child in ours:
            if child.process is None:
                continue
            try:
                code = child.process.wait(STOP_SECONDS)
                if code not in (0, -signal.SIGKILL):
                    self.ledger.report("wrong exit code", f"{child.name}, exit code {code}: {child.log_tail(8000)}")
            except subprocess.TimeoutExpired:
                self.ledger.report("did not stop", f"{child.name} within {STOP_SECONDS} s of SIGTERM: {child.log_tail(8000)}")
                child.process.kill()
        for server in self.servers:
            for link in server.links.values():
                link.close()
        for backend in self.backends:
            backend.stop()
