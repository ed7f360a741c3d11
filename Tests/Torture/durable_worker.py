#!/usr/bin/env python3
"""A worker over plain HTTP that runs the durable jobs of the torture, and is killed at any moment.

    durable_worker.py FOLDER NAME PORT…

Each step writes a line to the file of effects before its outcome is recorded. Each outcome that a journal shows is a line
in the file of sightings.
"""

import http.client
import json
import os
import random
import signal
import sys
import time
import uuid

from sightings import digest

LEASE_SECONDS = 4
# The share of steps that take longer than the lease. Their outcome comes too late.
SLOW_SHARE = 0.003
UNAVAILABLE = (OSError, http.client.HTTPException)


class Lost(Exception):
    """The attempt cannot continue: the lease was lost, or no server answered in time."""


class Stop(Exception):
    """Ends the attempt with the call and the body in its arguments."""


CANCELLED = Stop("complete", {})


class Servers:
    """Calls to equivalent servers on one connection, which is replaced when it breaks."""

    def __init__(self, ports):
        self.ports = ports
        self.connection = None

    def call(self, method, path, value=None):
        """Sends one request; returns the status and the JSON of the answer. Raises one of `UNAVAILABLE`."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", random.choice(self.ports), timeout=20)
        body = None if value is None else json.dumps(value).encode()
        try:
            self.connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
            answer = self.connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        except (*UNAVAILABLE, ValueError) as error:
            self.connection.close()
            self.connection = None
            raise ConnectionError(str(error)) from error


class Records:
    """The files in which all workers record what they did and saw. A line is one write, so that a kill never mixes lines."""

    def __init__(self, folder):
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        self._effects = os.open(os.path.join(folder, "effects.txt"), flags, 0o644)
        self._sightings = os.open(os.path.join(folder, "sightings.txt"), flags, 0o644)

    def effect(self, job, operation, attempt):
        """Records the effect of a step; returns its nonce."""
        nonce = uuid.uuid4().hex
        os.write(self._effects, f"{job} {operation} {attempt} {nonce}\n".encode())
        return nonce

    def saw(self, job, operations):
        """Records the outcomes of the operations that have ended."""
        ended = {entry["id"]: digest(entry) for entry in operations if entry["ended_at"]}
        if ended:
            self._line({"job": job, "saw": ended})

    def problem(self, job, what):
        """Records an answer that no server may give."""
        self._line({"job": job, "problem": what})

    def _line(self, value):
        os.write(self._sightings, f"{json.dumps(value)}\n".encode())


class Flow:
    """One replay of a durable job. The identifier of an operation is its number in the order of the code."""

    def __init__(self, servers, records, lease, journal):
        self.servers = servers
        self.records = records
        self.job = lease["job"]["id"]
        self.path = f"/v1/leases/{lease['token']}"
        self.is_cancelling = lease["job"].get("cancelling", False)
        self.until = lease["until"]
        self.count = 0
        self.compensations = []
        self.recorded = {entry["id"]: entry for entry in journal}
        records.saw(self.job, journal)

    def call(self, method, call, value=None, may_repeat=True):
        """Makes a call with the token, and repeats it until it is answered or the lease is over."""
        while True:
            try:
                status, answer = self.servers.call(method, self.path + call, value)
            except ConnectionError:
                status, answer = 0, None
            if status == 200:
                return answer
            code = (answer or {}).get("code")
            if status not in (0, 503):
                if code != "lease_lost":
                    self.records.problem(self.job, f"{method} {call}: {status} {json.dumps(answer)[:600]}")
                raise Lost(code)
            if time.monotonic() > self.until or not may_repeat:
                raise Lost("no answer")
            time.sleep(0.05)

    def update(self, *updates, may_repeat=True):
        """Changes the journal; returns the last operation."""
        answer = self.call("POST", "/journal", {"updates": list(updates)}, may_repeat)
        self.records.saw(self.job, answer["operations"])
        return answer["operations"][-1]

    def find(self, type, name, id=None):
        """The identifier of the next operation, and the operation if it is recorded."""
        if id is None:
            self.count += 1
        entry = self.recorded.get(id or str(self.count))
        if entry is None and self.is_cancelling and not id:
            raise CANCELLED
        if entry and (entry["type"], entry["name"]) != (type, name):
            self.records.problem(self.job, f"the code asks for {type} {name}, and the journal has {json.dumps(entry)}")
            raise Lost("the journal differs")
        return id or str(self.count), entry

    def start(self, type, name, id=None, **fields):
        """Starts an operation if it is not recorded."""
        id, entry = self.find(type, name, id)
        return entry or self.update({"id": id, "type": type, "name": name, "action": "start", **fields})

    def step(self, name, id=None, is_retried=False):
        """Runs a step whose outcome is not recorded; returns the recorded output."""
        id, entry = self.find("step", name, id)
        fields = {"id": id, "type": "step", "name": name}
        # A worker may start a step and report its outcome in one call or in two.
        if entry is None and (is_retried or random.random() < 0.5):
            entry = self.update({**fields, "action": "start"})
        if entry and entry["ended_at"]:
            return entry["output"]
        attempt = entry["attempt"] if entry else 1
        if entry and entry["status"] == "waiting":
            self.wait(entry)
        nonce = self.records.effect(self.job, id, attempt)
        if is_retried and attempt == 1:
            # After its pause the step is started again. So a repeated call could count an attempt twice.
            retry = {
                **fields, "action": "retry", "error": {"type": "torture", "message": "the first attempt fails"},
                "options": {"delay_seconds": 0.2}}
            self.wait(self.update(retry, may_repeat=False))
        if random.random() < SLOW_SHARE:
            time.sleep(LEASE_SECONDS + 0.5)
        begin = [] if entry else [{**fields, "action": "start"}]
        succeed = {**fields, "action": "succeed", "output": {"nonce": nonce, "attempt": attempt}}
        return self.update(*begin, succeed)["output"]

    def compensate(self, name):
        """Registers a compensation."""
        self.compensations.append(name)
        self.start("marker", name, f"compensation/{len(self.compensations)}")

    def wait(self, *entries):
        """Suspends the job until all operations have ended."""
        waiting = [entry["id"] for entry in entries if entry["status"] == "waiting"]
        if waiting:
            raise CANCELLED if self.is_cancelling else Stop("suspend", {"on": waiting})

    def timer(self, name, seconds):
        """Starts a timer."""
        return self.start("timer", name, options={"seconds": seconds})

    def child(self, name, plan):
        """Submits a child job."""
        tags = {"operation": str(self.count + 1), "name": name}
        return self.start("job", name, options={"job": {**plan, "tags": tags, "max_attempts": 100}})

    def value(self, entry):
        """Waits for an operation; returns its output, or the type of its error."""
        self.wait(entry)
        return entry["output"] if entry["status"] == "succeeded" else (entry["error"] or {}).get("type", entry["status"])


def parent(flow, plan):
    """A process of ten steps with timers, signals and child jobs."""
    seen = []

    def step(number, **options):
        seen.append([f"step {number}", flow.step(f"step {number}", **options)])

    def await_value(entry):
        seen.append([entry["name"], flow.value(entry)])

    step(1)
    flow.compensate("undo step 1")
    flow.wait(flow.timer("pause 1", plan["pauses"][0]))
    step(2)
    await_value(flow.start("signal", "go"))
    step(3)
    flow.compensate("undo step 3")
    await_value(flow.child("first", plan["children"][0]))
    step(4, is_retried=plan["is_retried"])
    await_value(flow.start("signal", "tick"))
    step(5)
    await_value(flow.start("signal", "tick"))
    step(6)
    flow.compensate("undo step 6")
    await_value(flow.start("marker", "chosen", output=random.randrange(1 << 32)))
    pause, second = flow.timer("pause 2", plan["pauses"][1]), flow.child("second", plan["children"][1])
    flow.wait(pause, second)
    await_value(second)
    step(7)
    await_value(flow.start("signal", "maybe", options={"timeout_seconds": plan["maybe_seconds"]}))
    step(8)
    await_value(flow.start("signal", "tick"))
    step(9)
    if plan["fails"]:
        raise Stop("fail", {"error": {"type": "planned", "message": "this process fails"}, "retryable": False})
    step(10)
    return {"number": plan["number"], "seen": seen}


def child(flow, plan):
    """A child job that is a durable job itself."""
    seen = [["child 1", flow.step("child 1")]]
    flow.wait(flow.timer("pause", plan["pause"]))
    seen.append(["child 2", flow.step("child 2")])
    return {"number": plan["number"], "seen": seen}


PROCESSES = {"durable.parent": parent, "durable.child": child}


class Worker:
    """Leases durable jobs and runs them, one after another."""

    def __init__(self, folder, name, ports):
        self.name = name
        self.servers = Servers(ports)
        self.records = Records(folder)

    def run(self):
        """Runs jobs until the process ends."""
        wanted = {
            "worker": {"id": f"{self.name}-{os.getpid()}", "name": self.name}, "queues": ["parents", "children"],
            "lease_seconds": LEASE_SECONDS, "wait_seconds": 2}
        while True:
            try:
                status, answer = self.servers.call("POST", "/v1/leases", {**wanted, "max_jobs": random.choice([1, 1, 2])})
            except ConnectionError:
                status, answer = 0, None
            if status != 200:
                time.sleep(0.05)
                continue
            until = time.monotonic() + LEASE_SECONDS
            for lease in answer["leases"]:
                try:
                    self._run({**lease, "until": until})
                except Lost:
                    pass

    def _run(self, lease):
        page = lease["journal"]
        journal = list(page["operations"])
        while True:
            flow = Flow(self.servers, self.records, lease, [])
            while page["next_cursor"]:
                page = flow.call("GET", f"/journal?cursor={page['next_cursor']}")
                journal += page["items"]
            flow = Flow(self.servers, self.records, lease, journal)
            end, body = self._replay(flow, lease["job"])
            answer = flow.call("POST", f"/{end}", body)
            if end != "suspend" or not answer.get("ready"):
                return
            if random.random() < 0.5:
                flow.call("POST", "/release")
                return
            page = flow.call("GET", "/journal")
            journal = list(page["items"])

    @staticmethod
    def _replay(flow, job):
        """Runs the code of a job; returns the call that ends the attempt, and its body."""
        try:
            result = PROCESSES[job["kind"]](flow, job["payload"])
            if not flow.is_cancelling:
                return "complete", {"result": result}
            end, body = CANCELLED.args
        except Stop as stop:
            end, body = stop.args
        if end != "suspend":
            for number, name in reversed(list(enumerate(flow.compensations, 1))):
                flow.step(name, f"compensate/{number}")
        return end, body


def main():
    """Runs one worker until it is killed or stopped."""
    # A stop is as sudden as a kill; only the exit code differs.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    folder, name, *ports = sys.argv[1:]
    Worker(folder, name, [int(port) for port in ports]).run()


if __name__ == "__main__":
    main()
