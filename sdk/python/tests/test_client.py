"""Submission, handles, queries, streams and files, against a server."""

import asyncio
import datetime as dt
import io
import pathlib
import signal
import subprocess
import threading
import unittest

import longhaul
from longhaul import Join, Longhaul, NewJob, RetryBackoff, Unique, current_job

from .support import Server, ServerCase, command


class SubmissionTests(ServerCase):
    def test_arguments_are_the_payload_by_name(self):
        @self.job()
        def resize(source: str, width: int = 640, *, mode="fit", **extra):
            return [source, width, mode, extra]

        self.assertEqual(
            resize.new("a.jpg", mode="crop", dpi=72).payload, {"source": "a.jpg", "mode": "crop", "dpi": 72}
        )
        self.start_worker()
        self.assertEqual(resize.delay("a.jpg", 5, dpi=72).result(30), ["a.jpg", 5, "fit", {"dpi": 72}])
        with self.assertRaises(TypeError):
            resize.delay()
        self.assertEqual(resize("b.jpg"), ["b.jpg", 640, "fit", {}])

    def test_raw_payload_is_any_json_value(self):
        @self.job(raw_payload=True)
        def total(numbers):
            return sum(numbers)

        self.start_worker()
        self.assertEqual(total.delay([1, 2, 3]).result(30), 6)

    def test_every_option_reaches_the_server(self):
        later = dt.datetime(2099, 1, 2, 3, 4, 5, 678000, tzinfo=dt.timezone.utc)
        blocker = self.app.submit("blocker", queue=self.queue)
        job = self.app.submit(
            "optional",
            {"at": later, "path": pathlib.Path("/a")},
            queue=self.queue,
            priority=9,
            run_at=later,
            retries=6,
            backoff=RetryBackoff(initial=2, factor=3, maximum=50, jitter=0, type="fixed"),
            timeout=dt.timedelta(minutes=2),
            expires_at=later + dt.timedelta(days=1),
            retention=3600,
            idempotency_key="key 1",
            actor="ada",
            depends_on=[blocker],
            on_dependency_failure="run",
            join=Join(wait_for=1),
            parent=blocker,
            tags={"customer": "acme"},
            size=12,
            labels={"gpu": "1"},
            traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        )
        raw = job.refresh().raw
        expected = {
            "payload": {"at": "2099-01-02T03:04:05.678Z", "path": "/a"},
            "priority": 9,
            "max_attempts": 7,
            "run_at": "2099-01-02T03:04:05.678Z",
            "timeout_seconds": 120,
            "retention_seconds": 3600,
            "actor": "ada",
            "depends_on": [blocker.id],
            "on_dependency_failure": "run",
            "parent_id": blocker.id,
            "tags": {"customer": "acme"},
            "size": 12,
            "labels": {"gpu": "1"},
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        }
        self.assertEqual({name: raw[name] for name in expected}, expected)
        self.assertEqual(
            raw["backoff"], {"type": "fixed", "initial_seconds": 2, "factor": 3, "max_seconds": 50, "jitter": 0}
        )
        self.assertEqual(raw["join"], {"wait_for": 1, "collect": False})

    def test_unknown_options_are_refused(self):
        with self.assertRaises(TypeError):
            self.app.submit("a", queues="b")
        with self.assertRaises(TypeError):
            self.app.job("b", retry=3)

    def test_same_key_is_the_same_job(self):
        first = self.app.submit("keyed", 1, idempotency_key="k", queue=self.queue)
        self.assertEqual(self.app.submit("keyed", 1, idempotency_key="k", queue=self.queue).id, first.id)
        with self.assertRaises(longhaul.IdempotencyKeyReused):
            self.app.submit("keyed", 2, idempotency_key="k", queue=self.queue)

    def test_unique_job_exists_once_while_it_is_active(self):
        rule = Unique(by=["kind", "payload"], while_active=True)
        first = self.app.submit("index", 1, unique=rule, queue=self.queue)
        self.assertEqual(self.app.submit("index", 1, unique=rule, queue=self.queue).id, first.id)
        first.cancel()
        self.assertNotEqual(self.app.submit("index", 1, unique=rule, queue=self.queue).id, first.id)
        rule = Unique(by=["kind"], window=dt.timedelta(days=3650))
        first = self.app.submit("window", 1, unique=rule, queue=self.queue)
        self.assertEqual(self.app.submit("window", 2, unique=rule, queue=self.queue).id, first.id)

    def test_errors_name_the_place(self):
        with self.assertRaises(longhaul.InvalidRequest) as caught:
            self.app.submit("a kind with spaces", queue=self.queue)
        self.assertEqual(caught.exception.errors[0]["pointer"], "/kind")
        self.assertIn("/kind", str(caught.exception))
        with self.assertRaises(longhaul.NotFound):
            self.app.jobs.get("01a22c38-982d-7005-b9bf-a7f70ace1246")

    def test_full_queue_is_busy_at_once(self):
        self.app.queues.set(self.queue, max_depth=1)
        self.app.submit("a", queue=self.queue)
        with self.assertRaises(longhaul.SystemBusy) as caught:
            self.app.submit("a", queue=self.queue)
        self.assertGreater(caught.exception.retry_after, 0)

    def test_batch_chain_and_parent(self):
        @self.job()
        def double(number):
            return 2 * number + sum(current_job().results)

        @self.job()
        def total():
            return sum(current_job().results)

        self.start_worker()
        first = double.new(1)
        batch = self.app.submit_batch([first, double.with_options(depends_on=[first]).new(5)], parent=total.new())
        self.assertEqual(batch.results(30), [2, 12])
        self.assertEqual(batch.parent.result(30), 14)
        self.assertEqual(self.app.chain(double.new(1), double.new(2), double.new(3)).results(30), [2, 6, 12])
        collected = self.app.submit(NewJob("none"), join=Join(collect=True), depends_on=batch, queue=self.queue)
        self.assertEqual([entry["result"] for entry in collected.result(30)], [2, 12])
        self.assertEqual({job.id for job in self.app.jobs.children(batch.parent.id)}, {job.id for job in batch})
        self.assertIn(collected.id, [job.id for job in self.app.jobs.dependents(batch[0].id)])

    def test_dependency_outside_of_the_batch_is_refused(self):
        stranger = NewJob("a")
        with self.assertRaises(ValueError):
            self.app.submit_batch([NewJob("b", options={"depends_on": [stranger]})])
        with self.assertRaises(ValueError):
            self.app.submit_batch([stranger, stranger])


class ArtifactTests(ServerCase):
    def test_files_are_uploaded_and_downloaded(self):
        large = bytes(range(256)) * 40_000

        @self.job()
        def report(folder):
            job = current_job()
            job.upload("a.txt", b"text", "text/plain")
            job.upload("stream.bin", io.BytesIO(large))
            job.upload("pieces.bin", (large[start : start + 100_000] for start in range(0, len(large), 100_000)))
            path = pathlib.Path(folder, "page 1.html")
            path.write_text("<p>")
            job.upload_file(path)

        self.start_worker()
        job = report.delay(self.server.folder)
        job.result(60)
        files = {entry["name"]: entry for entry in job.artifacts.list()}
        self.assertEqual(files["page 1.html"]["content_type"], "text/html")
        self.assertEqual(job.artifacts.read("a.txt"), b"text")
        self.assertEqual(job.artifacts.read("stream.bin"), large)
        with job.artifacts.stream("pieces.bin") as parts:
            self.assertEqual(b"".join(parts), large)

        async def from_asyncio():
            names = [entry["name"] for entry in await job.artifacts.list_async()]
            async with job.artifacts.stream_async("stream.bin") as parts:
                content = b"".join([part async for part in parts])
            text = await job.artifacts.read_async("a.txt")
            await self.app.close_async()
            return sorted(names), content, text

        self.assertEqual(asyncio.run(from_asyncio()), (sorted(files), large, b"text"))
        target = pathlib.Path(self.server.folder, "copy.html")
        job.artifacts.download("page 1.html", target)
        self.assertEqual(target.read_text(), "<p>")
        copy = io.BytesIO()
        job.artifacts.download("a.txt", copy)
        self.assertEqual(copy.getvalue(), b"text")


class ConnectionTests(unittest.TestCase):
    def test_api_key(self):
        server = Server()
        self.addCleanup(server.close)
        key = command("keys", "create", "tests", "--scopes", "admin", server=server).strip()
        with self.assertRaises(longhaul.Unauthorized):
            Longhaul(server.url).submit("a")
        app = Longhaul(server.url, key)
        self.addCleanup(app.close)
        job = app.submit("a")
        self.assertEqual(asyncio.run(job.status_async()), "pending")
        self.assertEqual(job.refresh().raw["caller"], "tests")
        limited = Longhaul(
            server.url,
            command("keys", "create", "reader", "--scopes", "jobs:read", server=server, LONGHAUL_API_KEY=key).strip(),
        )
        with self.assertRaises(longhaul.Forbidden):
            limited.submit("a")

    def test_tls(self):
        probe = Server()
        self.addCleanup(probe.close)
        cert, key = f"{probe.folder}/cert.pem", f"{probe.folder}/key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
            + ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert],
            check=True,
            stderr=subprocess.DEVNULL,
        )
        server = Server("--tls-cert", cert, "--tls-key", key)
        self.addCleanup(server.close)
        app = Longhaul(f"https://localhost:{server.port}", ca_file=cert)
        self.addCleanup(app.close)
        job = app.submit("a")
        self.assertEqual(asyncio.run(job.status_async()), "pending")
        with self.assertRaises(longhaul.ServerUnreachable):
            Longhaul(f"https://localhost:{server.port}", retry_seconds=0).submit("a")

    def test_unix_socket(self):
        probe = Server()
        path = f"{probe.folder}/socket"
        server = Server(listen=f"unix:{path}")
        self.addCleanup(server.close)
        self.addCleanup(probe.close)
        app = Longhaul(f"unix:{path}")
        job = app.submit("a")
        self.assertEqual(job.status, "pending")
        self.assertEqual(asyncio.run(job.status_async()), "pending")

    def test_no_server(self):
        app = Longhaul("http://127.0.0.1:1", retry_seconds=0.2)
        with self.assertRaises(longhaul.ServerUnreachable) as caught:
            app.submit("a")
        self.assertFalse(caught.exception.was_sent)
        with self.assertRaises(longhaul.ServerUnreachable):
            asyncio.run(app.submit_async("a"))
        with self.assertRaises(ValueError):
            Longhaul("localhost:8080")

    def test_calls_continue_after_a_restart(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            with self.subTest(number):
                server = Server()
                self.addCleanup(server.close)
                app = Longhaul(server.url, retry_seconds=30)
                app.submit("before")
                server.restart(number)
                self.assertEqual(app.submit("after").status, "pending")

    def test_submission_waits_for_a_server_that_starts(self):
        server = Server()
        self.addCleanup(server.close)
        server.kill()
        app = Longhaul(server.url, retry_seconds=60)
        jobs = []
        thread = threading.Thread(target=lambda: jobs.append(app.submit("later")))
        thread.start()
        server.start()
        thread.join(60)
        self.assertEqual(jobs[0].status, "pending")


if __name__ == "__main__":
    unittest.main()
