#!/usr/bin/env python3
"""Measures the CPU time of one server under the heartbeats of a thousand workers.

Each worker has its own connection and one leased job. Like `longhaul worker`, it renews its lease of thirty seconds every
ten seconds and sends a heartbeat every 1.5 s. With --polls each worker also has a waiting request for jobs, like a worker
with free slots. The exit code is 1 if the server uses more than --limit of one core, or if a heartbeat is lost or refused.
"""

import argparse
import asyncio
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time

BINARY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.build/release/longhaul")
LEASE_SECONDS = 30
RENEWAL_SECONDS = 10
BEAT_SECONDS = 1.5


class Connection:
    """A persistent connection that sends one request after another."""

    def __init__(self, port):
        self.port = port
        self.reader = self.writer = None

    async def call(self, path, value):
        """Sends one POST and returns the answer as JSON. Raises `RuntimeError` for any status but 200 and 202."""
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        body = json.dumps(value).encode()
        self.writer.write(
            b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            % (path.encode(), len(body), body))
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        answer = await self.reader.readexactly(length)
        if head[9:12] not in (b"200", b"202"):
            raise RuntimeError(f"{path}: {head[:40]!r} {answer[:300]!r}")
        return json.loads(answer)


class Worker:
    """A worker with one leased job."""

    def __init__(self, port, number):
        self.id = f"bench-{number}"
        self.beats = Connection(port)
        self.polls = Connection(port)
        self.token = None
        self.latencies = []

    def _wanted(self, queue, wait):
        worker = {"id": self.id, "heartbeat_interval_seconds": BEAT_SECONDS}
        return {"worker": worker, "queues": [queue], "lease_seconds": LEASE_SECONDS, "wait_seconds": wait}

    async def lease(self):
        """Leases the job."""
        answer = await self.beats.call("/v1/leases", self._wanted("held", 5))
        self.token = answer["leases"][0]["token"]

    async def beat(self, until, pause):
        """Sends a heartbeat every 1.5 s, the first after `pause`, and renews the lease when that is due."""
        await asyncio.sleep(pause % BEAT_SECONDS)
        renewal = time.monotonic() + pause
        while time.monotonic() < until:
            began = time.monotonic()
            held = [self.token] if began >= renewal else []
            renewal += RENEWAL_SECONDS * len(held)
            answer = await self.beats.call(
                "/v1/leases/heartbeat",
                {"worker": {"id": self.id}, "leases": [{"token": token} for token in held]})
            if [lease["token"] for lease in answer["renewed"]] != held:
                raise RuntimeError(f"the lease of {self.id} was not renewed: {answer}")
            self.latencies.append(time.monotonic() - began)
            await asyncio.sleep(max(0, began + BEAT_SECONDS - time.monotonic()))

    async def poll(self, until):
        """Waits for jobs in an empty queue."""
        while time.monotonic() < until:
            await self.polls.call("/v1/leases", self._wanted("empty", 20))


def processor_seconds(pid):
    """The CPU time of a process so far, in seconds."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(pid, port, options):
    """Returns the server's share of a core, and the latency of every heartbeat."""
    jobs = [{"kind": "bench.held", "queue": "held"}] * options.workers
    submitter = Connection(port)
    for start in range(0, len(jobs), 1000):
        await submitter.call("/v1/jobs/batch", {"jobs": jobs[start : start + 1000]})
    workers = [Worker(port, number) for number in range(options.workers)]
    for start in range(0, len(workers), 50):
        await asyncio.gather(*(worker.lease() for worker in workers[start : start + 50]))
    until = time.monotonic() + options.seconds
    began, used = time.monotonic(), processor_seconds(pid)
    tasks = [
        asyncio.create_task(worker.beat(until, RENEWAL_SECONDS * number / len(workers)))
        for number, worker in enumerate(workers)]
    if options.polls:
        tasks += [asyncio.create_task(worker.poll(until)) for worker in workers]
    done, left = await asyncio.wait(tasks, timeout=options.seconds, return_when=asyncio.FIRST_EXCEPTION)
    share = (processor_seconds(pid) - used) / (time.monotonic() - began)
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    for task in done:
        task.result()
    return share, sorted(latency for worker in workers for latency in worker.latencies)


def main():
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--workers", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=30, help="how long to measure")
    parser.add_argument("--polls", action="store_true", help="each worker also waits for jobs")
    parser.add_argument("--limit", type=float, default=0.5, help="the maximum share of a core")
    parser.add_argument("--binary", default=os.environ.get("LONGHAUL", BINARY))
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory(prefix="longhaul-heartbeats-") as folder:
        server = subprocess.Popen(
            [os.path.abspath(options.binary), "serve", "--listen", "127.0.0.1:0", "--store",
             f"sqlite:{folder}/longhaul.db", "--artifacts", f"file:{folder}/artifacts"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            port = int(json.loads(server.stdout.readline())["listening"].rpartition(":")[2])
            share, latencies = asyncio.run(measure(server.pid, port, options))
        finally:
            server.send_signal(signal.SIGTERM)
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()

    def percentile(part):
        return latencies[min(len(latencies) - 1, int(len(latencies) * part))] * 1000

    print(f"  heartbeats  {options.workers} workers, {len(latencies) / options.seconds:.0f} a second"
          + (", each also waiting for jobs" if options.polls else ""))
    print(f"  processor   {share * 100:.1f} % of a core (maximum {options.limit * 100:.0f} %)")
    print(f"  latency     p50 {percentile(0.5):.1f} ms, p99 {percentile(0.99):.1f} ms")
    return 0 if share <= options.limit else 1


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
    sys.exit(main())
