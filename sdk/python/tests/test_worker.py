"""Handlers: their ends, interrupts, progress, logs, files and checkpoints, against a server."""

import asyncio
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


class InterruptTests(ServerCase):
    def test_cancelled_handler_receives_the_interrupt(self):
        ends = []

        @self.job()
        def endless():
            try:
                while True:
                    time.sleep(0.01)
            except longhaul.Cancelled as interrupt:
                ends.append((interrupt.reason, current_job().cancelled))
                raise

        @self.job()
        def polite():
            current_job().sleep(60)

        @self.job()
        async def waits():
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                ends.append((current_job().interrupt_reason, current_job().cancelled))
                raise

        self.start_worker()
        for function in (endless, polite, waits):
            job = function.delay()
            wait_until(lambda: job.status == "processing", "the job runs")
            job.cancel()
            with self.assertRaises(longhaul.JobCancelled):
                job.result(30)
        wait_until(lambda: len(ends) == 2, f"the handlers end: {ends}")
        self.assertEqual(ends, [("cancelled", True)] * 2)

    def test_time_limit(self):
        @self.job(timeout=0.2, retries=0)
        def endless():
            while True:
                time.sleep(0.01)

        @self.job(timeout=0.2, retries=0)
        async def waits():
            await asyncio.sleep(60)

        self.start_worker()
        for function in (endless, waits):
            with self.assertRaises(longhaul.JobFailed) as caught:
                function.delay().result(30)
            self.assertEqual(caught.exception.type, "timeout")

    def test_handler_that_ignores_its_interrupt_is_reported(self):
        released = threading.Event()

        @self.job(timeout=0.2, retries=0)
        def deaf():
            released.wait(60)

        self.addCleanup(released.set)
        self.start_worker(interrupt_grace=0.2)
        with self.assertRaises(longhaul.JobFailed) as caught:
            deaf.delay().result(30)
        self.assertEqual(caught.exception.type, "timeout")

    def test_interrupt_reaches_no_later_job(self):
        @self.job(timeout=0.05, retries=0)
        def short():
            while True:
                pass

        @self.job()
        def echo(number):
            return number

        self.start_worker(concurrency=1)
        jobs = [(short.delay(), echo.delay(number)) for number in range(5)]
        for number, (interrupted, other) in enumerate(jobs):
            self.assertEqual(interrupted.wait(60).state, "failed")
            self.assertEqual(other.result(60), number)

    def test_long_jobs_are_not_leased_ahead(self):
        release = threading.Event()
        self.addCleanup(release.set)
        running = []

        @self.job()
        def hold(number):
            running.append(number)
            release.wait(60)
            return number

        first = self.start_worker(concurrency=1)
        jobs = [hold.delay(number) for number in range(3)]
        wait_until(lambda: len(running) == 1, "a job runs")
        second = self.start_worker(concurrency=2)
        wait_until(lambda: len(running) == 3, "the other worker runs the others")
        self.assertEqual((len(first.attempts()), len(second.attempts())), (1, 2))
        release.set()
        self.assertEqual([job.result(30) for job in jobs], [0, 1, 2])

    def test_jobs_leased_ahead_are_released_when_a_long_one_blocks_them(self):
        release = threading.Event()
        self.addCleanup(release.set)

        @self.job()
        def mixed(number):
            if number == 300:
                release.wait(60)
            return number

        jobs = self.app.submit_batch([mixed.new(number) for number in range(600)])
        self.start_worker(concurrency=1)
        wait_until(lambda: jobs[300].status == "processing", "the long job runs")
        self.start_worker(concurrency=1)
        others = [job for number, job in enumerate(jobs) if number != 300]
        self.assertEqual([job.result(60) for job in others], [number for number in range(600) if number != 300])
        self.assertTrue(all(job.record.attempt == 1 for job in others))

    def test_coroutines_run_side_by_side(self):
        arrived = []

        @self.job()
        async def meet(number):
            arrived.append(number)
            while len(arrived) < 20:
                await asyncio.sleep(0.01)
            return number

        self.start_worker(async_concurrency=20)
        jobs = self.app.submit_batch([meet.new(number) for number in range(20)])
        self.assertEqual(jobs.results(60), list(range(20)))


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
        self.assertEqual([(line.level, line.message) for line in lines], [("warning", "from a coroutine\N{REPLACEMENT CHARACTER}")])

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
