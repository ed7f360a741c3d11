"""The audit log: a change in the database behind the server's back is found."""

import hashlib
import json
import sqlite3
import subprocess
import unittest

from harness import BINARY, Server, end, environment
from stores import EachStore

RECORDS = 6


def longhaul(*words):
    return subprocess.run([BINARY, *words], capture_output=True, text=True, env=environment(), timeout=60)


def stopped_server(test):
    """A server that has made records and has stopped."""
    server = Server()
    test.addCleanup(server.close)
    for depth in range(1, RECORDS + 1):
        test.assertEqual(server.call("PUT", "/v1/queues/mail", {"max_depth": depth}).status, 200)
    end(server.process)
    return server


class MovedLogTests(EachStore):
    def test_a_moved_log_is_continued(self):
        target = self.postgres.url()
        moved = longhaul("migrate", "--from", stopped_server(self).store, "--to", target)
        self.assertEqual(moved.returncode, 0, moved)
        with Server(store=target) as server:
            self.assertEqual(server.call("POST", "/v1/queues/mail/pause").status, 200)
            records = server.call("GET", "/v1/audit?subject=mail").json["items"]
        self.assertEqual([record["number"] for record in records], list(range(RECORDS + 1, 0, -1)))
        verified = longhaul("audit", "verify", "--store", target)
        self.assertEqual(verified.returncode, 0, verified)
        self.assertIn(f"{RECORDS + 1} records verified", verified.stdout)


class AuditLogTests(unittest.TestCase):
    def verify(self, server):
        return longhaul("audit", "verify", "--store", server.store)

    def tamper(self, server, *statements):
        database = sqlite3.connect(f"{server.folder}/longhaul.db", isolation_level=None)
        for statement in statements:
            database.execute(statement)
        database.close()

    def test_a_changed_removed_or_reordered_record_is_found(self):
        attacks = {
            "changed caller": (["UPDATE audit SET caller = 'other' WHERE number = 3"], 3),
            "changed state": (["UPDATE audit SET value_after = CAST('{}' AS BLOB) WHERE number = 4"], 4),
            "removed": (["DELETE FROM audit WHERE number = 3"], 3),
            "removed end": ([f"DELETE FROM audit WHERE number = {RECORDS}"], RECORDS),
            "removed beginning": (["DELETE FROM audit WHERE number < 3"], 1),
            "added": ([
                "CREATE TEMP TABLE a AS SELECT * FROM audit WHERE number = 2", "UPDATE a SET number = 7",
                "INSERT INTO audit SELECT * FROM a"], RECORDS + 1),
            "reordered": ([
                "UPDATE audit SET number = 100 WHERE number = 2", "UPDATE audit SET number = 2 WHERE number = 3",
                "UPDATE audit SET number = 3 WHERE number = 100"], 3),
        }
        for name, (statements, broken) in attacks.items():
            with self.subTest(name):
                server = stopped_server(self)
                before = self.verify(server)
                self.assertEqual(before.returncode, 0, before)
                self.tamper(server, *statements)
                after = self.verify(server)
                self.assertEqual(after.returncode, 1, after)
                self.assertIn(f"record {broken} ", after.stdout)
                doctor = longhaul("doctor", "--store", server.store, "--json")
                checks = {check["check"]: check for check in json.loads(doctor.stdout)["checks"]}
                self.assertEqual(doctor.returncode, 1, doctor)
                self.assertGreater(checks["audit"]["found"], 0, checks)

    def test_another_program_can_verify_the_export(self):
        server = stopped_server(self)
        lines = longhaul("audit", "export", "--store", server.store).stdout.splitlines()[::-1]
        self.assertEqual(len(lines), RECORDS)
        previous = bytes(32)
        for line in lines:
            covered, found = line.rsplit(',"hash":', 1)
            digest = hashlib.sha256(previous + covered.encode() + b"}").digest()
            self.assertEqual(json.loads(found[:-1]), digest.hex())
            previous = digest

    def test_only_an_admin_reads_the_log(self):
        with Server() as server:
            admin = server.call("POST", "/v1/keys", {"name": "boss", "scopes": ["admin"]}).json["key"]
            headers = {"Authorization": f"Bearer {admin}"}
            scopes = ["jobs:submit", "jobs:read", "jobs:write", "queues:write", "work"]
            other = server.call("POST", "/v1/keys", {"name": "other", "scopes": scopes}, headers).json["key"]
            self.assertEqual(server.call("GET", "/v1/audit").status, 401)
            self.assertEqual(server.call("GET", "/v1/audit", headers={"Authorization": f"Bearer {other}"}).status, 403)
            self.assertEqual(len(server.call("GET", "/v1/audit", headers=headers).json["items"]), 2)


if __name__ == "__main__":
    unittest.main()
