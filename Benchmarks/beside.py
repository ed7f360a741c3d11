#!/usr/bin/env python3
"""Measures how long other submissions wait beside the largest requests.

Each row of the table is one large request. Clients submit single jobs to another queue before and during it. The row
shows the p99 and the maximum of their latency undisturbed and beside the request, and the ratio of the two p99.
`--store postgres` starts a PostgreSQL server. The exit code is 1 if a request is refused.
"""

import argparse
import concurrent.futures
import json
import os
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../Tests/Security"))
# pylint: disable=wrong-import-position
from harness import Server  # noqa: E402
from stores import Postgres  # noqa: E402

QUIET_SECONDS = 2
CLIENTS = 2


class Beside:
    """Clients that submit single jobs while another request runs."""

    def __init__(self, server):
        self.server = server
        self.latencies = []
        self.is_over = False
        self.threads = [threading.Thread(target=self.submit) for _ in range(CLIENTS)]

    def submit(self):
        while not self.is_over:
            start = time.monotonic()
            self.server.submit("small", queue="side")
            self.latencies.append((start, time.monotonic() - start))

    def measure(self, request):
        """Returns the latencies before and during `request`, and its duration, in seconds."""
        for thread in self.threads:
            thread.start()
        time.sleep(QUIET_SECONDS)
        start = time.monotonic()
        request()
        end = time.monotonic()
        self.is_over = True
        for thread in self.threads:
            thread.join()
        before = [seconds for at, seconds in self.latencies if at + seconds <= start]
        during = [seconds for at, seconds in self.latencies if at + seconds > start and at < end]
        return before, during, end - start


def p99(latencies):
    return sorted(latencies)[max(0, int(len(latencies) * 0.99) - 1)]


def expect(answer, status):
    if answer.status != status:
        raise SystemExit(f"expected {status}: {answer}")
    return answer


def batch(payload_bytes, edges=10_000, count=1_000):
    """The entries of a batch; each entry depends on the entries before it."""
    entries = []
    for index in range(count):
        names = [f"#r{other}" for other in range(max(0, index - edges // count), index)]
        entries.append({
            "kind": "big", "queue": "big", "ref": f"r{index}", "depends_on": names, "payload": "x" * payload_bytes})
    return entries


def fill_dead_letters(server, count):
    for _ in range(count // 1_000):
        jobs = [{"kind": "dead", "queue": "dead", "max_attempts": 1} for _ in range(1_000)]
        expect(server.call("POST", "/v1/jobs/batch", {"jobs": jobs}), 202)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        while leases := server.lease("dead", count=1_000, wait=0, seconds=600):
            failure = {"error": {"type": "boom", "message": "it failed"}}
            list(pool.map(
                lambda lease: expect(server.call("POST", f"/v1/leases/{lease['token']}/fail", failure), 200), leases))


def family(server, count):
    """Stores a parent and its children. Returns the identifier of the parent."""
    def children(**fields):
        return [{"kind": "child", "queue": "kids", "delay_seconds": 10_000, **fields} for _ in range(1_000)]
    body = {"jobs": children(), "parent": {"kind": "parent", "queue": "kids"}}
    parent = expect(server.call("POST", "/v1/jobs/batch", body), 202).json["parent"]["job"]["id"]
    for _ in range(count // 1_000 - 1):
        expect(server.call("POST", "/v1/jobs/batch", {"jobs": children(parent_id=parent)}), 202)
    return parent


def requests(server):
    """Yields each large request: its name and a function that makes it."""
    for payload in (10, 15_800):
        body = json.dumps({"jobs": batch(payload)}).encode()
        yield (f"batch of 1,000, 10,000 edges, {len(body) / 2**20:.1f} MiB",
               lambda body=body: expect(server.call("POST", "/v1/jobs/batch", body), 202))
    server.submit("first", queue="first")
    token = server.lease("first", seconds=600)[0]["token"]
    body = json.dumps({"result": None, "next": batch(2_000)}).encode()
    yield ("completion with 1,000 next, 10,000 edges",
           lambda: expect(server.call("POST", f"/v1/leases/{token}/complete", body), 200))
    parent = family(server, 10_000)
    yield "cancel of 10,000 descendants", lambda: expect(server.call("POST", f"/v1/jobs/{parent}/cancel"), 200)
    fill_dead_letters(server, 12_000)
    yield "redrive of 12,000", lambda: expect(server.call("POST", "/v1/dead-letters/redrive", {"filter": {}}), 200)
    tokens = [lease["token"] for lease in server.lease("dead", count=1_000, wait=0, seconds=600)]
    entries = [{"token": token, "result": "x" * 15_800} for token in tokens]
    yield ("1,000 completions, 15.3 MiB",
           lambda: expect(server.call("POST", "/v1/leases/complete", {"completions": entries}), 200))
    ended = [{"kind": "short", "queue": "short", "retention_seconds": 0} for _ in range(1_000)]
    expect(server.call("POST", "/v1/jobs/batch", {"jobs": ended}), 202)
    tokens = [lease["token"] for lease in server.lease("short", count=1_000, wait=0, seconds=600)]
    entries = [{"token": token, "result": None} for token in tokens]

    def retention():
        expect(server.call("POST", "/v1/leases/complete", {"completions": entries}), 200)
        while any(server.call("GET", "/v1/jobs?queue=short&limit=1").json["items"]):
            time.sleep(0.05)
    yield "retention of 1,000", retention


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    database = Postgres() if parser.parse_args().store == "postgres" else None
    try:
        with Server(store=database.url() if database else None) as server:
            for queue in ("big", "kids", "dead", "side"):
                expect(server.call("PUT", f"/v1/queues/{queue}", {"max_depth": None, "max_waiting": None}), 200)
            print(f"{'request':46} {'took':>8} {'p99 before':>11} {'p99 beside':>11} {'max beside':>11} {'ratio':>6}")
            for name, request in requests(server):
                before, during, seconds = Beside(server).measure(request)
                print(
                    f"{name:46} {seconds * 1000:5.0f} ms {p99(before) * 1000:8.1f} ms {p99(during) * 1000:8.1f} ms "
                    f"{max(during) * 1000:8.1f} ms {p99(during) / p99(before):6.1f}", flush=True)
    finally:
        if database:
            database.close()


if __name__ == "__main__":
    main()
