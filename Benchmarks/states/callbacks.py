#!/usr/bin/env python3
"""Measures the memory of a server with open executions that wait for callbacks.

    Benchmarks/states/callbacks.py --executions 10000 [--store sqlite:PATH | --store postgres://…] [--binary PATH]

It starts the server, runs some executions to their ends, and reads the server's resident memory. Then it starts the executions over the AWS
protocol, runs the job of each, and reads the memory again when all wait. At the end it answers every callback. The exit code is 1 if
the memory has grown by --limit MiB or more.
"""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

BINARY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../.build/release/longhaul")
CONNECTIONS = 32
RESOURCE = "arn:aws:states:::longhaul:job.waitForTaskToken"
DEFINITION = {
    "StartAt": "Ask",
    "States": {
        "Ask": {
            "Type": "Task", "Resource": RESOURCE, "End": True,
            "Parameters": {"kind": "bench.ask", "queue": "asks", "payload": {"token.$": "$$.Task.Token"}},
        },
    },
}


class Connection:
    """A persistent connection that sends one request after another."""

    def __init__(self, port):
        self.port = port
        self.reader = self.writer = None

    async def call(self, method, path, value, headers=""):
        """Sends a request and returns the answer as JSON."""
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 24)
        body = json.dumps(value).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        self.writer.write(head.encode() + body)
        answer = await self.reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1]) for line in answer.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        content = await self.reader.readexactly(length)
        if answer[9:10] != b"2":
            raise RuntimeError(f"{path}: {answer[:40]!r} {content[:300]!r}")
        return json.loads(content)

    def close(self):
        """Closes the connection."""
        if self.writer is not None:
            self.writer.close()

    async def operation(self, name, value):
        """Performs an operation of Step Functions."""
        headers = f"Content-Type: application/x-amz-json-1.0\r\nX-Amz-Target: AWSStepFunctions.{name}\r\n"
        return await self.call("POST", "/", value, headers)

    async def own(self, method, path, value):
        """Sends a request of the server's own API."""
        return await self.call(method, path, value, "Content-Type: application/json\r\n")


async def shared(port, items, body):
    """Passes each item to `body` with one of some connections."""
    queue = list(items)

    async def serve():
        connection = Connection(port)
        while queue:
            await body(connection, queue.pop())
        connection.close()

    await asyncio.gather(*(serve() for _ in range(CONNECTIONS)))


async def start(port, machine, count):
    """Starts executions, and runs their jobs. Returns the tokens of their tasks."""
    await shared(
        port, range(count),
        lambda connection, _: connection.operation("StartExecution", {"stateMachineArn": machine, "input": "{}"}))
    worker = Connection(port)
    tokens = []
    while len(tokens) < count:
        request = {"worker": {"id": "asks"}, "queues": ["asks"], "max_jobs": 100, "wait_seconds": 10}
        leases = (await worker.own("POST", "/v1/leases", request))["leases"]
        tokens += [lease["job"]["payload"]["token"] for lease in leases]
        results = [{"token": lease["token"], "result": None} for lease in leases]
        if results:
            await worker.own("POST", "/v1/leases/complete", {"completions": results})
    worker.close()
    return tokens


async def answer(port, tokens):
    """Answers callbacks."""
    await shared(
        port, tokens,
        lambda connection, token: connection.operation("SendTaskSuccess", {"taskToken": token, "output": "{}"}))


async def wait(port, state, count):
    """Waits until this number of executions is in a state."""
    connection = Connection(port)
    deadline = time.monotonic() + 300
    while True:
        counts = (await connection.own("GET", "/v1/queues/executions", {}))["counts"]
        if counts.get(state, 0) == count:
            connection.close()
            return
        if time.monotonic() > deadline:
            raise RuntimeError(f"not {count} executions are {state}: {counts}")
        await asyncio.sleep(0.05)


def resident(process):
    """The resident memory of the server in MiB."""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        line = next(line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


async def measure(process, port, options):
    """Runs the benchmark, and returns the growth in MiB."""
    connection = Connection(port)
    for queue in ("executions", "asks"):
        await connection.own("PUT", f"/v1/queues/{queue}", {"max_depth": None})
    machine = (await connection.operation(
        "CreateStateMachine",
        {"name": "callbacks", "definition": json.dumps(DEFINITION), "roleArn": "arn:aws:iam::000000000000:role/bench"},
    ))["stateMachineArn"]
    connection.close()
    await answer(port, await start(port, machine, options.warm))
    await wait(port, "completed", options.warm)
    before = resident(process)
    began = time.monotonic()
    tokens = await start(port, machine, options.executions)
    await wait(port, "suspended", options.executions)
    waiting = time.monotonic() - began
    after = resident(process)
    await answer(port, tokens)
    await wait(port, "completed", options.warm + options.executions)
    print(json.dumps({
        "executions": options.executions, "seconds": round(waiting, 1), "before_mib": round(before, 1),
        "waiting_mib": round(after, 1), "growth_mib": round(after - before, 1)}))
    return after - before


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--executions", type=int, default=10_000)
    parser.add_argument("--warm", type=int, default=1000)
    parser.add_argument("--store")
    parser.add_argument("--binary", default=BINARY)
    parser.add_argument("--limit", type=float, default=64)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [
            options.binary, "serve", "--listen", "127.0.0.1:0", "--artifacts", f"file:{folder}/artifacts",
            "--store", options.store or f"sqlite:{folder}/longhaul.db"]
        with open(f"{folder}/log", "wb") as log:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            port = int(json.loads(process.stdout.readline())["listening"].rsplit(":", 1)[1])
            growth = asyncio.run(measure(process, port, options))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
    return 0 if growth < options.limit else 1


if __name__ == "__main__":
    sys.exit(main())
