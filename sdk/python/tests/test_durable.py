"""Durable jobs against a server."""

import asyncio
import datetime as dt
import threading
import time

import longhaul
from longhaul import Flow, PermanentError, Retry, StepRetry, current_job, current_step

from .support import ServerCase, wait_until

FAST = StepRetry(max_attempts=3, delay=0.05)


class FlowTests(ServerCase):
    def run_durable(self, body, *args, **settings):
        job = self.durable()(body)
        self.start_worker(**settings)
        return job.delay(*args)

    def test_steps_run_once_in_threads_and_coroutines(self):
        ran = []

        def charge(amount):
            ran.append((amount, threading.current_thread() is threading.main_thread()))
            return {"key": current_step().key}

        async def ship(*, to):
            await asyncio.sleep(0.01)
            ran.append((to, current_job().id))
            return current_step().attempt

        @self.job()
        async def count(text):
            return len(text)

        async def process(flow: Flow, amount: int):
            self.assertEqual(await flow.step("count", count, "text"), 4)
            first = await flow.step("charge", charge, amount)
            await flow.sleep(0.05)
            second = await flow.step("ship", ship, to="Paris")
            await flow.sleep_until(flow.now() + dt.timedelta(seconds=0.05))
            return [first["key"], second]

        job = self.run_durable(process, 900)
        self.assertEqual(job.result(30), [f"{job.id}/2", 1])
        self.assertEqual(ran, [(900, False), ("Paris", job.id)])

    def test_steps_are_retried_and_time_out(self):
        attempts = []

        def flaky():
            attempts.append(current_step().attempt)
            if len(attempts) < 3:
                raise OSError("not yet")
            return "done"

        def slow():
            time.sleep(0.01)
            while True:
                time.sleep(0.01)

        async def slow_coroutine():
            await asyncio.sleep(60)

        def declined():
            raise PermanentError("no", type="declined")

        def later():
            raise Retry("again", retry_after=0)

        async def process(flow: Flow):
            results = [await flow.step("flaky", flaky, retry=FAST)]
            for work in (slow, slow_coroutine, declined, later):
                try:
                    await flow.step(work.__name__, work, timeout=0.1, retry=StepRetry(max_attempts=2, delay=0.01))
                except longhaul.StepFailed as failure:
                    results.append([failure.name, failure.error["type"]])
            return results

        self.assertEqual(
            self.run_durable(process).result(30),
            [
                "done",
                ["slow", "TimeoutError"],
                ["slow_coroutine", "TimeoutError"],
                ["declined", "declined"],
                ["later", "Retry"],
            ],
        )
        self.assertEqual(attempts, [1, 2, 3])

    def test_signals_and_their_tokens(self):
        async def process(flow: Flow):
            none = await flow.signal("never", within=0.05, default=None)
            try:
                await flow.signal("never", within=0.05)
            except longhaul.SignalTimeout as error:
                none = [none, str(error)]
            early = await flow.signal("early")
            pending = await flow.open_signal("approved", within=60)
            await flow.step("send link", flow_links.append, pending.token)
            return [none, early, await pending.value()]

        flow_links = []
        job = self.run_durable(process)
        job.signal("early", {"n": 1}, idempotency_key="once")
        job.signal("early", {"n": 1}, idempotency_key="once")
        wait_until(lambda: flow_links, "the link is sent")
        self.app.signal_token(flow_links[0], {"approved": True})
        self.assertEqual(
            job.result(30), [[None, 'the signal "never" did not come in time'], {"n": 1}, {"approved": True}]
        )

    def test_child_jobs(self):
        @self.job()
        def double(number):
            return 2 * number

        @self.job(retries=0)
        def bad():
            raise ValueError("broken")

        @self.durable()
        async def inner(flow: Flow, number: int):
            return await flow.call(double.new(number))

        async def process(flow: Flow):
            try:
                await flow.call(bad.new())
            except longhaul.ChildFailed as failure:
                error = [failure.kind, failure.error["type"], failure.job_id is not None]
            return [await flow.call(inner.new(4)), await flow.call(double.with_options(priority=9).new(5)), error]

        self.assertEqual(self.run_durable(process).result(30), [8, 10, [bad.kind, "ValueError", True]])

    def test_group_map_and_race(self):
        cancelled = threading.Event()

        def endless():
            try:
                while True:
                    time.sleep(0.01)
            except longhaul.Cancelled:
                cancelled.set()
                raise

        async def process(flow: Flow):
            async def first(flow):
                return await flow.step("first", lambda: 1)

            async def second(flow):
                await flow.sleep(0.05)
                return 2

            async def item(number, flow):
                await flow.sleep(0.02 * (3 - number))
                return await flow.step("square", lambda: number * number)

            async def never(flow):
                return await flow.step("endless", endless)

            group = await flow.group("both", first, second)
            squares = await flow.map("squares", range(4), item, concurrency=2)
            winner = await flow.race("fastest", never, second, first)
            nested = await flow.race(
                "outer", lambda flow: flow.race("inner", second, never), lambda flow: flow.signal("no")
            )
            return [group, squares, winner, nested]

        job = self.run_durable(process)
        self.assertEqual(job.result(30), [[1, 2], [0, 1, 4, 9], 1, 2])
        self.assertTrue(cancelled.wait(30))
        journal = {entry["name"]: entry for entry in job.journal()}
        self.assertEqual(journal["endless"]["error"]["type"], "step_cancelled")
        self.assertEqual(journal["no"]["status"], "cancelled")

    def test_error_in_a_map_cancels_the_others(self):
        async def process(flow: Flow):
            async def item(number, flow):
                if number == 1:
                    return await flow.step("bad", self._fail, retry=StepRetry(max_attempts=1))
                await flow.signal("never")

            try:
                await flow.map("items", range(3), item)
            except longhaul.StepFailed as failure:
                return failure.error["message"]

        job = self.run_durable(process)
        self.assertEqual(job.result(30), "broken")
        states = [entry["status"] for entry in job.journal() if entry["type"] == "signal"]
        self.assertEqual(states, ["cancelled", "cancelled"])

    @staticmethod
    def _fail():
        raise ValueError("broken")

    def test_compensations_run_in_reverse_order_when_the_job_fails(self):
        undone = []

        async def process(flow: Flow):
            await flow.step("create", lambda: None)
            await flow.compensate("delete", undone.append, "delete")
            await flow.compensate("notify", undone.append, "notify")
            await flow.sleep(0.05)
            await flow.step("fail", self._fail, retry=StepRetry(max_attempts=1))

        with self.assertRaises(longhaul.JobFailed) as caught:
            self.run_durable(process).result(30)
        self.assertEqual(caught.exception.type, "ValueError")
        self.assertEqual(undone, ["notify", "delete"])

    def test_failed_compensation_is_reported(self):
        async def process(flow: Flow):
            await flow.compensate("undo", self._fail, retry=StepRetry(max_attempts=1))
            raise PermanentError("no", type="declined")

        with self.assertRaises(longhaul.JobFailed) as caught:
            self.run_durable(process).result(30)
        self.assertEqual(caught.exception.type, "compensation_failed")
        self.assertIn("undo: broken", caught.exception.message)

    def test_compensations_run_when_the_job_is_cancelled(self):
        undone = []

        async def process(flow: Flow):
            await flow.compensate("undo", undone.append, "undone")
            try:
                await flow.signal("never")
            except asyncio.CancelledError:
                undone.append("cancelled")
                raise

        job = self.run_durable(process)
        wait_until(lambda: job.status == "suspended", "the job waits")
        job.cancel()
        with self.assertRaises(longhaul.JobCancelled):
            job.result(30)
        self.assertEqual(undone, ["cancelled", "undone"])

    def test_other_errors_are_retried(self):
        ran = []

        async def process(flow: Flow):
            await flow.step("once", ran.append, "step")
            ran.append("body")
            if ran.count("body") < 3:
                raise OSError("a fault of the code")
            return "done"

        job = self.durable(backoff=longhaul.RetryBackoff(initial=0.05, jitter=0))(process)
        self.start_worker()
        self.assertEqual(job.delay().result(30), "done")
        self.assertEqual(ran, ["step", "body", "body", "body"])

    def test_recorded_values_are_the_same_at_each_replay(self):
        seen = []

        async def process(flow: Flow):
            values = [
                str(flow.now()),
                flow.random(),
                flow.randint(1, 10**9),
                str(flow.uuid()),
                flow.record("setting", time.time),
            ]
            seen.append(values)
            await flow.sleep(0.05)
            return values

        self.assertEqual(self.run_durable(process).result(30), seen[0])
        self.assertEqual(seen[0], seen[1])

    def test_continue_as_new_begins_again(self):
        async def process(flow: Flow, number: int = 0):
            await flow.step("work", lambda: number)
            await flow.sleep(0.02)
            if number < 3:
                await flow.continue_as_new(number=number + 1)
            return number

        job = self.run_durable(process)
        self.assertEqual(job.result(30), 3)
        self.assertEqual(len(job.journal()), 2)
