"""Values nested too deep: every call has the same limit, and a stored one costs no other job an attempt."""

import contextlib
import http.server
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import unittest
import uuid

import harness
from harness import Server, Worker, eventually
from stores import EachStore

# Import after the harness, which adds the folder of this module to the path.
import backends

LIMIT = 32


def nested(depth):
    """An array in an array, `depth` of them."""
    value = []
    for _ in range(depth - 1):
        value = [value]
    return value


def command(server, *words):
    """Runs the command against the server."""
    return subprocess.run(
        [harness.BINARY, *words, "--server", server.address], capture_output=True, text=True, check=False,
        env=harness.environment(), timeout=harness.DEADLINE_SECONDS)


class ValueDepth(EachStore):
    """Every call that stores a value has the same limit."""

    def assert_refused(self, answer, pointer):
        self.assertEqual((answer.status, answer.code), (400, "invalid_request"), answer)
        self.assertEqual([fault["pointer"] for fault in answer.json["errors"]], [pointer])

    def test_one_limit_at_every_call(self):
        for store in self.stores():
            with self.subTest(store=store or "sqlite"), Server(store=store) as server:
                good, bad = nested(LIMIT), nested(LIMIT + 1)
                self.submissions(server, good, bad)
                self.completions(server, good, bad)
                self.failures_and_steps(server, good, bad)

    def submissions(self, server, good, bad):
        def schedule(value):
            return server.call("PUT", "/v1/schedules/s", {"cron": "@yearly", "job": {"kind": "k", "payload": value}})

        def batch(value):
            return server.call("POST", "/v1/jobs/batch", {"jobs": [{"kind": "k"}, {"kind": "k", "payload": value}]})

        self.assertEqual(server.submit("k", queue="other", payload=good)["payload"], good)
        self.assert_refused(server.call("POST", "/v1/jobs", {"kind": "k", "payload": bad}), "/payload")
        self.assertEqual(batch(good).status, 202)
        self.assert_refused(batch(bad), "/jobs/1/payload")
        self.assertEqual(schedule(good).status, 200)
        self.assert_refused(schedule(bad), "/job/payload")

    def completions(self, server, good, bad):
        for _ in range(4):
            server.submit("done", queue="done")
        one, two, three, four = server.lease("done", count=4)
        path = f"/v1/leases/{one['token']}/complete"
        self.assert_refused(server.call("POST", path, {"result": bad}), "/result")
        self.assert_refused(server.call("POST", path, {"next": [{"kind": "n", "payload": bad}]}), "/next/0/payload")
        answer = server.call("POST", path, {"result": good, "next": [{"kind": "n", "queue": "n", "payload": good}]})
        self.assertEqual((answer.status, answer.json["result"]), (200, good))
        answers = server.call("POST", "/v1/leases/complete", {"completions": [
            {"token": two["token"], "result": good}, {"token": three["token"], "result": bad},
            {"token": four["token"], "result": 1}]})
        self.assertEqual([entry["status"] for entry in answers.json["completions"]], [200, 400, 200])

    def failures_and_steps(self, server, good, bad):
        server.submit("fails", queue="fails")
        (lease,) = server.lease("fails")
        path = f"/v1/leases/{lease['token']}"
        self.assert_refused(server.call("PUT", f"{path}/steps/a", {"output": bad}), "/output")
        self.assertEqual(server.call("PUT", f"{path}/steps/a", {"output": good}).status, 200)

        def failure(details):
            return server.call("POST", f"{path}/fail", {"error": {"type": "t", "message": "m", "details": details}})

        self.assert_refused(failure(bad), "/error/details")
        self.assertEqual(failure(good).json["error"]["details"], good)

    def test_sql_has_the_same_limit(self):
        url = self.postgres.url()
        with Server(store=url):
            self.postgres.sql(url, f"SELECT longhaul.submit('k', '{json.dumps(nested(LIMIT))}')")
            with self.assertRaisesRegex(AssertionError, "payload"):
                self.postgres.sql(url, f"SELECT longhaul.submit('k', '{json.dumps(nested(LIMIT + 1))}')")

    def test_programs_have_the_same_limit(self):
        with Server() as server:
            handlers = {kind: {"command": ["python3", "-c",
                f"import os; open(os.environ['LONGHAUL_RESULT'], 'w').write('[' * {depth} + ']' * {depth})"]}
                for kind, depth in (("good", LIMIT), ("bad", LIMIT + 1))}
            good, bad = server.submit("good")["id"], server.submit("bad")["id"]
            with server.worker(handlers):
                for job in (good, bad):
                    eventually(lambda job=job: server.job(job)["state"] in ("completed", "failed"), "the job ends")
            self.assertEqual(server.job(good)["result"], nested(LIMIT))
            error = server.job(bad)["error"]
            self.assertEqual((error["type"], error["retryable"]), ("invalid_result", False))


class StoredPoison(EachStore):
    """A store of an earlier version may contain deeper values. They are listed and run like other jobs."""

    DEPTH = 61

    def poison(self, server, store):
        """A pending job whose payload is nested deeper than a submission allows."""
        job = server.submit("poison", priority=9)["id"]
        self.plant(server, store, job, "[" * self.DEPTH + "]" * self.DEPTH)
        return job

    def plant(self, server, store, job, text):
        raw = uuid.UUID(job).bytes
        if store is None:
            with contextlib.closing(sqlite3.connect(server.folder + "/longhaul.db", timeout=30)) as database:
                database.execute("UPDATE jobs SET payload = ? WHERE id = ?", (text.encode(), raw))
                database.commit()
        else:
            self.postgres.sql(
                store, f"UPDATE longhaul.jobs SET payload = convert_to('{text}', 'UTF8') WHERE id = '{job}'")

    def attack(self, store, queue="store:"):
        with Server(store=store, queue=queue) as server:
            server.call("PUT", "/v1/queues/default", {"paused": True})
            poison = self.poison(server, store)
            good = [server.submit("good")["id"] for _ in range(3)]
            listed = command(server, "list")
            self.assertEqual(listed.returncode, 0, listed.stderr)
            self.assertEqual(command(server, "get", poison).returncode, 0)
            server.call("POST", "/v1/queues/default/resume")
            handlers = {kind: {"command": ["true"]} for kind in ("poison", "good")}
            with server.worker(handlers, "--lease-seconds", "5"):
                for job in [*good, poison]:
                    eventually(lambda job=job: server.job(job)["state"] in ("completed", "failed"), "the job ends")
            for job in map(server.job, [*good, poison]):
                self.assertEqual((job["state"], job["attempt"]), ("completed", 1), job)

    def test_costs_no_other_job_an_attempt(self):
        for store in self.stores():
            with self.subTest(store=store or "sqlite"):
                self.attack(store)

    def test_costs_no_attempt_with_a_broker(self):
        for kind in (backends.Redis, backends.RabbitMQ):
            with self.subTest(queue=kind.name), broker(kind) as url:
                self.attack(None, url)

    def test_other_json_of_earlier_sql_is_read(self):
        url = self.postgres.url()
        with Server(store=url) as server:
            job = server.submit("poison")["id"]
            good = server.submit("good")["id"]
            self.plant(server, url, job, '{"a": "\\ud800", "a": 2}')
            self.assertEqual(command(server, "list").returncode, 0)
            with server.worker({kind: {"command": ["true"]} for kind in ("poison", "good")}):
                for each in (job, good):
                    eventually(lambda each=each: server.job(each)["state"] == "completed", "the job completes")


@contextlib.contextmanager
def broker(kind):
    """Starts a broker; returns its URL."""
    class Place:
        folder = tempfile.mkdtemp(prefix="longhaul-security-broker-")

        def file(self, name):
            return os.path.join(self.folder, name)

    place = Place()
    server = kind(place)
    try:
        server.start()
        if not server.await_answer():
            raise AssertionError(f"{kind.name} does not answer")
        yield server.url(server.port)
    finally:
        server.stop()
        shutil.rmtree(place.folder, ignore_errors=True)


class UnreadableLease(unittest.TestCase):
    """A worker that cannot read one lease of an answer runs the others and reports that job as failed."""

    def test_the_others_run(self):
        with Server() as source:
            bad_id, good_id = source.submit("k")["id"], source.submit("k")["id"]
            bad, good = source.lease(count=2)
            self.assertEqual([bad["job"]["id"], good["job"]["id"]], [bad_id, good_id])
            bad["job"]["state"] = "a state of a later version"
            with stub([bad, good]) as (address, calls):
                class Address:
                    folder = source.folder

                Address.address = address
                with Worker(Address, {"k": {"command": ["true"]}}):
                    failed = eventually(lambda: calls.get(f"/v1/leases/{bad['token']}/fail"), "the bad one fails")
                    done = eventually(lambda: calls.get("/v1/leases/complete"), "the good one completes")
            self.assertEqual(failed["error"]["type"], "unreadable_job")
            self.assertIs(failed["retryable"], False)
            self.assertEqual([entry["token"] for entry in done["completions"]], [good["token"]])


@contextlib.contextmanager
def stub(leases):
    """A server that returns these leases once. Yields its address and the body of the latest call of each path."""
    calls = {}
    waiting = [leases]

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            calls[self.path] = json.loads(body) if body else {}
            if self.path == "/v1/leases":
                if not waiting:
                    threading.Event().wait(0.2)
                answer = {"leases": waiting.pop() if waiting else []}
            elif self.path == "/v1/leases/complete":
                answer = {"completions": [{"status": 200, "job": leases[1]["job"]}]}
            elif self.path == "/v1/leases/heartbeat":
                answer = {"renewed": [], "cancel": [], "lost": []}
            else:
                answer = leases[1]["job"]
            data = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                self.wfile.write(data)

        do_DELETE = do_POST

        def log_message(self, *_):
            """Logs nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", calls
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


if __name__ == "__main__":
    unittest.main()
