"""One attempt of a job: its lease, its interruption, and the calls that need its token."""

from __future__ import annotations

import mimetypes
import os
import threading
import time
from typing import TYPE_CHECKING, Any, BinaryIO, Callable, Dict, Iterable, List, Optional, Tuple, Type, Union

from .artifacts import FilePath
from .backoff import Backoff
from .errors import APIError, Interrupt, LeaseEnded, LeaseLost, NotFound, ServerUnreachable, is_transient
from .logs import LogBuffer
from .messages import Repeat, Request, path, request
from .options import NewJob

if TYPE_CHECKING:
    from .functions import JobFunction
    from .transport import Transport


class Attempt:
    """One attempt of a job, from its lease to its report.

    Args:
        lease: the lease, as the server answered it.
        function: the function of the job's kind.
        transport: sends the calls of the attempt.
    """

    def __init__(self, lease: Dict[str, Any], function: JobFunction[..., Any], transport: Transport) -> None:
        self.token: str = lease["token"]
        self.job: Dict[str, Any] = lease["job"]
        self.number: int = lease["attempt"]
        self.lease = lease
        self.function = function
        self.transport = transport
        self.logs = LogBuffer()
        self.next_jobs: List[NewJob] = []
        #: When the worker received the lease, and when the handler started, by the monotonic clock.
        self.leased_at = self.renewed_at = time.monotonic()
        self.started_at: Optional[float] = None
        #: Why the handler must stop, and when it was asked to.
        self.interrupt: Optional[Type[Interrupt]] = None
        self.interrupted = threading.Event()
        self.interrupted_at = 0.0
        #: Stops the running handler with an interrupt.
        self.stop_handler: Optional[Callable[[Type[Interrupt]], None]] = None
        self._lock = threading.Lock()
        self._is_reported = False
        self._progress: Optional[Dict[str, Any]] = None
        self._has_unsent_progress = False

    # Interruption

    def interrupt_with(self, kind: Type[Interrupt]) -> None:
        """Asks the handler to stop. Only the first reason counts, but a lost lease replaces any other."""
        with self._lock:
            is_first = self.interrupt is None
            if is_first or kind is LeaseEnded:
                self.interrupt = kind
            if not is_first:
                return
            self.interrupted_at = time.monotonic()
            stop = self.stop_handler
        self.interrupted.set()
        if stop:
            stop(kind)

    def begin(self, stop_handler: Callable[[Type[Interrupt]], None]) -> bool:
        """Starts the handler; false if it must not start any more."""
        with self._lock:
            if self.interrupt is not None or self._is_reported:
                return False
            self.started_at = time.monotonic()
            self.stop_handler = stop_handler
            return True

    def claim_report(self) -> bool:
        """True for the first caller, who reports the end of the attempt."""
        with self._lock:
            is_first, self._is_reported = not self._is_reported, True
            return is_first

    def timeout_seconds(self, default: float) -> float:
        """How long the attempt may run: the job's timeout, or that of the worker."""
        return float(self.job.get("timeout_seconds") or default)

    # Progress

    def set_progress(self, percent: float, message: Optional[str]) -> None:
        """Sets the progress that the next heartbeat sends."""
        progress: Dict[str, Any] = {"percent": percent}
        if message is not None:
            progress["message"] = message
        self._progress, self._has_unsent_progress = progress, True

    @property
    def progress(self) -> Optional[Dict[str, Any]]:
        """The latest progress."""
        return self._progress

    @property
    def has_unsent_progress(self) -> bool:
        """Whether the latest progress was not sent yet."""
        return self._has_unsent_progress

    def heartbeat(self) -> Dict[str, Any]:
        """The entry of the attempt in a heartbeat, with progress that was not sent yet."""
        entry: Dict[str, Any] = {"token": self.token}
        if self._has_unsent_progress:
            self._has_unsent_progress = False
            entry["progress"] = self._progress
        return entry

    # Calls with the token

    def call(self, request: Request) -> Any:
        """Sends a call of the attempt, and returns the value of the answer.

        A call that may be repeated is repeated until the server answers, or the handler must stop. A lost lease
        interrupts the handler.
        """
        backoff = Backoff()
        while True:
            try:
                return self.transport.call(request).json()
            except LeaseLost:
                self.interrupt_with(LeaseEnded)
                raise
            except (APIError, ServerUnreachable) as error:
                if request.repeat is not Repeat.ALWAYS or not is_transient(error):
                    raise
            self.interrupted.wait(backoff.next())
            if self.interrupt:
                raise self.interrupt()

    def path(self, *parts: str, **query: Any) -> str:
        """The path of a call with the token."""
        return path("leases", self.token, *parts, **query)

    def checkpoint(self, name: str) -> Tuple[bool, Any]:
        """Whether a checkpoint is stored, and its output."""
        try:
            return True, self.call(request("GET", self.path("steps", name)))["output"]
        except NotFound:
            return False, None

    def store_checkpoint(self, name: str, output: Any) -> Any:
        """Stores the output of a checkpoint; returns the stored one."""
        return self.call(request("PUT", self.path("steps", name), {"output": output}))["output"]

    def upload(self, name: str, data: Union[bytes, BinaryIO, Iterable[bytes]], content_type: str) -> Dict[str, Any]:
        """Uploads a file of the job. Data that is no bytes object is sent once, without a repetition."""
        headers = {"Content-Type": content_type}
        repeat, body = Repeat.NEVER, data
        if isinstance(data, (bytes, bytearray, memoryview)):
            repeat, body = Repeat.ALWAYS, bytes(data)
        answer: Dict[str, Any] = self.call(
            Request("PUT", self.path("artifacts", name), body, headers, repeat, timeout=600)
        )
        return answer

    def upload_file(self, file: FilePath, name: Optional[str], content_type: Optional[str]) -> Dict[str, Any]:
        """Uploads a file of this machine."""
        kind = content_type or mimetypes.guess_type(os.fspath(file))[0] or "application/octet-stream"
        with open(file, "rb") as data:
            return self.upload(name or os.path.basename(os.fspath(file)), data, kind)

    def send_logs(self) -> None:
        """Sends the lines of the log that wait.

        Raises:
            ServerUnreachable, Unavailable: the lines wait for the next call.
        """
        with self.logs.sending:
            while self.logs:
                batch = self.logs.take()
                if not batch:
                    return
                try:
                    self.call(request("POST", self.path("logs"), {"lines": batch}, repeat=Repeat.NEVER))
                except LeaseLost:
                    return
                except Exception:
                    self.logs.restore(batch)
                    raise
