"""The search for jobs: texts, completion, long searches, columns, saved filters."""

import unittest

from browser import BrowserTest
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select


class JobListTest(BrowserTest):
    """The helpers of tests of the list of jobs."""

    def rows(self):
        """The IDs of the jobs in the list."""
        return self.script("return [...document.querySelectorAll('tbody a[href^=\"/jobs/\"]')]"
                           ".map((a) => a.getAttribute('href').split('/').at(-1))")

    def wait_for_rows(self, *jobs):
        self.wait(lambda: self.rows() == list(jobs), f"the jobs {jobs}")

    def search(self, words):
        self.type(words, Keys.ENTER)

    def type(self, *keys):
        field = self.find("[data-search]")[0]
        self.script("arguments[0].value = ''", field)
        field.send_keys(*keys)

    def parameters(self):
        """The parameters of the URL."""
        return self.script("return [...new URLSearchParams(location.search)].map((pair) => pair.join('='))")

    def head(self):
        """The names of the columns."""
        return self.script("return [...document.querySelectorAll('thead th')].map((cell) => cell.innerText.trim())")


class SearchTests(JobListTest):
    def setUp(self):
        super().setUp()
        self.failed = self.server.submit("mail.send", queue="mail", max_attempts=1, tags={"customer": "acme"},
                                         payload={"to": "u3472@example.com"})
        self.server.fail(self.server.lease("mail")[0], "SMTPError", "SMTP 421: the service is not available " + "x" * 90)
        self.digest = self.server.submit("mail.digest", queue="mail", actor="user-7", payload={"to": "u11@example.com"})
        self.report = self.server.submit("report.pdf", payload={"page": 7, "source": "https://example.com/a"})
        self.open("/jobs")
        self.wait_for_rows(self.report, self.digest, self.failed)

    def test_a_job_is_found_by_its_error_payload_and_the_end_of_its_id(self):
        for words, job in (("SMTP 421", self.failed), ("u3472@example.com", self.failed), ("https://example.com/a", self.report),
                           (self.digest[-12:], self.digest), (f"…{self.report[-12:]}", self.report)):
            with self.subTest(words=words):
                self.search(words)
                self.wait_for_rows(job)
                self.see("1 job", ".hits")
        self.search("nothing has this text")
        self.see("No job matches")

    def test_filters_in_the_text_become_filters_with_a_button_to_remove_them(self):
        self.search("kind:mail.* actor:user-7 u11")
        self.wait_for_rows(self.digest)
        self.assertEqual(sorted(self.parameters()), ["actor=user-7", "kind=mail.*", "q=u11"])
        self.assertEqual(self.script("return document.querySelector('[data-search]').value"), "u11")
        self.click("[aria-label='Remove the filter actor user-7']")
        self.search("customer:acme")
        self.wait_for_rows(self.failed)
        self.assertEqual(sorted(self.parameters()), ["kind=mail.*", "tag=customer:acme"])
        self.search('"customer:acme"')
        self.wait(lambda: "q=customer:acme" in self.parameters(), "a text in quotation marks")
        self.assertEqual(self.script("return document.querySelector('[data-search]').value"), '"customer:acme"')
        self.click(".clear")
        self.wait_for_rows(self.report, self.digest, self.failed)
        # The box shows no text that became a filter, and no word is mistaken for one of the filters.
        self.search("kind:report.pdf constructor:1")
        self.see("No job matches")
        self.assertEqual(self.parameters(), ["kind=report.pdf", "tag=constructor:1"])
        self.assertEqual(self.script("return document.querySelector('[data-search]').value"), "")
        self.open("/jobs?since=constructor")
        self.wait_for_rows(self.report, self.digest, self.failed)

    def test_known_kinds_queues_and_tags_are_completed(self):
        self.type("ma")
        self.wait(lambda: len(self.find(".suggestions li")) == 4, "the suggestions")
        texts = [option.text.split("\n") for option in self.find(".suggestions li")]
        self.assertEqual(texts, [["kind", "mail.*"], ["kind", "mail.digest"], ["kind", "mail.send"], ["queue", "mail"]])
        self.assertEqual(self.axe(), [])
        self.screenshot("jobs-suggestions")
        self.find("[data-search]")[0].send_keys(Keys.ARROW_DOWN, Keys.ENTER)
        self.wait_for_rows(self.digest, self.failed)
        self.assertEqual(self.parameters(), ["kind=mail.*"])
        self.type("421 acm")
        self.click(".suggestions li", "customer:acme")
        self.wait_for_rows(self.failed)
        self.assertEqual(sorted(self.parameters()), ["kind=mail.*", "q=421", "tag=customer:acme"])
        self.click(".clear")
        self.type("error:")
        self.click(".suggestions li", "SMTPError")
        self.wait_for_rows(self.failed)
        self.assertEqual(self.parameters(), ["error_type=SMTPError"])
        self.type("rep")
        self.see("report.pdf", ".suggestions")
        self.find("[data-search]")[0].send_keys(Keys.ESCAPE)
        self.wait(lambda: not self.find(".suggestions li"), "no suggestions")

    def test_columns_are_chosen_and_remembered(self):
        self.assertEqual(self.head(), ["", "State", "Kind", "Job", "Queue", "Submitted", "Duration", "Attempt", "Details", "Actions"])
        self.click("button", "Columns…")
        for name in ("payload", "actor", "attempt", "exact"):
            self.click(f"dialog input[name={name}]")
        self.see("u3472@example.com", "tbody")
        self.assertEqual(self.axe(), [])
        self.click("dialog button", "Done")
        self.assertEqual(self.head(), ["", "State", "Kind", "Job", "Queue", "Submitted", "Duration", "Actor", "Details", "Payload", "Actions"])
        self.see("user-7", "tbody")
        year = self.script("return String(new Date().getFullYear())")
        self.see(year, "td[data-name=Submitted]")
        self.screenshot("jobs-columns")
        self.driver.refresh()
        self.see("u3472@example.com", "tbody")
        self.click("button", "Columns…")
        for name in ("result", "tags", "started", "ended", "due", "worker", "caller", "error", "attempt"):
            self.click(f"dialog input[name={name}]")
        self.see("Caller", "thead")
        self.assert_fits()
        self.click("dialog button", "Reset")
        self.wait(lambda: "Attempt" in self.head(), "the usual columns")

    def test_a_long_error_is_shown_in_full_and_times_have_a_zone(self):
        self.see("SMTPError: SMTP 421: the service is not available " + "x" * 90, "tbody")
        title = self.script("return document.querySelector('td[data-name=Submitted] time').title")
        zone = self.script("return Intl.DateTimeFormat().resolvedOptions().timeZone")
        self.assertIn(f"({zone})", title)
        self.assertRegex(title, r"\d\d:\d\d:\d\d\.\d{3} \S+ \(")

    def test_the_size_of_a_page_is_remembered(self):
        self.server.submit_many([{"kind": "a.b"}] * 60)
        self.open("/jobs")
        self.wait(lambda: len(self.rows()) == 50, "50 jobs")
        self.see("63 jobs", ".hits")
        Select(self.find("select[name=page-size]")[0]).select_by_value("100")
        self.wait(lambda: len(self.rows()) == 63, "all jobs")
        self.driver.refresh()
        self.wait(lambda: len(self.rows()) == 63, "all jobs after a reload")

    def test_a_filter_is_saved_shown_with_its_count_and_removed(self):
        self.click(".chip", "failed")
        self.wait_for_rows(self.failed)
        self.click("button", "Save this filter…")
        self.find("dialog input")[0].send_keys("Failed mail", Keys.ENTER)
        self.wait(lambda: self.find(".saved-filter a[aria-current]"), "the saved filter")
        self.open("/jobs")
        self.wait_for_rows(self.report, self.digest, self.failed)
        self.wait(lambda: self.text(".saved-filter").split() == ["Failed", "mail", "1", "×"], "the filter with its count")
        self.screenshot("jobs-saved")
        # Another tab saves a filter.
        self.script("""localStorage.setItem("longhaul-filters", JSON.stringify(
            [...JSON.parse(localStorage.getItem("longhaul-filters")), { name: "Mail", query: "?queue=mail" }]))""")
        self.click(".saved-filter a")
        self.wait_for_rows(self.failed)
        self.assertEqual(self.parameters(), ["state=failed"])
        self.click("[aria-label='Remove the filter Failed mail']")
        self.see("Mail", ".saved-filter")
        self.click("[aria-label='Remove the filter Mail']")
        self.wait(lambda: not self.find(".saved-filter"), "no saved filter")


class PhoneTests(JobListTest):
    def test_a_job_is_a_card_without_broken_words(self):
        self.server.submit("mail.send", queue="customer-notifications-legacy", tags={"customer": "acme"}, max_attempts=1)
        self.server.fail(self.server.lease("customer-notifications-legacy")[0], "SMTPError", "the service is not available")
        self.resize(390, 900)
        for path in ("/jobs", "/"):
            self.open(path)
            self.see("customer-notifications-legacy", "table")
            heights = self.script("return [...document.querySelectorAll('td a, td .kind')].map((e) => {"
                                  "const range = document.createRange(); range.selectNodeContents(e);"
                                  "return range.getBoundingClientRect().height; })")
            self.assertLess(max(heights), 30, f"{path}: a name is broken into two lines")
        self.open("/jobs")
        self.see("the service is not available", "tbody")
        self.click(".page-box input")
        self.see("Retry 1", ".selection")
        self.assert_fits()
        self.assertLess(self.script("return document.querySelector('tbody tr').offsetHeight"), 130)
        self.assertEqual(self.axe(), [])
        self.screenshot("jobs-phone-selected")


class LongSearchTests(JobListTest):
    def test_a_search_that_ended_early_is_continued(self):
        oldest = self.server.submit("mail.send", payload={"to": "first@example.com"})
        self.server.submit_many([{"kind": "a.b", "payload": {"batch": "harvest"}}] * 60)
        self.server.submit_many([{"kind": "a.b"}] * 21_000)
        self.open("/jobs?q=first@example.com")
        self.see("Older jobs may match as well")
        self.assertEqual(self.rows(), [])
        self.click("button", "Continue the search")
        self.see("has read all jobs and found 1 job", ".search-note")
        self.wait_for_rows(oldest)
        self.assertEqual(self.axe(), [])
        self.screenshot("jobs-search-continued")
        # An action changes what the search has found, without another search.
        self.click(f"[aria-label='Actions for job {oldest[-12:]}']")
        self.click(".menu button", "Cancel")
        self.see("cancelled", "tbody")
        self.wait_for_rows(oldest)
        self.continue_without_results()
        self.continue_page_by_page()

    def continue_without_results(self):
        self.open("/jobs?q=second@example.com")
        self.see("Older jobs may match as well")
        # A long search is repeated after a while. The page reads now.
        self.script("const now = performance.now; performance.now = () => now.call(performance) + 600_000")
        self.hold("/v1/jobs?q=second", status=503)
        self.wait_for_held()
        self.click("button", "Continue the search")
        self.see("has read all jobs and found 0 jobs", ".search-note")
        self.release()
        self.assertIn("has read all jobs and found 0 jobs", self.text(".search-note"))

    def continue_page_by_page(self):
        newest = self.server.submit("a.b", payload={"batch": "harvest"})
        self.script("localStorage.setItem('longhaul-page-size', '25')")
        self.open("/jobs?q=harvest")
        self.wait_for_rows(newest)
        # A read that began before the continuation does not end it.
        self.click("button", "Columns…")
        self.hold("/v1/jobs?q=harvest")
        self.click("dialog input[name=caller]")
        self.wait_for_held()
        self.click("dialog button", "Done")
        self.click("button", "Continue the search")
        self.wait(lambda: len(self.rows()) == 26, "a page more")
        self.release()
        self.assertEqual(len(self.rows()), 26)
        # Jobs that are read again do not replace those that the search finds at the same time.
        last = self.rows()[-1]
        self.server.call("POST", f"/v1/jobs/{last}/cancel")
        self.click("button", "Columns…")
        self.hold(f"/v1/jobs/{last}")
        self.click("dialog input[name=attempt]")
        self.wait_for_held()
        self.click("dialog button", "Done")
        self.click("button", "Continue the search")
        self.wait(lambda: len(self.rows()) == 51, "two pages more")
        self.release()
        self.see("cancelled", "tbody")
        self.assertEqual(len(self.rows()), 51)
        self.click("button", "Continue the search")
        self.see("has read all jobs and found 61 jobs", ".search-note")


if __name__ == "__main__":
    unittest.main()
