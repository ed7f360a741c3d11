"""`longhaul-worker MODULE:APP`: runs the jobs of an app."""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import signal
import subprocess
import sys
import time
from typing import Any, Dict, List, Optional, Sequence

from .__about__ import VERSION
from .app import Longhaul
from .worker import Worker, WorkerConfig

log = logging.getLogger("longhaul.worker")
#: A process that ends sooner than this after its start is started again after a pause, in seconds.
RESTART_SECONDS = 1.0


def parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    result = argparse.ArgumentParser(
        prog="longhaul-worker",
        description="Runs the jobs of an app until SIGTERM or SIGINT.",
        epilog="LONGHAUL_SERVER, LONGHAUL_API_KEY and LONGHAUL_KEY_FILE say where the server is, unless the app does.",
    )
    defaults = WorkerConfig(name="")
    result.add_argument("app", metavar="MODULE:APP", help="the app, such as tasks:app; other modules with jobs follow")
    result.add_argument("modules", nargs="*", metavar="MODULE", help="a module that defines jobs of the app")
    result.add_argument(
        "--concurrency",
        "-c",
        type=int,
        default=defaults.concurrency,
        metavar="N",
        help="jobs in threads at the same time, in each process (default: the number of processors)",
    )
    result.add_argument(
        "--async-concurrency",
        type=int,
        default=defaults.async_concurrency,
        metavar="N",
        help="jobs of coroutine functions at the same time, in each process (default: %(default)s)",
    )
    result.add_argument("--processes", "-p", type=int, default=1, metavar="N", help="processes (default: %(default)s)")
    result.add_argument(
        "--queues", "-q", metavar="QUEUE,…", help="the queues, the most urgent first (default: those of the jobs)"
    )
    result.add_argument("--labels", metavar="KEY=VALUE,…", help="the labels of the worker, such as gpu=1")
    result.add_argument("--name", help="the name of the worker (default: host and process)")
    for option, text in (
        ("grace", "how long jobs may continue after SIGTERM"),
        ("lease", "how long a lease lasts without a heartbeat"),
        ("heartbeat", "the time between two heartbeats"),
        ("timeout", "the timeout of a job that has none"),
    ):
        result.add_argument(
            f"--{option}",
            type=float,
            default=getattr(defaults, option),
            metavar="S",
            help=f"{text}, in seconds (default: %(default)g)",
        )
    result.add_argument(
        "--max-prefetch",
        type=int,
        default=defaults.max_prefetch,
        metavar="N",
        help="short jobs that are leased ahead at most; 0 for none (default: %(default)s)",
    )
    result.add_argument("--log-level", default="INFO", help="the level of the log (default: %(default)s)")
    result.add_argument("--version", action="version", version=VERSION)
    return result


def find_app(name: str, modules: Sequence[str] = ()) -> Longhaul:
    """Imports the app `MODULE:APP` and further modules. Raises SystemExit if there is none."""
    if "" not in sys.path:
        sys.path.insert(0, "")
    _set_up_django()
    module, _, attribute = name.partition(":")
    app: Any = importlib.import_module(module)
    for part in (attribute or "app").split("."):
        app = getattr(app, part, None)
    if not isinstance(app, Longhaul):
        raise SystemExit(f"longhaul-worker: {name} is no Longhaul app")
    for entry in modules:
        importlib.import_module(entry)
    return app


def _set_up_django() -> None:
    """Loads the Django apps, if DJANGO_SETTINGS_MODULE names the settings of a project."""
    if os.environ.get("DJANGO_SETTINGS_MODULE"):
        importlib.import_module("django").setup()


def _config(options: argparse.Namespace) -> WorkerConfig:
    settings: Dict[str, Any] = {
        key: getattr(options, key)
        for key in ("concurrency", "async_concurrency", "grace", "lease", "heartbeat", "timeout", "max_prefetch")
    }
    if options.queues:
        settings["queues"] = [queue for queue in options.queues.split(",") if queue]
    if options.labels:
        settings["labels"] = dict(label.split("=", 1) for label in options.labels.split(","))
    if options.name:
        settings["name"] = options.name
    return WorkerConfig(**settings)


class Supervisor:
    """Runs the same command in several processes, and starts those again that end unexpectedly."""

    def __init__(self, arguments: List[str], count: int) -> None:
        self._command = [sys.executable, "-m", "longhaul.cli", *arguments, "--processes", "1"]
        self._count = count
        self._is_stopping = False
        self._processes: List[subprocess.Popen[bytes]] = []
        self._started: Dict[int, float] = {}

    def run(self) -> int:
        """Runs until SIGTERM or SIGINT; returns the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        self._processes = [self._start() for _ in range(self._count)]
        while any(process.poll() is None for process in self._processes) or not self._is_stopping:
            for index, process in enumerate(self._processes):
                code = process.poll()
                if code is not None and not self._is_stopping:
                    log.warning(
                        "the process %d of the worker ended with code %d; it is started again", process.pid, code
                    )
                    time.sleep(max(0.0, self._started[process.pid] + RESTART_SECONDS - time.monotonic()))
                    self._processes[index] = self._start()
            time.sleep(0.1)
        # A process that had not installed its handlers yet ended by the signal of the stop.
        codes = [process.returncode for process in self._processes]
        return max(0 if code in (-signal.SIGTERM, -signal.SIGINT) else abs(int(code)) for code in codes)

    def _start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            self._command, env={**os.environ, "LONGHAUL_WORKER_CHILD": "1"}, start_new_session=True
        )
        self._started[process.pid] = time.monotonic()
        if self._is_stopping:
            process.terminate()
        return process

    def _on_signal(self, number: int, _: Any) -> None:
        self._is_stopping = True
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(number)


def main(arguments: Optional[List[str]] = None) -> int:
    """Runs the command; returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    options = parser().parse_args(given)
    logging.basicConfig(level=options.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if options.processes > 1:
        return Supervisor(given, options.processes).run()
    app = find_app(options.app, options.modules)
    Worker(app, _config(options), ends_with_parent="LONGHAUL_WORKER_CHILD" in os.environ).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
