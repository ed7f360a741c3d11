"""One persistent connection of a thread."""

from __future__ import annotations

import socket
from typing import Any, Dict, Iterator, Tuple

from .messages import Request
from .settings import Settings
from .wire import PIECE, BrokenAnswer, chunk_size, head, header_of, is_chunked, status_of


class Connection:
    """A connection to the server. One thread uses it at a time; `shutdown` may be called from any."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._socket: Any = None
        self._reader: Any = None
        #: Whether another request can follow.
        self.is_open = False

    def connect(self, timeout: float) -> None:
        """Connects, or sets the timeout of an open connection."""
        if self._socket is not None:
            return self._socket.settimeout(timeout)  # type: ignore[no-any-return]
        settings = self._settings
        if settings.socket:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._socket.settimeout(timeout)
            self._socket.connect(settings.socket)
        else:
            self._socket = socket.create_connection((settings.host, settings.port), timeout)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if settings.tls:
            self._socket = settings.tls.wrap_socket(self._socket, server_hostname=settings.host)
        self._reader = self._socket.makefile("rb", PIECE)
        self.is_open = True

    def fileno(self) -> int:
        """The descriptor of the socket."""
        return int(self._socket.fileno())

    def shutdown(self) -> None:
        """Ends the calls that wait for this connection."""
        if self._socket is not None:
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Closes the connection."""
        self.is_open = False
        if self._reader is not None:
            self._reader.close()
        if self._socket is not None:
            self._socket.close()

    def exchange(self, request: Request) -> Tuple[int, Dict[str, str]]:
        """Sends a request; returns the status and the headers of its answer."""
        text = head(request, self._settings)
        if request.body is None or isinstance(request.body, bytes):
            # One packet, and one call of the system.
            self._socket.sendall(text + (request.body or b""))
            return self._head()
        self._socket.sendall(text)
        try:
            self._send_pieces(request.body, b"\r\nTransfer-Encoding: chunked\r\n" in text)
        except ConnectionError:
            # The server may have refused the request before its end, and said why.
            self.is_open = False
        return self._head()

    def parts(self, status: int, headers: Dict[str, str]) -> Iterator[bytes]:
        """The body of an answer, part by part."""
        if status in (204, 304):
            return
        if is_chunked(headers):
            yield from self._chunks()
        elif "content-length" in headers:
            left = int(headers["content-length"])
            while left:
                part = self._reader.read1(min(left, PIECE))
                if not part:
                    raise BrokenAnswer("the connection was closed")
                left -= len(part)
                yield part
        else:
            self.is_open = False
            yield from iter(lambda: self._reader.read1(PIECE), b"")

    def body(self, status: int, headers: Dict[str, str]) -> bytes:
        """The whole body of an answer."""
        if "content-length" not in headers or is_chunked(headers):
            return b"".join(self.parts(status, headers))
        size = 0 if status in (204, 304) else int(headers["content-length"])
        body: bytes = self._reader.read(size) if size else b""
        if len(body) < size:
            raise BrokenAnswer("the connection was closed")
        return body

    def _head(self) -> Tuple[int, Dict[str, str]]:
        is_current, status = status_of(self._reader.readline(PIECE))
        headers: Dict[str, str] = {}
        while True:
            line = self._reader.readline(PIECE)
            if line in (b"\r\n", b"\n"):
                break
            name, value = header_of(line)
            headers[name] = value
        if not is_current or headers.get("connection", "").lower() == "close":
            self.is_open = False
        return status, headers

    def _chunks(self) -> Iterator[bytes]:
        while True:
            size = chunk_size(self._reader.readline(PIECE))
            left = size
            while left:
                part = self._reader.read1(min(left, PIECE))
                if not part:
                    raise BrokenAnswer("the connection was closed")
                left -= len(part)
                yield part
            self._reader.readline(PIECE)
            if size == 0:
                return

    def _send_pieces(self, body: Any, in_chunks: bool) -> None:
        pieces = iter(lambda: body.read(PIECE), b"") if hasattr(body, "read") else body
        for piece in pieces:
            if in_chunks and piece:
                piece = b"%x\r\n%b\r\n" % (len(piece), piece)
            self._socket.sendall(piece)
        if in_chunks:
            self._socket.sendall(b"0\r\n\r\n")
