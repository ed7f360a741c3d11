"""The checks of executions must find each broken rule in a simulated execution."""

import collections
import copy
import json
import unittest

from execution_checks import Run, check_identities, check_jobs, check_run, read_effects

NAME, REFERENCE = "run-1", "reference-callback"


def history(name):
    """The history of an undisturbed execution of the kind `callback`."""
    events = []

    def add(type, **found):
        details = {f"{type[0].lower()}{type[1:]}EventDetails": found} if found else {}
        events.append({
            "id": len(events) + 1, "previousEventId": len(events), "type": type, "timestamp": float(len(events)), **details})

    value = json.dumps({"name": name, "step": "ask"})
    add("ExecutionStarted", input="{}")
    add("TaskStateEntered", name="Ask")
    add("TaskScheduled", resource="invoke", parameters=json.dumps({"Payload": json.loads(value)}))
    add("TaskStarted", resource="invoke")
    add("TaskSubmitted", resource="invoke")
    add("TaskSucceeded", resource="invoke")
    add("TaskStateExited", name="Ask")
    add("TaskStateEntered", name="After")
    add("LambdaFunctionScheduled", resource="f", input=json.dumps({"name": name, "step": "after"}))
    add("LambdaFunctionStarted")
    add("LambdaFunctionSucceeded")
    add("TaskStateExited", name="After")
    add("ExecutionSucceeded", output="{}")
    return events


class ExecutionChecksTests(unittest.TestCase):
    """Each test breaks one rule in a correct execution."""

    def setUp(self):
        self.run_of = Run("callback", NAME)
        self.found = {"status": "SUCCEEDED", "output": json.dumps({"ask": f"{NAME}:ask"})}
        self.history = history(NAME)
        self.effects = read_effects([f"{NAME} ask job-1\n", f"{NAME} after job-2\n"])
        self.reference = {
            "name": REFERENCE, "output": json.dumps({"ask": f"{REFERENCE}:ask"}), "histories": [history(REFERENCE)]}

    def rules(self):
        """The rules that the checks find broken."""
        broken = check_run(self.run_of, self.found, [self.history], self.effects, self.reference)
        return {rule for rule, _ in [*broken, *check_identities(self.effects)]}

    def renumber(self):
        """Gives the events the numbers and the predecessors of a single line."""
        for index, event in enumerate(self.history):
            event.update(id=index + 1, previousEventId=index, timestamp=float(index))

    def retry_after(self, index, end):
        """Adds another attempt of the task whose second event has this index: the first one ends with `end`."""
        again = copy.deepcopy(self.history[index - 1:index + 1])
        self.history[index + 1:index + 1] = [{"type": end}, *again]
        self.renumber()

    def abort(self):
        """Ends the execution in the middle of its first task."""
        del self.history[4:]
        self.history.append({"type": "ExecutionAborted"})
        self.renumber()
        self.found = {"status": "ABORTED"}

    def test_an_undisturbed_execution_breaks_no_rule(self):
        self.assertEqual(self.rules(), set())

    def test_a_lost_task_is_retried(self):
        self.retry_after(9, "LambdaFunctionFailed")
        self.assertEqual(self.rules(), set())
        self.effects[NAME, "after"].append("job-3")
        self.assertEqual(self.rules(), set())

    def test_a_report_may_come_before_the_end_of_the_job(self):
        del self.history[4]
        self.renumber()
        self.assertEqual(self.rules(), set())

    def test_a_stopped_execution_breaks_no_rule(self):
        self.run_of.is_stopped = True
        self.abort()
        del self.effects[NAME, "after"]
        self.assertEqual(self.rules(), set())

    # Sequence and end

    def test_an_event_is_missing(self):
        del self.history[6]
        self.assertLessEqual({"gap", "differs from an undisturbed run"}, self.rules())

    def test_an_event_is_recorded_twice(self):
        self.history.insert(6, dict(self.history[6]))
        self.assertLessEqual({"gap", "differs from an undisturbed run"}, self.rules())

    def test_an_event_follows_a_later_one(self):
        self.history[5]["previousEventId"] = 9
        self.assertIn("wrong previous event", self.rules())

    def test_times_decrease(self):
        self.history[5]["timestamp"] = 0.5
        self.assertIn("wrong time", self.rules())

    def test_an_execution_runs_for_too_long(self):
        self.found = {"status": "RUNNING"}
        self.assertIn("wrong end", self.rules())

    def test_an_execution_ends_twice(self):
        self.history.append({"type": "ExecutionSucceeded"})
        self.renumber()
        self.assertIn("wrong end", self.rules())

    def test_an_execution_was_stopped_by_no_caller(self):
        self.abort()
        self.assertIn("wrong end", self.rules())

    def test_a_redriven_execution_stays_stopped(self):
        self.run_of.is_stopped = self.run_of.is_redriven = True
        self.abort()
        self.assertIn("wrong end", self.rules())

    def test_the_output_is_that_of_another_execution(self):
        self.found["output"] = json.dumps({"ask": "run-2:ask"})
        self.assertEqual(self.rules(), {"wrong output"})

    # Tasks

    def test_a_task_has_two_ends(self):
        self.history[6] = {"type": "TaskFailed"}
        self.renumber()
        self.history[6]["previousEventId"] = 5
        self.assertIn("task ended twice", self.rules())

    def test_a_task_has_no_end(self):
        self.history[10] = {"type": "WaitStateEntered"}
        self.renumber()
        self.assertIn("wrong end of a task", self.rules())

    def test_a_task_ran_without_an_entry(self):
        self.effects[NAME, "ask"].append("job-3")
        self.assertEqual(self.rules(), {"task ran twice"})

    def test_a_job_ran_twice(self):
        self.effects[NAME, "after"] = ["job-2", "job-2"]
        self.assertEqual(self.rules(), {"task ran twice"})

    def test_a_task_did_not_run(self):
        del self.effects[NAME, "after"]
        self.assertEqual(self.rules(), {"task did not run"})

    def test_a_child_is_missing(self):
        self.reference["histories"].append(history("child"))
        self.assertEqual(self.rules(), {"differs from an undisturbed run"})

    # Jobs

    def test_jobs_and_counts(self):
        job = {"id": "j", "kind": "torture-work", "queue": "default", "state": "completed", "attempt": 1, "error": None}
        counts = collections.Counter({("default", "completed"): 1})
        self.assertEqual(check_jobs({"j": job}, counts), [])
        for change, rule in (({"attempt": 2}, "task ran twice"), ({"state": "processing"}, "stuck")):
            self.assertIn(rule, [found for found, _ in check_jobs({"j": job | change}, counts)])
        self.assertEqual([found for found, _ in check_jobs({}, counts)], ["wrong counts"])


if __name__ == "__main__":
    unittest.main()
