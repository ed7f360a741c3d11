"""The clients of executions: they start them, report on their tasks, stop and redrive them."""

import json

from durable_actors import Agenda
from execution_machines import DEFINITIONS, ROLE, arn_of, input_of, output_of
from execution_checks import Run

# What happens to an execution, with its share.
FATES = {"nothing": 84, "stop": 8, "redrive": 8}
# Errors after which a caller repeats a call.
TRANSIENT = ("ServiceUnavailable", "ThrottlingException", "ConflictException", "ExecutionLimitExceeded")


class Actors:
    """Starts executions, and does to each what its fate is."""

    def __init__(self, wire, ledger, counts, random, spread):
        self.wire = wire
        self.ledger = ledger
        self.counts = counts
        self.random = random
        # The time over which starts, stops and reports are spread, in seconds.
        self.spread = spread
        self.agenda = Agenda()
        self.runs = []
        self._tokens = 0

    def call(self, operation, **members):
        """Performs an operation. Returns the status, the output and the type of the error."""
        answer = self.wire.call("POST", "/", json.dumps(members).encode(), {
            "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AWSStepFunctions.{operation}"})
        kind = answer.json.get("__type")
        if answer.status == 503 or kind in TRANSIENT:
            return 0, answer.json, kind
        return answer.status, answer.json, kind

    def create_machines(self):
        """Creates the machines and the activity, before there are faults."""
        for kind, definition in DEFINITIONS.items():
            status, answer, _ = self.call(
                "CreateStateMachine", name=f"torture-{kind}", definition=json.dumps(definition), roleArn=ROLE)
            if status != 200 or answer["stateMachineArn"] != arn_of(kind):
                self.ledger.report("refused", f"the machine {kind}: {answer}")
        self.call("CreateActivity", name="torture-activity")

    def start_references(self):
        """Starts one execution of each kind, which runs without faults."""
        runs = {kind: Run(kind, f"reference-{kind}") for kind in DEFINITIONS}
        for run in runs.values():
            self._start(run, "nothing")
        return runs

    def start_all(self, number):
        """Plans the start of a number of executions."""
        kinds = list(DEFINITIONS)
        for index in range(number):
            run = Run(kinds[index % len(kinds)], f"run-{index}")
            self.runs.append(run)
            fate = self.random.choices(list(FATES), list(FATES.values()))[0]
            self.agenda.add(self.random.uniform(0, self.spread), self._start, run, fate)

    def _start(self, run, fate):
        """Starts an execution until it is answered. Its name makes that safe."""
        status, answer, kind = self.call(
            "StartExecution", stateMachineArn=arn_of(run.kind), name=run.name, input=input_of(run.name))
        if status == 0:
            return 0.1
        run.arn = arn_of(run.kind).replace("stateMachine", "execution") + f":{run.name}"
        if status != 200 and kind != "ExecutionAlreadyExists" or status == 200 and answer["executionArn"] != run.arn:
            self.ledger.report("refused", f"{run.name}: {status} {answer}")
            return None
        self.counts.add("starts")
        if self.random.random() < 0.1:
            self.agenda.add(self.random.uniform(0, 2), self._start_again, run)
        if fate != "nothing":
            self.agenda.add(self.random.uniform(0.2, 4), self._stop, run, fate == "redrive")
        return None

    def _start_again(self, run):
        """Repeats a start. It must not begin another execution."""
        status, answer, kind = self.call(
            "StartExecution", stateMachineArn=arn_of(run.kind), name=run.name, input=input_of(run.name))
        if status == 0:
            return 0.1
        if status != 200 and kind != "ExecutionAlreadyExists" or status == 200 and answer["executionArn"] != run.arn:
            self.ledger.report("refused", f"{run.name} again: {status} {answer}")
        return None

    # Task tokens

    def read_tokens(self, path):
        """Plans a report on each task token that functions have recorded since the last call."""
        with open(path, encoding="utf-8") as file:
            file.seek(self._tokens)
            lines = file.read()
        complete = lines[:lines.rfind("\n") + 1]
        self._tokens += len(complete.encode())
        for line in complete.splitlines():
            name, step, token = line.split()
            self.agenda.add(self.random.choice([0, self.random.uniform(0, 3)]), self._report, name, step, token, True)

    def _report(self, name, step, token, is_first):
        """Reports on a task until it is answered; then sometimes again, with another output, which must change nothing."""
        output = output_of(name, step) if is_first else "another output"
        status, answer, kind = self.call("SendTaskSuccess", taskToken=token, output=json.dumps(output))
        if status == 0:
            return 0.1
        if status == 200 and not is_first or status != 200 and kind not in ("TaskTimedOut", "TaskDoesNotExist"):
            self.ledger.report("wrong answer", f"the token of {name} {step}, first: {is_first}: {status} {answer}")
        self.counts.add("reports" if is_first else "reports repeated")
        if is_first and self.random.random() < 0.5:
            self.agenda.add(self.random.uniform(0, 2), self._report, name, step, token, False)
        return None

    # The operator

    def _stop(self, run, is_redriven):
        run.is_stopped = True
        status, answer, _ = self.call("StopExecution", executionArn=run.arn, error="Stopped", cause="by the operator")
        if status == 0:
            return 0.1
        if status != 200:
            self.ledger.report("wrong answer", f"stop {run.name}: {status} {answer}")
        self.counts.add("stops")
        if is_redriven:
            self.agenda.add(self.random.uniform(0, 3), self._redrive, run)
        return None

    def _redrive(self, run):
        """Redrives an execution when it has stopped."""
        status, found, _ = self.call("DescribeExecution", executionArn=run.arn)
        if status != 200:
            return 0.1
        if found["redriveCount"]:
            run.is_redriven = True
            return None
        if found["status"] == "RUNNING":
            return 0.5
        if found["status"] == "SUCCEEDED":
            return None
        status, answer, kind = self.call("RedriveExecution", executionArn=run.arn)
        if status not in (0, 200) and kind != "ExecutionNotRedrivable":
            self.ledger.report("wrong answer", f"redrive {run.name}: {status} {answer}")
            return None
        if status == 200:
            self.counts.add("redrives")
        return 0.2
