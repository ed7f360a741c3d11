"""The checks of durable jobs must find each broken rule in a simulated system."""

import copy
import unittest

from durable_checks import Process, check_child, check_process, check_system, expected_operations
from sightings import Sightings, digest

PLAN = {"number": 7, "children": [], "pauses": [0, 0], "is_retried": True, "fails": False, "maybe_seconds": 1}


def operation(number, id, type, name, **fields):
    """An operation that has succeeded."""
    return {
        "id": id, "type": type, "name": name, "status": "succeeded", "attempt": 1, "output": None, "error": None,
        "job_id": None, "ended_at": "now", "number": number, **fields}


def step(number, id, name, attempt=1):
    """A step with the nonce of its effect."""
    output = {"nonce": f"nonce-{id}", "attempt": attempt}
    return operation(number, id, "step", name, attempt=attempt, output=output)


def job(id, kind, queue, **fields):
    """A completed job."""
    return {
        "id": id, "kind": kind, "queue": queue, "state": "completed", "payload": PLAN, "tags": {}, "parent_id": None,
        "result": None, "error": None, **fields}


class DurableChecksTests(unittest.TestCase):
    """Each test breaks one rule in a correct system."""

    def setUp(self):
        self.process = Process(7, dict(PLAN))
        self.process.id = "p"
        self.journal = []
        ticks = 0
        for id, type, name in expected_operations("durable.parent", PLAN):
            number = len(self.journal) + 1
            entry = operation(number, id, type, name)
            if type == "step":
                entry = step(number, id, name, attempt=2 if name == "step 4" else 1)
            elif type == "signal":
                ticks += name == "tick"
                entry["output"] = self.process.value(name, ticks if name == "tick" else 1)
            elif type == "job":
                entry.update(job_id=f"child-{id}", output=f"result of {id}")
            elif name == "chosen":
                entry["output"] = 4
            self.journal.append(entry)
        self.children = [
            job(f"child-{entry['id']}", "torture.note", "notes", parent_id="p", result=entry["output"],
                tags={"operation": entry["id"]})
            for entry in self.journal if entry["type"] == "job"]
        self.job = job("p", "durable.parent", "parents", tags={"key": "process-7"}, payload=self.process.plan)
        self.compute_result()
        self.sightings = Sightings()
        self.see_all()

    def compute_result(self):
        """Sets the result that fits the journal."""
        self.job["result"] = {"number": 7, "seen": [
            [entry["name"], entry["output"]] for entry in self.journal
            if entry["type"] != "timer" and not entry["id"].startswith("compensation/")]}

    def see_all(self):
        """Records the effects and the outcomes of the journal."""
        for entry in self.journal:
            if entry["type"] == "step" and entry["ended_at"]:
                self.sightings.effects["p"][entry["id"]][entry["output"]["nonce"]] = entry["attempt"]
            if entry["ended_at"]:
                self.sightings.outcomes["p"][entry["id"]].add(digest(entry))

    def find(self, name):
        """The first operation of a name."""
        return next(entry for entry in self.journal if entry["name"] == name)

    def end_early(self, name, state):
        """Removes the operations from a name on, and runs the compensations."""
        number = self.find(name)["number"]
        del self.journal[number - 1:]
        markers = [entry for entry in self.journal if entry["id"].startswith("compensation/")]
        for entry in reversed(markers):
            id = entry["id"].replace("compensation", "compensate")
            self.journal.append(step(len(self.journal) + 1, id, entry["name"]))
        ids = {entry["id"] for entry in self.journal}
        self.children = [child for child in self.children if child["tags"]["operation"] in ids]
        self.job.update(state=state, result=None)
        self.sightings = Sightings()
        self.see_all()

    def rules(self):
        """The rules that the checks find broken."""
        jobs = {entry["id"]: entry for entry in [self.job, *self.children]}
        counts = {}
        for entry in jobs.values():
            states = counts.setdefault(entry["queue"], {})
            states[entry["state"]] = states.get(entry["state"], 0) + 1
        queues = [{"name": name, "counts": states} for name, states in counts.items()]
        broken = [
            *check_process(self.job, self.process, self.journal, self.children, self.sightings),
            *check_system([self.process], jobs, queues)]
        return {rule for rule, _ in broken}

    def test_a_completed_process_has_no_violations(self):
        self.assertEqual(self.rules(), set())

    def test_a_cancelled_process_has_no_violations(self):
        self.end_early("step 4", "cancelled")
        self.process.cancel = "done"
        self.assertEqual(self.rules(), set())

    def test_a_failed_process_has_no_violations(self):
        self.end_early("step 10", "failed")
        self.process.plan["fails"] = True
        self.assertEqual(self.rules(), set())

    def test_an_optional_signal_may_be_missing(self):
        entry = self.find("maybe")
        entry.update(status="failed", output=None, error={"type": "timeout"})
        self.compute_result()
        next(value for value in self.job["result"]["seen"] if value[0] == "maybe")[1] = "timeout"
        self.sightings.outcomes["p"][entry["id"]] = {digest(entry)}
        self.assertEqual(self.rules(), set())

    # Ends

    def test_a_process_has_failed(self):
        self.job.update(state="failed", result=None)
        self.assertIn("wrong end", self.rules())

    def test_a_cancelled_process_completed(self):
        self.process.cancel = "done"
        self.assertIn("wrong end", self.rules())

    def test_a_process_was_cancelled_by_no_caller(self):
        self.end_early("step 4", "cancelled")
        self.assertIn("wrong end", self.rules())

    def test_a_process_is_suspended(self):
        self.job["state"] = "suspended"
        self.assertLessEqual({"stuck", "wrong end"}, self.rules())

    def test_a_process_is_paused(self):
        self.job["paused"] = True
        self.assertIn("stuck", self.rules())

    def test_a_process_is_lost(self):
        self.process.id = "other"
        self.assertIn("lost or duplicated", self.rules())

    def test_one_key_made_two_jobs(self):
        self.children.append(job("q", "durable.parent", "parents", tags={"key": "process-7", "operation": "7"}))
        self.assertIn("lost or duplicated", self.rules())

    def test_counts_are_wrong(self):
        jobs = {"p": self.job}
        broken = check_system([self.process], jobs, [{"name": "parents", "counts": {"completed": 1, "suspended": 1}}])
        self.assertEqual([rule for rule, _ in broken], ["wrong counts"])

    # Journals

    def test_an_operation_is_missing(self):
        del self.journal[5]
        self.assertLessEqual({"wrong order", "wrong numbers", "operation lost", "wrong result"}, self.rules())

    def test_an_operation_is_recorded_twice(self):
        self.journal.append(step(len(self.journal) + 1, "1", "step 1"))
        self.assertLessEqual({"recorded twice", "wrong order", "effect recorded twice"}, self.rules())

    def test_operations_are_in_another_order(self):
        self.journal[3]["name"], self.journal[6]["name"] = self.journal[6]["name"], self.journal[3]["name"]
        self.assertIn("wrong order", self.rules())

    def test_a_completed_process_has_an_open_operation(self):
        self.find("pause 1").update(status="waiting", ended_at=None)
        self.assertIn("open operation", self.rules())

    # Steps and results

    def test_a_recorded_step_has_no_effect(self):
        del self.sightings.effects["p"]["1"]
        self.assertIn("no effect", self.rules())

    def test_a_step_has_the_output_of_another_attempt(self):
        self.sightings.effects["p"]["1"]["nonce-1"] = 2
        self.assertIn("no effect", self.rules())

    def test_an_attempt_was_counted_twice(self):
        self.find("step 4")["attempt"] = 3
        self.assertIn("wrong attempt", self.rules())

    def test_a_result_was_computed_with_another_output(self):
        self.find("step 3")["output"] = {"nonce": "other", "attempt": 1}
        self.sightings.effects["p"][self.find("step 3")["id"]]["other"] = 1
        self.assertLessEqual({"wrong result", "outcome changed"}, self.rules())

    def test_a_worker_saw_another_output(self):
        self.sightings.outcomes["p"]["1"].add("another")
        self.assertIn("outcome changed", self.rules())

    def test_a_restart_changes_only_later_outcomes(self):
        self.process.restarts = [4]
        self.sightings.outcomes["p"][self.find("step 5")["id"]].add("another")
        self.assertEqual(self.rules(), set())
        self.sightings.outcomes["p"]["1"].add("another")
        self.assertEqual(self.rules(), {"outcome changed"})

    def test_a_worker_saw_an_operation_that_is_lost(self):
        self.sightings.outcomes["p"]["99"].add("outcome")
        self.assertIn("operation lost", self.rules())

    # Compensations

    def test_compensations_ran_in_the_wrong_order(self):
        self.end_early("step 4", "cancelled")
        self.process.cancel = "done"
        first, second = self.journal[-2:]
        first["name"], second["name"] = second["name"], first["name"]
        first["id"], second["id"] = second["id"], first["id"]
        self.assertIn("wrong compensations", self.rules())

    def test_a_compensation_did_not_run(self):
        self.end_early("step 4", "cancelled")
        self.process.cancel = "done"
        self.journal.pop()
        self.assertIn("wrong compensations", self.rules())

    def test_a_completed_process_was_compensated(self):
        self.journal.append(step(len(self.journal) + 1, "compensate/1", "undo step 1"))
        self.assertIn("wrong compensations", self.rules())

    # Signals

    def test_signals_were_consumed_in_another_order(self):
        first, second = [entry for entry in self.journal if entry["name"] == "tick"][:2]
        first["output"], second["output"] = second["output"], first["output"]
        self.assertIn("wrong signal", self.rules())

    def test_a_signal_was_consumed_twice(self):
        first, second = [entry for entry in self.journal if entry["name"] == "tick"][:2]
        second["output"] = first["output"]
        self.assertIn("wrong signal", self.rules())

    def test_a_signal_without_a_limit_timed_out(self):
        self.find("go").update(status="failed", output=None, error={"type": "timeout"})
        self.assertIn("wrong signal", self.rules())

    def test_a_signal_of_another_process_was_consumed(self):
        self.find("maybe")["output"] = Process(8, PLAN).value("maybe")
        self.assertIn("wrong signal", self.rules())

    # Child jobs

    def test_an_operation_has_two_child_jobs(self):
        self.children.append(copy.deepcopy(self.children[0]) | {"id": "again"})
        self.assertIn("wrong children", self.rules())

    def test_a_restart_may_make_another_child_job(self):
        self.process.restarts = [1]
        self.children.append(copy.deepcopy(self.children[0]) | {"id": "again", "state": "cancelled"})
        self.assertEqual(self.rules(), set())

    def test_a_child_job_is_missing(self):
        self.children.pop()
        self.assertIn("child lost", self.rules())

    def test_a_child_job_has_another_result(self):
        self.children[0]["result"] = "another"
        self.assertIn("child and operation differ", self.rules())

    def test_a_child_job_was_cancelled(self):
        self.children[0]["state"] = "cancelled"
        self.assertLessEqual({"wrong end", "child and operation differ"}, self.rules())

    def test_a_cancelled_process_may_have_a_cancelled_child_job(self):
        self.end_early("step 4", "cancelled")
        self.process.cancel = "done"
        self.children[0].update(state="cancelled", result=None)
        self.assertEqual(self.rules(), {"child and operation differ"})
        entry = self.find("first")
        entry.update(status="failed", output=None, error={"type": "cancelled"})
        self.sightings.outcomes["p"][entry["id"]] = {digest(entry)}
        self.assertEqual(self.rules(), set())

    def test_a_child_job_has_no_parent(self):
        self.children[0]["parent_id"] = "gone"
        self.assertIn("no parent", self.rules())

    def test_a_durable_child_job_follows_the_same_rules(self):
        journal = [step(1, "1", "child 1"), operation(2, "2", "timer", "pause"), step(3, "3", "child 2")]
        seen = [[entry["name"], entry["output"]] for entry in journal if entry["type"] == "step"]
        child = job("c", "durable.child", "children", result={"number": 7, "seen": seen})
        self.sightings.effects["c"] = {"1": {"nonce-1": 1}, "3": {"nonce-3": 1}}
        self.assertEqual(check_child(child, journal, self.sightings), [])
        self.sightings.effects["c"].pop("3")
        self.assertEqual([rule for rule, _ in check_child(child, journal, self.sightings)], ["no effect"])

    def test_records_are_read(self):
        found = Sightings().read(
            ["p 1 1 a\n", "p 1 2 b\n"],
            ['{"job": "p", "saw": {"1": "x"}}\n', '{"job": "p", "saw": {"1": "y"}}\n', '{"job": "p", "problem": "409"}\n'])
        self.assertEqual(found.effects["p"]["1"], {"a": 1, "b": 2})
        self.assertEqual(found.outcomes["p"]["1"], {"x", "y"})
        self.assertEqual(found.problems, [("p", "409")])


if __name__ == "__main__":
    unittest.main()
