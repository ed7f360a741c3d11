"""`longhaul doctor` makes the same checks on PostgreSQL as on SQLite, and repairs problems with a certain repair."""

import base64
import json
import subprocess
import tempfile
import unittest

import harness
from stores import EachStore


class DoctorOnPostgres(EachStore):
    CHECKS = {
        "schema", "integrity", "payloads", "families", "blocked", "leases", "retention", "orphans", "dead-letters",
        "journals", "executions", "webhooks", "counts", "audit", "modes", "artifacts", "files",
    }
    # The check that finds each problem, and the statement that causes it.
    FAULTS = [
        ("integrity", "DELETE FROM longhaul.pending"),
        ("integrity", "DELETE FROM longhaul.lanes"),
        ("integrity", "DELETE FROM longhaul.agenda"),
        ("counts", "UPDATE longhaul.queue_counts SET pending = pending + 5"),
        ("counts", "DELETE FROM longhaul.queues"),
        ("orphans", "INSERT INTO longhaul.tags VALUES ('a', 'b', gen_random_uuid())"),
        ("orphans", "INSERT INTO longhaul.dependencies (on_id, id) VALUES (gen_random_uuid(), gen_random_uuid())"),
        ("leases", "UPDATE longhaul.jobs SET lease_expires_at = 1 WHERE state = 3"),
        ("blocked", "UPDATE longhaul.jobs SET waiting_on = 7 WHERE state = 1"),
        ("blocked", "DELETE FROM longhaul.dependencies"),
        ("blocked", "UPDATE longhaul.dependencies SET is_resolved = true"),
        ("families", "UPDATE longhaul.jobs SET is_awaited = false"),
        ("families", "UPDATE longhaul.jobs SET is_parent = false"),
        ("retention", "UPDATE longhaul.jobs SET purge_at = NULL WHERE state = 5"),
        ("dead-letters", "DELETE FROM longhaul.dead_letters"),
        ("dead-letters", "UPDATE longhaul.dead_letter_groups SET count = 9"),
        ("webhooks", "UPDATE longhaul.webhook_deliveries SET is_claimed = true, due_at = 9000000000000"),
        ("webhooks", "UPDATE longhaul.webhook_deliveries SET due_at = NULL"),
        ("webhooks", "UPDATE longhaul.webhook_deliveries SET state = 'delivered'"),
        ("webhooks", "UPDATE longhaul.webhook_deliveries SET state = 'lost'"),
        ("webhooks", "UPDATE longhaul.webhook_deliveries SET host = ''"),
        ("webhooks", "UPDATE longhaul.webhook_deliveries SET attempts = '[{'"),
        ("webhooks", "UPDATE longhaul.webhook_deliveries SET job_id = gen_random_uuid()"),
    ]

    def fill(self, url):
        """Creates jobs in every state in a store."""
        secret = "whsec_" + base64.b64encode(bytes(32)).decode()
        with harness.Server("--webhook-allow", "http://127.0.0.1", store=url, LONGHAUL_WEBHOOK_SECRET=secret) as server:
            first = server.submit(kind="first", queue="waiting")
            server.submit(kind="later", queue="waiting", depends_on=[first["id"]])
            parent = server.submit(kind="parent", queue="waiting")
            server.submit(kind="child", queue="waiting", parent_id=parent["id"])
            server.submit(kind="due", queue="waiting", delay_seconds=3600)
            for kind in ("running", "failed", "done"):
                # Nothing listens on this port.
                webhook = {"callback_url": "http://127.0.0.1:1/"} if kind == "done" else {}
                server.submit(kind=kind, queue=kind, **webhook)
                token = server.lease(kind, seconds=3600)[0]["token"]
                if kind == "failed":
                    error = {"error": {"type": "x", "message": "y"}, "retryable": False}
                    server.call("POST", f"/v1/leases/{token}/fail", error)
                elif kind == "done":
                    server.call("POST", f"/v1/leases/{token}/complete", {"result": 1})

    def doctor(self, url, *options):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [harness.BINARY, "doctor", "--store", url, "--artifacts", f"file:{folder}", "--json", *options],
                capture_output=True, text=True, check=False, env=harness.environment())
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return {check["check"]: check for check in json.loads(done.stdout)["checks"]}

    def test_a_healthy_store_has_no_problems(self):
        url = self.postgres.url()
        self.fill(url)
        found = self.doctor(url)
        self.assertEqual(set(found), self.CHECKS)
        self.assertEqual({name: check for name, check in found.items() if check["found"]}, {})

    def test_each_problem_is_found_and_repaired(self):
        url = self.postgres.url()
        self.fill(url)
        for check, statement in self.FAULTS:
            with self.subTest(check=check, statement=statement):
                self.postgres.sql(url, statement)
                found = self.doctor(url)[check]
                self.assertGreater(found["found"], 0)
                self.assertTrue(found["example"])
                self.doctor(url, "--fix")
                left = {name: each for name, each in self.doctor(url).items() if each["found"]}
                self.assertEqual(left, {})
            if check == "leases":
                # A worker may still run the job: its lease is extended.
                self.assertEqual(self.postgres.sql(url, "SELECT count(*) FROM longhaul.jobs WHERE state = 3"), "1")

    def test_a_store_in_use_is_not_repaired(self):
        for parameters in ("", "?longhaul_pooled=1"):
            url = self.postgres.url()
            with self.subTest(parameters), harness.Server(store=url + parameters) as server:
                server.submit()
                done = subprocess.run(
                    [harness.BINARY, "doctor", "--store", url, "--fix"], capture_output=True, text=True, check=False,
                    env=harness.environment())
                self.assertNotEqual(done.returncode, 0)
                self.assertIn("stop all servers", done.stderr)
                self.assertEqual(server.lease()[0]["job"]["kind"], "test")
            # Servers deregister when they stop.
            self.assertEqual(self.doctor(url, "--fix")["counts"]["found"], 0)


if __name__ == "__main__":
    unittest.main()
