"""Hostile executions: each ends with a clear error in time or can be stopped, and slows nothing else."""

import concurrent.futures
import json
import time
import unittest

from harness import eventually
from machines import MACHINES, PASS, HostileMachines, aws, jsonata, loop, machine

# The maximum time for an execution with one evaluation, in seconds. An evaluation may take one second; without a limit it would take
# minutes.
EVALUATION_SECONDS = 30


class Evaluations(HostileMachines):
    """Expressions, paths and functions that would take all time, or all memory."""

    EXPRESSIONS = {
        "endless recursion": "($f := function($x) {$f($x) + 1}; $f(1))",
        "endless tail recursion": "($f := function($x) {$f($x)}; $f(1))",
        "two functions that call each other": "($f := function($x) {$g($x)}; $g := function($x) {$f($x)}; $f(1))",
        "a huge string": "$pad('x', 1000000000)",
        "a string that doubles": "$reduce([1..60], function($a, $b) {$a & $a}, 'xxxxxxxxxx')",
        "an array that doubles": "$reduce([1..60], function($a, $b) {$append($a, $a)}, [1])",
        "a huge range": "[1..10000000]",
        "ranges in ranges": "[1..10000].([1..10000])",
        "a catastrophic regular expression": "$match('" + "a" * 5000 + "', /^(a+)+$b/)",
        "alternatives that overlap": "$match('" + "a" * 60 + "', /^(a|aa)+$b/)",
        "backtracking in a lookahead": "$match('" + "a" * 2000 + "', /(?=(a+))+b/)",
        "a deep value": "$reduce([1..100000], function($a, $b) {[[$a]]}, [1])",
        "a deep object as text": "$string($reduce([1..100000], function($a, $b) {{'a': $a}}, {}))",
        "distinct objects": "$count($distinct([1..100000].{'a': $}))",
        "a million groups": "[1..1000000]{$string($): $}",
        "a long picture": "$formatNumber(1e300, '#,##0." + "0" * 100_000 + "')",
        "large strings in a loop": "$map([1..100000], function($x) {$pad('x', 100000)})",
        "a million hashes": "$reduce([1..1000000], function($a, $b) {$hash($a, 'SHA-512')}, 'x')",
    }
    FUNCTIONS = {
        "a huge range": "States.ArrayRange(0, 1000000000, 1)",
        "many ranges": "States.Array(" + ",".join(["States.ArrayRange(0,999,1)"] * 500) + ")",
        "a long format": "States.Format('" + "{}" * 1000 + "'," + ",".join(["$.l"] * 1000) + ")",
        "deep JSON": "States.StringToJson($.deep)",
        "a long text": "States.Base64Encode($.s)",
    }
    PATHS = ["$..*..*..*..*..*", "$" + "..*" * 50, "$..[?(@.a =~ /^(a+)+$/)]", "$..[?(@..[?(@..[?(@.a)])])]"]
    INPUT = {"l": list(range(1000)), "s": "x" * 100_000, "deep": "[" * 50_000, "a": "a" * 5000}

    def fail(self, definition):
        """Runs an execution to its error."""
        execution = self.start(self.create(definition), self.INPUT, seconds=EVALUATION_SECONDS)
        self.assertEqual(execution["status"], "failed", execution)
        self.assertTrue(execution["cause"])
        return execution["error"]

    def test_expressions_end_with_an_error(self):
        for name, expression in self.EXPRESSIONS.items():
            with self.subTest(name), self.beside():
                self.assertIn(self.fail(jsonata(expression)), ("States.QueryEvaluationError", "States.DataLimitExceeded"))

    def test_intrinsic_functions_end_with_an_error(self):
        for name, function in self.FUNCTIONS.items():
            with self.subTest(name), self.beside():
                error = self.fail(machine(A={**PASS, "Parameters": {"a.$": function}}))
                self.assertIn(error, ("States.IntrinsicFailure", "States.DataLimitExceeded"))

    def test_paths_end_in_time(self):
        for path in self.PATHS:
            with self.subTest(path), self.beside():
                name = self.create(machine(A={**PASS, "InputPath": path}))
                self.assertNotEqual(self.start(name, self.INPUT, seconds=EVALUATION_SECONDS)["status"], "running")

    def test_many_at_once_slow_nothing_else(self):
        """32 executions, 8 Express executions and 8 tests of states with endless expressions."""
        endless = jsonata(self.EXPRESSIONS["endless tail recursion"])
        standard, express = self.create(endless), self.create(endless, type="EXPRESS")
        state = {"QueryLanguage": "JSONata", **endless["States"]["A"]}
        with self.beside(), concurrent.futures.ThreadPoolExecutor(24) as pool:
            started = list(pool.map(lambda _: self.start(standard, {}), range(32)))
            calls = [pool.submit(aws, self.server, "StartSyncExecution", stateMachineArn=MACHINES + express) for _ in range(8)]
            calls += [pool.submit(aws, self.server, "TestState", definition=json.dumps(state)) for _ in range(8)]
            self.assertEqual({call.result().json["status"] for call in calls}, {"FAILED"})
            eventually(lambda: all(self.show(each)["status"] == "failed" for each in started), "all end", 120)


class Loops(HostileMachines):
    """Executions that never end, or start very much."""

    def test_endless_loops_end_at_the_limit_of_events(self):
        name = self.create(loop({"Type": "Pass"}))
        with self.beside():
            execution = self.start(name, {}, seconds=60)
        self.assertEqual((execution["status"], execution["error"]), ("failed", "States.Runtime"))
        self.assertIn("25000", execution["cause"])

    def test_endless_loops_can_be_stopped(self):
        """Loops of large data, of no time, and of slow expressions."""
        slow = "{% ($f := function($n) {$n = 0 ? 1 : $f($n - 1)}; $f(20000)) %}"
        cases = [
            loop({"Type": "Pass"}), loop({"Type": "Wait", "Seconds": 0}),
            loop({"Type": "Pass", "QueryLanguage": "JSONata", "Assign": {"x": slow}})]
        for number, definition in enumerate(cases):
            name = self.create(definition)
            with self.subTest(number), self.beside():
                executions = [self.start(name, {"s": "x" * 200_000}) for _ in range(8)]
                time.sleep(1)
                memory = self.server.memory_mib()
                for execution in executions:
                    self.stop(execution)
                self.assertLess(memory, 700)

    def test_a_map_of_100_000_items_ends(self):
        inline = {"QueryLanguage": "JSONata", **machine(A={
            "Type": "Map", "Items": "{% [1..100000] %}", "End": True, "ItemProcessor": machine(B=PASS)})}
        name = self.create(inline)
        with self.beside():
            execution = self.start(name, {}, seconds=60)
        self.assertEqual((execution["status"], execution["error"]), ("failed", "States.Runtime"))

    def test_a_wide_parallel_state_stores_its_input_once(self):
        """3,000 branches with an input of 200 kB, whose results would need 600 MB."""
        wide = machine(P={"Type": "Parallel", "End": True, "Branches": [
            machine(**{f"B{n}": {"Type": "Wait", "Seconds": 1, "End": True}}) for n in range(3000)]})
        name = self.create(wide)
        with self.beside():
            execution = self.start(name, {"s": "x" * 200_000}, seconds=60)
            memory = self.server.memory_mib()
        self.assertEqual((execution["status"], execution["error"]), ("failed", "States.DataLimitExceeded"), execution)
        self.assertLess(memory, 700)

    def test_thousands_of_starts(self):
        name = self.create(machine(A=PASS))
        with self.beside(), concurrent.futures.ThreadPoolExecutor(8) as pool:
            statuses = list(pool.map(
                lambda _: aws(self.server, "StartExecution", stateMachineArn=MACHINES + name).status, range(3000)))
            self.assertEqual(set(statuses), {200})
            eventually(
                lambda: not self.server.call("GET", "/v1/executions?status=running").json["items"], "all end", 120)


class Bomb(HostileMachines):
    """A machine that starts itself three times. It has a server of its own."""

    def test_it_slows_nothing_else(self):
        name = f"m{next(self.names)}"
        start = {
            "Type": "Task", "Resource": "arn:aws:states:::states:startExecution", "End": True,
            "Parameters": {"StateMachineArn": MACHINES + name}}
        definition = machine(P={"Type": "Parallel", "End": True, "Branches": [machine(**{key: start}) for key in "ABC"]})
        answer = self.server.call("POST", "/v1/state-machines", {"name": name, "definition": definition})
        self.assertEqual(answer.status, 201, answer)
        with self.beside():
            self.start(name, {})
            eventually(lambda: self.count() > 3000, "it grows", 120)
            self.assertLess(self.server.memory_mib(), 700)
            # The deletion of the machine ends the growth.
            self.assertEqual(self.server.call("DELETE", f"/v1/state-machines/{name}").status, 204)
            before = self.count()
            time.sleep(2)
            self.assertLess(self.count() - before, 500)

    def count(self):
        """The number of executions so far."""
        queues = self.server.call("GET", "/v1/queues").json["items"]
        return sum(sum(queue["counts"].values()) for queue in queues if queue["name"] == "executions")


if __name__ == "__main__":
    unittest.main()
