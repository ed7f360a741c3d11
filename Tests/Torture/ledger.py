"""The record of the clients and workers: every submission, acknowledgement and answered completion."""

import collections
import threading


class Counts:
    """Counts by name, safe for several threads."""

    def __init__(self):
        self._lock = threading.Lock()
        self._counts = collections.Counter()

    def add(self, name, number=1):
        with self._lock:
            self._counts[name] += number

    def __getitem__(self, name):
        with self._lock:
            return self._counts[name]

    def items(self):
        """Names and counts in the order of their first use."""
        with self._lock:
            return list(self._counts.items())


class Entry:
    """One submission: a key, and its answers."""

    def __init__(self, key, kind):
        self.key = key
        self.kind = kind
        self.ids = set()
        # None, "asked" (the answer was lost) or "done" (answered 200).
        self.cancel = None

    @property
    def id(self):
        """The job's ID; None if it was never acknowledged."""
        return next(iter(self.ids), None)


class Ledger:
    """Entries by key, the answers to workers, and every violation."""

    def __init__(self):
        self._lock = threading.Lock()
        self.entries = {}
        # Job ID -> {token: nonce} of completions that were answered 200, and of all completions that were sent.
        self.completed = collections.defaultdict(dict)
        self.sent = collections.defaultdict(dict)
        # Job ID -> the first acknowledged output of its checkpoint.
        self.steps = {}
        # Job ID of a parent -> nonces of its completions with a next job.
        self.parents = {}
        self.violations = []

    def submitting(self, key, kind):
        """Records that a submission is about to be sent."""
        entry = Entry(key, kind)
        with self._lock:
            self.entries[key] = entry
        return entry

    def acknowledged(self, entry, job_id):
        """Records the ID in the answer to a submission."""
        with self._lock:
            entry.ids.add(job_id)
            if len(entry.ids) > 1:
                self._report("duplicated", f"the key {entry.key} was answered with {sorted(entry.ids)}")

    def completing(self, job_id, token, nonce, has_next):
        """Records that a completion is about to be sent."""
        with self._lock:
            self.sent[job_id][token] = nonce
            if has_next:
                self.parents.setdefault(job_id, set()).add(nonce)

    def completion(self, job_id, token):
        """Records that a completion was answered 200."""
        with self._lock:
            self.completed[job_id][token] = self.sent[job_id][token]
            if len(self.completed[job_id]) > 1:
                self._report("completed twice", f"{job_id} was completed with {len(self.completed[job_id])} tokens")

    def step(self, job_id, output):
        """Records the output in the answer to a checkpoint, which must never change."""
        with self._lock:
            first = self.steps.setdefault(job_id, output)
            if first != output:
                self._report("checkpoint changed", f"{job_id}: {first} became {output}")

    def report(self, rule, what):
        """Records a violation."""
        with self._lock:
            self._report(rule, what)

    def _report(self, rule, what):
        self.violations.append((rule, what))

    def count(self, rule):
        """The number of violations of a rule."""
        with self._lock:
            return sum(1 for broken, _ in self.violations if broken == rule)
