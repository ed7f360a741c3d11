"""The checks of the torture must find each broken rule in a simulated system."""

import copy
import hashlib
import json
import tempfile
import unittest

from checks import Checks
from ledger import Ledger
from wire import Answer


class FakeWire:
    """A server that answers from a table of jobs."""

    def __init__(self, jobs, files):
        self.jobs = jobs
        self.files = files

    def call(self, _method, path):
        """Returns the answer of the server."""
        if path.startswith("/v1/jobs?"):
            return self._json({"items": list(self.jobs.values()), "next_cursor": None})
        if path == "/v1/queues":
            counts = {}
            for job in self.jobs.values():
                if not job.get("uncounted"):
                    counts.setdefault(job["queue"], {}).setdefault(job["state"], 0)
                    counts[job["queue"]][job["state"]] += 1
            return self._json({"items": [{"name": name, "counts": states} for name, states in counts.items()]})
        if path.endswith("/events"):
            states = self.jobs[path.split("/")[3]]["history"]
            return Answer(200, {}, b"".join(b'data: {"state":"%s"}\n\n' % state.encode() for state in states))
        if path in self.files:
            return Answer(200, {}, self.files[path])
        return Answer(404, {}, b"{}")

    @staticmethod
    def _json(value):
        return Answer(200, {}, json.dumps(value).encode())


class FakeBucket:
    """A bucket with these objects and uploads."""

    prefix = "p/"

    def __init__(self, objects, uploads):
        self.objects = objects
        self.uploads = uploads

    def contents(self):
        """Returns both."""
        return self.objects, self.uploads


def job(name, kind, **more):
    """A completed job."""
    values = {
        "id": name, "kind": kind, "queue": "q", "state": "completed", "attempt": 1, "attempts": [], "artifacts": [],
        "tags": {"key": "key-" + name}, "result": {"attempt": 1}, "error": None, "parent_id": None,
        "history": ["pending", "processing", "completed"]}
    return {**values, **more}


class ChecksTests(unittest.TestCase):
    """Each test breaks one rule in a correct system."""

    def setUp(self):
        self.ledger = Ledger()
        self.jobs = {
            "note": job("note", "torture.note", artifacts=[{
                "name": "id.txt", "size_bytes": 4, "url": "/file", "sha256": hashlib.sha256(b"note").hexdigest()}]),
            "hand": job("hand", "torture.manual", result={"nonce": "n1"}),
            "next": job("next", "torture.note", tags={"nonce": "n1"}, parent_id="hand"),
            "gone": job("gone", "torture.note", state="cancelled", history=["pending", "cancelled"])}
        self.files = {"/file": b"note"}
        for name in ("note", "hand", "gone"):
            entry = self.ledger.submitting("key-" + name, self.jobs[name]["kind"])
            self.ledger.acknowledged(entry, name)
        self.ledger.entries["key-gone"].cancel = "done"
        self.ledger.completing("hand", "t1", "n1", True)
        self.ledger.completion("hand", "t1")
        self.ran = "note 1\nnext 1\n"

    def rules(self):
        """The rules that the checks find broken."""
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as ran:
            ran.write(self.ran)
            ran.flush()
            Checks(FakeWire(self.jobs, self.files), self.ledger, ran.name).run()
        return {rule for rule, _ in self.ledger.violations}

    def test_a_correct_system_has_no_violations(self):
        self.assertEqual(self.rules(), set())

    def test_an_acknowledged_job_is_missing(self):
        del self.jobs["note"]
        self.assertIn("lost", self.rules())

    def test_a_job_has_failed(self):
        self.jobs["note"].update(state="failed", history=["pending", "failed"])
        self.assertIn("lost", self.rules())

    def test_a_cancelled_job_ran(self):
        self.jobs["gone"].update(state="completed", history=["pending", "completed"])
        self.assertIn("lost", self.rules())

    def test_a_history_has_two_ends(self):
        self.jobs["note"]["history"] += ["processing", "completed"]
        self.assertIn("completed twice", self.rules())

    def test_two_tokens_completed_one_job(self):
        self.ledger.completing("hand", "t2", "n2", False)
        self.ledger.completion("hand", "t2")
        self.assertIn("completed twice", self.rules())

    def test_an_answered_completion_was_overwritten(self):
        self.jobs["hand"]["result"] = {"nonce": "another"}
        self.assertTrue({"lost", "stale worker"} <= self.rules())

    def test_one_key_made_two_jobs(self):
        self.jobs["copy"] = copy.deepcopy(self.jobs["note"]) | {"id": "copy"}
        self.ran += "copy 1\n"
        self.assertIn("duplicated", self.rules())

    def test_a_key_was_answered_with_two_jobs(self):
        self.ledger.acknowledged(self.ledger.entries["key-note"], "other")
        self.assertIn("duplicated", self.rules())

    def test_the_next_job_is_missing(self):
        del self.jobs["next"]
        self.assertIn("chain", self.rules())

    def test_the_next_job_exists_twice(self):
        self.jobs["again"] = copy.deepcopy(self.jobs["next"]) | {"id": "again"}
        self.assertIn("chain", self.rules())

    def test_a_program_never_ran(self):
        self.ran = "next 1\n"
        self.assertIn("never ran", self.rules())

    def test_a_partial_request_created_a_job(self):
        self.jobs["half"] = job("half", "torture.cut")
        self.assertIn("partial request", self.rules())

    def test_counts_are_wrong(self):
        self.jobs["note"]["uncounted"] = True
        self.assertIn("wrong counts", self.rules())

    def test_a_file_is_missing_or_different(self):
        self.files["/file"] = b"nota"
        self.assertIn("file lost", self.rules())

    def bucket_rules(self, objects, uploads):
        """The rules that the check of a bucket finds broken."""
        checks = Checks(FakeWire(self.jobs, self.files), self.ledger, "")
        checks.jobs = self.jobs
        checks.check_bucket(FakeBucket(objects, uploads), seconds=0)
        return {rule for rule, _ in self.ledger.violations}

    def test_a_bucket_has_the_files_of_the_jobs(self):
        self.assertEqual(self.bucket_rules({"p/note/7/id.txt": 4}, {}), set())

    def test_a_file_is_missing_in_the_bucket(self):
        self.assertEqual(self.bucket_rules({}, {}), {"file lost"})

    def test_a_file_in_the_bucket_is_incomplete(self):
        self.assertEqual(self.bucket_rules({"p/note/7/id.txt": 3}, {}), {"file lost"})

    def test_an_object_belongs_to_no_job(self):
        self.assertEqual(self.bucket_rules({"p/note/7/id.txt": 4, "p/gone/1/id.txt": 4}, {}), {"orphaned object"})

    def test_an_object_belongs_to_an_earlier_attempt(self):
        self.assertEqual(self.bucket_rules({"p/note/7/id.txt": 4, "p/note/6/id.txt": 4}, {}), {"orphaned object"})

    def test_an_object_has_no_place_for_a_file(self):
        self.assertEqual(self.bucket_rules({"p/note/7/id.txt": 4, "p/.probe": 0}, {}), {"orphaned object"})

    def test_an_upload_is_unfinished(self):
        self.assertEqual(self.bucket_rules({"p/note/7/id.txt": 4}, {"u": "p/note/7/id.txt"}), {"orphaned upload"})

    def test_a_checkpoint_changed(self):
        self.ledger.step("hand", 1)
        self.ledger.step("hand", 2)
        self.assertIn("checkpoint changed", self.rules())


if __name__ == "__main__":
    unittest.main()
