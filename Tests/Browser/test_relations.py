"""The counts of the related jobs on a job's page, and the lists of them."""

import unittest

from browser import BrowserTest


class RelationTests(BrowserTest):
    def batch(self, count):
        answer = self.server.call("POST", "/v1/jobs/batch", {
            "jobs": [{"kind": f"video.part.{number}", "queue": "video", "max_attempts": 1} for number in range(count)],
            "parent": {"kind": "video.merge", "queue": "video", "on_dependency_failure": "run"}})
        return answer["parent"]["job"]["id"]

    def test_a_parent_counts_its_children_by_state(self):
        parent = self.batch(24)
        for lease in self.server.lease("video", 18):
            self.server.complete(lease)
        self.server.fail(self.server.lease("video")[0], "CodecError", "frame 12 is damaged")
        self.open(f"/jobs/{parent}")
        self.see("18 of 24 completed", ".relations")
        self.see("1 failed", ".relations")
        self.see("5 pending", ".relations")
        self.check_views("relations")
        self.mark()
        self.server.complete(self.server.lease("video")[0])
        self.see("19 of 24 completed", ".relations")
        self.click(".relations a", "1 failed")
        self.see("CodecError: frame 12 is damaged", "tbody")
        self.assertEqual(len(self.find("tbody tr")), 1)
        self.click(".chip", "failed")
        self.wait(lambda: len(self.find("tbody tr")) == 24, "all children")
        self.check_views("children")
        self.click(".crumbs a", "video.merge")
        self.see("19 of 24 completed", ".relations")
        self.assert_not_reloaded()

    def test_many_children_are_counted_by_state_and_listed_in_pages(self):
        parent = self.server.submit("crawl", queue="many")
        lease = self.server.lease("many")[0]
        self.server.submit_many([{"kind": "page", "queue": "pages", "parent_id": parent} for _ in range(700)])
        self.server.complete(lease)
        for lease in self.server.lease("pages", 40):
            self.server.complete(lease)
        self.open(f"/jobs/{parent}")
        self.see("40 of 700 completed", ".relations")
        box = self.find(".graph [data-id^='children of']")[0]
        self.assertIn("and 692 more", box.text)
        self.assertIn("652 pending, 40 completed", box.get_attribute("aria-label"))
        self.assertEqual(self.script("return arguments[0].getAttribute('href')", box), f"/jobs/{parent}/children")
        self.open(f"/jobs/{parent}/children?state=completed")
        self.wait(lambda: len(self.find("tbody tr")) == 40, "the completed children")
        self.click(".chip", "completed")
        self.wait(lambda: len(self.find("tbody tr")) == 50, "the first page")
        first = self.text("tbody a.mono")
        self.click(".pager button", "Older")
        self.wait(lambda: self.text("tbody a.mono") != first, "the second page")
        self.click(".pager button", "Newer")
        self.wait(lambda: self.text("tbody a.mono") == first, "the first page")

    def test_what_a_job_waits_for_and_what_waits_for_it_are_listed(self):
        jobs = [self.server.submit(f"step.{number}", queue="a", max_attempts=1) for number in range(3)]
        last = self.server.submit("join", queue="b", depends_on=jobs)
        self.server.fail(self.server.lease("a")[0], "DiskFull", "no space left")
        self.open(f"/jobs/{last}/dependencies")
        self.see("DiskFull: no space left", "tbody")
        self.assertEqual(len(self.find("tbody tr")), 3)
        self.click(".chip", "failed")
        self.wait(lambda: len(self.find("tbody tr")) == 1, "the failed dependency")
        self.check_views("dependencies")
        self.open(f"/jobs/{jobs[1]}/dependents")
        self.see("join", "tbody")


if __name__ == "__main__":
    unittest.main()
