"""Sends requests from asyncio code, over persistent connections of the running event loop."""

from __future__ import annotations

import asyncio
import contextlib
import time
import weakref
from typing import AsyncIterator, Dict, List, Protocol, Tuple

from .backoff import Backoff
from .errors import APIError, ServerUnreachable
from .messages import Request, Response, checked, error_of
from .settings import Settings
from .transport import MAX_IDLE_CONNECTIONS, pause_before_repeat
from .wire import PIECE, BrokenAnswer, chunk_size, head, header_of, is_chunked, status_of, unreachable

BROKEN = (OSError, EOFError, BrokenAnswer, asyncio.TimeoutError, asyncio.LimitOverrunError)


class AsyncTransport(Protocol):
    """What sends requests from asyncio code."""

    async def call(self, request: Request) -> Response:
        """Sends a request, and repeats it after a failure if that is safe."""

    def stream(self, request: Request) -> contextlib.AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Sends a request; the value is the parts of the answer's body as they arrive."""

    async def close(self) -> None:
        """Closes the connections of the running event loop."""


class _Connection:
    """One HTTP/1.1 connection. Requests have a body of known length."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.is_open = True

    @property
    def is_usable(self) -> bool:
        """Whether another request can be sent."""
        return self.is_open and not self.reader.at_eof() and not self.writer.is_closing()

    def close(self) -> None:
        """Closes the connection."""
        self.is_open = False
        self.writer.close()

    async def head(self) -> Tuple[int, Dict[str, str]]:
        """Reads the status and the headers of an answer."""
        is_current, status = status_of(await self.reader.readuntil(b"\r\n"))
        headers: Dict[str, str] = {}
        while True:
            line = await self.reader.readuntil(b"\r\n")
            if line == b"\r\n":
                break
            name, value = header_of(line)
            headers[name] = value
        self.is_open = is_current and headers.get("connection", "").lower() != "close"
        return status, headers

    async def parts(self, status: int, headers: Dict[str, str]) -> AsyncIterator[bytes]:
        """Reads the body of an answer, part by part."""
        if status in (204, 304):
            return
        if is_chunked(headers):
            while True:
                size = chunk_size(await self.reader.readuntil(b"\r\n"))
                part = await self.reader.readexactly(size + 2)
                if size == 0:
                    return
                yield part[:-2]
        has_end = "content-length" in headers
        left = int(headers.get("content-length", PIECE))
        while left:
            part = await self.reader.read(min(left, PIECE))
            if not part and has_end:
                raise BrokenAnswer("the connection was closed")
            if not part:
                self.is_open = False
                return
            left -= len(part) if has_end else 0
            yield part


class AsyncHTTPTransport:
    """A pool of persistent connections for each event loop."""

    def __init__(self, settings: Settings, timeout: float, retry_seconds: float) -> None:
        self._settings = settings
        self._timeout = timeout
        self._retry_seconds = retry_seconds
        self._pools: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, List[_Connection]] = (
            weakref.WeakKeyDictionary()
        )

    async def call(self, request: Request) -> Response:
        """Sends a request, and repeats it after a failure if that is safe."""
        deadline = time.monotonic() + self._retry_seconds
        backoff = Backoff()
        while True:
            try:
                return checked(await self._call_once(request))
            except (APIError, ServerUnreachable) as error:
                pause = pause_before_repeat(request, error, backoff, deadline - time.monotonic())
                if pause is None:
                    raise
            await asyncio.sleep(pause)

    @contextlib.asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[AsyncIterator[bytes]]:
        """Sends a request; the value is the parts of the answer's body as they arrive."""
        connection, status, headers = await self._exchange(request)
        try:
            if status >= 400:
                body = b"".join([part async for part in connection.parts(status, headers)])
                raise error_of(Response(status, headers, body))
            yield connection.parts(status, headers)
        except BROKEN as error:
            raise unreachable(self._settings, error, was_sent=True) from error
        finally:
            connection.close()

    async def close(self) -> None:
        """Closes the idle connections of the running event loop."""
        for connection in self._pools.pop(asyncio.get_running_loop(), []):
            connection.close()
            with contextlib.suppress(OSError):
                await connection.writer.wait_closed()

    async def _call_once(self, request: Request) -> Response:
        connection, status, headers = await self._exchange(request)
        is_complete = False
        try:
            body = b"".join([part async for part in connection.parts(status, headers)])
            is_complete = True
        except BROKEN as error:
            raise unreachable(self._settings, error, was_sent=True) from error
        finally:
            if is_complete and connection.is_usable:
                self._give_back(connection)
            else:
                connection.close()
        return Response(status, headers, body)

    async def _exchange(self, request: Request) -> Tuple[_Connection, int, Dict[str, str]]:
        seconds = self._timeout + (request.timeout or 0)
        connection = None
        was_sent = False
        try:
            connection = await asyncio.wait_for(self._take(), self._timeout)
            was_sent = True
            connection.writer.write(self._text(request))
            await connection.writer.drain()
            return (connection, *await asyncio.wait_for(connection.head(), seconds))
        except BROKEN as error:
            if connection:
                connection.close()
            raise unreachable(self._settings, error, was_sent) from error
        except BaseException:
            if connection:
                connection.close()
            raise

    def _text(self, request: Request) -> bytes:
        body = request.body or b""
        if not isinstance(body, bytes):
            raise TypeError("the body of a call from asyncio code is bytes")
        return head(request, self._settings) + body

    async def _take(self) -> _Connection:
        idle = self._pools.setdefault(asyncio.get_running_loop(), [])
        while idle:
            connection = idle.pop()
            if connection.is_usable:
                return connection
            connection.close()
        settings = self._settings
        if settings.socket:
            return _Connection(*await asyncio.open_unix_connection(settings.socket, limit=1 << 20))
        return _Connection(
            *await asyncio.open_connection(settings.host, settings.port, ssl=settings.tls, limit=1 << 20)
        )

    def _give_back(self, connection: _Connection) -> None:
        idle = self._pools.setdefault(asyncio.get_running_loop(), [])
        if len(idle) < MAX_IDLE_CONNECTIONS:
            idle.append(connection)
        else:
            connection.close()
