"""What the outside knows: every submission, every acknowledgement, every completion that was answered."""

import collections
import threading


class Counts:
    """Counts by name, from many threads."""

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
        """Names and counts in the order of first mention."""
        with self._lock:
            return list(self._counts.items())


class Entry:
    """One submission: a key, and what was answered to it."""

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
    """Entries by key, what workers were told, and every violation found on the way."""

    def __init__(self):
        self._lock = threading.Lock()
        self.entries = {}
        # Job ID -> {token: nonce} of completions that were answered 200, and of those that were sent at all.
        self.completed = collections.defaultdict(dict)
        self.sent = collections.defaultdict(dict)
        # Job ID -> the first acknowledged output of its checkpoint.
        self.steps = {}
        # Job ID of a parent whose completion brought a next job along.
        self.parents = {}
        self.violations = []

    def submitting(self, key, kind):
        """Notes that a submission is about to be sent."""
        entry = Entry(key, kind)
        with self._lock:
            self.entries[key] = entry
        return entry

    def acknowledged(self, entry, job_id):
        """Notes the ID that was answered to a submission."""
        with self._lock:
            entry.ids.add(job_id)
            if len(entry.ids) > 1:
                self._blame("duplicated", f"the key {entry.key} was answered with {sorted(entry.ids)}")

    def completing(self, job_id, token, nonce, has_next):
        """Notes that a completion is about to be sent."""
        with self._lock:
            self.sent[job_id][token] = nonce
            if has_next:
                self.parents.setdefault(job_id, set()).add(nonce)

    def completion(self, job_id, token):
        """Notes that a completion was answered 200."""
        with self._lock:
            self.completed[job_id][token] = self.sent[job_id][token]
            if len(self.completed[job_id]) > 1:
                self._blame("completed twice", f"{job_id} was completed with {len(self.completed[job_id])} tokens")

    def step(self, job_id, output):
        """Notes the output that a checkpoint was answered with: the same for ever."""
        with self._lock:
            first = self.steps.setdefault(job_id, output)
            if first != output:
                self._blame("checkpoint changed", f"{job_id}: {first} became {output}")

    def blame(self, rule, what):
        """Notes a violation."""
        with self._lock:
            self._blame(rule, what)

    def _blame(self, rule, what):
        self.violations.append((rule, what))

    def count(self, rule):
        """How many violations of a rule there are."""
        with self._lock:
            return sum(1 for broken, _ in self.violations if broken == rule)
