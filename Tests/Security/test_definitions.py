"""Hostile definitions and requests of state machines: each is answered in time with a clear error, and slows nothing else."""

import json
import time
import unittest

from machines import PASS, ROLE, HostileMachines, aws, jsonata, machine

# The maximum time for the check of a definition, and for the answer to an invalid request, in seconds. Work that grows with the
# square of the size takes longer.
CHECK_SECONDS = 10.0
REQUEST_SECONDS = 10.0


class Definitions(HostileMachines):
    """Definitions of the maximum size, each of which does something too often or too deep."""

    DEEP = "The states are too deeply nested."
    # The definition, and a part of the error; None for a valid one.
    CASES = {
        "the maximum length": (lambda: json.dumps(machine(A={**PASS, "Result": "x" * 1_048_480})), None),
        "10,000 states": (lambda: json.dumps(machine(
            **{f"S{n}": {"Type": "Pass", "Next": f"S{n + 1}"} for n in range(9_999)}, S9999=PASS)), None),
        "1,000 nested parallel states": (
            lambda: '{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[' * 1000
            + json.dumps(machine(A=PASS)) + "]}}}" * 1000, DEEP),
        "1,000 nested maps": (
            lambda: '{"StartAt":"P","States":{"P":{"Type":"Map","End":true,"ItemProcessor":' * 1000
            + json.dumps(machine(A=PASS)) + "}}}" * 1000, DEEP),
        "deep JSON": (lambda: "[" * 1_000_000, DEEP),
        "a deep result": (
            lambda: '{"StartAt":"A","States":{"A":{"Type":"Pass","End":true,"Result":' + "[" * 300_000 + "]" * 300_000 + "}}}",
            DEEP),
        "nested choice rules": (
            lambda: '{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[' + '{"Not":' * 20_000
            + '{"Variable":"$.a","IsNull":true}' + "}" * 19_999 + ',"Next":"D"}]},"D":{"Type":"Succeed"}}}', DEEP),
        "10,000 errors": (lambda: json.dumps(machine(**{f"S{n}": {"Type": "Nope", "X": 1} for n in range(10_000)})), "Type"),
        "long names in many errors": (
            lambda: json.dumps(machine(**{"S" * 400_000: {"Type": "Pass", **{f"X{n}": 1 for n in range(10_000)}}})),
            "INVALID_STATE_NAME"),
        "one key 10,000 times": (
            lambda: '{"StartAt":"A","States":{' + ",".join(['"A":{"Type":"Pass","End":true}'] * 10_000) + "}}", "duplicate"),
        "15,000 branches": (
            lambda: json.dumps(machine(P={"Type": "Parallel", "End": True, "Branches": [machine(A=PASS)] * 15_000})), "Duplicate"),
        "12,000 choice rules": (
            lambda: json.dumps(machine(C={"Type": "Choice", "Default": "D", "Choices": [
                {"Variable": "$.a", "NumericEquals": n, "Next": "D"} for n in range(12_000)]}, D={"Type": "Succeed"})), None),
        "15,000 catchers": (
            lambda: json.dumps(machine(A={
                "Type": "Task", "Resource": "arn:aws:states:::longhaul:job", "Parameters": {"kind": "x"}, "End": True,
                "Catch": [{"ErrorEquals": [f"E{n}"], "Next": "B"} for n in range(15_000)]}, B={"Type": "Succeed"})), None),
        "30,000 expressions": (
            lambda: json.dumps({"QueryLanguage": "JSONata", **machine(A={
                **PASS, "Output": [f"{{% $uppercase('{n}') %}}" for n in range(30_000)]})}), None),
        "nested parentheses": (lambda: json.dumps(jsonata("(" * 400_000 + "1" + ")" * 400_000)), "nests more than"),
        "a long sum": (lambda: json.dumps(jsonata("1+" * 400_000 + "1")), "nests more than"),
        "a long path of JSONata": (lambda: json.dumps(jsonata("a" + ".a" * 400_000)), "nests more than"),
        "a regular expression of nested groups": (
            lambda: json.dumps(jsonata("$match('a', /" + "(" * 15_000 + "a" + ")" * 15_000 + "/)")), "regular expression"),
        "a long path": (lambda: json.dumps(machine(A={**PASS, "InputPath": "$" + ".a" * 400_000})), "JSONPath"),
        "nested filters": (
            lambda: json.dumps(machine(A={**PASS, "InputPath": "$" + "[?(@.a" * 90_000 + ")]" * 90_000})), "JSONPath"),
        "nested intrinsic functions": (
            lambda: json.dumps(machine(A={**PASS, "Parameters": {"a.$": "States.Array(" * 50_000 + "1" + ")" * 50_000}})),
            "intrinsic"),
    }

    def test_a_check_is_fast(self):
        for name, (make, error) in self.CASES.items():
            text = make()
            for call in (self._validate, self._check, self._create):
                with self.subTest(name, call=call.__name__), self.beside():
                    began = time.monotonic()
                    call(text, error)
                    self.assertLess(time.monotonic() - began, CHECK_SECONDS)

    def _validate(self, text, error):
        answer = aws(self.server, "ValidateStateMachineDefinition", definition=text)
        self.assertEqual((answer.status, answer.json["result"]), (200, "FAIL" if error else "OK"), answer)
        self._expect(answer.body, error)

    def _check(self, text, error):
        answer = self.server.call("POST", "/v1/definition-checks", {"definition": text})
        self.assertEqual((answer.status, answer.json["is_valid"]), (200, not error), answer)
        self._expect(answer.body, error)

    def _create(self, text, error):
        answer = aws(self.server, "CreateStateMachine", name=f"m{next(self.names)}", definition=text, roleArn=ROLE)
        self.assertEqual(answer.status, 400 if error else 200, answer)
        if error:
            self.assertEqual(answer.json["__type"], "InvalidDefinition")
            self._expect(answer.body, error)

    def _expect(self, body, error):
        # A caller who sends a mebibyte gets no more than a few back.
        self.assertLess(len(body), 4 << 20)
        if error:
            self.assertIn(error, body.decode())

    def test_a_longer_definition_is_refused(self):
        for definition in ("x" * 1_048_577, json.dumps(machine(A={**PASS, "Result": "x" * 2_000_000}))):
            answer = aws(self.server, "CreateStateMachine", name="long", definition=definition, roleArn=ROLE)
            self.assertEqual((answer.status, answer.json["__type"]), (400, "ValidationException"), answer)
            answer = self.server.call("PUT", "/v1/state-machines/long", {"definition": definition})
            self.assertEqual(answer.status, 400, answer)


class Requests(HostileMachines):
    """Bodies of the maximum size."""

    BODIES = {
        "a million invalid members": ("CreateStateMachine", lambda: {"tags": [None] * 1_300_000}),
        "a million empty structures": ("CreateStateMachine", lambda: {"tags": [{}] * 2_000_000}),
        "a million keys": ("TagResource", lambda: {f"k{n}": 1 for n in range(600_000)}),
        "a long name": ("CreateStateMachine", lambda: {"name": "n" * 7_000_000, "definition": "{}", "roleArn": ROLE}),
        "a long token": ("SendTaskSuccess", lambda: {"taskToken": "A" * 7_000_000, "output": "1"}),
        "a long page token": ("ListStateMachines", lambda: {"nextToken": "A" * 7_000_000}),
    }

    def test_invalid_bodies_are_refused_in_time(self):
        for name, (operation, make) in self.BODIES.items():
            body = make()
            with self.subTest(name), self.beside():
                began = time.monotonic()
                answer = aws(self.server, operation, **body)
                self.assertLess(time.monotonic() - began, REQUEST_SECONDS)
                self.assertEqual(answer.status, 400, answer)
                self.assertLess(len(answer.body), 64 << 10)
        self.assertLess(self.server.memory_mib(), 1500)

    def test_a_deep_body_is_refused(self):
        head = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AWSStepFunctions.CreateStateMachine"}
        for body in (b"[" * 8_000_000, b'{"tags":' * 1_000_000, b'{"tags":[' + b"[" * 60 + b"]" * 60 + b"]}"):
            answer = self.server.call("POST", "/", body, head)
            self.assertEqual((answer.status, answer.json["__type"]), (400, "SerializationException"), answer)


if __name__ == "__main__":
    unittest.main()
