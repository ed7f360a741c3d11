#!/usr/bin/env python3
"""Measures how fast workers of BullMQ's Python port drain a queue on Redis, as drain.js does for Longhaul."""
import argparse
import asyncio
import json
import multiprocessing
import time

from bullmq import Queue, Worker
import redis

QUEUE = "bench"


async def process(job, _token):
    """A job that does nothing."""
    return job.data


def run_worker(url, concurrency, ready):
    """Runs a worker until the process is killed."""

    async def run():
        worker = Worker(QUEUE, process, {"connection": url, "concurrency": concurrency})
        ready.release()
        await asyncio.Event().wait()
        await worker.close()

    asyncio.run(run())


async def submit(url, jobs):
    """Adds the jobs in bulk, and returns their rate."""
    queue = Queue(QUEUE, {"connection": url})
    await queue.pause()
    started = time.monotonic()
    for first in range(0, jobs, 1000):
        await queue.addBulk([{"name": "noop", "data": n} for n in range(first, min(jobs, first + 1000))])
    rate = jobs / (time.monotonic() - started)
    await queue.close()
    return rate


async def drain(url, jobs):
    """Resumes the queue, and returns the rate of completed jobs."""
    queue = Queue(QUEUE, {"connection": url})
    client = redis.from_url(url)
    started = time.monotonic()
    await queue.resume()
    while client.zcard(f"bull:{QUEUE}:completed") < jobs:
        await asyncio.sleep(0.02)
    rate = jobs / (time.monotonic() - started)
    await queue.close()
    return rate


def main():
    """Prints a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--jobs", type=int, default=5000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--concurrency", type=int, default=100)
    options = parser.parse_args()
    redis.from_url(options.url).flushdb()
    submitted = asyncio.run(submit(options.url, options.jobs))
    ready = multiprocessing.Semaphore(0)
    workers = [
        multiprocessing.Process(target=run_worker, args=(options.url, options.concurrency, ready), daemon=True)
        for _ in range(options.processes)]
    for worker in workers:
        worker.start()
    for _ in workers:
        ready.acquire()
    drained = asyncio.run(drain(options.url, options.jobs))
    for worker in workers:
        worker.kill()
    print(json.dumps({
        "jobs": options.jobs, "processes": options.processes, "concurrency": options.concurrency,
        "submitted_per_second": round(submitted), "drained_per_second": round(drained)}))


if __name__ == "__main__":
    main()
