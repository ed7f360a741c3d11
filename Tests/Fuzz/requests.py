#!/usr/bin/env python3
"""Sends mutated HTTP requests to the built server, which must not crash, hang or answer 500.

    requests.py [--count N] [--seed N]
"""

import argparse
import json
import os
import random
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading

BINARY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../.build/release/longhaul")
# Longer than the maximum wait of any answer.
ANSWER_SECONDS = 90

WORDS = [
    b"null", b"-1", b"1e308", b"1e999", b"9223372036854775808", b"\x00", b"\xff", b"\xc3\x28", b"%00", b"%2e%2e%2f",
    b"%", b"..", b"//", b"?", b"&", b"=", b"\r\n", b"\n", b": ", b"\\u0000", b"\\ud800", b"{}", b"[]", b"\"",
    b"A" * 300, b"[" * 70, b"Transfer-Encoding: chunked\r\n", b"Content-Length: 5\r\n", b"Expect: 100-continue\r\n",
    b"Connection: close\r\n", b"Range: bytes=0-0\r\n", b"If-None-Match: *\r\n", b"Prefer: wait=nan\r\n",
    b"Last-Event-ID: 9223372036854775807\r\n", b"Idempotency-Key: \r\n", b"Content-Type: application/json\r\n"]

JOB = {
    "kind": "image.resize", "payload": {"width": 640}, "queue": "q1", "priority": 5, "delay_seconds": 0,
    "max_attempts": 4,
    "backoff": {"type": "exponential", "initial_seconds": 1, "factor": 2, "max_seconds": 600, "jitter": 0.2},
    "timeout_seconds": 300, "expires_at": "2999-01-01T00:00:00.000Z", "retention_seconds": 1000, "actor": "u",
    "unique": {"by": ["actor", "payload"], "window_seconds": 60}, "tags": {"a": "b"}, "size": 1,
    "idempotency_key": "key", "callback_url": "https://127.0.0.1:1"}


class Server:
    """A server with its own store."""

    def __init__(self, binary, folder):
        self.log = open(os.path.join(folder, "log"), "wb")
        self.process = subprocess.Popen(
            [binary, "serve", "--listen", "127.0.0.1:0", "--store", f"sqlite:{folder}/longhaul.db", "--artifacts",
             f"file:{folder}/artifacts", "--webhook-secret", "whsec_" + "A" * 40, "--webhook-allow", "127.0.0.1"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log,
            start_new_session=True)
        line = self.process.stdout.readline()
        self.port = int(json.loads(line)["listening"].rpartition(":")[2])

    def send(self, message, whole=True, pause=ANSWER_SECONDS):
        """Sends bytes, and closes the sending side after `pause` without an answer. Returns the first bytes of the answer, or all."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=ANSWER_SECONDS) as connection:
            # A reset on close leaves no port in TIME_WAIT, because there are many requests.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            try:
                connection.sendall(message)
                if not select.select([connection], [], [], pause)[0]:
                    connection.shutdown(socket.SHUT_WR)
                answer = connection.recv(65536)
                while whole and (piece := connection.recv(65536)):
                    answer += piece
                return answer
            except (ConnectionResetError, BrokenPipeError):
                return b""

    def call(self, method, path, body=b""):
        """Sends a valid request; returns the answer as JSON."""
        answer = self.send(request(method, path, body, [b"Connection: close"]))
        return json.loads(answer.partition(b"\r\n\r\n")[2])

    def stop(self):
        """Stops the server; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def request(method, path, body=b"", headers=()):
    """The bytes of a request. The path `/#NAME` stands for an operation of Step Functions."""
    path, _, operation = path.partition("#")
    lines = [f"{method} {path} HTTP/1.1".encode(), b"Host: localhost", *headers]
    if operation:
        lines += [b"X-Amz-Target: AWSStepFunctions." + operation.encode(), b"Content-Type: application/x-amz-json-1.0"]
    elif body:
        lines.append(b"Content-Type: application/json")
    if body:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def seeds(server):
    """Valid requests of every type, some for existing jobs and leases: (method, path, headers, body)."""
    ids = [server.call("POST", "/v1/jobs", json.dumps({"kind": "a", "queue": "seed"}).encode())["id"] for _ in range(8)]
    wanted = {"worker": {"id": "w", "labels": {"gpu": "1"}}, "queues": ["seed"], "max_jobs": 4, "lease_seconds": 600}
    leases = server.call("POST", "/v1/leases", json.dumps(wanted).encode())["leases"]
    token, other, job = leases[0]["token"], leases[1]["token"], ids[-1]
    beat = {"worker": {"id": "w"}, "leases": [{"token": token, "progress": {"percent": 50, "message": "m"}}]}
    line = {"lines": [{"at": "2026-11-24T09:15:00.000Z", "level": "info", "message": "m"}]}
    filters = "limit=5&state=pending,failed&queue=q&kind=k&actor=a&tag=a:b&created_after=2026-01-01T00:00:00Z"
    bodies = [
        ("POST", "/v1/jobs", JOB), ("POST", "/v1/jobs?wait_seconds=0.01", JOB),
        ("POST", "/v1/jobs/batch", {"jobs": [{"kind": "a", "ref": "r"}, {"kind": "b", "depends_on": ["#r"]}]}),
        ("POST", "/v1/leases", {**wanted, "wait_seconds": 0, "queues": ["none"]}),
        ("POST", "/v1/leases/heartbeat", beat), ("POST", f"/v1/leases/{token}/logs", line),
        ("POST", "/v1/leases/complete", {"completions": [{"token": other, "result": {"a": 1}, "next": [JOB]}]}),
        ("POST", f"/v1/leases/{other}/fail", {"error": {"type": "t", "message": "m"}, "retry_in_seconds": 5}),
        ("PUT", f"/v1/leases/{token}/steps/one", {"output": [1]}), ("PUT", f"/v1/leases/{token}/artifacts/a.txt", "x"),
        ("POST", f"/v1/leases/{other}/release", {}), ("POST", f"/v1/jobs/{ids[0]}/cancel", {}),
        ("POST", f"/v1/jobs/{ids[0]}/retry", {}), ("POST", "/v1/queues/seed/pause", {}),
        ("POST", "/v1/dead-letters/redrive", {"filter": {"queue": "q", "tags": {"a": "b"}}, "limit": 5}),
        ("PUT", "/v1/schedules/s", {"cron": "0 3 * * *", "time_zone": "Europe/Paris", "job": JOB, "catch_up": "last"}),
        ("POST", "/v1/dead-letters/discard", {"ids": [job]}),
        ("PUT", "/v1/queues/seed", {"max_depth": 1000, "max_waiting": None, "paused": False, "max_concurrency": 5})]
    plain = [
        f"/v1/jobs?{filters}", f"/v1/jobs?cursor=c1.{job}", f"/v1/jobs/{job}?wait_seconds=0", "/v1/queues/seed",
        f"/v1/jobs/{job}/logs?limit=5&cursor=0", f"/v1/leases/{token}/steps/one", f"/v1/jobs/{job}/artifacts/a.txt",
        "/v1/queues", "/v1/workers", "/openapi.json", "/readyz", f"/v1/jobs/{ids[0]}/events", "/v1/dead-letters",
        "/v1/dead-letters/groups", "/v1/schedules", "/metrics", "/v1/scale?queue=seed", "/v1/queues/seed/history",
        "/v1/history", f"/v1/jobs/{job}/children", "/", "/v1/schedules/s", "/v1/state-machines/seed", "/v1/state-machines",
        "/v1/executions?state_machine=seed&status=running&limit=5", "/v1/state-machines/seed/executions?status=failed",
        f"/v1/executions/{ids[0]}/history?order=desc&limit=5"]
    bodies += machine_seeds(server)
    found = [(method, path, json.dumps(value).encode()) for method, path, value in bodies]
    return found + [("GET", path, b"") for path in plain] + [("DELETE", f"/v1/jobs/{ids[0]}", b"")]


MACHINE = json.dumps({"StartAt": "A", "QueryLanguage": "JSONata", "States": {
    "A": {"Type": "Pass", "Assign": {"v": "{% $states.input.a %}"}, "Next": "B"},
    "B": {"Type": "Map", "Items": "{% [1, 2] %}", "ItemProcessor": {"StartAt": "C", "States": {
        "C": {"Type": "Task", "Resource": "arn:aws:states:::longhaul:job", "Arguments": {"kind": "k"}, "End": True}}}, "End": True}}})


def machine_seeds(server):
    """Valid requests for state machines and executions, for a machine and an execution that exist."""
    server.call("PUT", "/v1/state-machines/seed", json.dumps({"definition": json.loads(MACHINE)}).encode())
    execution = server.call("POST", "/v1/state-machines/seed/executions", b'{"name": "seed", "input": {"a": 1}}')["id"]
    arn = "arn:aws:states:us-east-1:000000000000:"
    machine, run, role = f"{arn}stateMachine:seed", f"{arn}execution:seed:seed", "arn:aws:iam::000000000000:role/r"
    tags = [{"key": "a", "value": "b"}]
    routing = [{"stateMachineVersionArn": f"{machine}:1", "weight": 100}]
    calls = {
        "CreateStateMachine": {
            "name": "other", "definition": MACHINE, "roleArn": role, "type": "STANDARD", "tags": tags, "publish": True,
            "loggingConfiguration": {"level": "OFF", "includeExecutionData": False, "destinations": []}},
        "UpdateStateMachine": {"stateMachineArn": machine, "definition": MACHINE, "publish": True},
        "DescribeStateMachine": {"stateMachineArn": machine}, "ListStateMachines": {"maxResults": 5, "nextToken": "AAAA"},
        "ValidateStateMachineDefinition": {"definition": MACHINE, "severity": "WARNING"},
        "TestState": {
            "definition": json.dumps({"Type": "Pass", "Result": 1, "End": True}), "roleArn": role, "input": "{}",
            "inspectionLevel": "DEBUG", "mock": {"result": "1"}},
        "StartExecution": {"stateMachineArn": machine, "input": "{\"a\": 1}", "name": "n1"},
        "DescribeExecution": {"executionArn": run}, "StopExecution": {"executionArn": run, "error": "e", "cause": "c"},
        "GetExecutionHistory": {"executionArn": run, "maxResults": 5, "reverseOrder": True},
        "ListExecutions": {"stateMachineArn": machine, "statusFilter": "RUNNING"}, "RedriveExecution": {"executionArn": run},
        "SendTaskSuccess": {"taskToken": "MS4w", "output": "{}"}, "SendTaskFailure": {"taskToken": "MS4w", "error": "e"},
        "SendTaskHeartbeat": {"taskToken": "MS4w"}, "TagResource": {"resourceArn": machine, "tags": tags},
        "CreateStateMachineAlias": {"name": "a", "routingConfiguration": routing},
        "PublishStateMachineVersion": {"stateMachineArn": machine}, "CreateActivity": {"name": "act"},
        "ListMapRuns": {"executionArn": run}, "DescribeMapRun": {"mapRunArn": f"{arn}mapRun:seed/each:0"}}
    own = [
        ("POST", "/v1/definition-checks", {"definition": json.loads(MACHINE)}),
        ("PUT", "/v1/state-machines/seed", {"definition": MACHINE, "tags": {"a": "b"}}),
        ("POST", "/v1/state-tests", {
            "definition": {"Type": "Pass", "End": True}, "input": {"a": 1}, "variables": {"v": 1}, "mock": {"result": 1}}),
        ("POST", "/v1/state-machines/seed/executions", {"input": {"a": 1}, "name": "n2", "qualifier": "1"}),
        ("POST", f"/v1/executions/{execution}/stop", {"error": "e", "cause": "c"}),
        ("POST", f"/v1/executions/{execution}/redrive", {})]
    return own + [("POST", f"/#{operation}", members) for operation, members in calls.items()]


def mutate(data, generator):
    """Changes a few bytes."""
    data = bytearray(data)
    while True:
        at = generator.randrange(len(data) + 1)
        choice = generator.randrange(6)
        if choice == 0:
            del data[at : at + generator.choice([1, 1, 4, 40])]
        elif choice in (1, 2):
            data[at:at] = generator.choice(WORDS)
        elif choice == 3 and at < len(data):
            data[at] = generator.randrange(256)
        elif choice == 4 and at < len(data):
            data[at] ^= 1 << generator.randrange(8)
        else:
            data[at:at] = data[at : at + generator.randrange(30)]
        if generator.random() < 0.6:
            return bytes(data)


def mutant(good, generator):
    """A request with a mutated path, body or both, and the time after which the sending side closes."""
    method, path, body = generator.choice(good)
    choice = generator.random()
    headers = [b"Connection: close"]
    if body and choice < 0.5:
        return request(method, path, mutate(body, generator), headers), ANSWER_SECONDS
    if choice < 0.75:
        path, mark, operation = path.partition("#")
        whole = request(method, f"/PATH{mark}{operation}", body, headers)
        return whole.replace(b"/PATH", mutate(path.encode(), generator), 1), 0.1
    return mutate(request(method, path, body, headers), generator), 0.1


class Fuzzing:
    """Sends `count` mutated requests from several threads."""

    def __init__(self, server, count, seed):
        self.server, self.seed = server, seed
        self.good = seeds(server)
        self.numbers = iter(range(count))
        self.lock = threading.Lock()
        self.statuses = {}
        self.failures = []

    def run(self, threads=6):
        """Sends all requests; returns the failures."""
        workers = [threading.Thread(target=self._work) for _ in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return self.failures

    def _work(self):
        while len(self.failures) < 10:
            with self.lock:
                number = next(self.numbers, None)
            if number is None:
                return
            message, pause = mutant(self.good, random.Random(f"{self.seed} {number}"))
            try:
                answer = self.server.send(message, whole=False, pause=pause)
            except TimeoutError:
                self._record(number, message, f"no answer in {ANSWER_SECONDS} s")
                continue
            except OSError as error:
                self._record(number, message, f"cannot connect: {error}")
                return
            status = answer[9:12].decode(errors="replace") if answer.startswith(b"HTTP/1.1 ") else "closed"
            with self.lock:
                self.statuses[status] = self.statuses.get(status, 0) + 1
            if status == "500":
                self._record(number, message, answer[-600:])

    def _record(self, number, message, what):
        with self.lock:
            self.failures.append(f"input {number}: {what}\n    {message[:2000]!r}")


def main():
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--binary", default=os.environ.get("LONGHAUL", BINARY))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="longhaul-fuzz-") as folder:
        server = Server(os.path.abspath(options.binary), folder)
        try:
            fuzzing = Fuzzing(server, options.count, options.seed)
            failures = fuzzing.run()
            sent = sum(fuzzing.statuses.values())
            if not failures and sent < options.count:
                failures.append(f"only {sent} of {options.count} requests were answered")
            if server.process.poll() is None and server.call("GET", "/readyz").get("status") != "ready":
                failures.append("the server is not ready afterwards")
        finally:
            code = server.process.poll()
            ended = server.stop()
        if code is not None or ended != 0:
            with open(os.path.join(folder, "log"), encoding="utf-8", errors="replace") as log:
                failures.append(f"the server ended with exit code {ended}: {log.read()[-2000:]}")
    answers = ", ".join(f"{status} {count}" for status, count in sorted(fuzzing.statuses.items()))
    print(f"  answers: {answers}")
    for failure in failures:
        print(f"  BROKEN {failure}")
    print(f"Sent {options.count} mutated requests, seed {options.seed}: {len(failures)} broken")
    return 1 if failures else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
    sys.exit(main())
