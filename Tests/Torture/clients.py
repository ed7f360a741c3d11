"""Clients that submit, read, cancel and misbehave, and record the answers."""

import time

from wire import LOST

BACKOFF = {"type": "fixed", "initial_seconds": 0.1, "jitter": 0}
# The sizes of files that need several parts in S3: two to four parts of 8 MiB.
LARGE_BYTES = (9 << 20, 25 << 20)


class Client:
    """A client that submits until it is stopped, and then completes its last submission."""

    def __init__(self, name, wire, ledger, counts, random, stop):
        self.name = name
        self.wire = wire
        self.ledger = ledger
        self.counts = counts
        self.random = random
        self.stop = stop
        self.number = 0
        self.known = []
        # The share of jobs with a file that needs several parts in S3.
        self.large_share = 0.0
        # The time for which the last submission is repeated after the stop, in seconds.
        self.final_seconds = 60.0

    def run(self):
        """Submits, cancels and reads until `stop` is set."""
        acts = [(10, self._submit), (2, self._batch), (1, self._cut), (2, self._cancel), (2, self._look)]
        weights = [weight for weight, _ in acts]
        while not self.stop.is_set():
            self.random.choices([act for _, act in acts], weights)[0]()
            self.stop.wait(self.random.expovariate(12))

    # Submitting

    def _entry(self):
        self.number += 1
        kind = "torture.manual" if self.random.random() < 0.4 else "torture.note"
        entry = self.ledger.submitting(f"{self.name}-{self.number}", kind)
        job = {
            "kind": kind, "queue": "manual" if kind == "torture.manual" else "notes",
            "idempotency_key": entry.key, "tags": {"key": entry.key}, "max_attempts": 100, "backoff": BACKOFF,
            "priority": self.random.randrange(10),
            "payload": {
                "sleep": str(round(self.random.choice([0, 0, 0, 0.05, 0.3]), 2)),
                "failures": str(self.random.choice([0, 0, 0, 0, 1, 2])),
                "file": self.random.choice(["no", "no", "yes"]), "padding": "x" * self.random.randrange(2000)}}
        if self.random.random() < self.large_share:
            job["payload"]["file"] = str(self.random.randrange(*LARGE_BYTES))
        if self.random.random() < 0.1:
            job["delay_seconds"] = round(self.random.uniform(0, 3), 3)
        if self.random.random() < 0.2:
            known = self._pick()
            if known:
                job["depends_on"], job["on_dependency_failure"] = [known.id], "run"
        return entry, job

    def _pick(self):
        return self.random.choice(self.known) if self.known else None

    def _submit(self):
        entry, job = self._entry()
        answer = self._until_answered("/v1/jobs", job)
        if answer is None:
            return
        if answer.status not in (200, 202):
            self.ledger.report("refused", f"{entry.key}: {answer}")
            return
        self.ledger.acknowledged(entry, answer.json["id"])
        self._remember(entry)
        if self.random.random() < 0.15:
            self._repeat(entry, job)

    def _remember(self, entry):
        self.known.append(entry)
        del self.known[:-50]

    def _until_answered(self, path, value):
        """Sends a submission, also in broken ways, until it is answered. Returns None after the deadline."""
        deadline = None
        while deadline is None or time.monotonic() < deadline:
            if self.stop.is_set() and deadline is None:
                deadline = time.monotonic() + self.final_seconds
            try:
                # After each of these, the same key is sent again.
                choice = self.random.random()
                if choice < 0.08:
                    self.wire.disconnect_early("POST", path, value, self.random)
                elif choice < 0.12:
                    self.wire.cut("POST", path, value, self.random)
                elif choice < 0.15:
                    self.wire.slow("POST", path, value, self.random)
                answer = self.wire.call("POST", path, value)
            except LOST:
                time.sleep(0.05)
                continue
            if answer.status != 503:
                return answer
            self.counts.add(f"refused: {answer.code}")
            time.sleep(0.1)
        return None

    def _repeat(self, entry, job):
        """The same key with the same request must return the same job; with another request it must be refused."""
        try:
            again = self.wire.call("POST", "/v1/jobs", job)
            if again.status == 200:
                self.ledger.acknowledged(entry, again.json["id"])
            elif again.status != 503:
                self.ledger.report("not replayed", f"{entry.key}: {again}")
            other = self.wire.call("POST", "/v1/jobs", {**job, "payload": "something else"})
            if other.status not in (422, 503):
                self.ledger.report("key reused", f"{entry.key}: {other}")
        except LOST:
            pass

    def _batch(self):
        pairs = [self._entry() for _ in range(self.random.randrange(2, 12))]
        jobs = [job for _, job in pairs]
        jobs[0]["ref"] = "first"
        jobs[-1]["depends_on"], jobs[-1]["on_dependency_failure"] = ["#first"], "run"
        answer = self._until_answered("/v1/jobs/batch", {"jobs": jobs})
        if answer is None:
            return
        if answer.status != 202:
            self.ledger.report("refused", f"the batch of {pairs[0][0].key}: {answer}")
            return
        for (entry, _), made in zip(pairs, answer.json["jobs"]):
            self.ledger.acknowledged(entry, made["job"]["id"])
            self._remember(entry)

    def _cut(self):
        """An incomplete request must have no effect."""
        self.number += 1
        job = {"kind": "torture.cut", "queue": "cut", "tags": {"key": f"{self.name}-cut-{self.number}"}}
        try:
            self.wire.cut("POST", "/v1/jobs", job, self.random)
        except LOST:
            pass

    # Cancelling and reading

    def _cancel(self):
        entry = self._pick()
        if entry is None or entry.cancel == "done" or self.random.random() < 0.5:
            return
        entry.cancel = entry.cancel or "asked"
        try:
            answer = self.wire.call("POST", f"/v1/jobs/{entry.id}/cancel", {})
        except LOST:
            return
        if answer.status == 200:
            entry.cancel = "done"
        elif answer.status == 404:
            self.ledger.report("lost", f"{entry.id} ({entry.key}) is unknown when it is cancelled: {answer}")
        elif answer.status not in (409, 503):
            self.ledger.report("wrong answer", f"cancel {entry.id}: {answer}")

    def _look(self):
        entry = self._pick()
        if entry is None:
            return
        try:
            if self.random.random() < 0.3:
                self.wire.read_events(f"/v1/jobs/{entry.id}/events", self.random)
                return
            path = self.random.choice(
                [f"/v1/jobs/{entry.id}", f"/v1/jobs/{entry.id}?wait_seconds=0.5", "/v1/queues",
                 "/v1/jobs?limit=20", "/v1/workers", f"/v1/jobs/{entry.id}/logs"])
            answer = self.wire.call("GET", path)
        except LOST:
            return
        if answer.status == 404:
            self.ledger.report("lost", f"{path} ({entry.key}): {answer}")
        elif answer.status not in (200, 503):
            self.ledger.report("wrong answer", f"{path}: {answer}")
