"""The worker: leases jobs, runs their functions, and reports how they ended."""

from .config import WorkerConfig
from .worker import Worker

__all__ = ["Worker", "WorkerConfig"]
