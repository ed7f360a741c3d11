"""Workers over plain HTTP that record the answers, return after their lease has ended, and repeat calls."""

import contextlib
import time
import uuid

from clients import LARGE_BYTES
from wire import LOST, SECONDS_TO_ANSWER

LEASE_SECONDS = 3.0
# An upload is sent to S3 in parts, each of which may wait for faults to pass.
SECONDS_TO_UPLOAD = 300.0


class ManualWorker:
    """One worker over plain HTTP, on the queue `manual`."""

    def __init__(self, name, wire, ledger, counts, random, stop):
        self.name = name
        self.wire = wire
        self.ledger = ledger
        self.counts = counts
        self.random = random
        self.stop = stop
        # Whether it only completes jobs.
        self.only_completes = False
        # The share of completions with a file that needs several parts in S3.
        self.large_share = 0.0

    def run(self):
        """Leases jobs until `stop` is set, and takes a random action on each."""
        acts = [
            (10, self._complete), (2, self._fail), (1, self._release), (2, self._hold), (1, self._forget),
            (1.5, self._return_late)]
        if self.only_completes:
            acts = acts[:1]
        while not self.stop.is_set():
            for lease in self._lease():
                if self.random.random() < 0.2:
                    self._store_step(lease)
                self.random.choices([act for _, act in acts], [weight for weight, _ in acts])[0](lease)

    def _lease(self):
        wanted = {
            "worker": {"id": self.name}, "queues": ["manual"], "max_jobs": self.random.choice([1, 1, 3]),
            "lease_seconds": LEASE_SECONDS, "wait_seconds": 0.5}
        try:
            answer = self.wire.call("POST", "/v1/leases", wanted)
        except LOST:
            time.sleep(0.05)
            return []
        if answer.status != 200:
            time.sleep(0.1)
            return []
        return [{**lease, "at": time.monotonic()} for lease in answer.json["leases"]]

    def _call(self, method, lease, call, value=None, timeout=SECONDS_TO_ANSWER):
        """Makes one call with the token of the lease. Returns None if the answer was lost."""
        try:
            return self.wire.call(method, f"/v1/leases/{lease['token']}/{call}", value, timeout=timeout)
        except LOST:
            return None

    def _complete(self, lease):
        self._artifact(lease)
        nonce = uuid.uuid4().hex
        job_id, token = lease["job"]["id"], lease["token"]
        body = {"result": {"nonce": nonce}}
        if self.random.random() < 0.25:
            body["next"] = [{
                "kind": "torture.note", "queue": "notes", "max_attempts": 100, "tags": {"nonce": nonce},
                "payload": {"sleep": "0", "failures": "0", "file": "no"}}]
        self.ledger.completing(job_id, token, nonce, "next" in body)
        # Repeats the call until it is answered: a second completion with the same token and result has no further effect.
        while not self.stop.is_set():
            if self.random.random() < 0.1:
                try:
                    self.wire.disconnect_early("POST", f"/v1/leases/{token}/complete", body, self.random)
                except LOST:
                    pass
            answer = self._complete_by_list(token, body) or self._call("POST", lease, "complete", body)
            if answer is None or answer.status == 503:
                time.sleep(0.05)
                continue
            if answer.status == 200:
                self.ledger.completion(job_id, token)
            elif answer.status != 409:
                self.ledger.report("wrong answer", f"complete {job_id}: {answer}")
            return

    def _complete_by_list(self, token, body):
        """Sometimes completes with the call for several jobs."""
        if self.random.random() > 0.2:
            return None
        try:
            answer = self.wire.call("POST", "/v1/leases/complete", {"completions": [{"token": token, **body}]})
        except LOST:
            return None
        if answer.status == 200:
            answer.status = answer.json["completions"][0]["status"]
        return answer

    def _artifact(self, lease):
        if self.random.random() < 0.2:
            self._call("PUT", lease, "artifacts/nonce.txt", uuid.uuid4().bytes * self.random.choice([1, 8000]))
        if self.random.random() < self.large_share:
            body = uuid.uuid4().bytes * (self.random.randrange(*LARGE_BYTES) // 16)
            # Some of these files are never complete, and the job is completed without them.
            if self.random.random() < 0.5:
                self._cut_upload(lease, body)
            else:
                self._call("PUT", lease, "artifacts/large.bin", body, SECONDS_TO_UPLOAD)

    def _cut_upload(self, lease, body):
        with contextlib.suppress(*LOST):
            self.wire.cut("PUT", f"/v1/leases/{lease['token']}/artifacts/large.bin", body, self.random)

    def _store_step(self, lease):
        answer = self._call("PUT", lease, "steps/first", {"output": uuid.uuid4().hex})
        if answer is not None and answer.status == 200:
            self.ledger.step(lease["job"]["id"], answer.json["output"])

    def _fail(self, lease):
        self._call("POST", lease, "fail", {"error": {"type": "torture", "message": "a random failure"}})

    def _release(self, lease):
        self._call("POST", lease, "release")

    def _forget(self, lease):
        self.counts.add("leases forgotten")

    def _hold(self, lease):
        """Renews the lease for longer than its length, then completes the job."""
        until = time.monotonic() + LEASE_SECONDS * self.random.uniform(0.5, 2)
        while time.monotonic() < until and not self.stop.is_set():
            try:
                self.wire.call("POST", "/v1/leases/heartbeat", {
                    "worker": {"id": self.name},
                    "leases": [{"token": lease["token"], "progress": {"percent": 50}}]})
            except LOST:
                pass
            self.stop.wait(LEASE_SECONDS / 4)
        self._complete(lease)

    def _has_ended(self, lease):
        """Whether the attempt of a lease has ended; None if the server does not answer."""
        try:
            answer = self.wire.call("GET", f"/v1/jobs/{lease['job']['id']}")
        except LOST:
            return None
        if answer.status != 200:
            return None
        return answer.json["state"] != "processing" or answer.json["attempt"] != lease["attempt"]

    def _return_late(self, lease):
        """Makes a call after the lease has ended; the call must change nothing. The lease ends later if the server could
        not process heartbeats."""
        pause = lease["at"] + LEASE_SECONDS + 0.5 - time.monotonic()
        while not self.stop.wait(max(0, pause)) and not self._has_ended(lease):
            pause = 0.5
        if self.stop.is_set():
            return
        self.counts.add("calls after the lease")
        calls = {"complete": {"result": "too late"}, "fail": {"error": {"type": "late", "message": "too late"}},
                 "release": None}
        call = self.random.choice(list(calls))
        answer = self._call("POST", lease, call, calls[call])
        if answer is not None and not (answer.status == 503 or answer.code == "lease_lost"):
            self.ledger.report("stale worker", f"{call} of {lease['job']['id']}: {answer}")
