"""Names that change with every job, and complete lists: nothing grows without bound, and every answer has a bound."""

import unittest
import urllib.parse

import harness
from stores import EachStore


def ok(answer, status=200):
    """Returns the answer, which must have this status."""
    assert answer.status == status, answer
    return answer


def pages(server, path, limit):
    """Returns the items of all pages of a list, and the number of pages."""
    items, cursor, count = [], None, 0
    while True:
        mark = "&" if "?" in path else "?"
        place = f"&cursor={urllib.parse.quote(cursor)}" if cursor else ""
        answer = ok(server.call("GET", f"{path}{mark}limit={limit}{place}"), 200)
        page = answer.json
        assert len(page["items"]) <= limit, (path, len(page["items"]))
        assert len(answer.body) <= 4 << 20, (path, len(answer.body))
        items += page["items"]
        count += 1
        cursor = page["next_cursor"]
        if cursor is None:
            return items, count


class Lists(EachStore):
    def test_every_list_comes_in_pages(self):
        with harness.Server() as server:
            jobs = [{"kind": f"k{n}", "queue": f"q{n:03}"} for n in range(60)]
            server.call("POST", "/v1/jobs/batch", {"jobs": jobs})
            for number in range(12):
                server.call("POST", "/v1/leases", {"worker": {"id": f"w{number}", "name": f"w{number}"}, "queues": ["x"]})
            queues, count = pages(server, "/v1/queues", 25)
            self.assertEqual([each["name"] for each in queues], [job["queue"] for job in jobs])
            self.assertEqual(count, 3)
            self.assertEqual(len(server.call("GET", "/v1/queues").json["items"]), 50)
            workers, count = pages(server, "/v1/workers", 5)
            self.assertEqual({each["id"] for each in workers}, {f"w{n}" for n in range(12)})
            self.assertEqual((len(workers), count), (12, 3))
            samples, count = pages(server, "/v1/history", 25)
            self.assertEqual([each["queue"] for each in samples][:60], [job["queue"] for job in jobs])
            self.assertGreaterEqual(count, 3)
            for path in ("/v1/queues", "/v1/workers", "/v1/history", "/v1/schedules", "/v1/jobs"):
                for query in ("limit=0", "limit=501", "cursor=nonsense"):
                    self.assertEqual(server.call("GET", f"{path}?{query}").status, 400, f"{path}?{query}")

    def test_a_page_ends_at_four_mebibytes(self):
        for store in self.stores():
            with self.subTest(store=store or "sqlite"), harness.Server(store=store) as server:
                payload = "x" * 250_000
                for _ in range(2):
                    ok(server.call("POST", "/v1/jobs/batch", {"jobs": [{"kind": "big", "payload": payload}] * 14}), 202)
                jobs, count = pages(server, "/v1/jobs", 500)
                self.assertEqual((len(jobs), {len(job["payload"]) for job in jobs}), (28, {250_000}))
                self.assertGreaterEqual(count, 2)
                self.assertEqual(len({job["id"] for job in jobs}), 28)
                summary = ok(server.call("GET", "/v1/jobs?limit=500&fields=summary"), 200)
                self.assertEqual(len(summary.json["items"]), 28)
                self.assertLess(len(summary.body), 100_000)
                left_out = {"payload", "result", "artifacts", "attempts"}
                self.assertFalse(left_out & set(summary.json["items"][0]))
                self.assertEqual(server.call("GET", "/v1/jobs?fields=nonsense").status, 400)

    def test_a_long_list_is_not_held_in_memory(self):
        with harness.Server() as server:
            payload = "x" * 250_000
            for _ in range(16):
                ok(server.call("POST", "/v1/jobs/batch", {"jobs": [{"kind": "big", "payload": payload}] * 14}), 202)
            before = server.memory_mib()
            for _ in range(5):
                ok(server.call("GET", "/v1/jobs?limit=500"), 200)
            self.assertLess(server.memory_mib() - before, 60)


class Queues(EachStore):
    def test_the_number_of_queues_is_bounded(self):
        with harness.Server("--max-queues=5") as server:
            for number in range(5):
                server.submit(queue=f"q{number}")
            answer = server.call("POST", "/v1/jobs", {"kind": "k", "queue": "one-more"})
            self.assertEqual((answer.status, answer.code), (503, "system_busy"))
            self.assertIn("5 queues", answer.json["detail"])
            self.assertEqual(server.call("PUT", "/v1/queues/one-more", {}).status, 503)
            server.submit(queue="q3")
            self.assertEqual(server.metric("longhaul_queues"), 5)
            ok(server.call("DELETE", "/v1/queues/q0?purge=true"), 204)

    def test_a_queue_is_deleted_and_purged(self):
        for store in self.stores():
            with self.subTest(store=store or "sqlite"), harness.Server(store=store) as server:
                self.assertEqual(server.call("DELETE", "/v1/queues/none").status, 404)
                jobs = [server.submit(queue="old") for _ in range(3)]
                answer = server.call("DELETE", "/v1/queues/old")
                self.assertEqual((answer.status, answer.code), (409, "conflict"))
                lease = server.lease("old")[0]
                answer = server.call("DELETE", "/v1/queues/old?purge=true")
                self.assertEqual((answer.status, answer.code), (409, "conflict"))
                ok(server.call("POST", f"/v1/leases/{lease['token']}/complete", {"result": None}), 200)
                ok(server.call("DELETE", "/v1/queues/old?purge=true"), 204)
                self.assertEqual(server.call("GET", "/v1/queues/old").status, 404)
                self.assertEqual(server.call("GET", "/v1/queues").json["items"], [])
                states = sorted(server.job(job["id"])["state"] for job in jobs)
                self.assertEqual(states, ["cancelled", "cancelled", "completed"])
                server.submit(queue="old")
                self.assertEqual(ok(server.call("GET", "/v1/queues/old"), 200).json["depth"], 1)

    def test_unused_queues_are_removed(self):
        for store in self.stores():
            options = ["--queue-retention-seconds=1", "--retention-cancelled=0"]
            with self.subTest(store=store or "sqlite"), harness.Server(*options, store=store) as server:
                ok(server.call("PUT", "/v1/queues/limited", {"max_depth": 5}), 200)
                schedule = {"cron": "0 3 1 1 *", "job": {"kind": "k", "queue": "scheduled"}}
                ok(server.call("PUT", "/v1/schedules/yearly", schedule), 200)
                for queue in ("gone", "scheduled", "filled"):
                    job = server.submit(queue=queue)
                    if queue != "filled":
                        ok(server.call("POST", f"/v1/jobs/{job['id']}/cancel"), 200)

                def names():
                    return [each["name"] for each in server.call("GET", "/v1/queues").json["items"]]

                harness.eventually(lambda: names() == ["filled", "limited", "scheduled"], "gone is forgotten")
                server.submit(queue="gone")
                self.assertEqual(ok(server.call("GET", "/v1/queues/gone"), 200).json["depth"], 1)

    def test_a_mistyped_queue_does_not_scale_to_zero(self):
        with harness.Server() as server:
            answer = server.call("GET", "/v1/scale?queue=typo")
            self.assertEqual((answer.status, answer.code), (404, "not_found"))
            server.submit(queue="real")
            self.assertEqual(ok(server.call("GET", "/v1/scale?queue=real"), 200).json["desired_workers"], 1)


class Metrics(EachStore):
    def test_a_scrape_stays_small_with_any_names(self):
        with harness.Server() as server:
            for start in range(0, 2000, 500):
                jobs = [{"kind": f"order.{n}", "queue": f"tenant-{n}-orders"} for n in range(start, start + 500)]
                ok(server.call("POST", "/v1/jobs/batch", {"jobs": jobs}), 202)
            # The deepest queue has its own label, also if it is created late.
            ok(server.call("POST", "/v1/jobs/batch", {"jobs": [{"kind": "k", "queue": "zz-late"}] * 30}), 202)
            scrape = ok(server.call("GET", "/metrics"), 200)
            self.assertLess(len(scrape.body), 500_000)
            self.assertEqual(server.metric("longhaul_queue_depth", queue="zz-late"), 30)
            depths = [line for line in scrape.body.decode().splitlines() if line.startswith("longhaul_queue_depth{")]
            self.assertEqual(sum(float(line.rsplit(" ", 1)[1]) for line in depths), 2030)


class Lanes(EachStore):
    def test_lanes_of_postgres_fall_back(self):
        url = self.postgres.url()
        with harness.Server("--retention-cancelled=0", store=url + "?longhaul_lane_seconds=1") as server:
            for round_number in range(3):
                jobs = [{"kind": f"k{round_number}.{n}", "queue": f"q{n % 7}"} for n in range(200)]
                answer = ok(server.call("POST", "/v1/jobs/batch", {"jobs": jobs}), 202)
                for entry in answer.json["jobs"]:
                    ok(server.call("POST", f"/v1/jobs/{entry['job']['id']}/cancel"), 200)

            def lanes():
                return int(self.postgres.sql(url, "SELECT count(*) FROM longhaul.lanes"))

            harness.eventually(lambda: lanes() == 0, "no lanes are left")
            job = server.submit(kind="k0.0", queue="q0")
            self.assertEqual(server.lease("q0")[0]["job"]["id"], job["id"])


if __name__ == "__main__":
    unittest.main()
