"""Interrupts of handlers, and jobs that are leased ahead, against a server."""

import asyncio
import threading
import time

import longhaul
from longhaul import current_job

from .support import ServerCase, wait_until


class InterruptTests(ServerCase):
    def test_cancelled_handler_receives_the_interrupt(self):
        started, ends = [], []

        @self.job()
        def endless():
            try:
                started.append(current_job().kind)
                while True:
                    time.sleep(0.01)
            except longhaul.Cancelled as interrupt:
                ends.append((interrupt.reason, current_job().cancelled))
                raise

        @self.job()
        def polite():
            started.append(current_job().kind)
            current_job().sleep(60)

        @self.job()
        async def waits():
            try:
                started.append(current_job().kind)
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                ends.append((current_job().interrupt_reason, current_job().cancelled))
                raise

        self.start_worker()
        for function in (endless, polite, waits):
            job = function.delay()
            wait_until(lambda: function.kind in started, "the handler runs")
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
