"""Sends requests over persistent connections, from any thread."""

from __future__ import annotations

import contextlib
import http.client
import os
import select
import socket
import threading
import time
from typing import Callable, Dict, Iterator, List, Optional, Protocol, Set, Tuple

from . import __about__
from .backoff import Backoff
from .errors import APIError, LonghaulError, ServerUnreachable
from .messages import Request, Response, checked, may_repeat
from .settings import Settings

BROKEN = (OSError, http.client.HTTPException)
MAX_IDLE_CONNECTIONS = 64
USER_AGENT = f"longhaul-python/{__about__.VERSION}"


class Transport(Protocol):
    """What sends requests: the connections to a server, or a fake."""

    def call(self, request: Request) -> Response:
        """Sends a request, and repeats it after a failure if that is safe.

        Raises:
            APIError: the server refused the request.
            ServerUnreachable: no server answered in time.
        """

    def stream(self, request: Request) -> contextlib.AbstractContextManager[Iterator[bytes]]:
        """Sends a request; the value is the parts of the answer's body as they arrive."""

    def close(self) -> None:
        """Closes all connections."""


class _UnixConnection(http.client.HTTPConnection):
    """A connection to a Unix socket."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class HTTPTransport:
    """A pool of persistent connections to one server."""

    def __init__(self, settings: Settings, timeout: float, retry_seconds: float) -> None:
        self._settings = settings
        self._timeout = timeout
        self._retry_seconds = retry_seconds
        self._lock = threading.Lock()
        self._idle: List[http.client.HTTPConnection] = []
        self._busy: Set[http.client.HTTPConnection] = set()
        self._is_aborted = False
        self._process = os.getpid()

    def call(self, request: Request) -> Response:
        """Sends a request, and repeats it after a failure if that is safe."""
        return repeating(lambda: self._call_once(request), request, self._retry_seconds)

    @contextlib.contextmanager
    def stream(self, request: Request) -> Iterator[Iterator[bytes]]:
        """Sends a request; the value is the parts of the answer's body as they arrive."""
        connection, answer = self._exchange(request)
        try:
            if answer.status >= 400:
                checked(_response(answer))
            yield _parts(answer)
        finally:
            self._discard(connection)

    def close(self) -> None:
        """Closes the idle connections."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def abort(self) -> None:
        """Ends the calls that wait for an answer, and refuses further ones."""
        with self._lock:
            self._is_aborted = True
            for connection in self._busy:
                if connection.sock is not None:
                    with contextlib.suppress(OSError):
                        connection.sock.shutdown(socket.SHUT_RDWR)

    def _call_once(self, request: Request) -> Response:
        connection, answer = self._exchange(request)
        try:
            response = _response(answer)
        except BROKEN as error:
            self._discard(connection)
            raise ServerUnreachable(f"the answer of the server is incomplete: {error}", was_sent=True) from error
        except BaseException:
            self._discard(connection)
            raise
        if answer.will_close:
            self._discard(connection)
        else:
            self._give_back(connection)
        return checked(response)

    def _exchange(self, request: Request) -> Tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        connection = self._take(self._timeout + (request.timeout or 0))
        was_sent = False
        try:
            if connection.sock is None:
                connection.connect()
                _send_at_once(connection)
            if self._is_aborted:
                raise OSError("the connections were closed")
            was_sent = True
            connection.request(
                request.method, self._settings.prefix + request.path, body=request.body, headers=self._headers(request)
            )
            return connection, connection.getresponse()
        except BROKEN as error:
            self._discard(connection)
            where = self._settings.socket or f"{self._settings.host}:{self._settings.port}"
            raise ServerUnreachable(f"the server at {where} does not answer: {error!r}", was_sent) from error
        except BaseException:
            self._discard(connection)
            raise

    def _headers(self, request: Request) -> Dict[str, str]:
        headers = {"Host": self._settings.host_header, "User-Agent": USER_AGENT, **request.headers}
        if self._settings.api_key:
            headers["Authorization"] = f"Bearer {self._settings.api_key}"
        return headers

    def _take(self, timeout: float) -> http.client.HTTPConnection:
        """An idle connection that the server has not closed, or a new one."""
        while True:
            with self._lock:
                if self._process != os.getpid():
                    # After a fork, the parent uses these connections.
                    self._idle, self._busy, self._process = [], set(), os.getpid()
                connection = self._idle.pop() if self._idle else self._new_connection(timeout)
                self._busy.add(connection)
            if connection.sock is None:
                return connection
            if not _is_readable(connection.sock):
                connection.sock.settimeout(timeout)
                return connection
            self._discard(connection)

    def _discard(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            self._busy.discard(connection)
        connection.close()

    def _new_connection(self, timeout: float) -> http.client.HTTPConnection:
        settings = self._settings
        if settings.socket:
            return _UnixConnection(settings.socket, timeout)
        if settings.tls:
            return http.client.HTTPSConnection(settings.host, settings.port, timeout=timeout, context=settings.tls)
        return http.client.HTTPConnection(settings.host, settings.port, timeout=timeout)

    def _give_back(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            self._busy.discard(connection)
            if len(self._idle) < MAX_IDLE_CONNECTIONS:
                return self._idle.append(connection)
        connection.close()


def repeating(call: Callable[[], Response], request: Request, retry_seconds: float) -> Response:
    """Makes a call until it succeeds, must not be repeated, or `retry_seconds` have passed."""
    deadline = time.monotonic() + retry_seconds
    backoff = Backoff()
    while True:
        try:
            return call()
        except (APIError, ServerUnreachable) as error:
            pause = pause_before_repeat(request, error, backoff, deadline - time.monotonic())
            if pause is None:
                raise
        time.sleep(pause)


def pause_before_repeat(
    request: Request, error: LonghaulError, backoff: Backoff, seconds_left: float
) -> Optional[float]:
    """The pause before a repetition; None if there is none."""
    is_allowed, asked = may_repeat(request, error)
    pause = max(backoff.next(), min(asked or 0, 1.0))
    return pause if is_allowed and pause < seconds_left else None


def _is_readable(connection: socket.socket) -> bool:
    """Whether an idle connection has something to read, which is then its end."""
    try:
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        return bool(poll.poll(0))
    except (OSError, ValueError):
        return True


def _send_at_once(connection: http.client.HTTPConnection) -> None:
    if connection.sock.family != socket.AF_UNIX:
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _response(answer: http.client.HTTPResponse) -> Response:
    body = answer.read()
    return Response(answer.status, {name.lower(): value for name, value in answer.getheaders()}, body)


def _parts(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    while True:
        try:
            part = answer.read1(65536)
        except BROKEN as error:
            raise ServerUnreachable(f"the answer of the server is incomplete: {error}", was_sent=True) from error
        if not part:
            return
        yield part
