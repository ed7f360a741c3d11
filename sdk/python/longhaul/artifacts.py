"""The files of a job."""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import TYPE_CHECKING, Any, AsyncIterator, BinaryIO, Dict, Iterator, List, Union

from .messages import path, request
from .records import JobRecord

if TYPE_CHECKING:
    from .aio import AsyncTransport
    from .transport import Transport

#: A path of a file.
FilePath = Union[str, "os.PathLike[str]"]
_PIECE = 1 << 16


class JobArtifacts:
    """The files of a job, which are visible when it has completed."""

    def __init__(self, transport: Transport, async_transport: AsyncTransport, job_id: str) -> None:
        self._transport = transport
        self._async_transport = async_transport
        self._job_id = job_id

    def list(self) -> List[Dict[str, Any]]:
        """The files: name, size_bytes, content_type and sha256."""
        return JobRecord.of(self._transport.call(request("GET", path("jobs", self._job_id))).json()).artifacts

    async def list_async(self) -> List[Dict[str, Any]]:
        """The files, for asyncio code."""
        answer = await self._async_transport.call(request("GET", path("jobs", self._job_id)))
        return JobRecord.of(answer.json()).artifacts

    def read(self, name: str) -> bytes:
        """The content of a file, in memory."""
        return self._transport.call(request("GET", self._path(name))).body

    async def read_async(self, name: str) -> bytes:
        """The content of a file, in memory, for asyncio code."""
        return (await self._async_transport.call(request("GET", self._path(name)))).body

    @contextlib.contextmanager
    def stream(self, name: str) -> Iterator[Iterator[bytes]]:
        """The content of a file, part by part."""
        with self._transport.stream(request("GET", self._path(name))) as parts:
            yield parts

    @contextlib.asynccontextmanager
    async def stream_async(self, name: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """The content of a file, part by part, for asyncio code."""
        async with self._async_transport.stream(request("GET", self._path(name))) as parts:
            yield parts

    def download(self, name: str, target: Union[FilePath, BinaryIO]) -> None:
        """Writes a file to a path or to an open file, without holding it in memory."""
        with contextlib.ExitStack() as stack:
            if isinstance(target, (str, os.PathLike)):
                file: Any = stack.enter_context(open(f"{os.fspath(target)}.part", "wb"))
            else:
                file = target
            for part in stack.enter_context(self.stream(name)):
                file.write(part)
        if isinstance(target, (str, os.PathLike)):
            shutil.move(f"{os.fspath(target)}.part", target)

    def _path(self, name: str) -> str:
        # The server sends the bytes itself, also if they are in a bucket.
        return path("jobs", self._job_id, "artifacts", name, redirect=False)
