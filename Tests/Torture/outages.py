"""Faults of backends and of the network to them: kills, data loss, cut and stalled connections."""

import contextlib
import http.client
import signal
import threading
import time

KILL_DURING_UPLOAD = "kill -9 of servers during an upload"
# The maximum time for which a server may fail to start after its store is available again, in seconds.
RECOVERY_SECONDS = 30


class Outages:
    """The faults of the backends of a system, with weights for `Faults`."""

    def __init__(self, system, counts, random, later):
        self.system = system
        self.counts = counts
        self.random = random
        # Calls a function after a number of seconds.
        self.later = later
        self.store = system.backend("store")
        self.queue = system.backend("queue")
        self.bucket = system.backend("artifacts")
        self.faults = []
        if self.store:
            self.faults += [(2, self._crash_store), (1, self._kill_store), (2, self._disconnect_store)]
        if self.queue:
            self.faults += [(2, self._kill_queue), (1, self._lose_data), (2, self._disconnect_queue)]
        if self.bucket:
            self.faults += [(3, self._disturb_bucket), (2, self._disconnect_bucket), (2, self._kill_during_upload)]

    @property
    def kinds_of_kills(self):
        """The names under which kills are counted."""
        kinds = []
        if self.store:
            kinds += ["pg_ctl stop -m immediate", f"kill -9 of {self.store.name}"]
        if self.queue:
            kinds.append(f"kill -9 of {self.queue.name}")
        if self.bucket:
            kinds.append(KILL_DURING_UPLOAD)
        return kinds

    def _delay_restart(self, backend):
        """Chooses how long a backend stays down, often 0 seconds."""
        seconds = self.random.choice([0, 0, self.random.uniform(0, 5)])
        backend.children[-1].delay_start(seconds)
        return seconds

    def _crash_store(self):
        seconds = self._delay_restart(self.store)
        self.system.allow_failed_start(self.system.servers, seconds + RECOVERY_SECONDS)
        if self.store.crash():
            self.counts.add("pg_ctl stop -m immediate")

    def _kill_store(self):
        seconds = self._delay_restart(self.store)
        self.system.allow_failed_start(self.system.servers, seconds + RECOVERY_SECONDS)
        if self.store.kill():
            self.counts.add(f"kill -9 of {self.store.name}")

    def _kill_queue(self):
        self._delay_restart(self.queue)
        if self.queue.kill():
            self.counts.add(f"kill -9 of {self.queue.name}")

    def _lose_data(self):
        # On its own thread, because rabbitmqctl takes seconds.
        def body():
            if self.queue.lose_data(self.random):
                self.counts.add(self.queue.loss_name)

        threading.Thread(target=body, daemon=True).start()

    def _disturb_bucket(self):
        # A server that starts repeats its requests, and then gives up.
        self.system.allow_failed_start(self.system.servers, RECOVERY_SECONDS)
        kind = self.bucket.disturb(self.random)
        if kind:
            self.counts.add(f"{self.bucket.name} {kind}")

    def _kill_during_upload(self):
        """Makes parts slow, and kills all servers while an upload is unfinished."""
        def body():
            self.bucket.plan([{"do": "hang", "match": "partNumber", "seconds": 2, "times": 3}])
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline:
                with contextlib.suppress(OSError, http.client.HTTPException):
                    if self.bucket.contents()[1]:
                        killed = [server.signal(signal.SIGKILL) for server in self.system.servers]
                        if any(killed) and self.bucket.contents()[1]:
                            self.counts.add(KILL_DURING_UPLOAD)
                        return
                time.sleep(0.1)

        threading.Thread(target=body, daemon=True).start()

    def _disconnect_bucket(self):
        self._disconnect(self.bucket)

    def _disconnect_store(self):
        self._disconnect(self.store)

    def _disconnect_queue(self):
        self._disconnect(self.queue)

    def _disconnect(self, backend):
        """Cuts or stalls the connections of one or all servers to a backend."""
        servers = self.system.servers
        if self.random.random() < 0.5:
            servers = [self.random.choice(servers)]
        links = [server.links[backend.part] for server in servers]
        if not all(link.is_whole for link in links):
            return
        is_long = self.random.random() < 0.3
        seconds = self.random.uniform(6, 14) if is_long else self.random.uniform(0.2, 4)
        is_cut = self.random.random() < 0.5
        if backend is not self.queue:
            self.system.allow_failed_start(servers, seconds + RECOVERY_SECONDS)
        for link in links:
            if is_cut:
                link.cut()
            else:
                link.stall()
        self.counts.add(f"{backend.name} {'cut' if is_cut else 'stalled'}")
        # After a stall, connections continue, or turn out to be closed.
        is_lost = not is_cut and self.random.random() < 0.5

        def restore():
            for link in links:
                if is_lost:
                    link.drop()
                link.restore()

        self.later(seconds, restore)
