"""The page of a failed job shows the cause of the failure, and its effects, without a click."""

import unittest

from selenium.webdriver.common.keys import Keys

from browser import BrowserTest

TRACE = """Traceback (most recent call last):
  File "/app/worker.py", line 88, in run
    result = handler(job)
  File "/app/tasks/report.py", line 31, in render_page
    template = self.templates[name]
TemplateError: cannot render page 7 of "invoice"
"""
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

#: The visible text of the elements that match a selector and lie in the window, without scrolling.
IN_WINDOW = """
return [...document.querySelectorAll(arguments[0])].filter((element) => {
  const { top, bottom, height } = element.getBoundingClientRect();
  return height > 0 && top >= 0 && bottom <= innerHeight && element.checkVisibility();
}).map((element) => element.innerText).join("\\n");
"""


class FailedJobTests(BrowserTest):
    def fail_once(self, number, error):
        lease = self.server.lease("reports", worker=f"reports@node-{number}")[0]
        self.server.write_log(lease, f"attempt {number} reads the template", f"attempt {number} renders page 7")
        self.server.write_log(lease, f"attempt {number} has no variable due_date", level="error")
        self.server.call("POST", f"/v1/leases/{lease['token']}/fail", {"error": error, "retryable": True})

    def failed(self):
        """A job that failed three times, with a job that waited for it."""
        job = self.server.submit("report.pdf", queue="reports", max_attempts=3, payload={"page": 7, "template": "invoice"},
                                 traceparent=TRACEPARENT, backoff={"type": "fixed", "initial_seconds": 0.01, "jitter": 0})
        mail = self.server.submit("mail.send", queue="mail", depends_on=[job])
        self.fail_once(1, {"type": "ConnectionError", "message": "no route to the font server"})
        self.fail_once(2, {"type": "Timeout", "message": "no answer in 5 s", "details": {"seconds": 5}})
        self.fail_once(3, {"type": "TemplateError", "message": "cannot render page 7",
                           "details": {"traceback": TRACE, "page": 7, "cause": {"stack": "KeyError: 'due_date'\n  at templates.py:12"}}})
        return job, mail

    def test_the_cause_of_a_failure_is_visible_without_a_click(self):
        job, mail = self.failed()
        self.open(f"/jobs/{job}")
        self.see("1 job waited for this job: 1 cancelled")
        self.see("attempt 3 has no variable due_date", ".attempt-log")

        def visible(selector, words):
            self.assertIn(words, self.script(IN_WINDOW, selector), f"{selector} in the first window")

        visible(".attempt.open .error-panel strong", "TemplateError")
        visible(".attempt.open .error-panel", "cannot render page 7")
        # The trace has its lines, and no escape sequences.
        visible(".attempt-trace pre", TRACE.strip())
        visible(".attempt-trace pre", "KeyError: 'due_date'\n  at templates.py:12")
        visible(".attempt-log", "attempt 3 renders page 7")
        visible(".cause pre", '"template": "invoice"')
        visible(".blocked-jobs", "mail.send")
        self.assertNotIn("attempt 2", self.text(".attempt-log"))
        self.assertEqual(self.find(f".blocked-jobs a[href='/jobs/{mail}']")[0].text.split(" ")[0], "mail.send")
        self.check_views("job-failed")

    def test_the_attempts_are_compared_and_opened(self):
        job, _ = self.failed()
        self.open(f"/jobs/{job}")
        self.wait(lambda: len(self.find(".attempt")) == 3, "three attempts")
        rows = [row.text for row in self.find(".attempt-row")]
        for number, row in zip((3, 2, 1), rows):
            self.assertIn(f"Attempt {number}", row)
            self.assertIn(f"reports@node-{number}", row)
        self.assertIn("Timeout: no answer in 5 s", rows[1])
        self.assertIn("ConnectionError: no route to the font server", rows[2])
        self.click(".attempt-row", "Attempt 2")
        self.see("attempt 2 renders page 7", ".attempt:nth-child(2) .attempt-log")
        self.see('"seconds": 5', ".attempt:nth-child(2) pre")
        self.assertEqual(len(self.find(".attempt.open")), 2, "two attempts are open side by side")
        self.click(".attempt-row", "Attempt 3")
        self.wait(lambda: len(self.find(".attempt.open")) == 1, "one open attempt")
        # The choices survive the reads of the page.
        reads = "return performance.getEntriesByType('resource').filter(({ name }) => name.endsWith(arguments[0])).length"
        before = self.script(reads, job)
        self.wait(lambda: self.script(reads, job) > before + 1, "two more reads")
        self.assertEqual(len(self.find(".attempt.open")), 1)
        self.assertIn("attempt 2", self.text(".attempt-log"))

    def test_attempts_after_a_retry_by_hand_have_their_own_log(self):
        job, _ = self.failed()
        self.server.call("POST", f"/v1/jobs/{job}/retry")
        lease = self.server.lease("reports", worker="reports@node-4")[0]
        self.server.write_log(lease, "the first attempt after the retry")
        self.server.fail(lease, "Final", "it is no use")
        self.open(f"/jobs/{job}")
        self.see("the first attempt after the retry", ".attempt.open .attempt-log")
        self.assertNotIn("attempt 1", self.text(".attempt.open .attempt-log"))
        self.see("The worker reported that a retry does not help.", ".attempt.open")

    def test_a_failed_dependency_is_a_link(self):
        job, mail = self.failed()
        self.open(f"/jobs/{mail}")
        self.see("dependency_failed", ".error-panel")
        self.assertEqual(self.find(f".error-panel a[href='/jobs/{job}']")[0].text, job)

    def test_times_have_a_date_and_a_zone(self):
        job, _ = self.failed()
        self.open(f"/jobs/{job}")
        zone = self.script("""return new Intl.DateTimeFormat(undefined, { timeZoneName: "short" })
            .formatToParts().find(({ type }) => type === "timeZoneName").value""")
        times = self.wait(lambda: self.find(".details time"), "the times")
        self.assertGreaterEqual(len(times), 3)
        for time in times:
            self.assertRegex(time.text, r"\d{4}.*\d\d:\d\d:\d\d")
            self.assertIn(zone, time.text)
        # Without a template for links, the trace is text.
        self.see("4bf92f3577b34da6a3ce929d0e0e4736", ".details")
        self.assertEqual(self.find(".trace-link"), [])


class ButtonTests(BrowserTest):
    def buttons(self):
        return {button.text: (button.rect["x"], button.is_enabled()) for button in self.find(".page-head button")}

    def test_the_buttons_of_a_job_keep_their_places(self):
        for width in (1440, 390):
            self.resize(width, 1000)
            self.check_places()

    def check_places(self):
        job = self.server.submit("a.b")
        self.open(f"/jobs/{job}")
        self.wait(lambda: len(self.find(".page-head button")) >= 3, "the buttons")
        places = {}
        lease = None
        for state, enabled in (("pending", {"Cancel"}), ("processing", {"Cancel"}), ("completed", {"Delete"})):
            if state == "processing":
                lease = self.server.lease()[0]
            if state == "completed":
                self.server.complete(lease)
            self.see(state, "h1")
            buttons = self.buttons()
            self.assertEqual({name for name in ("Retry", "Cancel", "Delete") if buttons[name][1]}, enabled, state)
            for name in ("Retry", "Cancel", "Delete"):
                self.assertEqual(places.setdefault(name, buttons[name][0]), buttons[name][0], f"{name} moved")

    def test_only_a_cancellation_that_loses_work_asks_first(self):
        job = self.server.submit("a.b")
        self.open(f"/jobs/{job}")
        # The page knows the related jobs when it reads them again.
        reads = "return performance.getEntriesByType('resource').filter(({ name }) => name.includes('/dependents')).length"
        self.wait(lambda: self.script(reads) > 1, "a second read of the related jobs")
        self.click("button", "Cancel")
        self.see("cancelled", "h1")
        self.assertEqual(self.find("dialog"), [])
        self.click("button", "Retry")
        self.see("waits for a worker")
        self.server.lease()
        self.see("processing", "h1")
        self.click("button", "Cancel")
        self.see("Its worker is notified", "dialog")
        self.find("dialog button[type=button]")[0].send_keys(Keys.ENTER)
        self.wait(lambda: not self.find("dialog"), "the end of the dialog")
        self.server.submit("c.d", depends_on=[job])
        self.wait(lambda: len(self.find(".graph [data-id]")) == 2, "the dependent")
        self.click("button", "Cancel")
        self.see("jobs that wait for it may end", "dialog")


class TraceLinkTests(BrowserTest):
    server_options = ("--trace-link", "https://jaeger.example/trace/{trace_id}?x=1")

    def test_the_trace_of_a_job_is_a_link(self):
        job = self.server.submit("a.b", traceparent=TRACEPARENT)
        self.open(f"/jobs/{job}")
        link = self.wait(lambda: self.find(".trace-link"), "the link")[0]
        self.assertEqual(link.get_attribute("href"), "https://jaeger.example/trace/4bf92f3577b34da6a3ce929d0e0e4736?x=1")
        self.assertEqual(link.get_attribute("rel"), "noopener noreferrer")


if __name__ == "__main__":
    unittest.main()
