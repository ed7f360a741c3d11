"""Runs executions of a state machine in LocalStack's interpreter, in this process, and prints a line of JSON.

    Benchmarks/states/localstack_peer.py DEFINITION EXECUTIONS each|once

It needs `localstack-core` (see scripts/localstack-venv.sh). The interpreter keeps histories in memory, and nothing is durable. With `each`, it
parses the definition for each execution, as LocalStack does. With `once`, all executions share one parsed definition.
"""

import datetime
import json
import sys
import time
from pathlib import Path

from localstack.services.stepfunctions.asl.eval.evaluation_details import (
    AWSExecutionDetails,
    EvaluationDetails,
    ExecutionDetails,
    StateMachineDetails,
)
from localstack.services.stepfunctions.asl.parse.asl_parser import AmazonStateLanguageParser
from localstack.services.stepfunctions.backend.execution_worker import SyncExecutionWorker
from localstack.services.stepfunctions.backend.execution_worker_comm import ExecutionWorkerCommunication

INPUT = {"order": {"id": "A-1", "total": 120, "kind": "book"}, "round": 0}
STATES = 10
ACCOUNT, REGION, ROLE = "000000000000", "us-east-1", "arn:aws:iam::000000000000:role/bench"
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:transitions"


class Ignored(ExecutionWorkerCommunication):
    """Ignores the end of an execution."""

    def terminated(self):
        pass


class SharedWorker(SyncExecutionWorker):
    """A worker whose definition is parsed."""

    program = None

    def _get_evaluation_entrypoint(self):
        return SharedWorker.program


def run(worker_type, definition, number):
    """Runs an execution, and returns its history."""
    name = f"execution-{number}"
    details = EvaluationDetails(
        AWSExecutionDetails(ACCOUNT, REGION, ROLE),
        ExecutionDetails(
            f"arn:aws:states:{REGION}:{ACCOUNT}:execution:transitions:{name}", name, ROLE, INPUT,
            datetime.datetime.now(tz=datetime.UTC).isoformat()),
        StateMachineDetails(MACHINE, "transitions", "STANDARD", definition))
    worker = worker_type(details, Ignored(), None, {})
    worker.start()
    return worker.env.event_manager.get_event_history()


def main():
    definition = Path(sys.argv[1]).read_text(encoding="utf-8")
    executions = int(sys.argv[2])
    worker_type = SyncExecutionWorker
    if sys.argv[3] == "once":
        worker_type = SharedWorker
        SharedWorker.program = AmazonStateLanguageParser.parse(definition)[0]
    history = run(worker_type, definition, 0)
    types = [event["type"] for event in history]
    entered = sum(kind.endswith("StateEntered") for kind in types)
    if entered != STATES or types[-1] != "ExecutionSucceeded":
        sys.exit(f"the execution has not succeeded after {STATES} states: {types}")
    start = time.perf_counter()
    for number in range(1, executions + 1):
        run(worker_type, definition, number)
    seconds = time.perf_counter() - start
    print(json.dumps({
        "executions": executions, "seconds": round(seconds, 3), "events": len(history),
        "transitions_per_second": round(executions * STATES / seconds, 1)}))


if __name__ == "__main__":
    main()
