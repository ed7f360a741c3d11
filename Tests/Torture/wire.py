"""HTTP requests of an unreliable client: complete, slow, cut in the middle, or without reading the answer."""

import http.client
import json
import random as chance
import socket
import struct
import time

# The errors of a lost connection on the client's side.
LOST = (OSError, http.client.HTTPException)
# Every request must be answered within this time, also during faults. It is much longer than a server is stopped.
SECONDS_TO_ANSWER = 60.0


class Answer:
    """A status with headers and body."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        """The body as JSON; an empty object if it is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return {}

    @property
    def code(self):
        """The code of a problem."""
        value = self.json
        return value.get("code") if isinstance(value, dict) else None

    def __str__(self):
        return f"{self.status} {self.body[:300]!r}"


class Wire:
    """Requests to equivalent servers. Counts the results of the requests. `watch` gets every answer, or None after a
    timeout."""

    def __init__(self, ports, counts, watch):
        self.ports = ports
        self.counts = counts
        self.watch = watch

    @property
    def port(self):
        """The port of a random server."""
        return chance.choice(self.ports)

    def call(self, method, path, value=None, headers=None, timeout=SECONDS_TO_ANSWER):
        """Sends one request on a new connection to a random server.

        Raises one of `LOST` without a complete answer.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            fields = dict(headers or {})
            body = value if isinstance(value, bytes) or value is None else json.dumps(value).encode()
            if value is not None:
                fields.setdefault("Content-Type", "application/json")
            connection.request(method, path, body, fields)
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        except LOST as error:
            self.counts.add("lost answers")
            if isinstance(error, TimeoutError):
                self.watch(method, path, None)
            raise
        finally:
            connection.close()
        self.counts.add("answered")
        self.watch(method, path, answer)
        return answer

    def _open(self, timeout=10.0):
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout)

    def _head(self, method, path, length):
        return (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {length}\r\n\r\n"
        ).encode()

    def cut(self, method, path, value, random):
        """Sends a request without the end of its body, and resets the connection."""
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        message = self._head(method, path, len(body)) + body[: random.randrange(len(body))]
        with self._open() as connection:
            connection.sendall(message)
            # SO_LINGER with 0 seconds resets the connection.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.counts.add("cut in mid-body")

    def disconnect_early(self, method, path, value, random):
        """Sends a complete request, and disconnects before the answer."""
        body = json.dumps(value).encode()
        with self._open() as connection:
            connection.sendall(self._head(method, path, len(body)) + body)
            time.sleep(random.choice([0, 0, 0.001, 0.01]))
        self.counts.add("left before the answer")

    def slow(self, method, path, value, random):
        """Sends a request in small pieces with pauses, and returns the status of the answer."""
        body = json.dumps(value).encode()
        message = self._head(method, path, len(body)) + body
        pieces = random.randrange(4, 9)
        step = -(-len(message) // pieces)
        with self._open(timeout=20.0) as connection:
            for start in range(0, len(message), step):
                connection.sendall(message[start : start + step])
                time.sleep(random.uniform(0.02, 0.2))
            first = connection.recv(65536)
        self.counts.add("slow")
        if not first:
            raise http.client.BadStatusLine("")
        return int(first.split(b" ", 2)[1])

    def read_events(self, path, random):
        """Opens a stream of events, reads a little, and resets the connection."""
        with self._open() as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            connection.recv(random.choice([1, 100, 4096]))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.counts.add("streams cut")
