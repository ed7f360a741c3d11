"""Handles, queries and streams, against a server."""

import asyncio
import datetime as dt
import itertools
import threading

import longhaul
from longhaul import JobCancelled, JobFailed, NewJob

from .support import ServerCase, wait_until


class HandleTests(ServerCase):
    def test_result_times_out_and_the_job_continues(self):
        job = self.app.submit("nothing", queue=self.queue)
        with self.assertRaises(longhaul.ResultTimeout):
            job.result(timeout=0.1)
        with self.assertRaises(TimeoutError):
            asyncio.run(job.result_async(timeout=0.1))
        self.assertEqual(job.status, "pending")

    def test_failure_has_the_traceback(self):
        @self.job(retries=0)
        def bad():
            raise KeyError("missing")

        self.start_worker()
        with self.assertRaises(JobFailed) as caught:
            bad.delay().result(30)
        error = caught.exception
        self.assertEqual((error.type, error.message), ("KeyError", "'missing'"))
        self.assertIn('raise KeyError("missing")', error.details["traceback"])
        self.assertEqual(error.job.attempts[0]["error"]["type"], "KeyError")

    def test_cancel_retry_and_delete(self):
        job = self.app.submit("nothing", queue=self.queue)
        job.cancel()
        with self.assertRaises(JobCancelled):
            job.result(30)
        with self.assertRaises(longhaul.Conflict):
            job.cancel()
        self.assertEqual(job.retry().state, "pending")
        job.cancel(children=False)
        job.delete()
        with self.assertRaises(longhaul.NotFound):
            job.refresh()

    def test_pause_and_resume(self):
        job = self.app.submit("nothing", queue=self.queue)
        self.assertTrue(job.pause().raw["paused"])
        self.assertFalse(job.resume().raw.get("paused"))

    def test_asyncio_code_submits_waits_and_follows(self):
        @self.job()
        def add(a, b):
            return a + b

        self.start_worker()

        async def scenario():
            jobs = [await add.delay_async(number, 1) for number in range(20)]
            results = await asyncio.gather(*[job.result_async(30) for job in jobs])
            batch = await self.app.submit_batch_async([add.new(1, 1), add.new(2, 2)])
            events = [event.state async for event in jobs[0].events_async()]
            chain = await self.app.chain_async(add.new(5, 5))
            record = await self.app.jobs.get_async(jobs[0].id)
            cancelled = await self.app.submit_async("nothing", queue=self.queue)
            await cancelled.cancel_async()
            answers = results, await batch.results_async(30), events, await chain.results_async(30), record
            status = await cancelled.status_async()
            await self.app.close_async()
            return (*answers, status)

        results, batch, events, chain, record, status = asyncio.run(scenario())
        self.assertEqual(results, [number + 1 for number in range(20)])
        self.assertEqual((batch, chain, record.state, status), ([2, 4], [10], "completed", "cancelled"))
        self.assertEqual(events, ["pending", "processing", "completed"])

    def test_lists_are_read_page_by_page(self):
        self.app.submit_batch(
            [NewJob("page", number, {"queue": self.queue, "tags": {"odd": str(number % 2)}}) for number in range(25)]
        )
        numbers = [job.payload for job in self.app.jobs.list(queue=self.queue, page_size=10)]
        self.assertEqual(sorted(numbers), list(range(25)))
        odd = self.app.jobs.list(queue=self.queue, tags={"odd": "1"}, state=["pending", "failed"], page_size=5)
        self.assertEqual(sorted(job.payload for job in odd), list(range(1, 25, 2)))
        ago = dt.datetime.now() - dt.timedelta(hours=1)
        self.assertEqual(list(self.app.jobs.list(queue=self.queue, created_before=ago)), [])

    def test_dead_letters_are_redriven_and_discarded(self):
        @self.job(retries=0)
        def fails(fixed=[]):
            if not fixed_now:
                raise ValueError("broken")
            return "fixed"

        fixed_now = []
        self.start_worker()
        jobs = [fails.delay() for _ in range(3)]
        for job in jobs:
            self.assertEqual(job.wait(30).state, "failed")
        self.assertEqual(len(list(self.app.jobs.dead_letters(queue=self.queue))), 3)
        self.assertEqual(self.app.jobs.discard(jobs[0].id), 1)
        fixed_now.append(True)
        self.assertEqual(self.app.jobs.redrive(queue=self.queue), 2)
        self.assertEqual([job.result(30) for job in jobs[1:]], ["fixed", "fixed"])

    def test_events_of_all_jobs(self):
        events = self.app.events(queue=self.queue)
        found = []
        thread = threading.Thread(target=lambda: found.extend(itertools.islice(events, 1)), daemon=True)
        thread.start()

        def one_more_event():
            self.app.submit("watched", queue=self.queue)
            thread.join(0.05)
            return found

        wait_until(one_more_event, "an event arrives")
        self.assertEqual((found[0].type, found[0].state), ("state", "pending"))

    def test_schedules(self):
        job = NewJob("report", {"month": 5}, {"queue": self.queue})
        name = "nightly"
        schedule = self.app.schedules.set(name, "0 3 * * *", job, time_zone="Europe/Paris", catch_up="none")
        self.assertEqual((schedule["cron"], schedule["time_zone"]), ("0 3 * * *", "Europe/Paris"))
        self.assertEqual(self.app.schedules.run(name).refresh().payload, {"month": 5})
        self.assertTrue(self.app.schedules.pause(name)["paused"])
        self.assertFalse(self.app.schedules.resume(name)["paused"])
        self.assertIn(name, [entry["name"] for entry in self.app.schedules.list()])
        self.app.schedules.delete(name)
        with self.assertRaises(longhaul.NotFound):
            self.app.schedules.get(name)

    def test_queues(self):
        self.app.submit("a", queue=self.queue)
        self.assertTrue(self.app.queues.pause(self.queue)["paused"])
        self.assertFalse(self.app.queues.resume(self.queue)["paused"])
        self.assertEqual(self.app.queues.get(self.queue)["depth"], 1)
        self.assertIn(self.queue, [queue["name"] for queue in self.app.queues.list()])
