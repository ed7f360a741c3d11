"""The load of a soak: all types of requests at the same time, with new names all the time."""

import collections
import random
import threading
import time
import traceback
import urllib.parse
import uuid

from names import BASE_QUEUES, Names
from wire import LOST, Client, Rude

MALFORMED = [
    b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    b"GET /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nBad Name: 1\r\n\r\n",
    b"POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\nhello",
    b"POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{\"kind\": ",
]
BAD_JOBS = [
    {"kind": ""}, {"kind": "a b"}, {"kind": "a", "priority": 99}, {"kind": "a", "surprise": 1}, {"payload": 1}, [], 7,
    {"kind": "a", "depends_on": ["01890000-0000-7001-8000-000000000001"]}, {"kind": "a", "max_attempts": 0},
]


class Load:
    """All clients of one server. `rate` is the approximate number of requests per second."""

    def __init__(self, port, outcomes, rate, queue_seconds, has_streams=True):
        self.has_streams = has_streams
        self.port, self.outcomes, self.rate = port, outcomes, rate
        self.names = Names(queue_seconds)
        self.rude = Rude(port)
        self.ids = collections.deque(maxlen=500)
        self.keys = collections.deque(maxlen=50)
        self.accepted = 0
        self.workers_seen = set()
        self.open_queues = []
        self.submitting = threading.Event()
        self.working = threading.Event()
        self.submitting.set()
        self.working.set()
        self.threads = []

    def start(self):
        share = self.rate / 60
        actors = [(self.submit_one, 4 * share)] * 2 + [(self.poll_and_leave, 1 * share)]
        if self.has_streams:
            actors += [(self.stream, 3 * share)] * 2
        actors += [(self.be_rude, 3 * share), (self.operate, 5 * share), (self.read_metrics, 0.2)]
        for action, rate in actors:
            self.spawn(self.repeat, action, rate, self.submitting)
        for number in range(4):
            self.spawn(self.work, number)
        for path in ("/v1/events", f"/v1/events?queue={BASE_QUEUES[0]}") if self.has_streams else ():
            self.spawn(self.follow, path)

    def spawn(self, body, *arguments):
        thread = threading.Thread(target=self.guarded, args=(body, *arguments), daemon=True)
        self.threads.append(thread)
        thread.start()

    def guarded(self, body, *arguments):
        """An error of the load itself fails the run."""
        try:
            body(*arguments)
        except Exception:
            self.outcomes.fail("the load itself failed: " + traceback.format_exc())

    def repeat(self, action, rate, event):
        client = Client(self.port, self.outcomes, event.is_set)
        while event.is_set():
            try:
                action(client)
            except LOST:
                # Only from connections that are cut intentionally; waiting clients report errors themselves.
                client.close()
            time.sleep(random.expovariate(rate))
        client.close()

    def stop_submitting(self):
        self.submitting.clear()

    def stop(self):
        """Also stops the workers, and waits for every thread."""
        self.working.clear()
        for thread in self.threads:
            thread.join(90)
            if thread.is_alive():
                self.outcomes.fail("a client still waits for an answer at the end of the load")
                return

    # Submitting.

    def job(self, **fields):
        job = {
            "kind": self.names.kind(), "queue": self.names.queue(), "payload": {"n": random.random(), "text": "x" * random.randrange(400)},
            "max_attempts": 3, "backoff": {"type": "fixed", "initial_seconds": 0.5, "jitter": 0},
            "tags": {"tenant": f"t-{random.randrange(100_000)}", "stage": "soak"}, "actor": f"user-{random.randrange(1000)}",
            "priority": random.randrange(10)}
        if random.random() < 0.1:
            job["delay_seconds"] = random.uniform(0.1, 3)
        if random.random() < 0.05:
            job["labels"] = {"gpu": "1"}
        return job | fields

    def submit_one(self, client):
        dice = random.random()
        if dice < 0.66:
            headers = {}
            if random.random() < 0.3:
                headers["Idempotency-Key"] = str(uuid.uuid4())
            job = self.job()
            answer = client.call("POST", "/v1/jobs", job, headers)
            self.record(answer, headers, job)
        elif dice < 0.74:
            self.submit_batch(client)
        elif dice < 0.84:
            depends_on = [self.ids[-1]] if self.ids else []
            self.record(client.call("POST", "/v1/jobs", self.job(depends_on=depends_on, on_dependency_failure=random.choice(["cancel", "fail", "run"]))))
        elif dice < 0.9 and self.keys:
            headers, job = random.choice(self.keys)
            client.call("POST", "/v1/jobs", job, headers)
        else:
            client.call("POST", "/v1/jobs", random.choice(BAD_JOBS))

    def record(self, answer, headers=None, job=None):
        if answer is not None and answer.status == 202:
            self.accepted += 1
            self.ids.append(answer.json["id"])
            if headers:
                self.keys.append((headers, job))

    def submit_batch(self, client):
        count = random.randrange(2, 9)
        if random.random() < 0.5:
            body = {"jobs": [self.job() for _ in range(count)], "parent": self.job(on_dependency_failure="run")}
        else:
            body = {"jobs": [self.job(ref=str(n), **({"depends_on": [f"#{n - 1}"]} if n else {})) for n in range(count)]}
        answer = client.call("POST", "/v1/jobs/batch", body)
        if answer is not None and answer.status == 202:
            self.accepted += count + ("parent" in body)
            self.ids.append(answer.json["jobs"][0]["job"]["id"])

    # Working.

    def work(self, number):
        client = Client(self.port, self.outcomes, self.working.is_set)
        pick = random.Random(number)
        while self.working.is_set():
            worker = self.names.worker(number)
            self.workers_seen.add(worker)
            queues = list(dict.fromkeys([*BASE_QUEUES, *self.names.recent(20), *self.open_queues]))[:100]
            answer = client.call("POST", "/v1/leases", {
                "worker": {"id": worker, "name": worker, "labels": {"gpu": "1"} if number % 2 else {}, "heartbeat_interval_seconds": 1},
                "queues": queues,
                "max_jobs": 5, "lease_seconds": 3, "wait_seconds": 1})
            for lease in answer.json["leases"] if answer is not None and answer.status == 200 else []:
                self.run(client, worker, lease, pick)
            if answer is None:
                time.sleep(0.5)
        client.close()

    def run(self, client, worker, lease, pick):
        path = f"/v1/leases/{lease['token']}"
        if pick.random() < 0.2:
            client.call("POST", "/v1/leases/heartbeat", {
                "worker": {"id": worker}, "leases": [{"token": lease["token"], "progress": {"percent": 40, "message": "half"}}]})
        if pick.random() < 0.15:
            lines = [{"at": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()), "level": "info", "message": "x" * 80}] * 5
            client.call("POST", path + "/logs", {"lines": lines})
        if pick.random() < 0.15:
            client.call("PUT", path + f"/artifacts/file-{pick.randrange(3)}.bin", pick.randbytes(pick.randrange(30_000)),
                        {"Content-Type": "application/octet-stream"})
        if pick.random() < 0.05:
            self.rude.cut("PUT", path + "/artifacts/cut.bin", 100_000, pick.randrange(90_000))
        if pick.random() < 0.1:
            client.call("PUT", path + "/steps/download", {"output": {"bytes": 12}})
        self.finish(client, path, pick)

    def finish(self, client, path, pick):
        dice = pick.random()
        if dice < 0.78:
            following = [self.job(delay_seconds=0)] if self.submitting.is_set() and pick.random() < 0.1 else []
            answer = client.call("POST", path + "/complete", {"result": {"ok": True}} | ({"next": following} if following else {}))
            self.accepted += len(following) if answer is not None and answer.status == 200 else 0
        elif dice < 0.93:
            error = {"type": f"Error{pick.randrange(40)}", "message": f"no answer from host {pick.randrange(1000)}"}
            client.call("POST", path + "/fail", {"error": error, "retryable": dice < 0.88})
        elif dice < 0.97:
            client.call("POST", path + "/release", {})
        # Otherwise the worker abandons the job, and its lease expires.

    # Reading and disconnecting.

    def poll_and_leave(self, _):
        body = {"worker": {"id": f"gone-{random.randrange(5)}", "name": "gone"}, "queues": [f"nothing-{random.randrange(3)}"],
                "max_jobs": 1, "lease_seconds": 3, "wait_seconds": 20}
        if random.random() < 0.6:
            self.rude.give_up("POST", "/v1/leases", body, random.uniform(0, 0.5))
        elif random.random() < 0.5:
            self.rude.give_up("POST", "/v1/jobs?wait_seconds=20", self.job(), random.uniform(0, 0.3))
            self.accepted += 1
        elif self.ids:
            self.rude.give_up("GET", f"/v1/jobs/{self.ids[-1]}?wait_seconds=20", None, random.uniform(0, 0.3))

    def stream(self, _):
        dice = random.random()
        path = "/v1/events"
        if dice < 0.3:
            path += "?queue=" + random.choice(BASE_QUEUES)
        elif dice < 0.6 and self.ids:
            path = f"/v1/jobs/{random.choice(self.ids)}/events"
        self.rude.stream(path, random.uniform(0.0, 0.25), random.random() < 0.6)

    def follow(self, path):
        """Reads an event stream to its end, and opens another one."""
        while self.working.is_set():
            try:
                with self.rude.open(5.0) as connection:
                    connection.sendall(self.rude.head("GET", path))
                    until = time.monotonic() + random.uniform(5, 40)
                    while self.working.is_set() and time.monotonic() < until:
                        try:
                            if not connection.recv(65536):
                                break
                        except TimeoutError:
                            continue
            except LOST:
                time.sleep(0.2)

    def be_rude(self, client):
        dice = random.random()
        if dice < 0.4:
            line = self.rude.malformed(random.choice(MALFORMED))
            if line and not line.startswith((b"HTTP/1.1 4", b"HTTP/1.1 505", b"HTTP/1.0 4", b"HTTP/1.0 505")):
                self.outcomes.fail(f"a malformed request was answered {line!r}")
        elif dice < 0.6:
            self.rude.cut("POST", "/v1/jobs", 5000, random.randrange(4000))
        elif dice < 0.7:
            self.rude.cut("POST", "/v1/jobs/batch", 200_000, random.randrange(100_000))
        elif dice < 0.8:
            self.rude.give_up("POST", "/v1/jobs", self.job(), 0)
            self.accepted += 1
        else:
            client.call("POST", "/v1/jobs", random.choice([b"{", b"[" * 200, b"\xff\xfe", b"{\"kind\": \"a\", \"kind\": \"b\"}"]))

    def read_metrics(self, client):
        client.call("GET", "/metrics")
        self.find_open_queues(client)

    def find_open_queues(self, client):
        """Finds the queues with jobs that have not ended: a retry can return a job to an old queue."""
        names, cursor = [], ""
        while cursor is not None:
            answer = client.call("GET", "/v1/queues" + cursor)
            if answer is None or answer.status != 200:
                return
            names += [queue["name"] for queue in answer.json["items"] if has_unfinished(queue)]
            following = answer.json.get("next_cursor")
            cursor = f"?cursor={urllib.parse.quote(following)}" if following else None
        self.open_queues = names[:80]

    def operate(self, client):
        random.choice([self.look, self.look, self.look, self.cancel, self.dead_letters, self.schedule, self.settings, self.delete,
                       self.delete_queue])(client)

    def look(self, client):
        one = random.choice(self.ids) if self.ids else "01890000-0000-7001-8000-000000000001"
        client.call("GET", random.choice([
            f"/v1/jobs/{one}", f"/v1/jobs/{one}/logs", f"/v1/jobs/{one}/children", f"/v1/jobs/{one}/dependents?limit=5",
            f"/v1/jobs/{one}?wait_seconds=0.2", "/v1/jobs?limit=50",
            "/v1/jobs?state=failed", "/v1/jobs?tag=stage:soak&limit=20", "/v1/jobs?queue=base-1&state=pending", "/v1/workers",
            "/v1/history", "/v1/queues/base-0", "/v1/dead-letters/groups", "/v1/schedules", "/v1/scale?queue=base-0", "/readyz",
            "/", "/openapi.json", "/v1/jobs/none", "/nowhere"]))

    def cancel(self, client):
        if self.ids:
            client.call("POST", f"/v1/jobs/{self.ids[-1]}/cancel")
            client.call("POST", f"/v1/jobs/{random.choice(self.ids)}/retry")

    def dead_letters(self, client):
        action = random.choice(["redrive", "discard"])
        client.call("POST", f"/v1/dead-letters/{action}", {"filter": {"queue": random.choice(BASE_QUEUES)}, "limit": 5})

    def schedule(self, client):
        name = f"soak-{random.randrange(4)}"
        if random.random() < 0.2:
            client.call("DELETE", f"/v1/schedules/{name}")
        else:
            client.call("PUT", f"/v1/schedules/{name}", {"cron": "* * * * *", "job": self.job(queue="base-2")})
            answer = client.call("POST", f"/v1/schedules/{name}/run")
            self.accepted += 1 if answer is not None and answer.status < 300 else 0

    def settings(self, client):
        queue = random.choice(BASE_QUEUES)
        client.call("PUT", f"/v1/queues/{queue}", {"max_depth": 100_000 + random.randrange(10)})
        client.call("POST", f"/v1/queues/{queue}/pause")
        client.call("POST", f"/v1/queues/{queue}/resume")

    def delete_queue(self, client):
        client.call("DELETE", f"/v1/queues/{random.choice(self.names.recent(60) or BASE_QUEUES)}" + random.choice(["", "", "?purge=true"]))

    def delete(self, client):
        if self.ids:
            client.call("DELETE", f"/v1/jobs/{random.choice(self.ids)}")


def has_unfinished(queue):
    counts = queue.get("counts", {})
    return any(counts.get(state, 0) for state in ("scheduled", "blocked", "pending", "processing", "retrying"))
