"""The SQL interface: `longhaul.submit` follows the rules of HTTP and submits as the calling role. Forged notifications are
ignored."""

import json
import re
import subprocess
import threading
import unittest

import harness
from harness import Server, eventually
from stores import Postgres


class SQLFace(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.postgres = Postgres()
        cls.url = cls.postgres.url()
        cls.server = Server(store=cls.url)
        cls.postgres.sql(cls.url, """
            CREATE ROLE app LOGIN; CREATE ROLE stranger LOGIN;
            GRANT USAGE ON SCHEMA longhaul TO app; GRANT EXECUTE ON FUNCTION longhaul.submit TO app""")

    @classmethod
    def tearDownClass(cls):
        cls.server.close()
        cls.postgres.close()

    def sql(self, text, role="longhaul"):
        return self.postgres.sql(self.url, text, role)

    def submit(self, arguments, role="app"):
        return self.sql(f"SELECT longhaul.submit({arguments})", role)

    def assert_refused(self, arguments, field):
        with self.assertRaisesRegex(AssertionError, f"ERROR:  {field}: ", msg=arguments):
            self.submit(arguments)

    def over_http(self, text):
        return self.server.call("POST", "/v1/jobs", b'{"kind": "k", "payload": ' + text.encode() + b"}").status

    def test_payloads_obey_the_rules_of_http(self):
        deep = "[" * 32 + "]" * 32
        good = [
            "null", deep, r'"\u0000 \ud83d\ude00 \\ud800 \\\\u0000"', r'{"a": {"a": 1}, "b\u0000": [1e99999, -0]}',
            '{"a": [{"b": 1}, {"b": 1}]}', '"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["']
        bad = [
            f"[{deep}]", "[" * 300 + "]" * 300, r'"\ud800"', r'"\udc00\ud800"', r'"\ud83d\\\ude00"', r'{"\udbff": 1}',
            '{"a": 1, "a": 2}', r'[[{"b": {"a": 1, "\u0061": 2}}]]']
        for text in good:
            self.assertEqual(self.over_http(text), 202, text)
            job = self.server.job(self.submit(f"'k', $${text}$$"))
            self.assertEqual(job["payload"], json.loads(text))
        for text in bad:
            self.assertEqual(self.over_http(text), 400, text)
            self.assert_refused(f"'k', $${text}$$", "payload")

    def test_fields_obey_the_rules_of_http(self):
        for field, value in (
                ("tags", "(SELECT jsonb_object_agg(n::text, 'x') FROM generate_series(1, 51) n)"),
                ("tags", "jsonb_build_object('a', repeat('x', 501))"), ("tags", "'{\"\": \"x\"}'"),
                ("tags", "jsonb_build_object(repeat('é', 101), 'x')"), ("actor", "''"), ("actor", "repeat('a', 201)"),
                ("idempotency_key", "''"), ("idempotency_key", "repeat('k', 256)"), ("queue", "'a b'"),
                ("queue", "repeat('q', 101)"), ("queue", "E'a\\n'"), ("timeout_seconds", "'NaN'"),
                ("timeout_seconds", "1e9"), ("run_at", "'infinity'"), ("expires_at", "now() - interval '1 min'"),
                ("priority", "NULL"), ("max_attempts", "101"), ("caller", "repeat('x', 1000000)")):
            self.assert_refused(f"'k', {field} => {value}", field)
        self.assert_refused("E'k\\n'", "kind")

    def test_the_caller_is_the_role(self):
        self.assertEqual(self.server.job(self.submit("'k'"))["caller"], "app")
        self.assert_refused("'k', caller => 'admin'", "caller")
        mine = self.submit("'k', idempotency_key => 'one'")
        self.assertEqual(mine, self.submit("'k', idempotency_key => 'one'"))
        self.assertNotEqual(mine, self.submit("'k', idempotency_key => 'one'", role="longhaul"))

    def test_other_roles_cannot_use_the_signing_key(self):
        for statement in (
                "SELECT longhaul.submit('k')", "SELECT * FROM longhaul.notification_key",
                "SELECT longhaul.notification(0, '[]')"):
            for role in ("stranger",) if "submit" in statement else ("stranger", "app"):
                with self.assertRaisesRegex(AssertionError, "permission denied", msg=statement):
                    self.sql(statement, role)

    def test_a_queue_that_waits_is_bounded(self):
        self.server.call("PUT", "/v1/queues/few", {"max_waiting": 1})
        self.submit("'k', queue => 'few', run_at => now() + interval '1 h'")
        with self.assertRaisesRegex(AssertionError, "system_busy"):
            self.submit("'k', queue => 'few', run_at => now() + interval '1 h'")

    def test_forged_notifications_are_ignored(self):
        with Events(self.server) as events:
            rejected = self.server.metric("longhaul_notifications_rejected_total") or 0
            change = json.dumps([{"id": "019a0000-0000-7000-8000-000000000001", "q": "FAKEQ", "k": "k", "s": 0, "v": 1}])
            for text in (f"0 {change}", f"0 {'0' * 32} {change}", f"1 {'f' * 32} {change}", "0 settings", "", "x" * 7000):
                self.sql(f"SELECT pg_notify('longhaul', $${text}$$)", "stranger")
            genuine = self.submit("'k', queue => 'genuine'")
            events.await_text(genuine)
            self.assertNotIn("FAKEQ", events.text)
            eventually(
                lambda: self.server.metric("longhaul_notifications_rejected_total") == rejected + 6,
                "forged notifications are counted")

    def test_repeated_notifications_are_ignored(self):
        with Events(self.server) as events:
            done = subprocess.run(
                [f"{self.postgres.programs}/psql", "-X", "-q", "-At", "-h", "127.0.0.1", "-p", str(self.postgres.port),
                 "-U", "longhaul", "-d", self.url.rsplit("/", 1)[1]],
                input="LISTEN longhaul; SELECT longhaul.submit('k', queue => 'repeated');\nSELECT 1;\n",
                capture_output=True, text=True, check=True)
            heard = [text for text in re.findall(r'with payload "(.*)" received', done.stdout) if "repeated" in text]
            self.assertTrue(heard, done.stdout)
            events.await_text('"queue":"repeated","kind":"k","state":"scheduled"')
            self.sql(f"SELECT pg_notify('longhaul', $${heard[0]}$$)", "stranger")
            events.await_text(self.submit("'k', queue => 'genuine'"))
            self.assertEqual(events.text.count('"queue":"repeated","kind":"k","state":"scheduled"'), 1)

    def test_repeated_notifications_of_settings_are_rejected(self):
        rejected = self.server.metric("longhaul_notifications_rejected_total") or 0
        text = self.sql("SELECT longhaul.notification(1, 'settings 1')")
        for _ in range(3):
            self.sql(f"SELECT pg_notify('longhaul', $${text}$$)", "stranger")
        eventually(
            lambda: self.server.metric("longhaul_notifications_rejected_total") == rejected + 2,
            "the second and the third notification are counted")


class Events:
    """The stream of all changes, read by a thread."""

    def __init__(self, server):
        self.socket = server.raw()
        self.socket.sendall(b"GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        self.text = ""
        self.thread = threading.Thread(target=self.read, daemon=True)

    def read(self):
        try:
            while chunk := self.socket.recv(65536):
                self.text += chunk.decode(errors="replace")
        except OSError:
            pass

    def await_text(self, text):
        eventually(lambda: text in self.text, f"an event with {text}")

    def __enter__(self):
        self.thread.start()
        eventually(lambda: "200" in self.text, "the stream begins")
        return self

    def __exit__(self, *_):
        self.socket.shutdown(2)
        self.socket.close()
        self.thread.join()


if __name__ == "__main__":
    unittest.main()
