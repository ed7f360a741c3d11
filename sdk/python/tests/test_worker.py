"""Handlers: their ends, interrupts, progress, logs, files and checkpoints, against a server."""

import logging
import threading
import time

import longhaul
from longhaul import PermanentError, Retry, RetryBackoff, current_job

from .support import ServerCase, wait_until

FAST = RetryBackoff(initial=0.05, maximum=0.05, jitter=0)


class EndTests(ServerCase):
    def test_failed_attempts_are_retried(self):
        attempts = []

        @self.job(backoff=FAST)
        def flaky():
            attempts.append(current_job().attempt)
            if len(attempts) < 3:
                raise OSError("not yet")
            return "done"

        self.start_worker()
        self.assertEqual(flaky.delay().result(30), "done")
        self.assertEqual(attempts, [1, 2, 3])

    def test_permanent_error_is_not_retried(self):
        @self.job()
        def declined():
            raise PermanentError("no money", type="declined", details={"code": 51})

        self.start_worker()
        with self.assertRaises(longhaul.JobFailed) as caught:
            declined.delay().result(30)
        self.assertEqual((caught.exception.type, caught.exception.details["details"]), ("declined", {"code": 51}))
        self.assertEqual(caught.exception.job.attempt, 1)

    def test_retry_sets_the_pause(self):
        times = []

        @self.job(backoff=RetryBackoff(initial=3600))
        def later():
            times.append(time.monotonic())
            if len(times) == 1:
                raise Retry("rate limited", retry_after=0.2)

        self.start_worker()
        later.delay().result(30)
        self.assertGreater(times[1] - times[0], 0.19)

    def test_wrong_payload_fails_for_good(self):
        @self.job()
        def add(a, b=1):
            return a + b

        self.start_worker()
        for payload in ({}, {"a": 1, "c": 2}, [1], None):
            with self.subTest(payload), self.assertRaises(longhaul.JobFailed) as caught:
                self.app.submit(add.kind, payload, queue=self.queue).result(30)
            self.assertEqual((caught.exception.type, caught.exception.job.attempt), ("invalid_payload", 1))

    def test_result_that_is_no_json_fails_for_good(self):
        values = {"object": object(), "nan": float("nan"), "deep": self._nested(40), "large": "x" * 300_000}

        @self.job()
        def value(name):
            return values[name]

        @self.job()
        def fine(number):
            return number

        self.start_worker(concurrency=8)
        jobs = [value.delay(name) for name in values] + [fine.delay(number) for number in range(20)]
        for job in jobs[:4]:
            with self.assertRaises(longhaul.JobFailed) as caught:
                job.result(30)
            self.assertEqual((caught.exception.type, caught.exception.job.attempt), ("invalid_result", 1))
        self.assertEqual([job.result(30) for job in jobs[4:]], list(range(20)))

    @staticmethod
    def _nested(depth):
        value = []
        for _ in range(depth):
            value = [value]
        return value

    def test_details_that_the_server_refuses_are_left_out(self):
        @self.job(retries=0)
        def bad():
            raise PermanentError("x" * 10, details=self._nested(60))

        self.start_worker()
        with self.assertRaises(longhaul.JobFailed) as caught:
            bad.delay().result(30)
        self.assertIn("refused", caught.exception.message)

    def test_next_jobs_follow(self):
        @self.job()
        def second(text):
            return text + current_job().ancestors[0]["result"]

        @self.job()
        def first():
            current_job().then(second.new("after "))
            return "first"

        self.start_worker()
        job = first.delay()
        job.result(30)
        children = wait_until(lambda: list(self.app.jobs.children(job.id)), "the next job exists")
        self.assertEqual(self.app.handle(children[0].id).result(30), "after first")

    def test_checkpoint_is_stored_once(self):
        runs = []

        @self.job(backoff=FAST)
        def build():
            job = current_job()
            value = job.checkpoint("download", lambda: runs.append(1) or {"bytes": 5})
            if job.attempt == 1:
                raise OSError("crash")
            return value

        @self.job(backoff=FAST)
        async def build_async():
            async def download(bytes):
                runs.append(2)
                return {"bytes": bytes}

            job = current_job()
            value = await job.checkpoint_async("download", download, bytes=6)
            if job.attempt == 1:
                raise OSError("crash")
            return value

        self.start_worker()
        self.assertEqual(build.delay().result(30), {"bytes": 5})
        self.assertEqual(build_async.delay().result(30), {"bytes": 6})
        self.assertEqual(runs, [1, 2])

    def test_job_without_arguments_accepts_no_payload(self):
        @self.job()
        def nothing():
            return "ok"

        self.start_worker()
        self.assertEqual(self.app.submit(nothing.kind, queue=self.queue).result(30), "ok")

    def test_many_jobs_complete(self):
        @self.job()
        def echo(number):
            return number

        self.start_worker(concurrency=8)
        jobs = self.app.submit_batch([echo.new(number) for number in range(1000)])
        self.assertEqual(jobs.results(60), list(range(1000)))


class ReportTests(ServerCase):
    def test_progress_is_sent_while_the_job_runs(self):
        go_on = threading.Event()

        @self.job()
        def work():
            current_job().progress(40, "page 4 of 10")
            go_on.wait(60)
            current_job().progress(90)

        self.start_worker(heartbeat=60)
        job = work.delay()
        record = wait_until(lambda: job.refresh().progress == 40 and job.record, "the progress arrives")
        self.assertEqual(record.progress_message, "page 4 of 10")
        go_on.set()
        self.assertEqual(job.wait(30).progress, 90)

    def test_log_records_of_the_handler_are_the_log_of_the_job(self):
        go_on = threading.Event()
        self.addCleanup(go_on.set)
        logger = logging.getLogger("shop.orders")
        logger.setLevel(logging.DEBUG)

        @self.job()
        def work():
            logger.info("first %d\nsecond", 1)
            logger.debug("too detailed")
            go_on.wait(60)
            try:
                raise ValueError("inner")
            except ValueError:
                logger.exception("failed")

        @self.job()
        async def other():
            logger.warning("from a coroutine\0")

        self.start_worker()
        job = work.delay()
        wait_until(job.logs, "the lines arrive while the job runs")
        self.assertEqual([(line.level, line.message) for line in job.logs()], [("info", "first 1"), ("info", "second")])
        lines = []
        follower = threading.Thread(target=lambda: lines.extend(job.follow_logs()))
        follower.start()
        logger.info("outside of a job")
        go_on.set()
        job.result(30)
        follower.join(30)
        self.assertEqual([line.message for line in lines], [line.message for line in job.logs()])
        self.assertEqual(lines[2].message, "failed")
        self.assertIn("ValueError: inner", [line.message for line in lines])
        self.assertEqual(other.delay().wait(30).state, "completed")
        lines = self.app.handle(next(iter(self.app.jobs.list(kind=other.kind))).id).logs()
        self.assertEqual(
            [(line.level, line.message) for line in lines], [("warning", "from a coroutine\N{REPLACEMENT CHARACTER}")]
        )

    def test_many_lines_arrive_in_order(self):
        @self.job()
        def chatty():
            for number in range(3000):
                logging.getLogger("chatty").warning("line %d", number)

        logging.getLogger("chatty").propagate = True
        self.start_worker()
        job = chatty.delay()
        job.result(60)
        self.assertEqual([line.message for line in job.logs()], [f"line {number}" for number in range(3000)])
