"""Every page offers the actions that fix what it shows."""

import unittest

from selenium.webdriver.common.keys import Keys

from browser import BrowserTest


class DeadLetterTests(BrowserTest):
    def setUp(self):
        super().setUp()
        self.server.submit_many([{"kind": "report.pdf", "max_attempts": 1}] * 5 + [{"kind": "mail.send"}])
        for n, lease in enumerate(self.server.lease(count=6)):
            self.server.fail(lease, "TemplateError", f"cannot render page {n}")

    def count(self, state):
        return self.server.call("GET", "/v1/queues/default")["counts"][state]

    def test_a_group_is_redriven_after_confirmation(self):
        self.open("/dead-letters")
        self.wait(lambda: len(self.find(".group")) == 2, "two groups")
        self.mark()
        self.click("button[aria-label^='Redrive report.pdf']")
        self.see("Redrive 5 dead letters?", "dialog")
        self.click("dialog [type=submit]")
        self.see("5 jobs pending again", "#notices")
        self.wait(lambda: len(self.find(".group")) == 1, "one group")
        self.assertEqual((self.count("pending"), self.count("failed")), (5, 1))
        self.assert_not_reloaded()

    def test_a_single_dead_letter_is_redriven_at_once(self):
        self.open("/dead-letters")
        self.click("button[aria-label^='Redrive mail.send']")
        self.see("1 job pending again", "#notices")
        self.assertEqual((self.count("pending"), self.count("failed")), (1, 5))

    def test_a_group_is_discarded_after_confirmation(self):
        self.open("/dead-letters")
        self.click("button[aria-label^='Discard report.pdf']")
        self.see("Discard 5 dead letters?", "dialog")
        self.assertFalse(self.find("dialog [type=submit]")[0].is_enabled())
        self.find("dialog input")[0].send_keys("discard", Keys.ENTER)
        self.see("5 jobs deleted", "#notices")
        self.click("button[aria-label^='Discard mail.send']")
        self.click("dialog [type=submit]")
        self.see("1 job deleted", "#notices")
        self.see("No dead letters")
        self.assertEqual(self.count("failed"), 0)

    def test_a_dead_letter_is_retried_from_its_page(self):
        job = self.server.call("GET", "/v1/jobs?state=failed&limit=1")["items"][0]["id"]
        self.open(f"/jobs/{job}")
        self.click("button", "Retry")
        self.see("waits for a worker")
        self.assertEqual(self.count("pending"), 1)


class QueueTests(BrowserTest):
    def test_a_queue_is_paused_and_resumed(self):
        self.server.submit("a.b")
        self.open("/queues/default")
        self.click("button", "Pause")
        self.see("paused", "h1")
        self.assertTrue(self.server.call("GET", "/v1/queues/default")["paused"])
        self.click("button", "Resume")
        self.wait(lambda: "paused" not in self.text("h1"), "the end of the pause")

    def test_limits_are_saved_and_errors_shown_at_their_field(self):
        self.server.submit("a.b")
        self.server.call("PUT", "/v1/queues/default", {"max_depth": 10, "max_waiting": 7})
        self.open("/queues/default")
        self.wait(lambda: self.value("max_depth") == "10", "the bound")
        self.enter("max_depth", "25")
        self.click("button", "Save limits")
        self.see("The limits of default are saved", "#notices")
        queue = self.server.call("GET", "/v1/queues/default")
        self.assertEqual((queue["max_depth"], queue["max_waiting"]), (25, 7))
        self.enter("max_depth", "99999999999")
        self.click("button", "Save limits")
        self.wait(lambda: self.find("input[name=max_depth][aria-invalid]"), "the error at its field")
        self.assertTrue(all("400" in entry for entry in self.console_errors()))

    def test_a_rate_limit_and_a_partition_are_saved_and_keep_other_settings(self):
        self.server.submit_many([{"kind": "a.b", "tags": {"customer": f"c{n}"}} for n in range(6)])
        rate = {"jobs": 2, "period_seconds": 3600, "burst": 2}
        self.server.call("PUT", "/v1/queues/default", {"partition_by": "tenant", "rate_limit": rate})
        self.open("/queues/default")
        self.wait(lambda: self.value("rate_jobs") == "2", "the rate limit")
        self.assertEqual(self.value("partition_by"), "tenant")
        self.enter("max_depth", "40")
        self.enter("partition_by", "customer")
        self.click("button", "Save limits")
        self.wait(lambda: self.server.call("GET", "/v1/queues/default")["max_depth"] == 40, "the bound")
        queue = self.server.call("GET", "/v1/queues/default")
        self.assertEqual((queue["partition_by"], queue["rate_limit"]), ("customer", rate))
        self.enter("rate_jobs", "3")
        self.click("button", "Save limits")
        self.wait(lambda: self.server.call("GET", "/v1/queues/default")["rate_limit"]["jobs"] == 3, "the new rate limit")
        # At most the jobs of one period, for any number of requested jobs.
        self.assertLessEqual(len(self.server.lease(count=6)), 3)
        self.see("rate limit reached", ".tiles")
        self.screenshot("queue-throttled")
        self.enter("rate_jobs", "")
        self.click("button", "Save limits")
        self.wait(lambda: self.server.call("GET", "/v1/queues/default")["rate_limit"] is None, "no rate limit")
        self.assertGreaterEqual(len(self.server.lease(count=6)), 3)

    def value(self, name):
        return self.script("return document.querySelector(`input[name=${arguments[0]}]`)?.value", name)

    def enter(self, name, text):
        field = self.find(f"input[name={name}]")[0]
        field.clear()
        field.send_keys(text)


class JobTests(BrowserTest):
    def test_a_job_is_cancelled_and_deleted(self):
        job = self.server.submit("a.b")
        self.server.submit("c.d", depends_on=[job])
        self.open(f"/jobs/{job}")
        self.click("button", "Cancel")
        self.click("dialog [type=submit]")
        self.see("cancelled", "h1")
        self.click("button", "Delete")
        self.see("deleted permanently", "dialog")
        self.click("dialog [type=submit]")
        self.wait(lambda: self.driver.current_url.endswith("/jobs"), "the list")
        self.see("c.d")
        self.assertNotIn("a.b", self.text())

    def test_a_chain_is_drawn_and_its_boxes_are_links(self):
        first = self.server.submit("step.one")
        second = self.server.submit("step.two", depends_on=[first])
        self.open(f"/jobs/{second}")
        self.wait(lambda: len(self.find(".graph a")) == 2, "two jobs in the graph")
        self.script("document.querySelector('.graph a:not([aria-current])').focus()")
        self.driver.switch_to.active_element.send_keys(Keys.ENTER)
        self.wait(lambda: self.driver.current_url.endswith(first), "the page of the first job")


class ScheduleTests(BrowserTest):
    def test_a_schedule_is_run_now_and_paused(self):
        self.server.call("PUT", "/v1/schedules/nightly", {"cron": "0 3 * * *", "job": {"kind": "report.nightly"}})
        self.open("/schedules")
        self.click("button", "Run now")
        self.see("nightly has submitted a job", "#notices")
        self.wait(lambda: self.find("tbody a[href^='/jobs/']"), "the job that ran last")
        self.click("button", "Pause")
        self.see("paused", "tbody")
        self.assertTrue(self.server.call("GET", "/v1/schedules/nightly")["paused"])


if __name__ == "__main__":
    unittest.main()
