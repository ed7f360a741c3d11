"""The job of the benchmark of the Python SDK: it appends the time to a file, like the task of the Celery peer."""

import time

from longhaul import Longhaul

app = Longhaul()


@app.job("bench.noop", queue="bench")
def noop(place: str, n: int) -> None:
    """Appends the time to a file; the drain rate is computed from these times."""
    with open(place, "ab", buffering=0) as file:
        file.write(b"%.6f\n" % time.time())
