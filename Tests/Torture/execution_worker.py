#!/usr/bin/env python3
"""A worker of an activity, which is killed at any moment.

    execution_worker.py FOLDER NAME PORT…
"""

import hashlib
import http.client
import json
import os
import random
import signal
import sys
import time

from execution_machines import ACTIVITY, output_of

# The share of tasks that take longer than the time between two heartbeats.
SLOW_SHARE = 0.02
SLOW_SECONDS = 6.0


class Lost(Exception):
    """There was no complete answer, or none of the service."""


def call(ports, operation, **members):
    """Performs an operation at a random server; returns the status and the output."""
    connection = http.client.HTTPConnection("127.0.0.1", random.choice(ports), timeout=70)
    try:
        connection.request("POST", "/", json.dumps(members).encode(), {
            "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AWSStepFunctions.{operation}"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Lost(str(error)) from error
    finally:
        connection.close()


class Worker:
    """Takes the tasks of the activity, one after another."""

    def __init__(self, folder, name, ports):
        self.name = name
        self.ports = ports
        self.effects = os.open(os.path.join(folder, "effects.txt"), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def run(self):
        """Runs tasks until the process ends."""
        while True:
            try:
                status, task = call(self.ports, "GetActivityTask", activityArn=ACTIVITY, workerName=self.name)
            except Lost:
                status, task = 0, {}
            if status != 200:
                time.sleep(0.1)
            elif task.get("taskToken"):
                self._perform(task["taskToken"], json.loads(task["input"]))

    def _perform(self, token, value):
        identity = hashlib.sha256(token.encode()).hexdigest()[:24]
        # One write, so that a kill never mixes lines.
        os.write(self.effects, f"{value['name']} {value['step']} {identity}\n".encode())
        if random.random() < SLOW_SHARE:
            time.sleep(SLOW_SECONDS)
        time.sleep(float(value["sleep"]))
        if random.random() < 0.3:
            self._report("SendTaskHeartbeat", token)
        self._report("SendTaskSuccess", token, output=json.dumps(output_of(value["name"], value["step"])))

    def _report(self, operation, token, **members):
        """Repeats a call until it is answered. The task may be over."""
        while True:
            try:
                status, answer = call(self.ports, operation, taskToken=token, **members)
            except Lost:
                status, answer = 0, {}
            kind = answer.get("__type")
            if status == 200 or kind == "TaskTimedOut":
                return
            if status not in (0, 503) and kind not in ("ServiceUnavailable", "ThrottlingException"):
                print(f"BROKEN {operation}: {status} {answer}", file=sys.stderr, flush=True)
                return
            time.sleep(0.05)


def main():
    """Runs one worker until it is killed or stopped."""
    # A stop is as sudden as a kill; only the exit code differs.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    folder, name, *ports = sys.argv[1:]
    Worker(folder, name, [int(port) for port in ports]).run()


if __name__ == "__main__":
    main()
