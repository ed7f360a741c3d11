"""Disk space: the limits of one job, and the behaviour when little space is free."""

import os
import shutil
import subprocess
import tempfile
import unittest

from harness import BINARY, Server, environment, eventually
from stores import EachStore


class Quotas(EachStore):
    OPTIONS = (
        "--max-job-artifact-bytes", "100000", "--max-job-artifacts", "3", "--max-job-journal-bytes", "100000",
        "--max-job-operations", "4", "--max-job-log-bytes", "200000")

    def on_each_store(self, test):
        """Calls `test(server, job, token)` with a leased job."""
        for store in self.stores():
            with self.subTest(store=store or "sqlite"), Server(*self.OPTIONS, store=store) as server:
                job = server.submit()
                test(server, job["id"], server.lease()[0]["token"])

    def refused(self, answer, setting):
        self.assertEqual((answer.status, answer.code), (413, "payload_too_large"), answer)
        self.assertIn(setting, answer.json["detail"])

    def test_the_artifacts_of_a_job_are_bounded(self):
        def test(server, _, token):
            def put(name, size):
                return server.call("PUT", f"/v1/leases/{token}/artifacts/{name}", b"x" * size)

            self.assertEqual(put("a", 60_000).status, 201)
            self.refused(put("b", 60_000), "max_job_artifact_bytes")
            # Replacing a file counts it once.
            self.assertEqual(put("a", 70_000).status, 201)
            self.assertEqual(put("b", 10).status, 201)
            self.assertEqual(put("c", 10).status, 201)
            self.refused(put("d", 10), "max_job_artifacts")
            stored = [os.path.getsize(os.path.join(folder, name))
                      for folder, _, names in os.walk(f"{server.folder}/artifacts") for name in names]
            self.assertEqual(sorted(stored), [10, 10, 70_000])
            done = server.call("POST", f"/v1/leases/{token}/complete", {})
            self.assertEqual([a["size_bytes"] for a in done.json["artifacts"]], [70_000, 10, 10], done)

        self.on_each_store(test)

    def test_the_checkpoints_of_a_job_are_bounded(self):
        def test(server, _, token):
            def put(name, size):
                return server.call("PUT", f"/v1/leases/{token}/steps/{name}", {"output": "x" * size})

            self.assertEqual(put("a", 60_000).status, 200)
            self.refused(put("b", 60_000), "max_job_journal_bytes")
            self.assertEqual(put("a", 60_000).status, 200)
            for name in "bcd":
                self.assertEqual(put(name, 10).status, 200)
            self.refused(put("e", 10), "max_job_operations")

        self.on_each_store(test)

    def test_the_log_of_a_job_is_bounded(self):
        def test(server, job, token):
            for batch in range(8):
                lines = [{"at": "2026-01-01T00:00:00.000Z", "level": "info", "message": f"{batch} " + "x" * 1000}
                         for _ in range(250)]
                answer = server.call("POST", f"/v1/leases/{token}/logs", {"lines": lines})
                self.assertEqual(answer.status, 204, answer)
            messages, place = [], ""
            while place is not None:
                page = server.call("GET", f"/v1/jobs/{job}/logs?limit=500{place and '&cursor=' + place}").json
                messages += [line["message"] for line in page["items"]]
                place = page["next_cursor"]
            # The log keeps the newest lines, and exceeds the bound by fewer than 500 lines.
            self.assertLess(sum(map(len, messages)), 200_000 + 500 * 1010)
            self.assertTrue(messages[-1].startswith("7 "))

        self.on_each_store(test)


class Floor(unittest.TestCase):
    def test_new_work_is_refused_and_old_work_completes_when_the_disk_is_almost_full(self):
        with Server() as server:
            server.submit()
            token = server.lease()[0]["token"]
            free = shutil.disk_usage(server.folder).free
            server.options = ["--min-free-disk-bytes", str(free * 2)]
            server.kill()
            server.start()
            for answer in (
                    server.call("POST", "/v1/jobs", {"kind": "a"}),
                    server.call("POST", "/v1/jobs/batch", {"jobs": [{"kind": "a"}]}),
                    server.call("PUT", f"/v1/leases/{token}/artifacts/a", b"x")):
                self.assertEqual((answer.status, answer.code), (503, "unavailable"), answer)
                self.assertIn("min_free_disk_bytes", answer.json["detail"])
                self.assertGreaterEqual(int(answer.headers["Retry-After"]), 1)
            done = server.call("POST", f"/v1/leases/{token}/complete", {"result": {"a": 1}})
            self.assertEqual(done.status, 200, done)
            ready = server.call("GET", "/readyz")
            self.assertEqual(ready.status, 200)
            self.assertIn("disk", ready.json["warning"])
            self.assertEqual(server.metric("longhaul_disk_rejected_total"), 3)
            self.assertGreater(
                server.metric("longhaul_disk_min_free_bytes"), server.metric("longhaul_disk_free_bytes"))

    def test_zero_disables_the_minimum(self):
        with Server("--min-free-disk-bytes", "0") as server:
            server.submit()


class Bodies(unittest.TestCase):
    def test_a_payload_of_the_maximum_size_fits_into_a_request(self):
        with Server("--max-payload-bytes", "20000000", "--max-job-journal-bytes", "40000000") as server:
            payload = "x" * 19_999_998
            job = server.submit(payload=payload)
            token = server.lease()[0]["token"]
            self.assertEqual(server.call("PUT", f"/v1/leases/{token}/steps/a", {"output": payload}).status, 200)
            done = server.call("POST", f"/v1/leases/{token}/complete", {"result": payload})
            self.assertEqual(done.status, 200, done)
            self.assertEqual(len(server.job(job["id"])["result"]), len(payload))
            self.assertEqual(server.call("POST", "/v1/jobs", {"kind": "a", "payload": payload + "x"}).status, 413)


class Autoscaler(unittest.TestCase):
    def test_first_log_line_shows_the_bounds_and_no_action(self):
        with Server() as server, tempfile.TemporaryFile() as log:
            process = subprocess.Popen(
                [BINARY, "autoscale", "--server", server.address, "--scale-command", "true {desired}", "--max-workers",
                 "7", "--interval", "0.1"], env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=log)

            def lines():
                return os.pread(log.fileno(), 1 << 16, 0).decode().splitlines()

            try:
                eventually(lines, "a first line")
                self.assertIn("watching default: at least 0 and at most 7 workers", lines()[0])
                for _ in range(3):
                    server.submit()
                eventually(lambda: any("scaling from 0 to 1 workers" in line for line in lines()), "an action")
            finally:
                process.terminate()
                process.wait(60)


if __name__ == "__main__":
    unittest.main()
