"""Workers by hand: they know what they were answered, come back from the dead, and repeat themselves."""

import time
import uuid

from wire import LOST

LEASE_SECONDS = 3.0


class Hand:
    """One worker over plain HTTP, on the queue `hands`."""

    def __init__(self, name, wire, ledger, counts, random, stop):
        self.name = name
        self.wire = wire
        self.ledger = ledger
        self.counts = counts
        self.random = random
        self.stop = stop
        # Whether it only does its work.
        self.is_calm = False

    def run(self):
        """Takes jobs until `stop` is set, and does with each what comes to its mind."""
        acts = [
            (10, self._complete), (2, self._fail), (1, self._release), (2, self._hold), (1, self._forget),
            (1.5, self._come_back)]
        if self.is_calm:
            acts = acts[:1]
        while not self.stop.is_set():
            for lease in self._take():
                if self.random.random() < 0.2:
                    self._keep_step(lease)
                self.random.choices([act for _, act in acts], [weight for weight, _ in acts])[0](lease)

    def _take(self):
        wanted = {
            "worker": {"id": self.name}, "queues": ["hands"], "max_jobs": self.random.choice([1, 1, 3]),
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

    def _call(self, method, lease, call, value=None):
        """One call with the lease's token; None if the answer was lost."""
        try:
            return self.wire.call(method, f"/v1/leases/{lease['token']}/{call}", value)
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
        # Repeated until it is answered: completing twice with the same token and result is the same.
        while not self.stop.is_set():
            if self.random.random() < 0.1:
                try:
                    self.wire.turn_away("POST", f"/v1/leases/{token}/complete", body, self.random)
                except LOST:
                    pass
            answer = self._complete_by_list(token, body) or self._call("POST", lease, "complete", body)
            if answer is None or answer.status == 503:
                time.sleep(0.05)
                continue
            if answer.status == 200:
                self.ledger.completion(job_id, token)
            elif answer.status != 409:
                self.ledger.blame("wrong answer", f"complete {job_id}: {answer}")
            return

    def _complete_by_list(self, token, body):
        """Completes by the call for many, now and then."""
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

    def _keep_step(self, lease):
        answer = self._call("PUT", lease, "steps/first", {"output": uuid.uuid4().hex})
        if answer is not None and answer.status == 200:
            self.ledger.step(lease["job"]["id"], answer.json["output"])

    def _fail(self, lease):
        self._call("POST", lease, "fail", {"error": {"type": "torture", "message": "as it was told"}})

    def _release(self, lease):
        self._call("POST", lease, "release")

    def _forget(self, lease):
        self.counts.add("leases forgotten")

    def _hold(self, lease):
        """Keeps a job by heartbeats for longer than a lease, then completes it."""
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
        """Whether the store shows that the attempt of a lease has ended; None if the server does not answer."""
        try:
            answer = self.wire.call("GET", f"/v1/jobs/{lease['job']['id']}")
        except LOST:
            return None
        if answer.status != 200:
            return None
        return answer.json["state"] != "processing" or answer.json["attempt"] != lease["attempt"]

    def _come_back(self, lease):
        """Comes back after the lease has ended: its calls must change nothing. The lease ends later than its time if
        the server could not hear heartbeats."""
        pause = lease["at"] + LEASE_SECONDS + 0.5 - time.monotonic()
        while not self.stop.wait(max(0, pause)) and not self._has_ended(lease):
            pause = 0.5
        if self.stop.is_set():
            return
        self.counts.add("workers back from the dead")
        calls = {"complete": {"result": "from the dead"}, "fail": {"error": {"type": "dead", "message": "dead"}},
                 "release": None}
        call = self.random.choice(list(calls))
        answer = self._call("POST", lease, call, calls[call])
        if answer is not None and not (answer.status == 503 or answer.code == "lease_lost"):
            self.ledger.blame("back from the dead", f"{call} of {lease['job']['id']}: {answer}")
