"""The names of queues, kinds and workers in the load: permanent ones, and new ones all the time."""

import random
import threading
import time

BASE_QUEUES = ["base-0", "base-1", "base-2"]


class Names:
    """Names that are new all the time: a queue per `queue_seconds`, a worker identifier per ten seconds."""

    def __init__(self, queue_seconds):
        self.started = time.monotonic()
        self.queue_seconds = queue_seconds
        self.lock = threading.Lock()
        self.kinds = 0
        # When each queue was used last.
        self.used = {}

    def queue(self):
        """Half of the jobs go to permanent queues, half to the newest queue."""
        age = time.monotonic() - self.started
        name = random.choice(BASE_QUEUES) if random.random() < 0.5 else f"tenant-{int(age / self.queue_seconds)}"
        return self.use(name)

    def use(self, name):
        with self.lock:
            self.used[name] = time.monotonic()
        return name

    def recent(self, seconds):
        """The queues that were used in the last seconds."""
        since = time.monotonic() - seconds
        with self.lock:
            return [name for name, at in self.used.items() if at >= since]

    def kind(self):
        if random.random() < 0.5:
            return f"task.{random.randrange(20)}"
        with self.lock:
            self.kinds += 1
            return f"daily.{self.kinds // 4}"

    def worker(self, number):
        return f"worker-{number}-{int((time.monotonic() - self.started) / 10)}"
