"""Hostile state machines, and a bystander who must not be slowed by them."""

import contextlib
import json
import threading
import time
import unittest

from harness import Server, eventually

ROLE = "arn:aws:iam::000000000000:role/any"
MACHINES = "arn:aws:states:us-east-1:000000000000:stateMachine:"
PASS = {"Type": "Pass", "End": True}
# The maximum time of a call beside a hostile one, in seconds. Unhurt, these calls take milliseconds, and more on a busy machine.
PROBE_SECONDS = 10.0


def aws(server, operation, **members):
    """Performs an operation of the Step Functions API."""
    return server.call("POST", "/", json.dumps(members).encode(), {
        "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AWSStepFunctions.{operation}"})


def machine(**states):
    """A machine that starts with its first state."""
    return {"StartAt": next(iter(states)), "States": states}


def jsonata(expression):
    """A machine that evaluates one expression."""
    return {"QueryLanguage": "JSONata", **machine(A={**PASS, "Output": "{% " + expression + " %}"})}


def loop(state):
    """A machine that runs a state again and again."""
    never = {"Type": "Choice", "Choices": [{"Variable": "$.never", "IsPresent": True, "Next": "C"}], "Default": "A"}
    return machine(A={**state, "Next": "B"}, B=never, C={"Type": "Succeed"})


class Bystander:
    """Another caller: it probes the server, and runs a job, again and again. `worst` is the longest time of either."""

    def __init__(self, server):
        self.server = server
        self.worst = {"health": 0.0, "job": 0.0}
        self.errors = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=each) for each in (("health", self._probe), ("job", self._job))]

    def _probe(self):
        assert self.server.call("GET", "/healthz").status == 200

    def _job(self):
        self.server.submit(queue="bystander")
        lease, = self.server.lease("bystander", worker="bystander")
        assert self.server.call("POST", f"/v1/leases/{lease['token']}/complete", {}).status == 200

    def _run(self, name, call):
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                call()
            except (OSError, AssertionError, ValueError) as error:
                self.errors.append(f"{name}: {error!r}")
            self.worst[name] = max(self.worst[name], time.monotonic() - began)
            self._stop.wait(0.05)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()


class HostileMachines(unittest.TestCase):
    """One server for all tests of a class."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.names = iter(range(1_000_000))

    @classmethod
    def tearDownClass(cls):
        assert cls.server.process.poll() is None, cls.server.log()[-2000:]
        cls.server.close()

    @contextlib.contextmanager
    def beside(self):
        """Fails if a bystander is hurt or slowed by the body."""
        with Bystander(self.server) as bystander:
            yield
        self.assertEqual(bystander.errors, [])
        for name, seconds in bystander.worst.items():
            self.assertLess(seconds, PROBE_SECONDS, name)

    def create(self, definition, **members):
        """Creates a machine; returns its name."""
        name = f"m{next(self.names)}"
        text = definition if isinstance(definition, str) else json.dumps(definition)
        answer = aws(self.server, "CreateStateMachine", name=name, definition=text, roleArn=ROLE, **members)
        self.assertEqual(answer.status, 200, answer)
        return name

    def start(self, name, value, seconds=0):
        """Starts an execution, and waits for its end."""
        headers = {"Prefer": f"wait={seconds}"} if seconds else {}
        answer = self.server.call("POST", f"/v1/state-machines/{name}/executions", {"input": value}, headers)
        self.assertIn(answer.status, (200, 202), answer)
        return answer.json

    def stop(self, execution):
        answer = self.server.call("POST", f"/v1/executions/{execution['id']}/stop", {})
        self.assertEqual(answer.status, 200, answer)
        eventually(lambda: self.show(execution)["status"] == "aborted", "the execution stops")

    def show(self, execution):
        return self.server.call("GET", f"/v1/executions/{execution['id']}").json
