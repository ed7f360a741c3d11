"""Processes of ten steps through DBOS, which runs them in its own process and stores each step in PostgreSQL.

usage: dbos_peer.py SOCKET-FOLDER DATABASE COUNT SLOTS threads|tasks PROGRAMS

`threads` runs the processes as functions in a pool of threads, `tasks` as coroutines. PROGRAMS operating system processes
share the work; together they run at most SLOTS processes at the same time. The time runs from the start of the first process
to the result of the last one.
"""

import asyncio
import concurrent.futures
import json
import multiprocessing
import sys
import time

from dbos import DBOS

STEPS = 10


@DBOS.step()
def add(total: int) -> int:
    return total + 1


@DBOS.workflow()
def run(total: int) -> int:
    for _ in range(STEPS):
        total = add(total)
    return total


@DBOS.step()
async def add_async(total: int) -> int:
    return total + 1


@DBOS.workflow()
async def run_async(total: int) -> int:
    for _ in range(STEPS):
        total = await add_async(total)
    return total


def in_threads(count: int, slots: int) -> list[int]:
    # A call of a workflow runs it in the calling thread.
    with concurrent.futures.ThreadPoolExecutor(slots) as pool:
        return list(pool.map(run, range(count)))


async def in_tasks(count: int, slots: int) -> list[int]:
    room = asyncio.Semaphore(slots)

    async def one(number: int) -> int:
        async with room:
            return await run_async(number)

    return list(await asyncio.gather(*(one(number) for number in range(count))))


def launch(folder: str, database: str, slots: int) -> None:
    DBOS(
        config={
            "name": "bench",
            "system_database_url": f"postgresql://longhaul:none@localhost/{database}?host={folder}",
            "sys_db_pool_size": slots,
            "max_executor_threads": slots,
            "run_admin_server": False,
            "log_level": "ERROR",
        }
    )
    DBOS.launch()


def migrate(folder: str, database: str) -> None:
    launch(folder, database, 8)
    DBOS.destroy()


def program(folder: str, database: str, count: int, slots: int, mode: str, barrier) -> None:
    launch(folder, database, slots)
    barrier.wait()
    results = in_threads(count, slots) if mode == "threads" else asyncio.run(in_tasks(count, slots))
    barrier.wait()
    DBOS.destroy()
    if results != [number + STEPS for number in range(count)]:
        raise SystemExit("a process returned another result")


def main(folder: str, database: str, count: int, slots: int, mode: str, programs: int) -> None:
    context = multiprocessing.get_context("spawn")
    first = context.Process(target=migrate, args=(folder, database))
    first.start()
    first.join()
    barrier = context.Barrier(programs + 1, timeout=300)
    share = (folder, database, count // programs, max(1, slots // programs), mode, barrier)
    running = [context.Process(target=program, args=share) for _ in range(programs)]
    for process in running:
        process.start()
    barrier.wait()
    began = time.monotonic()
    barrier.wait()
    taken = time.monotonic() - began
    for process in running:
        process.join()
        if process.exitcode != 0:
            raise SystemExit(1)
    steps = count // programs * programs * STEPS
    print(json.dumps({"processes": count, "slots": slots, "steps_per_second": round(steps / taken)}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5], int(sys.argv[6]))
