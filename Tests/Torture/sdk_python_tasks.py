"""The jobs of the torture of the Python SDK. Each effect is a line in a file, which is written before the result is known."""

import asyncio
import os
import random
import time
import uuid

from longhaul import Flow, Longhaul, RetryBackoff, StepRetry, current_job, current_step

app = Longhaul()
QUEUE = "sdk"
FAST = RetryBackoff(initial=0.05, maximum=0.5)
OPTIONS = {"queue": QUEUE, "retries": 99, "backoff": FAST}
_effects = os.open(os.path.join(os.environ["TORTURE_FOLDER"], "effects.txt"), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)


def effect(place):
    """Records an effect; returns its nonce. A line is one write, so that a kill never mixes lines."""
    nonce = uuid.uuid4().hex
    os.write(_effects, f"{place} {nonce}\n".encode())
    return nonce


@app.job("sdk.plain", **OPTIONS)
def plain(pause, failures):
    """A function that fails a number of times."""
    job = current_job()
    time.sleep(pause)
    if job.attempt <= failures:
        raise OSError("a planned failure")
    if pause:
        job.progress(50)
    return effect(job.id)


@app.job("sdk.coroutine", **OPTIONS)
async def coroutine(pause, failures):
    """A coroutine function that fails a number of times."""
    job = current_job()
    await asyncio.sleep(pause)
    if job.attempt <= failures:
        raise OSError("a planned failure")
    return effect(job.id)


@app.durable("sdk.durable", **OPTIONS)
async def durable(flow: Flow, pause, failures):
    """A durable job with steps, timers and a child job."""
    def work():
        if current_step().attempt <= failures:
            raise OSError("a planned failure")
        return effect(current_step().key)

    first = await flow.step("first", work, retry=StepRetry(max_attempts=99, delay=0.05))
    await flow.sleep(pause)
    child = await flow.call(plain.with_options(tags={"child": "yes"}).new(0, 0))
    numbers = await flow.map("numbers", range(3), lambda number, flow: flow.step(f"step {number}", work, retry=StepRetry(99, 0.05)))
    return {"first": first, "child": child, "numbers": numbers, "random": flow.randint(0, 1 << 30)}


def plan(random_numbers: random.Random):
    """A job that has not been submitted yet."""
    kind = random_numbers.choices([plain, coroutine, durable], [16, 6, 1])[0]
    pause = random_numbers.choice([0, 0, 0, 0.01, 0.1])
    return kind.new(pause, random_numbers.choices([0, 1, 2], [8, 1, 1])[0])
