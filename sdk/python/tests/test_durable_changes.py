"""Durable jobs whose code changes, and what people do with them, against a server."""

import asyncio

import longhaul
from longhaul import Flow, StepRetry

from .support import ServerCase, wait_until

FAST = StepRetry(max_attempts=3, delay=0.05)


class ChangeTests(ServerCase):
    def run_durable(self, body, *args, **settings):
        job = self.durable()(body)
        self.start_worker(**settings)
        return job.delay(*args)

    def test_changed_code_pauses_the_job_and_a_fixed_one_resumes_it(self):
        names = ["before"]

        async def process(flow: Flow):
            await flow.step(names[0], lambda: None)
            await flow.signal("go")
            return "done"

        job = self.run_durable(process)
        wait_until(lambda: job.status == "suspended", "the job waits")
        names[0] = "after"
        job.signal("go")
        wait_until(lambda: job.refresh().raw.get("paused"), "the server pauses the job")
        self.assertEqual(job.record.error["type"], "nondeterministic")
        names[0] = "before"
        job.resume()
        self.assertEqual(job.result(30), "done")

    def test_code_that_ends_before_its_journal_is_paused(self):
        steps = [1, 2]

        async def process(flow: Flow):
            for number in steps:
                await flow.step(f"step {number}", lambda: None)
            if len(steps) == 2:
                await flow.signal("go")

        job = self.run_durable(process)
        wait_until(lambda: job.status == "suspended", "the job waits")
        steps.pop()
        job.signal("go")
        wait_until(lambda: job.refresh().raw.get("paused"), "the server pauses the job")
        self.assertEqual(job.record.error["type"], "nondeterministic")

    def test_versions_keep_the_path_of_old_runs(self):
        has_change = []

        async def process(flow: Flow):
            await flow.step("charge", lambda: None)
            if has_change and flow.version("insure", 1) >= 1:
                await flow.step("insure", lambda: None)
            await flow.signal("go")
            return len(has_change) and flow.version("insure", 1)

        job = self.durable()(process)
        self.start_worker()
        old = job.delay()
        wait_until(lambda: old.status == "suspended", "the job waits")
        has_change.append(True)
        new = job.delay()
        old.signal("go")
        new.signal("go")
        self.assertEqual((old.result(30), new.result(30)), (0, 1))

    def test_await_of_anything_else_fails(self):
        async def process(flow: Flow):
            await asyncio.get_event_loop_policy().new_event_loop().create_future()

        job = self.durable(retries=0)(process)
        self.start_worker()
        with self.assertRaises(longhaul.JobFailed) as caught:
            job.delay().result(30)
        self.assertIn("awaits only its flow", caught.exception.message)

    def test_refused_operation_fails_the_job_after_its_compensations(self):
        undone = []

        async def process(flow: Flow):
            await flow.compensate("undo", undone.append, "undone")
            await flow.call("a kind with spaces")

        with self.assertRaises(longhaul.JobFailed) as caught:
            self.run_durable(process).result(30)
        self.assertEqual((caught.exception.type, undone), ("invalid_request", ["undone"]))

    def test_long_journals_are_read_page_by_page(self):
        async def process(flow: Flow):
            async def item(number, flow):
                return await flow.step("item", lambda: number)

            numbers = await flow.map("items", range(300), item, concurrency=50)
            await flow.sleep(0.05)
            return sum(numbers)

        job = self.run_durable(process)
        self.assertEqual(job.result(60), sum(range(300)))
        self.assertEqual(len([entry for entry in job.journal() if entry["name"] == "item"]), 300)

    def test_progress_and_log(self):
        async def process(flow: Flow):
            flow.log("started")
            flow.progress(10, "waiting")
            await flow.sleep(0.05)
            flow.log("continued")

        job = self.run_durable(process)
        job.result(30)
        self.assertEqual([line.message for line in job.logs()], ["started", "continued"])
        self.assertEqual(job.record.progress, 10)

    def test_restart_and_fork(self):
        ran = []

        async def process(flow: Flow):
            await flow.step("first", ran.append, "first")
            await flow.step("second", ran.append, "second")
            return len(ran)

        job = self.run_durable(process)
        self.assertEqual(job.result(30), 2)
        job.restart("2")
        wait_until(lambda: len(ran) == 3, "the second step runs again")
        self.assertEqual(job.result(30), 3)
        self.assertEqual(job.fork("2").result(30), 4)
        self.assertEqual(ran, ["first", "second", "second", "second"])
