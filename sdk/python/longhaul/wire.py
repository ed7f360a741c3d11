"""HTTP/1.1 messages as bytes, for the connections of threads and of event loops."""

from __future__ import annotations

import os
from typing import Any, Dict, Optional, Tuple

from . import __about__
from .errors import ServerUnreachable
from .messages import Request
from .settings import Settings

USER_AGENT = f"longhaul-python/{__about__.VERSION}"
#: The size of the pieces in which bodies are read and sent.
PIECE = 1 << 16


class BrokenAnswer(ValueError):
    """The server's answer is no HTTP."""


def head(request: Request, settings: Settings) -> bytes:
    """The request line and the headers of a request.

    Raises:
        ValueError: a header contains a line break.
    """
    headers: Dict[str, str] = {"Host": settings.host_header, "User-Agent": USER_AGENT}
    if settings.api_key:
        headers["Authorization"] = f"Bearer {settings.api_key}"
    size = body_size(request.body)
    if size is None:
        headers["Transfer-Encoding"] = "chunked"
    elif size or request.method != "GET":
        headers["Content-Length"] = str(size)
    headers.update(request.headers)
    lines = [f"{request.method} {settings.prefix}{request.path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    text = "\r\n".join(lines)
    if text.count("\n") != len(lines) - 1 or text.count("\r") != len(lines) - 1:
        raise ValueError("a header contains a line break")
    return text.encode("latin-1") + b"\r\n\r\n"


def body_size(body: Any) -> Optional[int]:
    """The number of bytes of a body; None for an iterator or a pipe, which is sent in chunks."""
    if body is None:
        return 0
    if isinstance(body, bytes):
        return len(body)
    try:
        start = body.tell()
        end = body.seek(0, os.SEEK_END)
        body.seek(start)
    except (AttributeError, OSError):
        return None
    return int(end - start)


def status_of(line: bytes) -> Tuple[bool, int]:
    """Whether the version of a status line is 1.1, and the status."""
    parts = line.split(None, 2)
    if len(parts) < 2 or not parts[0].startswith(b"HTTP/") or not parts[1].isdigit():
        raise BrokenAnswer(f"the answer begins with {line[:80]!r}" if line else "the connection was closed")
    return parts[0] == b"HTTP/1.1", int(parts[1])


def header_of(line: bytes) -> Tuple[str, str]:
    """The name of a header in lower case, and its value."""
    name, colon, value = line.decode("latin-1").partition(":")
    if not colon:
        raise BrokenAnswer(f"a header of the answer is {line[:80]!r}")
    return name.strip().lower(), value.strip()


def is_chunked(headers: Dict[str, str]) -> bool:
    """Whether the body of an answer is sent in chunks."""
    return headers.get("transfer-encoding", "").lower() == "chunked"


def chunk_size(line: bytes) -> int:
    """The size of the next chunk; 0 for the last."""
    try:
        return int(line.split(b";")[0], 16)
    except ValueError:
        raise BrokenAnswer(f"the size of a chunk is {line[:80]!r}") from None


def unreachable(settings: Settings, error: BaseException, was_sent: bool) -> ServerUnreachable:
    """The error of a call without an answer."""
    where = settings.socket or f"{settings.host}:{settings.port}"
    return ServerUnreachable(f"the server at {where} does not answer: {error!r}", was_sent)
