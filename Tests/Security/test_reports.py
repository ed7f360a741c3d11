"""Reports of workers arrive: unusual texts, long texts, progress at the end, log lines."""

import json
import subprocess
import unittest

import harness
from harness import Server, eventually
from stores import EachStore


def program(text):
    return {"command": ["python3", "-c", text]}


class Failures(EachStore):
    """The server never refuses a failure because of its text."""

    def test_nul_in_the_output_of_a_program(self):
        handlers = {
            "nul": program(r"import sys; sys.stderr.buffer.write(b'a\x00b\n'); sys.exit(65)"),
            "long": program(r"import sys; sys.stderr.write('x' * 60000 + '\n'); sys.exit(3)"),
            "retried": program(r"import sys; sys.stderr.buffer.write(b'a\x00b\n'); sys.exit(3)")}
        for store in self.stores():
            with self.subTest(store=store or "sqlite"), Server(store=store) as server:
                jobs = {kind: server.submit(kind, max_attempts=1)["id"] for kind in handlers}
                with server.worker(handlers):
                    for job in jobs.values():
                        eventually(lambda job=job: server.job(job)["state"] == "failed", "the job fails")
                errors = {kind: server.job(job)["error"] for kind, job in jobs.items()}
                self.assertEqual(
                    (errors["nul"]["type"], errors["nul"]["message"], errors["nul"]["retryable"]),
                    ("exit_65", "a\ufffdb", False))
                self.assertEqual((errors["retried"]["type"], errors["retried"]["retryable"]), ("exit_3", True))
                self.assertEqual(errors["long"]["type"], "exit_3")
                self.assertEqual(server.metric("longhaul_leases_expired_total") or 0, 0)

    def test_the_server_replaces_and_cuts_texts(self):
        for store in self.stores():
            with self.subTest(store=store or "sqlite"), Server(store=store) as server:
                server.submit("k")
                (lease,) = server.lease()
                answer = server.call("POST", f"/v1/leases/{lease['token']}/fail", {
                    "error": {"type": "\0" + "t" * 300, "message": "m\0" + "é" * 20_000}})
                self.assertEqual(answer.status, 200, answer)
                error = answer.json["error"]
                self.assertEqual((len(error["type"]), len(error["message"])), (200, 10_000))
                self.assertTrue(error["type"].startswith("\ufffdttt") and error["type"].endswith(" … (cut)"))
                self.assertTrue(error["message"].startswith("m\ufffdé") and error["message"].endswith(" … (cut)"))

    def test_unusual_progress_costs_no_lease(self):
        for store in self.stores():
            with self.subTest(store=store or "sqlite"), Server(store=store) as server:
                server.submit("k")
                (lease,) = server.lease()
                answer = server.call("POST", "/v1/leases/heartbeat", {"worker": {"id": "w1"}, "leases": [
                    {"token": lease["token"], "progress": {"percent": 10, "message": "\0" + "e\u0301" * 2000}}]})
                self.assertEqual(len(answer.json["renewed"]), 1, answer)
                self.assertEqual(len(server.job(lease["job"]["id"])["progress"]["message"]), 1000)


class ProgressAtTheEnd(EachStore):
    """A completed job shows the last reported progress."""

    def test_of_a_program(self):
        for store in self.stores():
            with self.subTest(store=store or "sqlite"), Server(store=store) as server:
                job = server.submit("k")["id"]
                with server.worker({"k": {"command": ["printf", "::progress 60 most\\n::progress 90 nearly\\n"]}}):
                    eventually(lambda: server.job(job)["state"] == "completed", "the job completes")
                self.assertEqual(server.job(job)["progress"], {"percent": 90, "message": "nearly"})

    def test_with_a_completion_of_any_worker(self):
        with Server() as server:
            for _ in range(2):
                server.submit("k")
            one, two = server.lease(count=2)
            answer = server.call(
                "POST", f"/v1/leases/{one['token']}/complete", {"progress": {"percent": 100, "message": "all"}})
            self.assertEqual(answer.json["progress"], {"percent": 100, "message": "all"})
            answer = server.call("POST", "/v1/leases/complete", {"completions": [
                {"token": two["token"], "progress": {"percent": 75}}]})
            self.assertEqual(answer.json["completions"][0]["job"]["progress"]["percent"], 75)
            self.assertEqual(server.job(two["job"]["id"])["progress"]["percent"], 75)


class LongLogs(EachStore):
    """A log keeps the newest lines, and shows the number of removed lines."""

    def test_shows_the_number_of_removed_lines(self):
        for store in self.stores():
            with self.subTest(store=store or "sqlite"), Server(store=store) as server:
                job = server.submit("k")["id"]
                (lease,) = server.lease()
                path = f"/v1/leases/{lease['token']}/logs"
                lines = [{"at": "2026-01-01T00:00:00Z", "message": str(number)} for number in range(1000)]
                for _ in range(12):
                    self.assertEqual(server.call("POST", path, {"lines": lines}).status, 204)
                page = server.call("GET", f"/v1/jobs/{job}/logs?limit=500").json
                first = page["items"][0]["number"]
                self.assertGreater(first, 1)
                self.assertEqual(page["dropped"], first - 1)
                later = server.call("GET", f"/v1/jobs/{job}/logs?limit=1&cursor={page['next_cursor']}").json
                self.assertEqual(later["dropped"], first - 1)
                shown = self.command(server, "logs", job)
                self.assertIn(f"{first - 1:,} earlier lines were not kept", shown.stdout.splitlines()[0])
                self.assertEqual(len(shown.stdout.splitlines()), 12_000 - first + 2)
                as_json = self.command(server, "logs", job, "--json").stdout.splitlines()
                self.assertEqual(json.loads(as_json[0])["number"], first)

    def test_shows_no_removed_lines_of_a_complete_log(self):
        with Server() as server:
            job = server.submit("k")["id"]
            self.assertEqual(server.call("GET", f"/v1/jobs/{job}/logs").json, {
                "items": [], "next_cursor": None, "dropped": 0})

    def command(self, server, *words):
        done = subprocess.run(
            [harness.BINARY, *words, "--server", server.address], capture_output=True, text=True, check=False,
            env=harness.environment(), timeout=harness.DEADLINE_SECONDS)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done


class HiddenText(unittest.TestCase):
    """Text with bidirectional control characters is shown escaped, and refused in file names."""

    def test_is_escaped_by_the_command(self):
        with Server() as server:
            job = server.submit("k", max_attempts=1, actor="a\u202eb")["id"]
            (lease,) = server.lease()
            server.call("POST", f"/v1/leases/{lease['token']}/logs", {"lines": [
                {"at": "2026-01-01T00:00:00Z", "message": "x\u202e\u2066\u200fy"}]})
            server.call("POST", f"/v1/leases/{lease['token']}/fail", {
                "error": {"type": "t", "message": "gpj.\u202eexe"}})
            for words in (["logs", job], ["get", job], ["list"]):
                done = subprocess.run(
                    [harness.BINARY, *words, "--server", server.address], capture_output=True, text=True,
                    check=True, env=harness.environment(), timeout=harness.DEADLINE_SECONDS)
                self.assertFalse(set("\u202e\u2066\u200f") & set(done.stdout), done.stdout)
            self.assertIn("\\u202E", done.stdout.replace("\\u{202E}", "\\u202E"))

    def test_is_refused_in_names_of_files(self):
        with Server() as server:
            server.submit("k")
            (lease,) = server.lease()
            for name in ("z%E2%80%AEgpj.exe", "z%E2%81%A6a", "z%E2%80%8Fa", "z%C2%85a"):
                answer = server.call("PUT", f"/v1/leases/{lease['token']}/artifacts/{name}", b"x")
                self.assertEqual((answer.status, answer.code), (400, "invalid_request"), name)


class CallbackURLs(unittest.TestCase):
    """The server checks a callback URL at the submission."""

    def test_is_absolute_and_plain(self):
        good = ["https://example.com", "https://example.com:8443/a?b=c#d", "https://[2606:4700::1]:443/", "HTTPS://a.b/"]
        bad = [
            "http://", "https:///path", "http://u:p@h/", "http://u@h/", "ftp://h/", "//h/", "h", "http://h:0/",
            "http://h:99999/", "http://h:x/", "http://a\r\nX: y/", "http://a b/", "http://h/\u202e", "http://.h/",
            "http://a..b/", "http://[::1/", "https://h/" + "a" * 2048]
        with Server(LONGHAUL_WEBHOOK_SECRET="whsec_" + "A" * 40) as server:
            for url in good:
                self.assertEqual(server.submit("k", callback_url=url)["callback_url"], url)
            for url in bad:
                answer = server.call("POST", "/v1/jobs", {"kind": "k", "callback_url": url})
                self.assertEqual(answer.status, 400, url)
                self.assertEqual([fault["pointer"] for fault in answer.json["errors"]], ["/callback_url"], url)


if __name__ == "__main__":
    unittest.main()
