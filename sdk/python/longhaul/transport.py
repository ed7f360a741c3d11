"""Sends requests over persistent connections, from any thread."""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time
from typing import Callable, Dict, Iterator, List, Optional, Protocol, Set, Tuple

from .backoff import Backoff
from .connection import Connection
from .errors import APIError, LonghaulError, ServerUnreachable
from .messages import Request, Response, checked, error_of, may_repeat
from .settings import Settings
from .wire import BrokenAnswer, unreachable

BROKEN = (OSError, BrokenAnswer)
MAX_IDLE_CONNECTIONS = 64


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


class HTTPTransport:
    """A pool of persistent connections to one server."""

    def __init__(self, settings: Settings, timeout: float, retry_seconds: float) -> None:
        self._settings = settings
        self._timeout = timeout
        self._retry_seconds = retry_seconds
        self._lock = threading.Lock()
        self._idle: List[Connection] = []
        self._busy: Set[Connection] = set()
        self._is_aborted = False
        self._process = os.getpid()

    def call(self, request: Request) -> Response:
        """Sends a request, and repeats it after a failure if that is safe."""
        return repeating(lambda: checked(self._call_once(request)), request, self._retry_seconds)

    @contextlib.contextmanager
    def stream(self, request: Request) -> Iterator[Iterator[bytes]]:
        """Sends a request; the value is the parts of the answer's body as they arrive."""
        connection, status, headers = self._exchange(request)
        try:
            if status >= 400:
                raise error_of(Response(status, headers, connection.body(status, headers)))
            yield connection.parts(status, headers)
        except BROKEN as error:
            raise unreachable(self._settings, error, was_sent=True) from error
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
                with contextlib.suppress(OSError):
                    connection.shutdown()

    def _call_once(self, request: Request) -> Response:
        connection, status, headers = self._exchange(request)
        try:
            body = connection.body(status, headers)
        except BROKEN as error:
            self._discard(connection)
            raise unreachable(self._settings, error, was_sent=True) from error
        except BaseException:
            self._discard(connection)
            raise
        if connection.is_open:
            self._give_back(connection)
        else:
            self._discard(connection)
        return Response(status, headers, body)

    def _exchange(self, request: Request) -> Tuple[Connection, int, Dict[str, str]]:
        connection = self._take()
        was_sent = False
        try:
            connection.connect(self._timeout + (request.timeout or 0))
            if self._is_aborted:
                raise OSError("the connections were closed")
            was_sent = True
            return (connection, *connection.exchange(request))
        except BROKEN as error:
            self._discard(connection)
            raise unreachable(self._settings, error, was_sent) from error
        except BaseException:
            self._discard(connection)
            raise

    def _take(self) -> Connection:
        """An idle connection that the server has not closed, or a new one."""
        while True:
            with self._lock:
                if self._process != os.getpid():
                    # After a fork, the parent uses these connections.
                    self._idle, self._busy, self._process = [], set(), os.getpid()
                connection = self._idle.pop() if self._idle else Connection(self._settings)
                self._busy.add(connection)
            if not connection.is_open or not _is_readable(connection):
                return connection
            self._discard(connection)

    def _discard(self, connection: Connection) -> None:
        with self._lock:
            self._busy.discard(connection)
        connection.close()

    def _give_back(self, connection: Connection) -> None:
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


def _is_readable(connection: Connection) -> bool:
    """Whether an idle connection has something to read, which is then its end."""
    try:
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        return bool(poll.poll(0))
    except (OSError, ValueError):
        return True
