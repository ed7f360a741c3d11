"""No-op tasks through Celery: enqueued by one producer, then drained by one worker with two prefork processes.

usage: celery_peer.py URL JOBS

The worker's time runs from its first task to its last, so its start does not count. Tasks are acknowledged after they ran
(`acks_late`), as in Longhaul. Results are not stored. Each process prefetches 64 messages, as Celery's guide recommends for
short tasks.
"""

import json
import os
import subprocess
import sys
import tempfile
import time

from celery import Celery

QUEUE = "bench"
PROCESSES = 2
DEADLINE = 300

app = Celery("celery_peer", broker=os.environ.get("CELERY_PEER_BROKER"))
app.conf.update(
    task_default_queue=QUEUE,
    task_acks_late=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=64,
    worker_send_task_events=False,
    broker_connection_retry_on_startup=True,
    # RabbitMQ confirms each message when it is on disk; Redis has no such confirmation.
    broker_transport_options={"confirm_publish": True} if "amqp" in (app.conf.broker_url or "") else {},
)


@app.task
def noop(place: str, n: int) -> None:
    """Appends the time to a file; the drain rate is computed from these times."""
    with open(place, "ab", buffering=0) as file:
        file.write(b"%.6f\n" % time.time())


def start_worker() -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "celery", "-A", "celery_peer", "worker", "--pool", "prefork"]
        + ["--concurrency", str(PROCESSES), "--without-gossip", "--without-mingle", "--without-heartbeat"]
        + ["--loglevel", "ERROR", "--queues", QUEUE],
        cwd=os.path.dirname(os.path.abspath(__file__)),
        stdout=subprocess.DEVNULL,
    )


def wait_for(place: str, count: int) -> list[float]:
    """Waits until `count` tasks have run, and returns their times."""
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        with open(place, "rb") as file:
            lines = file.read().splitlines()
        if len(lines) >= count:
            return [float(line) for line in lines]
        time.sleep(0.05)
    raise SystemExit(f"only {len(lines)} of {count} tasks ran")


def main(jobs: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = os.path.join(folder, "done")
        open(place, "wb").close()
        began = time.monotonic()
        for n in range(jobs):
            noop.delay(place, n)
        submitted = time.monotonic() - began
        worker = start_worker()
        try:
            times = sorted(wait_for(place, jobs))
        finally:
            worker.terminate()
            worker.wait()
        if len(times) != jobs:
            raise SystemExit(f"{len(times)} tasks ran, not {jobs}")
        drained = times[-1] - times[0]
    print(
        json.dumps(
            {
                "jobs": jobs,
                "submitted_per_second": round(jobs / submitted),
                "drained_per_second": round(jobs / drained),
                "whole_per_second": round(jobs / (submitted + drained)),
            }
        )
    )


if __name__ == "__main__":
    if "CELERY_PEER_BROKER" not in os.environ:
        # The worker process reads the broker from the environment.
        os.environ["CELERY_PEER_BROKER"] = sys.argv[1]
        os.execv(sys.executable, [sys.executable, os.path.abspath(__file__), *sys.argv[1:]])
    # Imports the task under the name that the worker uses.
    import celery_peer

    noop = celery_peer.noop
    main(int(sys.argv[2]))
