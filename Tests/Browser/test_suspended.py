"""The list of suspended jobs by what they wait for, and the page of a signal token."""

import unittest

import durable
from browser import BrowserTest


class SuspendedTests(BrowserTest):
    def groups(self):
        """The groups as `{name: (jobs, earliest end)}`."""
        rows = self.script("""
            return [...document.querySelector('.suspended-list table').tBodies[0].rows].map((row) =>
              [...row.cells].map((cell) => cell.innerText.trim()))""")
        return {name: (int(count), end) for name, count, end in rows}

    def kinds(self):
        return self.script("return [...document.querySelectorAll('.suspended-list .kind')].length")

    def test_suspended_jobs_are_grouped_by_what_they_wait_for(self):
        durable.waiting(self.server, 3, "signal", "confirmed", timeout_seconds=7 * 86_400)
        durable.waiting(self.server, 1, "signal", "confirmed", timeout_seconds=3 * 86_400 + 600)
        durable.waiting(self.server, 2, "timer", "end of month", seconds=9 * 86_400 + 600)
        durable.waiting(self.server, 1, "signal", "payment")
        paused = self.server.submit("flow", queue="flows")
        self.server.call("POST", f"/v1/jobs/{paused}/pause")
        self.open("/queues/flows")
        self.click(".counts a", "suspended")
        self.wait(lambda: self.find(".suspended-list"), "the groups")
        self.assertEqual(self.groups(), {
            "signal confirmed": (4, "in 3 d"), "timer end of month": (2, "in 9 d"), "signal payment": (1, "–"),
            "nothing: the job is paused": (1, "–")})
        self.assertEqual(self.kinds(), 8)
        self.see("waits for signal confirmed, 3 days left")
        self.click(".wait-group", "end of month")
        self.wait(lambda: self.kinds() == 2, "the jobs of one group")
        self.assertIn("wait=timer%3Aend+of+month", self.driver.current_url)
        self.assertEqual(len(self.groups()), 4)
        for scheme, width in (("light", 1440), ("dark", 1440), ("light", 390)):
            self.prefer(scheme)
            self.resize(width, 1000)
            self.assertEqual(self.axe(), [])
            self.screenshot(f"suspended-{'narrow' if width < 600 else scheme}")
        self.resize(1440, 1000)
        self.driver.refresh()
        self.wait(lambda: self.kinds() == 2, "the same group after a reload")
        self.click(".wait-group[aria-current]")
        self.wait(lambda: self.kinds() == 8, "all suspended jobs")

    def test_the_overview_counts_suspended_jobs(self):
        durable.waiting(self.server, 3, "signal", "confirmed")
        self.open("/")
        self.wait(lambda: "3" in self.text("a.tile[href='/jobs?state=suspended']"), "the number of suspended jobs")
        self.click("a.tile[href='/jobs?state=suspended']")
        self.see("signal confirmed")


class ApprovalTests(BrowserTest):
    # The browser writes the status of the answer, 410, to the console.
    expects_rejections = True

    def token(self, **options):
        """Suspends a job that waits for the signal `approval`; returns its ID and the path of its token."""
        job = durable.waiting(self.server, 1, "signal", "approval", **options)[0]
        token = self.server.call("GET", f"/v1/jobs/{job}/journal")["items"][0]["signal_token"]
        return job, f"/v1/signals/{token}"

    def buttons(self):
        return [button.text for button in self.find("button")]

    def test_a_click_approves_once_without_a_key(self):
        job, path = self.token(timeout_seconds=86_400)
        self.server.key = self.server.make_key("boss", "admin")
        self.open(path)
        self.see("A job waits for your answer")
        self.assertEqual(self.buttons(), ["Approve", "Reject"])
        for scheme, width in (("light", 1440), ("dark", 390)):
            self.prefer(scheme)
            self.resize(width, 700)
            self.screenshot(f"approval-{scheme}")
        self.assertEqual(self.console_errors(), [])
        self.click("button", "Approve")
        self.see("Your answer is recorded")
        operation = self.server.call("GET", f"/v1/jobs/{job}/journal")["items"][0]
        self.assertEqual((operation["status"], operation["output"]), ("succeeded", {"approved": True}))
        self.open(path)
        self.see("was used or has expired")
        self.assertEqual(self.buttons(), [])

    def test_the_second_of_two_open_pages_says_that_the_link_was_used(self):
        job, path = self.token()
        self.open(path)
        self.server.call("POST", path, {"approved": False})
        self.click("button", "Approve")
        self.see("was used or has expired")
        operation = self.server.call("GET", f"/v1/jobs/{job}/journal")["items"][0]
        self.assertEqual(operation["output"], {"approved": False})

    def test_an_expired_link_says_so(self):
        # Long enough to read the token before the wait ends.
        job, path = self.token(timeout_seconds=5)
        self.wait(lambda: self.server.call("GET", f"/v1/jobs/{job}")["state"] == "pending", "the end of the wait")
        self.open(path)
        self.see("was used or has expired")
        self.assertEqual(self.buttons(), [])

    def test_the_page_of_the_job_links_to_the_approval(self):
        job, path = self.token()
        self.open(f"/jobs/{job}")
        self.click(".operation-row", "approval")
        self.wait(lambda: self.find(".operation-contents a[target=_blank]"), "the link")
        self.assertTrue(self.find(".operation-contents a[target=_blank]")[0].get_attribute("href").endswith(path))


if __name__ == "__main__":
    unittest.main()
