"""No-op jobs through Procrastinate: deferred in batches of a thousand, then drained by one worker process.

usage: procrastinate_peer.py URL JOBS SLOTS
"""

import asyncio
import json
import sys
import time

import procrastinate


async def main(url: str, jobs: int, slots: int) -> None:
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))
    left = jobs

    @app.task(queue="bench")
    async def noop(n: int) -> None:
        nonlocal left
        left -= 1

    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        began = time.monotonic()
        for first in range(0, jobs, 1000):
            await noop.batch_defer_async(*[{"n": n} for n in range(first, min(jobs, first + 1000))])
        submitted = time.monotonic()
        await app.run_worker_async(
            queues=["bench"], concurrency=slots, wait=False, install_signal_handlers=False
        )
        drained = time.monotonic()
    if left:
        raise SystemExit(f"{left} jobs were not run")
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
