"""What happens to backends and to the ways to them: they die, forget, are cut off, or fall silent."""

import threading

# How long a server may fail to start after its store came back, in seconds.
RECOVERY_SECONDS = 30


class Outages:
    """The faults of the backends that a system has, in the form that `Faults` deals."""

    def __init__(self, system, counts, random, later):
        self.system = system
        self.counts = counts
        self.random = random
        # Calls a body after so many seconds.
        self.later = later
        self.store = system.backend("store")
        self.queue = system.backend("queue")
        self.faults = []
        if self.store:
            self.faults += [(2, self._crash_store), (1, self._kill_store), (2, self._part_from_store)]
        if self.queue:
            self.faults += [(2, self._kill_queue), (1, self._forget), (2, self._part_from_queue)]

    @property
    def kinds_of_kills(self):
        """The names under which kills are counted."""
        kinds = []
        if self.store:
            kinds += ["pg_ctl stop -m immediate", f"kill -9 of {self.store.name}"]
        if self.queue:
            kinds.append(f"kill -9 of {self.queue.name}")
        return kinds

    def _rest(self, backend):
        """How long a backend stays down: mostly it is up again at once."""
        seconds = self.random.choice([0, 0, self.random.uniform(0, 5)])
        backend.children[-1].rest(seconds)
        return seconds

    def _crash_store(self):
        seconds = self._rest(self.store)
        self.system.excuse(self.system.servers, seconds + RECOVERY_SECONDS)
        if self.store.crash():
            self.counts.add("pg_ctl stop -m immediate")

    def _kill_store(self):
        seconds = self._rest(self.store)
        self.system.excuse(self.system.servers, seconds + RECOVERY_SECONDS)
        if self.store.kill():
            self.counts.add(f"kill -9 of {self.store.name}")

    def _kill_queue(self):
        self._rest(self.queue)
        if self.queue.kill():
            self.counts.add(f"kill -9 of {self.queue.name}")

    def _forget(self):
        # On a thread of its own: some take seconds to be told.
        def body():
            if self.queue.forget(self.random):
                self.counts.add(self.queue.forgetting)

        threading.Thread(target=body, daemon=True).start()

    def _part_from_store(self):
        self._part(self.store)

    def _part_from_queue(self):
        self._part(self.queue)

    def _part(self, backend):
        """Cuts or stalls the way of one server or of all to a backend."""
        servers = self.system.servers
        if self.random.random() < 0.5:
            servers = [self.random.choice(servers)]
        ways = [server.ways[backend.part] for server in servers]
        if not all(way.is_whole for way in ways):
            return
        is_long = self.random.random() < 0.3
        seconds = self.random.uniform(6, 14) if is_long else self.random.uniform(0.2, 4)
        is_cut = self.random.random() < 0.5
        if backend is self.store:
            self.system.excuse(servers, seconds + RECOVERY_SECONDS)
        for way in ways:
            if is_cut:
                way.cut()
            else:
                way.stall()
        self.counts.add(f"{backend.name} {'cut off' if is_cut else 'stalled'}")
        # After a stall, what was under way goes on, or its connections turn out to be gone.
        is_lost = not is_cut and self.random.random() < 0.5

        def mend():
            for way in ways:
                if is_lost:
                    way.drop()
                way.mend()

        self.later(seconds, mend)
