"""Server-sent events: changes of jobs and lines of logs."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, AsyncIterator, Awaitable, Callable, Dict, Iterator, List, Optional

from .backoff import Backoff
from .errors import ServerUnreachable, SystemBusy, Unavailable
from .messages import Request, request
from .records import Event

if TYPE_CHECKING:
    from .aio import AsyncTransport
    from .transport import Transport

#: The server sends something at least this often, in seconds.
QUIET_SECONDS = 30.0
_TRANSIENT = (ServerUnreachable, SystemBusy, Unavailable)


class Parser:
    """Turns the bytes of a stream into events."""

    def __init__(self) -> None:
        self._rest = b""
        self._fields: Dict[str, List[str]] = {}
        #: The identifier of the latest event, from which a new connection continues.
        self.last_id: Optional[str] = None

    def feed(self, part: bytes) -> Iterator[Event]:
        """The events that a part of the stream completes."""
        *lines, self._rest = (self._rest + part).split(b"\n")
        for line in lines:
            event = self._line(line.rstrip(b"\r").decode())
            if event:
                yield event

    def _line(self, line: str) -> Optional[Event]:
        if line:
            name, _, value = line.partition(":")
            self._fields.setdefault(name, []).append(value[1:] if value.startswith(" ") else value)
            return None
        fields, self._fields = self._fields, {}
        if "id" in fields:
            self.last_id = fields["id"][-1]
        if "data" not in fields:
            return None
        return Event(fields.get("event", ["message"])[-1], json.loads("\n".join(fields["data"])), self.last_id)

    def request(self, path: str) -> Request:
        """The request that starts or continues the stream."""
        self._rest, self._fields = b"", {}
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": self.last_id} if self.last_id else {})}
        return request("GET", path, headers=headers, timeout=QUIET_SECONDS)


def events(transport: Transport, path: str, has_ended: Optional[Callable[[], bool]] = None) -> Iterator[Event]:
    """The events of a stream. A broken connection is replaced, and no event is lost or repeated.

    Args:
        has_ended: whether the job has ended, after which a last connection reads the rest. By default, the stream has
            no end.
    """
    parser, backoff = Parser(), Backoff()
    is_last = False
    while True:
        try:
            with transport.stream(parser.request(path)) as parts:
                for part in parts:
                    backoff.reset()
                    yield from parser.feed(part)
            if is_last:
                return
            is_last = has_ended is not None and has_ended()
            if is_last:
                continue
        except _TRANSIENT:
            pass
        time.sleep(backoff.next())


async def events_async(
    transport: AsyncTransport, path: str, has_ended: Optional[Callable[[], Awaitable[bool]]] = None
) -> AsyncIterator[Event]:
    """The events of a stream, for asyncio code."""
    parser, backoff = Parser(), Backoff()
    is_last = False
    while True:
        try:
            async with transport.stream(parser.request(path)) as parts:
                async for part in parts:
                    backoff.reset()
                    for event in parser.feed(part):
                        yield event
            if is_last:
                return
            is_last = has_ended is not None and await has_ended()
            if is_last:
                continue
        except _TRANSIENT:
            pass
        await asyncio.sleep(backoff.next())
