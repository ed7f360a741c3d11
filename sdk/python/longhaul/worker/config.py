"""The settings of a worker."""

from __future__ import annotations

import dataclasses
import os
import socket
import uuid
from typing import Any, Dict, Mapping, Optional, Sequence


@dataclasses.dataclass(frozen=True)
class WorkerConfig:
    """The settings of a worker. Times are in seconds."""

    #: How many jobs run at the same time in threads.
    concurrency: int = os.cpu_count() or 4
    #: How many jobs with an `async def` function run at the same time.
    async_concurrency: int = 100
    #: The queues, the most urgent first. None: those that the functions name, and `default`.
    queues: Optional[Sequence[str]] = None
    #: The labels of the worker. A job that needs labels runs on a worker that has them.
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    #: The name that the dashboard shows.
    name: str = dataclasses.field(default_factory=lambda: f"{socket.gethostname()}-{os.getpid()}")
    #: How many jobs the worker may lease before it has a free thread. It leases few or none when jobs take long.
    max_prefetch: int = 500
    #: How long a lease lasts without a heartbeat. Then another worker gets the job.
    lease: float = 30
    #: The time between two heartbeats, after which a running job learns that it was cancelled.
    heartbeat: float = 2
    #: How long one call waits for jobs.
    poll: float = 20
    #: How long the handlers continue after the end of their leases while the server does not answer.
    outage: float = 3600
    #: The timeout of an attempt of a job that has none.
    timeout: float = 3600
    #: How long running jobs may continue after a stop. Then they are interrupted and released.
    grace: float = 30
    #: How long an interrupted handler may take to end. Then its attempt is reported, and its thread stays occupied.
    interrupt_grace: float = 10
    #: The level from which log records of handlers belong to the log of the job.
    log_level: int = 20

    def info(self, id: str) -> Dict[str, Any]:
        """What the worker says about itself when it leases jobs."""
        info: Dict[str, Any] = {"id": id, "name": self.name, "heartbeat_interval_seconds": self.heartbeat}
        if self.labels:
            info["labels"] = dict(self.labels)
        return info

    def new_id(self) -> str:
        """An identifier that no other worker has. A worker that starts again is another worker."""
        return f"{self.name}-{uuid.uuid4().hex[:12]}"
