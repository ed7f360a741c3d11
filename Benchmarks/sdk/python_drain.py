#!/usr/bin/env python3
"""No-op jobs through the Python SDK: submitted by one producer, then drained over HTTP by worker processes.

usage: python_drain.py BINARY JOBS [PROCESSES [CONCURRENCY]]

The workers' time runs from their first job to the last, so their start does not count. `longhaul serve` runs on SQLite; every
lease and every completion is durable.
"""

import json
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SDK = os.path.join(HERE, "../../sdk/python")
DEADLINE = 300
BATCH = 500


def start_server(binary, folder):
    """Starts a server; returns its process and its address."""
    server = subprocess.Popen(
        [binary, "serve", "--listen", "127.0.0.1:0", "--store", f"sqlite:{folder}/longhaul.db", "--artifacts",
         f"file:{folder}/artifacts"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return server, json.loads(server.stdout.readline())["listening"]


def await_lines(place, count):
    """Waits until a file has `count` lines, and returns them as times."""
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        with open(place, "rb") as file:
            lines = file.read().splitlines()
        if len(lines) >= count:
            return sorted(float(line) for line in lines)
        time.sleep(0.05)
    raise SystemExit(f"only {len(lines)} of {count} jobs ran")


def main(binary, jobs, processes, concurrency):
    """Runs the benchmark and prints a line of JSON."""
    with tempfile.TemporaryDirectory() as folder:
        place = os.path.join(folder, "done")
        open(place, "wb").close()
        server, url = start_server(binary, folder)
        os.environ.update(LONGHAUL_SERVER=url, PYTHONPATH=f"{SDK}:{HERE}")
        sys.path[:0] = [SDK, HERE]
        from python_tasks import app, noop

        began = time.monotonic()
        for first in range(0, jobs, BATCH):
            app.submit_batch([noop.new(place, n) for n in range(first, min(first + BATCH, jobs))])
        submitted = time.monotonic() - began
        worker = subprocess.Popen(
            [sys.executable, "-m", "longhaul.cli", "python_tasks:app", "--processes", str(processes), "--concurrency",
             str(concurrency), "--queues", "bench", "--log-level", "WARNING"])
        try:
            times = await_lines(place, jobs)
        finally:
            worker.terminate()
            worker.wait()
        completed = app.queues.get("bench")["counts"]["completed"]
        server.terminate()
        server.wait()
    if len(times) != jobs or completed != jobs:
        raise SystemExit(f"{len(times)} jobs ran and {completed} were completed, not {jobs}")
    drained = times[-1] - times[0]
    print(json.dumps({
        "jobs": jobs, "submitted_per_second": round(jobs / submitted), "drained_per_second": round(jobs / drained),
        "whole_per_second": round(jobs / (submitted + drained))}))


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[2:]]
    main(sys.argv[1], *given, *[2, 4][len(given) - 1:])
