"""No-op jobs through awa-pg: inserted by COPY in batches of a thousand, then drained by one worker process.

usage: awa_peer.py URL JOBS SLOTS
"""

import asyncio
import json
import sys
import time
from dataclasses import dataclass

import awa


@dataclass
class Noop:
    n: int


async def main(url: str, jobs: int, slots: int) -> None:
    client = awa.AsyncClient(url)
    await client.migrate()
    # awa recommends this layout, and its COPY needs it.
    await client.install_queue_storage(schema="awa_exp")
    left = jobs
    done = asyncio.Event()

    @client.task(Noop, queue="bench")
    async def noop(job) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            done.set()

    began = time.monotonic()
    for first in range(0, jobs, 1000):
        await client.enqueue_many_copy([Noop(n) for n in range(first, min(jobs, first + 1000))], queue="bench")
    submitted = time.monotonic()
    await client.start([("bench", slots)], queue_storage_schema="awa_exp")
    await done.wait()
    drained = time.monotonic()
    await client.shutdown()
    print(
        json.dumps(
            {
                "jobs": jobs,
                "submitted_per_second": round(jobs / (submitted - began)),
                "drained_per_second": round(jobs / (drained - submitted)),
                "whole_per_second": round(jobs / (drained - began)),
            }
        )
    )


asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
