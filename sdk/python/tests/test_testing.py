"""The server in memory: eager mode, fakes and replays. No server runs."""

import asyncio
import logging
import unittest

import longhaul
from longhaul import Flow, Longhaul, PermanentError, Retry, Unique, current_job
from longhaul.testing import ReplayDifference, crash_everywhere, fake, replay


class Case(unittest.TestCase):
    def setUp(self):
        self.app = Longhaul("http://127.0.0.1:1", retry_seconds=0)


class EagerTests(Case):
    def test_jobs_run_at_their_submission(self):
        @self.app.job()
        def add(a, b=1):
            logging.getLogger("eager").warning("adding")
            current_job().progress(50, "half")
            current_job().upload("sum.txt", str(a + b).encode(), "text/plain")
            return a + b

        @self.app.job()
        async def add_async(a, b):
            await asyncio.sleep(0)
            return a + b

        async def scenario():
            return await (await add_async.delay_async(3, 4)).result_async()

        with self.app.eager() as server:
            job = add.delay(1)
            self.assertEqual(job.record.state, "completed")
            self.assertEqual(job.result(), 2)
            self.assertEqual(job.refresh().progress, 50)
            self.assertEqual(job.artifacts.read("sum.txt"), b"2")
            self.assertEqual([line.message for line in job.logs()], ["adding"])
            self.assertEqual([event.state for event in job.events()], ["pending", "processing", "completed"])
            self.assertEqual(add_async.delay(1, 2).result(), 3)
            self.assertEqual(asyncio.run(scenario()), 7)
            self.assertEqual(len(server.submitted("add_async")), 2)
        with self.assertRaises(longhaul.ServerUnreachable):
            add.delay(1)

    def test_retries_delays_and_failures_do_not_wait(self):
        attempts = []

        @self.app.job(retries=2)
        def flaky():
            attempts.append(1)
            if len(attempts) == 1:
                raise Retry("later", retry_after=3600)
            if len(attempts) < 3:
                raise OSError("not yet")

        @self.app.job()
        def declined():
            raise PermanentError("no", type="declined")

        with self.app.eager():
            flaky.with_options(delay=86400).delay().result()
            self.assertEqual(len(attempts), 3)
            with self.assertRaises(longhaul.JobFailed) as caught:
                declined.delay().result()
            self.assertEqual(caught.exception.type, "declined")
            self.assertEqual(len(list(self.app.jobs.dead_letters())), 1)

    def test_batches_chains_and_next_jobs(self):
        @self.app.job()
        def double(number):
            return 2 * number + sum(current_job().results)

        @self.app.job()
        def total():
            current_job().then(double.new(100))
            return sum(current_job().results)

        with self.app.eager() as server:
            batch = self.app.submit_batch([double.new(1), double.new(2)], parent=total.new())
            self.assertEqual((batch.results(), batch.parent.result()), ([2, 4], 6))
            self.assertEqual(self.app.chain(double.new(1), double.new(2)).results(), [2, 6])
            self.assertEqual(server.submitted("double")[2].payload, {"number": 100})

    def test_checkpoints_keys_and_schedules(self):
        runs = []

        @self.app.job(retries=1)
        def build():
            value = current_job().checkpoint("download", lambda: runs.append(1) or 5)
            if current_job().attempt == 1:
                raise OSError("crash")
            return value

        with self.app.eager():
            self.assertEqual(build.delay().result(), 5)
            self.assertEqual(len(runs), 1)
            first = build.with_options(idempotency_key="k").delay()
            self.assertEqual(build.with_options(idempotency_key="k").delay().id, first.id)
            rule = Unique(by=["kind"], while_active=True)
            unique = build.with_options(unique=rule).delay()
            self.assertNotEqual(build.with_options(unique=rule).delay().id, unique.id)
            self.app.schedules.set("nightly", "0 3 * * *", build.new())
            self.assertEqual(self.app.schedules.run("nightly").result(), 5)
            self.assertEqual([entry["name"] for entry in self.app.schedules.list()], ["nightly"])

    def test_durable_jobs_skip_their_timers(self):
        undone = []

        @self.app.job()
        def double(number):
            return 2 * number

        @self.app.durable()
        async def order(flow: Flow, number: int):
            await flow.compensate("undo", undone.append, "undone")
            charged = await flow.step("charge", lambda: number)
            await flow.sleep(30 * 86400)
            child = await flow.call(double.new(charged))
            approval = await flow.signal("approved", within=86400, default={"approved": False})
            if not approval["approved"]:
                raise PermanentError("rejected", type="rejected")
            return child

        with fake(self.app) as server:
            job = order.delay(4)
            self.assertEqual(job.status, "pending")
            server.run()
            self.assertEqual(job.status, "suspended")
            server.advance(30 * 86400 + 1)
            job.signal("approved", {"approved": True})
            server.run()
            self.assertEqual(job.result(), 8)
        with self.app.eager():
            with self.assertRaises(longhaul.JobFailed) as caught:
                order.delay(4).result()
            self.assertEqual((caught.exception.type, undone), ("rejected", ["undone"]))

    def test_cancelled_durable_job_runs_its_compensations(self):
        undone = []

        @self.app.durable()
        async def order(flow: Flow):
            await flow.compensate("undo", undone.append, "undone")
            await flow.signal("never")

        with self.app.eager():
            job = order.delay()
            self.assertEqual(job.status, "suspended")
            job.cancel()
            self.assertEqual((job.status, undone), ("cancelled", ["undone"]))


class FakeTests(Case):
    def test_jobs_wait_until_the_test_runs_them(self):
        @self.app.job(queue="mail", tags={"type": "welcome"})
        def welcome(user):
            return user

        with fake(self.app) as server:
            job = welcome.delay("ada")
            later = welcome.with_options(delay=60).delay("bob")
            self.assertEqual(
                [entry.payload for entry in server.submitted("welcome")], [{"user": "ada"}, {"user": "bob"}]
            )
            self.assertEqual(
                [entry.state for entry in self.app.jobs.list(queue="mail", tags={"type": "welcome"})],
                ["scheduled", "pending"],
            )
            self.assertEqual(server.run(), 1)
            self.assertEqual((job.result(), later.status), ("ada", "scheduled"))
            self.assertEqual(server.advance(59), 0)
            self.assertEqual(server.advance(1), 1)
            self.assertEqual(later.result(), "bob")

    def test_jobs_of_other_programs_stay_pending(self):
        with self.app.eager():
            job = self.app.submit("another.program", {"a": 1})
            self.assertEqual(job.status, "pending")
            with self.assertRaises(longhaul.NotFound):
                self.app.jobs.get("unknown")
            job.cancel()
            with self.assertRaises(longhaul.Conflict):
                job.cancel()
            self.assertEqual(job.retry().state, "pending")

    def test_dependencies(self):
        with fake(self.app):
            first = self.app.submit("a")
            second = self.app.submit("b", depends_on=[first])
            self.assertEqual(second.status, "blocked")
            first.cancel()
            self.assertEqual(second.status, "cancelled")


class CrashTests(Case):
    def test_job_survives_a_crash_at_each_point(self):
        charged = set()

        @self.app.job()
        def notify(id):
            current_job().checkpoint("sent", lambda: charged.add(f"mail {id}"))

        @self.app.durable()
        async def order(flow: Flow, id: int):
            await flow.step("charge", charged.add, f"order {id}")
            await flow.sleep(60)
            await flow.call(notify.new(id))
            await flow.group("both", lambda flow: flow.step("a", lambda: 1), lambda flow: flow.step("b", lambda: 2))
            return "done"

        def scenario(server):
            charged.clear()
            self.assertEqual(order.delay(7).result(), "done")
            self.assertEqual(charged, {"order 7", "mail 7"})

        runs = crash_everywhere(self.app, scenario)
        self.assertGreater(runs, 20)


class ReplayTests(Case):
    def test_stored_journal_fits_the_code_or_shows_the_difference(self):
        steps = ["charge", "ship"]

        @self.app.durable()
        async def order(flow: Flow, number: int):
            for name in steps:
                await flow.step(name, lambda: number)
            await flow.sleep(10)

        with self.app.eager():
            job = order.delay(1)
            journal = job.journal()
        replay(order, {"number": 1}, journal)
        replay(order, {"number": 1}, journal[:1])
        steps.reverse()
        with self.assertRaises(ReplayDifference) as caught:
            replay(order, {"number": 1}, journal)
        self.assertIn(
            'the journal has the step "charge" at 1, and the code asks for the step "ship"', str(caught.exception)
        )
