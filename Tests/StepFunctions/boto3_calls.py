#!/usr/bin/env python3
"""Calls the Step Functions API of a running server with boto3.

    "$(scripts/moto-venv.sh)" Tests/StepFunctions/boto3_calls.py Open URL
    "$(scripts/moto-venv.sh)" Tests/StepFunctions/boto3_calls.py Executions URL
    "$(scripts/moto-venv.sh)" Tests/StepFunctions/boto3_calls.py Keys URL

`Open` and `Executions` are for a server without API keys. For `Keys`, the environment has the AWS access key IDs and the API keys
WRITER_ID, WRITER_KEY, READER_ID, READER_KEY of keys with the scopes queues:write,jobs:read and jobs:read.
"""

import datetime
import http.client
import json
import os
import sys
import time
import unittest
import urllib.parse
from unittest import mock

import boto3
import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

URL = sys.argv[2] if len(sys.argv) > 2 else ""
TYPE = "application/x-amz-json-1.0"
ROLE = "arn:aws:iam::000000000000:role/any"
DEFINITION = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": "ü", "End": True}}}, ensure_ascii=False)


def client(key="test", secret="test", token=None, **settings):
    return boto3.client(
        "stepfunctions", endpoint_url=URL, region_name="us-east-1", aws_access_key_id=key, aws_secret_access_key=secret,
        aws_session_token=token, config=Config(retries={"total_max_attempts": 1}, **settings))


def send(headers, body=b"{}", path="/"):
    """Sends a request as it is. Returns the status, the header fields and the decoded body."""
    address = urllib.parse.urlsplit(URL)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    connection.request("POST", path, body, headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, answer.headers, json.loads(text)


class Calls(unittest.TestCase):
    def refuses(self, code, call, **arguments):
        """Expects an error of a call, and returns its message."""
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        error = caught.exception.response
        self.assertEqual(error["Error"]["Code"], code, error)
        self.assertTrue(error["Error"]["Message"])
        self.assertTrue(error["ResponseMetadata"]["RequestId"])
        return error["Error"]["Message"]


class Open(Calls):
    def test_machines(self):
        states = client()
        made = states.create_state_machine(name="first", definition=DEFINITION, roleArn=ROLE)
        arn = made["stateMachineArn"]
        self.assertEqual(arn, "arn:aws:states:us-east-1:000000000000:stateMachine:first")
        self.assertIsInstance(made["creationDate"], datetime.datetime)
        self.assertEqual(made["ResponseMetadata"]["HTTPStatusCode"], 200)
        self.assertTrue(made["ResponseMetadata"]["RequestId"])
        shown = states.describe_state_machine(stateMachineArn=arn)
        self.assertEqual((shown["definition"], shown["status"], shown["type"]), (DEFINITION, "ACTIVE", "STANDARD"))
        self.assertEqual(shown["creationDate"], made["creationDate"])
        pages = states.get_paginator("list_state_machines").paginate(PaginationConfig={"PageSize": 1})
        self.assertIn("first", [machine["name"] for page in pages for machine in page["stateMachines"]])
        states.update_state_machine(stateMachineArn=arn, definition=DEFINITION.replace("ü", "ö"))
        states.tag_resource(resourceArn=arn, tags=[{"key": "a", "value": "b"}])
        self.assertEqual(states.list_tags_for_resource(resourceArn=arn)["tags"], [{"key": "a", "value": "b"}])
        states.delete_state_machine(stateMachineArn=arn)
        self.refuses("StateMachineDoesNotExist", states.describe_state_machine, stateMachineArn=arn)
        with self.assertRaises(states.exceptions.StateMachineDoesNotExist):
            states.describe_state_machine(stateMachineArn=arn)

    def test_executions(self):
        """An execution that fails, is redriven and succeeds."""
        states = client(read_timeout=90)
        activity = states.create_activity(name="redriven")["activityArn"]
        definition = {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": activity, "End": True}}}
        machine = states.create_state_machine(name="redriven", definition=json.dumps(definition), roleArn=ROLE)
        execution = states.start_execution(stateMachineArn=machine["stateMachineArn"], input='{"n":1}')["executionArn"]
        task = states.get_activity_task(activityArn=activity)
        self.assertEqual(task["input"], '{"n":1}')
        states.send_task_failure(taskToken=task["taskToken"], error="Mine", cause="why")
        shown = self.ended(states, execution)
        self.assertEqual((shown["status"], shown["error"], shown["cause"]), ("FAILED", "Mine", "why"))
        states.redrive_execution(executionArn=execution)
        states.send_task_success(taskToken=states.get_activity_task(activityArn=activity)["taskToken"], output='{"m":2}')
        shown = self.ended(states, execution)
        self.assertEqual((shown["status"], shown["output"], shown["redriveCount"]), ("SUCCEEDED", '{"m":2}', 1))
        types = [event["type"] for event in states.get_execution_history(executionArn=execution)["events"]]
        self.assertIn("ExecutionRedriven", types)

    @staticmethod
    def ended(states, execution):
        """Waits for the end of an execution, and returns its description."""
        deadline = time.monotonic() + 60
        while True:
            shown = states.describe_execution(executionArn=execution)
            if shown["status"] != "RUNNING":
                return shown
            if time.monotonic() > deadline:
                raise AssertionError("the execution does not end")
            time.sleep(0.05)

    def test_validation(self):
        states = client(parameter_validation=False)
        message = self.refuses("ValidationException", states.create_state_machine, name="n" * 81, definition="{}")
        self.assertEqual(
            message,
            f"2 validation errors detected: Value '{'n' * 81}' at 'name' failed to satisfy constraint: Member must have "
            "length less than or equal to 80; Value null at 'roleArn' failed to satisfy constraint: Member must not be null")
        self.refuses("SerializationException", states.list_state_machines, maxResults="many")
        answer = states.validate_state_machine_definition(definition=DEFINITION)
        self.assertEqual((answer["result"], answer["diagnostics"]), ("OK", []))

    def test_long_definition(self):
        """The maximum of AWS, in characters of which each has six bytes in the request."""
        states = client(parameter_validation=False)
        text = DEFINITION.replace("ü", "ü" * (1_048_576 - len(DEFINITION) + 1))
        self.assertIn(states.validate_state_machine_definition(definition=text)["result"], ("OK", "FAIL"))
        self.refuses("ValidationException", states.validate_state_machine_definition, definition="x" * 1_048_577)

    def test_unknown_operation(self):
        for target in ("AWSStepFunctions.Nothing", "AmazonSQS.SendMessage"):
            status, headers, body = send({"X-Amz-Target": target, "Content-Type": TYPE})
            self.assertEqual((status, body["__type"]), (400, "UnknownOperationException"))
            self.assertEqual(headers["x-amzn-ErrorType"], "UnknownOperationException")
            self.assertTrue(headers["x-amzn-RequestId"])

    def test_malformed_bodies(self):
        fields = {"X-Amz-Target": "AWSStepFunctions.ListStateMachines", "Content-Type": TYPE}
        for body in (b"", b"{", b"[]", b"\xff", b"[" * 100_000):
            status, _, answer = send(fields, body)
            self.assertEqual((status, answer["__type"]), (400, "SerializationException"), body[:20])
        status, _, answer = send(fields | {"Content-Type": "application/json"})
        self.assertEqual((status, answer["__type"]), (415, "UnsupportedMediaTypeException"))
        status, _, answer = send(fields, b" " * ((8 << 20) + 1))
        self.assertEqual((status, answer["__type"]), (413, "RequestEntityTooLargeException"))

    def test_hosts(self):
        fields = {"X-Amz-Target": "AWSStepFunctions.ListStateMachines", "Content-Type": TYPE}
        self.assertEqual(send(fields | {"Host": "sync-localhost:8080"})[0], 200)
        self.assertEqual(send(fields | {"Host": "sync-evil.example"})[2]["__type"], "AccessDeniedException")


class Executions(Calls):
    """Executions whose tasks are activities."""

    def setUp(self):
        self.states = client(inject_host_prefix=False, parameter_validation=False)
        self.name = self.id().rpartition(".")[2]
        self.activity = self.states.create_activity(name=self.name)["activityArn"]

    def create(self, states, **members):
        definition = json.dumps({"StartAt": next(iter(states)), "States": states})
        return self.states.create_state_machine(
            name=self.name, definition=definition, roleArn=ROLE, **members)["stateMachineArn"]

    def task(self, **fields):
        return {"Type": "Task", "Resource": self.activity, **({} if "Next" in fields else {"End": True}), **fields}

    def take(self):
        """The next task of the activity: its token and its input."""
        task = self.states.get_activity_task(activityArn=self.activity, workerName="worker")
        return task["taskToken"], json.loads(task["input"])

    def answer(self, output):
        token, value = self.take()
        self.states.send_task_success(taskToken=token, output=json.dumps(output))
        return value

    def await_end(self, arn):
        deadline = time.monotonic() + 60
        while (found := self.states.describe_execution(executionArn=arn))["status"] == "RUNNING":
            self.assertLess(time.monotonic(), deadline, found)
            time.sleep(0.02)
        return found

    def events(self, arn):
        pages = self.states.get_paginator("get_execution_history").paginate(executionArn=arn, maxResults=3)
        events = [event for page in pages for event in page["events"]]
        self.assertEqual([event["id"] for event in events], list(range(1, len(events) + 1)))
        return events

    def test_an_activity(self):
        arn = self.create({"A": self.task(HeartbeatSeconds=60)})
        execution = self.states.start_execution(stateMachineArn=arn, name="one", input='{"n": 1}')
        again = self.states.start_execution(stateMachineArn=arn, name="one", input='{"n": 1}')
        self.assertEqual(again["executionArn"], execution["executionArn"])
        self.assertEqual(again["startDate"], execution["startDate"])
        self.refuses("ExecutionAlreadyExists", self.states.start_execution, stateMachineArn=arn, name="one", input="{}")
        token, value = self.take()
        self.assertEqual(value, {"n": 1})
        self.states.send_task_heartbeat(taskToken=token)
        self.refuses("InvalidOutput", self.states.send_task_success, taskToken=token, output="{")
        self.states.send_task_success(taskToken=token, output='{"m": 2}')
        self.refuses("TaskTimedOut", self.states.send_task_success, taskToken=token, output="3")
        self.refuses("InvalidToken", self.states.send_task_success, taskToken=token[:-4], output="3")
        found = self.await_end(execution["executionArn"])
        self.assertEqual((found["status"], json.loads(found["output"])), ("SUCCEEDED", {"m": 2}))
        self.assertEqual([event["type"] for event in self.events(found["executionArn"])], [
            "ExecutionStarted", "TaskStateEntered", "ActivityScheduled", "ActivityStarted", "ActivitySucceeded", "TaskStateExited",
            "ExecutionSucceeded"])
        page = self.states.get_execution_history(executionArn=found["executionArn"], reverseOrder=True, maxResults=1)
        self.assertEqual(page["events"][0]["type"], "ExecutionSucceeded")
        listed = self.states.list_executions(stateMachineArn=arn, statusFilter="SUCCEEDED")["executions"]
        self.assertEqual([execution["name"] for execution in listed], ["one"])
        machine = self.states.describe_state_machine_for_execution(executionArn=found["executionArn"])
        self.assertEqual(machine["stateMachineArn"], arn)

    def test_stop_and_redrive(self):
        arn = self.create({"A": self.task(ResultPath="$.a", Next="B"), "B": self.task()})
        definition = json.loads(self.states.describe_state_machine(stateMachineArn=arn)["definition"])
        self.assertEqual(definition["StartAt"], "A")
        execution = self.states.start_execution(stateMachineArn=arn, input="{}")["executionArn"]
        self.refuses("ExecutionNotRedrivable", self.states.redrive_execution, executionArn=execution)
        self.answer(1)
        token, _ = self.take()
        self.states.send_task_failure(taskToken=token, error="Broken", cause="for the test")
        found = self.await_end(execution)
        self.assertEqual((found["status"], found["error"], found["redriveStatus"]), ("FAILED", "Broken", "REDRIVABLE"))
        self.states.redrive_execution(executionArn=execution)
        self.states.stop_execution(executionArn=execution, error="Stopped", cause="too")
        self.assertEqual(self.await_end(execution)["status"], "ABORTED")
        self.states.redrive_execution(executionArn=execution)
        self.assertEqual(self.answer(2), {"a": 1})
        found = self.await_end(execution)
        self.assertEqual((found["status"], found["output"], found["redriveCount"]), ("SUCCEEDED", "2", 2))
        self.assertEqual([event["type"] for event in self.events(execution)].count("ExecutionRedriven"), 2)

    def test_a_distributed_map(self):
        arn = self.create({"M": {
            "Type": "Map", "MaxConcurrency": 1, "End": True, "Label": "each", "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "A",
                "States": {"A": self.task()}}}})
        execution = self.states.start_execution(stateMachineArn=arn, input="[1, 2, 3]")["executionArn"]
        self.assertEqual(sorted(self.answer(number) for number in range(3)), [1, 2, 3])
        self.assertEqual(self.await_end(execution)["output"], "[0,1,2]")
        run, = self.states.list_map_runs(executionArn=execution)["mapRuns"]
        found = self.states.describe_map_run(mapRunArn=run["mapRunArn"])
        self.assertEqual((found["status"], found["itemCounts"]["succeeded"]), ("SUCCEEDED", 3))
        children = self.states.list_executions(mapRunArn=run["mapRunArn"])["executions"]
        self.assertEqual({child["status"] for child in children}, {"SUCCEEDED"})
        self.assertEqual(len(children), 3)

    def test_versions_and_aliases(self):
        arn = self.create({"A": {"Type": "Pass", "Result": 1, "End": True}}, publish=True)
        changed = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": 2, "End": True}}})
        second = self.states.update_state_machine(stateMachineArn=arn, definition=changed, publish=True)
        alias = self.states.create_state_machine_alias(
            name="live", routingConfiguration=[{"stateMachineVersionArn": f"{arn}:1", "weight": 100}])["stateMachineAliasArn"]
        for target, output in ((alias, "1"), (second["stateMachineVersionArn"], "2"), (arn, "2")):
            execution = self.states.start_execution(stateMachineArn=target)["executionArn"]
            self.assertEqual(self.await_end(execution)["output"], output)

    def test_express_and_test_state(self):
        arn = self.create({"A": {"Type": "Pass", "End": True}}, type="EXPRESS")
        express = client(inject_host_prefix=False, read_timeout=70)
        answer = express.start_sync_execution(stateMachineArn=arn, input='{"a": 1}')
        self.assertEqual((answer["status"], json.loads(answer["output"])), ("SUCCEEDED", {"a": 1}))
        self.refuses("StateMachineTypeNotSupported", self.states.list_executions, stateMachineArn=arn)
        tested = express.test_state(definition=json.dumps({"Type": "Pass", "Result": 5, "End": True}), roleArn=ROLE)
        self.assertEqual((tested["status"], tested["output"]), ("SUCCEEDED", "5"))


class Keys(Calls):
    def setUp(self):
        variables = os.environ
        self.writer = (variables["WRITER_ID"], variables["WRITER_KEY"])
        self.reader = (variables["READER_ID"], variables["READER_KEY"])

    def test_signed_requests(self):
        writer, reader = client(*self.writer), client(*self.reader)
        arn = writer.create_activity(name="a")["activityArn"]
        self.assertEqual(reader.describe_activity(activityArn=arn)["name"], "a")
        message = self.refuses("AccessDeniedException", reader.delete_activity, activityArn=arn)
        self.assertIn("is not authorized to perform: states:DeleteActivity", message)
        writer.delete_activity(activityArn=arn)

    def test_credentials_of_no_key(self):
        for pair in (("test", "test"), (self.reader[1], self.reader[1]), (self.reader[0] + "A", self.reader[1])):
            self.refuses("UnrecognizedClientException", client(*pair).list_state_machines)
        self.refuses("UnrecognizedClientException", client(*self.reader, "token").list_state_machines)
        self.refuses("InvalidSignatureException", client(self.reader[0], self.reader[1] + "x").list_state_machines)
        self.refuses("InvalidSignatureException", client(self.reader[0], self.writer[1]).list_state_machines)

    def test_clock(self):
        original = botocore.auth.get_current_datetime
        for minutes, code in ((-6, "InvalidSignatureException"), (6, "InvalidSignatureException"), (4, None), (-4, None)):
            shift = datetime.timedelta(minutes=minutes)
            with mock.patch("botocore.auth.get_current_datetime", lambda *a, **k: original(*a, **k) + shift):
                if code:
                    self.refuses(code, client(*self.reader).list_state_machines)
                else:
                    client(*self.reader).list_state_machines()

    def signed(self, body=b"{}", **headers):
        request = AWSRequest("POST", URL + "/", headers={
            "Content-Type": TYPE, "X-Amz-Target": "AWSStepFunctions.ListStateMachines", **headers}, data=body)
        botocore.auth.SigV4Auth(Credentials(*self.reader), "states", "us-east-1").add_auth(request)
        return dict(request.headers.items())

    def test_altered_requests(self):
        self.assertEqual(send(self.signed())[0], 200)
        for change in (
            {"body": b'{"maxResults": 1}'}, {"headers": {"X-Amz-Target": "AWSStepFunctions.ListActivities"}},
            {"headers": {"X-Amz-Date": "20260101T000000Z"}}, {"headers": {"X-Amz-Extra": "1"}}, {"path": "/?a=b"},
        ):
            answer = send(self.signed() | change.pop("headers", {}), **change)
            self.assertEqual((answer[0], answer[2]["__type"]), (400, "InvalidSignatureException"), answer[2])

    def test_unsigned_requests(self):
        fields = {"X-Amz-Target": "AWSStepFunctions.ListStateMachines", "Content-Type": TYPE}
        self.assertEqual(send(fields)[2]["__type"], "MissingAuthenticationTokenException")
        bearer = fields | {"Authorization": f"Bearer {self.reader[1]}"}
        answer = send(bearer)[2]
        self.assertEqual(answer["__type"], "IncompleteSignatureException")
        self.assertNotIn(self.reader[1], json.dumps(answer))
        unsigned = self.signed(**{"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"})
        self.assertEqual(send(unsigned)[2]["__type"], "InvalidSignatureException")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    unittest.main(argv=[sys.argv[0], sys.argv[1]], verbosity=2)
