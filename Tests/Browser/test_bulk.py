"""Operations on many jobs: the selection in the list, the counts of a dry run, and the menu of a job."""

import unittest

from selenium.webdriver.common.keys import Keys
from test_search import JobListTest


class SelectionTests(JobListTest):
    def setUp(self):
        super().setUp()
        self.failed = self.server.submit_many([{"kind": "mail.send", "max_attempts": 1}] * 3)
        for lease in self.server.lease(count=3):
            self.server.fail(lease, "SMTPError", "busy")
        self.waiting = self.server.submit_many([{"kind": "report.pdf", "tags": {"customer": "acme"}}] * 4)

    def counts(self):
        """The jobs by state, without the states that have none."""
        return {state: count for state, count in self.server.call("GET", "/v1/queues/default")["counts"].items() if count}

    def select(self, *jobs):
        for job in jobs:
            self.click(f"[aria-label='Select job {job[-12:]}']")

    def buttons(self):
        return [button.text for button in self.find(".selection button")]

    def test_the_buttons_show_the_counts_of_a_dry_run(self):
        self.open("/jobs")
        self.select(*self.failed[:2], self.waiting[0])
        self.see("3 jobs selected", ".selection")
        self.wait(lambda: self.buttons() == ["Retry 2", "Cancel 1", "Delete 2…", "More", "Clear"], "the counts")
        self.assertEqual(self.counts(), {"failed": 3, "pending": 4})
        for scheme in ("dark", "light"):
            self.prefer(scheme)
            self.assertEqual(self.axe(), [], scheme)
            self.screenshot(f"jobs-selected-{scheme}")
        self.mark()
        self.click(".selection button", "Retry 2")
        self.see("2 jobs are pending again", "#notices")
        self.wait(lambda: self.counts() == {"failed": 1, "pending": 6}, "two retries")
        self.wait(lambda: not self.find(".selection"), "no selection")
        self.assert_not_reloaded()

    def test_the_page_is_selected_and_deleted_after_a_question(self):
        self.open("/jobs?state=failed")
        self.click("thead input")
        self.wait(lambda: "Delete 3…" in self.buttons(), "the counts")
        self.click(".selection button", "Delete 3…")
        self.see("Delete 3 jobs?", "dialog")
        self.click("dialog button", "Cancel")
        self.assertEqual(self.counts(), {"failed": 3, "pending": 4})
        self.click(".selection button", "Delete 3…")
        self.click("dialog [type=submit]")
        self.see("3 jobs are deleted", "#notices")
        self.see("No job matches")
        self.assertEqual(self.counts(), {"pending": 4})

    def test_everything_that_matches_the_filter_is_cancelled(self):
        self.server.submit_many([{"kind": "report.pdf", "tags": {"customer": "acme"}}] * 60)
        self.open("/jobs?tag=customer:acme&kind=report.*")
        self.wait(lambda: len(self.rows()) == 50, "a full page")
        self.click("thead input")
        self.see("50 jobs selected", ".selection")
        self.click(".selection button", "Select all that match the filter")
        self.see("All 64 jobs that match selected", ".selection")
        later = self.server.submit("report.pdf", tags={"customer": "acme"})
        self.wait(lambda: "Cancel 64…" in self.buttons(), "the counts")
        # Another client cancels one of the jobs. The question has the count of its moment.
        self.server.call("POST", f"/v1/jobs/{self.waiting[0]}/cancel")
        self.click(".selection button", "Cancel 64…")
        self.see("Cancel 63 jobs?", "dialog")
        self.assertEqual(self.axe(), [])
        self.click("dialog [type=submit]")
        self.see("63 jobs are cancelled", "#notices")
        # A job that was submitted after the selection is not part of it.
        self.assertEqual(self.counts(), {"failed": 3, "cancelled": 64, "pending": 1})
        self.assertEqual(self.server.call("GET", f"/v1/jobs/{later}")["state"], "pending")

    def test_a_row_that_is_unticked_clears_a_selection_of_all_that_match(self):
        self.server.submit_many([{"kind": "report.pdf"}] * 60)
        self.open("/jobs?kind=report.pdf")
        self.wait(lambda: len(self.rows()) == 50, "a full page")
        self.select(self.rows()[0])
        self.click(".selection button", "Select all that match the filter")
        self.see("All 64 jobs that match selected", ".selection")
        self.select(self.rows()[1])
        self.wait(lambda: not self.find(".selection"), "no selection")
        self.assertEqual(self.find("tbody input:checked"), [])

    def test_the_counts_follow_the_states_of_the_selected_jobs(self):
        self.open("/jobs")
        self.select(self.waiting[0])
        self.wait(lambda: self.buttons() == ["Retry 0", "Cancel 1", "Delete 0…", "More", "Clear"], "the counts")
        self.server.complete(self.server.lease(count=1)[0])
        self.wait(lambda: self.buttons() == ["Retry 0", "Cancel 0", "Delete 1…", "More", "Clear"], "the new counts")

    def test_rows_of_another_filter_are_not_selected(self):
        self.open("/jobs")
        self.wait(lambda: len(self.rows()) == 7, "all jobs")
        self.hold("/v1/jobs?state=failed")
        self.click(".chip", "failed")
        self.wait_for_held()
        self.select(self.waiting[0])
        self.see("1 job selected", ".selection")
        self.release()
        self.wait(lambda: set(self.rows()) == set(self.failed), "the failed jobs")
        self.assertEqual(self.find(".selection"), [])

    def test_the_list_is_shown_again_after_an_error(self):
        self.open("/jobs")
        self.select(self.waiting[0])
        self.hold("/v1/jobs?", status=503)
        self.wait_for_held()
        # The next read waits, so that the error stays.
        self.hold("/v1/jobs?")
        self.release()
        self.see("The server answered 503")
        self.wait_for_held()
        self.release()
        self.wait(lambda: len(self.rows()) == 7, "all jobs")
        self.see("1 job selected", ".selection")

    def test_a_closed_page_is_not_drawn_over_the_next_page(self):
        self.open("/jobs")
        self.hold("/v1/jobs/retry")
        self.select(self.waiting[0])
        self.wait_for_held()
        self.click("#nav a", "Workers")
        self.see("Workers", "h1")
        self.release()
        self.assertEqual([heading.text for heading in self.find("h1")], ["Workers"])

    def test_a_dialog_closes_with_its_page(self):
        self.open("/workers")
        self.click("#nav a", "Jobs")
        self.select(self.failed[0])
        self.click(".selection button", "Delete 1…")
        self.see("Delete 1 job?", "dialog")
        self.driver.back()
        self.see("Workers", "h1")
        self.wait(lambda: not self.find("dialog"), "the end of the dialog")

    def test_an_operation_is_performed_on_the_jobs_of_the_question(self):
        self.open("/jobs")
        self.click(".chip", "failed")
        self.wait(lambda: len(self.rows()) == 3, "the failed jobs")
        self.select(self.failed[0])
        self.click(".selection button", "Delete 1…")
        self.see("Delete 1 job?", "dialog")
        # The page shows another filter, and its selection is empty.
        self.driver.back()
        self.wait(lambda: len(self.rows()) == 7, "all jobs")
        self.click("dialog [type=submit]")
        self.see("1 job is deleted", "#notices")
        self.assertEqual(self.counts(), {"failed": 2, "pending": 4})

    def test_a_selected_row_stays_in_its_place(self):
        self.open("/jobs")
        self.select(self.waiting[-1])
        before = self.rows()
        newer = self.server.submit("later.one")
        lease = self.server.lease(count=1)[0]
        self.wait(lambda: "processing" in self.text("tbody"), "the new state of a job")
        self.assertEqual(self.rows(), before)
        self.server.complete(lease)
        self.click(".selection button", "Clear")
        self.wait(lambda: self.rows()[0] == newer, "the new job")

    def test_the_menu_of_a_job_works_with_the_keyboard(self):
        self.open("/jobs?state=failed")
        button = f"[aria-label='Actions for job {self.failed[0][-12:]}']"
        self.click(button)
        self.see("Run a copy…", ".menu")
        self.assertEqual(self.axe(), [])
        focused = self.driver.switch_to.active_element
        self.assertEqual((focused.get_attribute("role"), focused.text), ("menuitem", "Retry"))
        focused.send_keys(Keys.ESCAPE)
        self.wait(lambda: not self.find(".menu"), "no menu")
        self.assertEqual(self.driver.switch_to.active_element.get_attribute("aria-label"), f"Actions for job {self.failed[0][-12:]}")
        self.driver.switch_to.active_element.send_keys(Keys.ENTER)
        self.see("Retry", ".menu")
        self.driver.switch_to.active_element.send_keys(Keys.END)
        self.assertEqual(self.driver.switch_to.active_element.text, "Delete…")
        self.driver.switch_to.active_element.send_keys(Keys.ENTER)
        self.click("dialog [type=submit]")
        self.see("The job is deleted", "#notices")
        self.wait(lambda: len(self.rows()) == 2, "two jobs")


class ManyJobsTests(JobListTest):
    def test_one_operation_changes_at_most_ten_thousand_jobs(self):
        oldest = self.server.submit_many([{"kind": "a.b"}] * 10_003)[:3]
        self.open("/jobs?state=pending")
        self.see("10,003 jobs", ".hits")
        self.click("thead input")
        self.click(".selection button", "Select all that match the filter")
        self.see("All jobs that match, more than 10,000 jobs, selected", ".selection")
        self.click(".selection button", "Cancel 10,000…")
        self.see("Cancel the newest 10,000 jobs?", "dialog")
        self.click("dialog [type=submit]")
        self.see("10,000 jobs are cancelled", "#notices")
        self.see("More jobs match: repeat the operation for them.", "#notices")
        self.wait(lambda: set(self.rows()) == set(oldest), "the oldest jobs")
        self.see("3 jobs", ".hits")


class WaitingJobTests(JobListTest):
    def setUp(self):
        super().setUp()
        self.jobs = self.server.submit_many([{"kind": "mail.send", "delay_seconds": 3600}] * 2)

    def test_jobs_are_run_now(self):
        self.open("/jobs")
        self.click("thead input")
        self.click(".selection button", "More")
        self.click(".menu button", "Run now")
        self.see("2 jobs are due now", "#notices")
        self.wait(lambda: self.server.call("GET", "/v1/queues/default")["counts"]["pending"] == 2, "two pending jobs")

    def test_a_job_is_run_now_from_its_page(self):
        self.open(f"/jobs/{self.jobs[0]}")
        self.click("button", "Run now")
        self.see("pending", "h1")
        self.wait(lambda: "Run now" not in self.text("main"), "no button")

    def test_the_priority_is_changed_in_the_list_and_on_the_page(self):
        priority = lambda job: self.server.call("GET", f"/v1/jobs/{job}")["priority"]
        self.open("/jobs")
        self.click("thead input")
        self.click(".selection button", "More")
        self.click(".menu button", "Change priority…")
        self.find("dialog input")[0].send_keys(Keys.BACKSPACE, "8", Keys.ENTER)
        self.see("2 jobs have priority 8", "#notices")
        self.assertEqual([priority(job) for job in self.jobs], [8, 8])
        self.open(f"/jobs/{self.jobs[0]}")
        self.click("[aria-label='More actions']")
        self.click(".menu button", "Change priority…")
        self.find("dialog input")[0].send_keys(Keys.BACKSPACE, "3", Keys.ENTER)
        self.see("1 job has priority 3", "#notices")
        self.assertEqual(priority(self.jobs[0]), 3)


if __name__ == "__main__":
    unittest.main()
