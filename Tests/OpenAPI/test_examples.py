"""The examples of the OpenAPI document: each is valid by its schema, and the server accepts those of requests."""

import json
import os
import sys
import unittest

import jsonschema

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Browser"))
from server import ProblemAnswer, Server  # noqa: E402

#: The schema of a schema has these as lists or objects of schemas.
CHOICES = ("oneOf", "anyOf")


def operations(document):
    """Yields the method, the path and the operation of each call."""
    for path, calls in document["paths"].items():
        for method, operation in calls.items():
            yield method.upper(), path, operation


def schemas_in(schema):
    """Yields a schema and those inside it, except the rules for values that are not allowed."""
    yield schema
    for key in CHOICES:
        for choice in schema.get(key, []):
            yield from schemas_in(choice)
    for field in schema.get("properties", {}).values():
        yield from schemas_in(field)
    if "items" in schema:
        yield from schemas_in(schema["items"])


class Paths:
    """Prepares the server for a call, and returns the path of the call."""

    def __init__(self, server):
        self.server = server
        self.count = 0

    def of(self, operation, pattern):
        """The path of a call whose names and identifiers exist."""
        name = operation["operationId"]
        prepare = getattr(self, name, None)
        if prepare is None and "/leases/{token}/" in pattern:
            return pattern.replace("{token}", self.lease()["token"]).replace("{name}", "download")
        return prepare(pattern) if prepare else pattern.replace("{name}", "mail")

    def lease(self):
        """A lease of a new job, in a queue of its own."""
        self.count += 1
        queue = f"examples-{self.count}"
        self.server.submit("mail.send", queue=queue)
        return self.server.lease(queue)[0]

    def durable(self, is_suspended):
        """A lease of a job with the journal of the example; its second operation waits for a signal."""
        lease = self.lease()
        updates = self.example("updateJournal")["updates"]
        operations_of_job = self.server.update(lease, *updates)
        if is_suspended:
            self.server.suspend(lease, "0.2")
        return lease, operations_of_job

    def example(self, name):
        return next(
            operation["requestBody"]["content"]["application/json"]["example"]
            for _, _, operation in operations(self.server.document) if operation["operationId"] == name)

    def machine(self, name):
        states = {"A": {"Type": "Wait", "Seconds": 3600, "End": True}}
        self.server.call("PUT", f"/v1/state-machines/{name}", {"definition": {"StartAt": "A", "States": states}})

    # One method for each call that needs something to exist.

    def copyJob(self, pattern):
        return pattern.replace("{id}", self.server.submit("mail.send"))

    editJob = copyJob

    def leaseJobs(self, pattern):
        self.server.submit("mail.send", queue="mail")
        return pattern

    def suspendJob(self, pattern):
        return pattern.replace("{token}", self.durable(False)[0]["token"])

    def signalJob(self, pattern):
        return pattern.replace("{id}", self.durable(True)[0]["job"]["id"]).replace("{name}", "approved")

    def signalByToken(self, pattern):
        return pattern.replace("{token}", self.durable(True)[1][-1]["signal_token"])

    def restartJob(self, pattern):
        return pattern.replace("{id}", self.durable(True)[0]["job"]["id"])

    forkJob = restartJob

    def putStateMachine(self, pattern):
        return pattern.replace("{name}", "billing")

    def startExecution(self, pattern):
        self.machine("orders")
        return pattern.replace("{name}", "orders")

    def stopExecution(self, pattern):
        self.machine("orders")
        execution = self.server.call("POST", "/v1/state-machines/orders/executions", {})
        return pattern.replace("{id}", execution["id"])

    def rotateKey(self, pattern):
        return pattern.replace("{id}", self.server.call("POST", "/v1/keys", {"name": "other", "scopes": ["work"]})["id"])


class ExampleTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        cls.server.key = cls.server.make_key("tests", "admin")
        cls.document = cls.server.call("GET", "/openapi.json")
        cls.server.document = cls.document

    def problem_of(self, value, schema):
        """Why a value is not valid; None if it is."""
        whole = {"allOf": [schema], "components": self.document["components"]}
        checker = jsonschema.FormatChecker(["uuid", "date-time"])
        errors = jsonschema.Draft202012Validator(whole, format_checker=checker).iter_errors(value)
        return next((f"{list(error.path)}: {error.message}"[:500] for error in errors), None)

    def test_examples_of_bodies_and_answers_are_valid(self):
        count = 0
        for method, path, operation in operations(self.document):
            answers = [answer.get("content", {}) for answer in operation["responses"].values()]
            for content in [operation.get("requestBody", {}).get("content", {}), *answers]:
                media = content.get("application/json")
                if media is None:
                    continue
                count += 1
                self.assertIsNone(self.problem_of(media["example"], media["schema"]), f"{method} {path} {media['example']}")
        self.assertGreater(count, 100)

    def test_examples_of_fields_are_valid(self):
        count = 0
        for name, schema in self.document["components"]["schemas"].items():
            for inner in schemas_in(schema):
                for example in inner.get("examples", []):
                    count += 1
                    self.assertIsNone(self.problem_of(example, inner), f"{name} {inner}")
        self.assertGreater(count, 100)

    def test_server_accepts_examples_of_requests(self):
        paths = Paths(self.server)
        count = 0
        for method, pattern, operation in operations(self.document):
            media = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if media is None:
                continue
            path = paths.of(operation, pattern)
            with self.subTest(call=f"{method} {pattern}"):
                try:
                    answer = self.server.call(method, path, media["example"])
                except ProblemAnswer as problem:
                    self.fail(f"{path}: {problem}")
                self.expect_described(answer, operation)
                count += 1
        self.assertGreater(count, 25)

    def expect_described(self, answer, operation):
        """The real answer is valid by one of the schemas of the call."""
        if answer is None:
            self.assertIn("204", operation["responses"])
            return
        schemas = [response["content"]["application/json"]["schema"] for response in operation["responses"].values()
                   if "application/json" in response.get("content", {})]
        problems = [self.problem_of(answer, schema) for schema in schemas]
        self.assertIn(None, problems, json.dumps(answer)[:2000])


if __name__ == "__main__":
    unittest.main()
