"""Finding jobs among thousands."""

import unittest

from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from browser import BrowserTest


class ListTests(BrowserTest):
    def setUp(self):
        super().setUp()
        self.server.submit_many(
            [{"kind": "mail.send", "queue": "mail", "tags": {"customer": "acme"}}] * 2500
            + [{"kind": "image.resize", "queue": "images"}] * 2500)

    def shown(self):
        """The addresses of the jobs in the list, newest first."""
        return self.script(
            "return [...document.querySelectorAll('tbody a[href^=\"/jobs/\"]')].map((a) => a.getAttribute('href'))")

    def kinds(self):
        return set(self.script("return [...document.querySelectorAll('tbody .kind')].map((e) => e.innerText)"))

    def open_page(self, button):
        """Opens another page of the list; returns the shown jobs."""
        before = self.shown()
        self.click(".pager button", button)
        self.wait(lambda: self.shown() and self.shown() != before, f"another page after {button}")
        return self.shown()

    def test_pages_show_each_job_once_and_go_back(self):
        self.open("/jobs")
        self.wait(lambda: len(self.shown()) == 50, "a full page")
        pages = [self.shown()]
        for _ in range(3):
            pages.append(self.open_page("Older"))
        self.assertEqual(len({job for page in pages for job in page}), 200)
        self.assertEqual(self.open_page("Newer"), pages[2])
        # The URL contains the page: it is the same after a reload, and the browser's back button works.
        self.driver.refresh()
        self.wait(lambda: self.shown() == pages[2], "the same page after a reload")
        self.driver.back()
        self.wait(lambda: self.shown() == pages[3], "the page before")
        self.assertEqual(self.open_page("Newest"), pages[0])

    def test_a_filter_by_state_and_queue(self):
        for lease in self.server.lease("mail", 3):
            self.server.complete(lease)
        self.open("/jobs")
        self.click(".chip", "completed")
        self.wait(lambda: len(self.shown()) == 3, "three completed jobs")
        self.assertEqual(self.kinds(), {"mail.send"})
        self.click(".chip", "pending")
        self.wait(lambda: len(self.shown()) == 50, "completed and pending ones")
        Select(self.find("select[name=queue]")[0]).select_by_value("images")
        self.wait(lambda: self.kinds() == {"image.resize"}, "jobs of one queue")
        self.assertIn("state=completed", self.driver.current_url)
        self.click(".clear")
        self.wait(lambda: "state" not in self.driver.current_url, "no filter")

    def test_a_search_by_kind_tag_and_identifier(self):
        self.open("/jobs")
        self.wait(lambda: len(self.shown()) == 50, "a full page")
        self.search("mail.send")
        self.wait(lambda: self.kinds() == {"mail.send"}, "jobs of one kind")
        job = self.shown()[7]
        self.search("customer:acme")
        self.wait(lambda: "tag=customer" in self.driver.current_url and self.kinds() == {"mail.send"},
                  "jobs of one tag")
        self.search("customer:unknown")
        self.see("No job matches")
        self.search(job.split("/")[-1])
        self.wait(lambda: self.driver.current_url.endswith(job), "the page of the job")

    def search(self, words):
        field = self.find("[data-search]")[0]
        field.clear()
        field.send_keys(words, Keys.ENTER)

    def test_a_filter_by_time(self):
        self.open("/jobs?since=15m")
        self.wait(lambda: len(self.shown()) == 50, "the jobs of the last minutes")
        self.open("/jobs?created_before=2020-01-01T00:00:00Z")
        self.see("No job matches")


if __name__ == "__main__":
    unittest.main()
