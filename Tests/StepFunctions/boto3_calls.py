#!/usr/bin/env python3
"""Calls the Step Functions API of a running server with boto3.

    "$(scripts/moto-venv.sh)" Tests/StepFunctions/boto3_calls.py Open URL
    "$(scripts/moto-venv.sh)" Tests/StepFunctions/boto3_calls.py Keys URL

`Open` is for a server without API keys. For `Keys`, the environment has the AWS access key IDs and the API keys
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
