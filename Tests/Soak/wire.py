"""HTTP for the soak: clients that wait for their answers, and clients that do not."""

import http.client
import json
import random
import socket
import struct
import threading
import time

# The maximum time until a server answers a waiting client, in seconds.
ANSWER_SECONDS = 60.0
# The errors of a connection.
LOST = (OSError, http.client.HTTPException)


class Outcomes:
    """The results of the requests of clients that waited. Safe for use from several threads."""

    def __init__(self):
        self.lock = threading.Lock()
        self.answered = 0
        self.statuses = {}
        self.problems = []
        self.submit_seconds = []

    def add(self, method, route, answer, seconds):
        with self.lock:
            self.answered += 1
            key = (method, route, answer.status)
            self.statuses[key] = self.statuses.get(key, 0) + 1
        if answer.status >= 500:
            self.fail(f"{method} {route} was answered {answer.status}: {answer.body[:200]!r}")
        elif (method, route) == ("POST", "/v1/jobs") and answer.status == 202:
            with self.lock:
                self.submit_seconds.append(seconds)

    def fail(self, text):
        """Records a violation."""
        with self.lock:
            self.problems.append(text)

    def take_submit_seconds(self):
        """The durations of submissions since the last call."""
        with self.lock:
            taken, self.submit_seconds = self.submit_seconds, []
        return taken


class Answer:
    """A status, headers and a body."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)


class Client:
    """One connection that is kept open. Belongs to one thread."""

    def __init__(self, port, outcomes, is_running=lambda: True):
        self.port, self.outcomes, self.is_running = port, outcomes, is_running
        self.connection = None

    def call(self, method, path, body=None, headers=None, timeout=ANSWER_SECONDS):
        """One request; waits for the answer. Returns None if there is none, which is a violation."""
        route = path.split("?")[0]
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        fields = ({"Content-Type": "application/json"} if data is not None else {}) | (headers or {})
        started = time.monotonic()
        for attempt in (1, 2):
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
                self.connection.request(method, path, data, fields)
                response = self.connection.getresponse()
                answer = Answer(response.status, response.headers, response.read())
                break
            except LOST as error:
                self.close()
                # A server may close an idle connection at the moment of the next request: try again.
                if attempt == 2 or isinstance(error, TimeoutError):
                    if self.is_running():
                        waited = time.monotonic() - started
                        self.outcomes.fail(f"{method} {route}: no answer after {waited:.0f} s ({error!r})")
                    return None
        self.outcomes.add(method, generic(route), answer, time.monotonic() - started)
        return answer

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None


def generic(route):
    """A path without its identifiers and names: `/v1/jobs/{}`."""
    parts = route.split("/")
    keep = {"v1", "jobs", "batch", "leases", "queues", "workers", "schedules", "dead-letters", "events", "history", "scale",
            "heartbeat", "complete", "fail", "release", "logs", "artifacts", "steps", "cancel", "retry", "children",
            "dependents", "groups", "redrive", "discard", "run", "pause", "resume", "healthz", "readyz", "metrics",
            "openapi.json", ""}
    return "/".join(part if part in keep else "{}" for part in parts)


class Rude:
    """Connections of clients that do not wait: cut, reset, half sent."""

    def __init__(self, port):
        self.port = port

    def open(self, timeout=60.0):
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout)

    def head(self, method, path, length=None, extra=""):
        size = "" if length is None else f"Content-Type: application/json\r\nContent-Length: {length}\r\n"
        return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{size}{extra}\r\n".encode()

    @staticmethod
    def reset(connection):
        """Makes `close` reset the connection."""
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def give_up(self, method, path, body, seconds):
        """Sends a complete request, waits briefly and disconnects before the answer."""
        data = json.dumps(body).encode() if body is not None else b""
        with self.open() as connection:
            connection.sendall(self.head(method, path, len(data) if data else None) + data)
            time.sleep(seconds)
            if random.random() < 0.5:
                self.reset(connection)

    def cut(self, method, path, length, sent):
        """Announces a body of `length` bytes, sends `sent` of them and disconnects."""
        with self.open() as connection:
            connection.sendall(self.head(method, path, length) + b"x" * sent)
            if random.random() < 0.5:
                self.reset(connection)

    def stream(self, path, seconds, reads):
        """Opens an event stream, reads for a moment, or not at all, and disconnects."""
        with self.open() as connection:
            connection.sendall(self.head("GET", path))
            connection.settimeout(max(0.01, seconds))
            if reads:
                deadline = time.monotonic() + seconds
                try:
                    while time.monotonic() < deadline and connection.recv(4096):
                        pass
                except TimeoutError:
                    pass
            else:
                time.sleep(seconds)
            if random.random() < 0.7:
                self.reset(connection)

    def malformed(self, request):
        """Sends malformed bytes, and returns the first line of the answer within two seconds."""
        with self.open(2.0) as connection:
            connection.sendall(request)
            try:
                return connection.recv(4096).split(b"\r\n", 1)[0]
            except (TimeoutError, ConnectionError):
                return b""
