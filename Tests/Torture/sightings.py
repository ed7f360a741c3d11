"""What workers record outside the system: the effects of steps, and the outcomes that journals showed."""

import collections
import hashlib
import json


def digest(operation):
    """A short text that is the same for equal outcomes of an operation."""
    error = operation["error"] or {}
    outcome = [operation["status"], operation["output"], error.get("type")]
    return hashlib.sha256(json.dumps(outcome, sort_keys=True).encode()).hexdigest()[:12]


class Sightings:
    """The records of all workers."""

    def __init__(self):
        # Job ID -> operation ID -> nonces with the number of their attempt.
        self.effects = collections.defaultdict(lambda: collections.defaultdict(dict))
        # Job ID -> operation ID -> the different outcomes that workers saw.
        self.outcomes = collections.defaultdict(lambda: collections.defaultdict(set))
        # Job IDs with answers that no server may give.
        self.problems = []

    def read(self, effects, sightings):
        """Reads the lines of both files."""
        for line in effects:
            job, operation, attempt, nonce = line.split()
            self.effects[job][operation][nonce] = int(attempt)
        for value in map(json.loads, sightings):
            if "problem" in value:
                self.problems.append((value["job"], value["problem"]))
            for operation, outcome in value.get("saw", {}).items():
                self.outcomes[value["job"]][operation].add(outcome)
        return self
