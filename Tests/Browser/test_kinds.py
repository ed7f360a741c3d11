"""The pages of a kind and of a worker."""

import unittest

import sample_data
from browser import BrowserTest
from server import ProblemAnswer


class KindTests(BrowserTest):
    def setUp(self):
        super().setUp()
        self.server.submit_many([{"kind": "report/pdf", "max_attempts": 1}] * 12 + [{"kind": "mail.send"}] * 3)
        leases = self.server.lease(count=10, worker="node-1")
        for lease in leases[:3]:
            self.server.fail(lease, "TemplateError", "no such template")
        for lease in leases[3:9]:
            self.server.complete(lease)

    def tile(self, name):
        return self.script(
            "return [...document.querySelectorAll('.tile')].find((tile) => tile.firstChild.innerText === arguments[0])"
            "?.children[1].innerText", name)

    def test_the_page_shows_figures_failures_queues_and_workers(self):
        self.open("/kinds/report%2Fpdf")
        self.wait(lambda: self.tile("Submitted") == "12", "the submitted jobs")
        shown = {name: self.tile(name) for name in ("Pending", "Running", "Failed", "Dead letters")}
        self.assertEqual(shown, {"Pending": "2", "Running": "1", "Failed": "33 %", "Dead letters": "3"})
        self.see("TemplateError: no such template", "table")
        self.assertTrue(self.find("a[href='/queues/default']") and self.find("a[href='/workers/node-1']"))
        # The figures follow the jobs.
        self.server.complete(self.server.lease(worker="node-1")[0])
        self.wait(lambda: self.tile("Pending") == "1", "one pending job less")
        self.click("a", "All failures")
        self.wait(lambda: len(self.find("tbody tr")) == 3, "the failed jobs")

    def test_names_of_kinds_and_workers_are_links(self):
        self.open("/")
        self.click(".list a", "report/pdf")
        self.see("report/pdf", "h1")
        self.click(".list a", "node-1")
        self.see("node-1", "h1")
        self.wait(lambda: self.tile("Recent jobs") == "9", "the recent jobs")
        self.assertEqual(self.script("return document.querySelector('#nav [aria-current]').innerText"), "Workers")

    def test_a_kind_without_jobs(self):
        self.open("/kinds/never.used")
        self.see("There are no jobs of kind never.used")


class WorkerTests(BrowserTest):
    def test_the_page_shows_running_and_recent_jobs(self):
        ids = self.server.submit_many([{"kind": "image.resize", "queue": "images"}] * 4)
        leases = self.server.lease("images", 3, worker="images@node 1", zone="eu", version="2.1")
        self.server.complete(leases[0])
        self.server.fail(leases[1], "Timeout", "no answer")
        self.server.lease("images", worker="another", seconds=600)
        self.open("/workers/images%40node%201")
        for job in ids[:3]:
            self.wait(lambda: self.find(f"tbody a[href='/jobs/{job}']"), "the job of the worker")
        self.assertFalse(self.find(f"tbody a[href='/jobs/{ids[3]}']"))
        for words in ("2.1", "zone: eu", "images", "no heartbeat interval", "Timeout: no answer", "1 with an error"):
            self.see(words)

    def test_a_lost_worker_is_forgotten_on_its_page(self):
        self.server.submit("a.b")
        self.server.lease(worker="lost", seconds=600, heartbeat_seconds=0.2)
        self.open("/workers/lost")
        self.see("late", "h1")
        self.click("button", "Forget")
        self.click("dialog [type=submit]")
        self.see("lost is forgotten", "#notices")
        self.see("No worker was seen in the last day")
        with self.assertRaises(ProblemAnswer):
            self.server.call("DELETE", "/v1/workers/lost")
        self.open("/workers/lost")
        self.see("This worker was not seen in the last day")

    def test_last_seen_stays_in_view_for_a_worker_with_many_jobs(self):
        self.server.submit_many([{"kind": f"kind.{n}", "queue": f"queue-{n % 4}"} for n in range(40)])
        for queue in range(4):
            self.server.lease(f"queue-{queue}", 10, worker="a-worker-with-a-rather-long-name@node-1.example.org", rack="12",
                              region="eu-west-1", version="12.4.1")
        sample_data.mails(self.server)
        self.open("/workers")
        self.wait(lambda: len(self.find("tbody tr")) == 2, "the workers")
        for width in (1440, 1024, 390):
            self.resize(width, 900)
            hidden = self.script("""
                const frame = document.querySelector(".table-frame").getBoundingClientRect();
                return [...document.querySelectorAll("td[data-name='Last seen'] time")]
                  .filter((time) => time.getBoundingClientRect().right > frame.right).length""")
            self.assertEqual(hidden, 0, f"“last seen” is out of view on {width} pixels")


if __name__ == "__main__":
    unittest.main()
