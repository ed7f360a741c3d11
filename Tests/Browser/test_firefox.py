"""The main pages and flows in Debian's Firefox."""

import unittest

import machines
import sample_data
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from browser import BrowserTest


class FirefoxTests(BrowserTest):
    browser = "firefox"

    def press(self, *keys):
        ActionChains(self.driver).send_keys(*keys).perform()

    def check_page(self, name, path):
        """A page in both themes, and on a phone. The theme and the width change while the page is open. axe needs seconds in
        Firefox, so it checks one theme; test_access.py checks both in Chromium."""
        self.resize(1440, 1000)
        self.open(path)
        # Sooner than the first heartbeat of the event stream, which comes after 15 s.
        self.see("Live", ".connection")
        self.wait(lambda: self.find("main h1") and self.find("main table, main .panel, main .group"), "the content")
        self.assertEqual(self.axe(), [], name)
        for scheme, width in (("light", 1440), ("dark", 1440), ("light", 390)):
            with self.subTest(page=name, scheme=scheme, width=width):
                self.prefer(scheme)
                self.resize(width, 1000)
                self.assert_fits()
                self.screenshot(f"firefox-{name}-{'narrow' if width < 600 else scheme}")
        self.assertEqual(self.console_errors(), [], name)

    def test_the_main_pages(self):
        jobs = sample_data.fill(self.server)
        for name, path in {
            "overview": "/", "queue": "/queues/images", "jobs": "/jobs", "job": f"/jobs/{jobs['video']}",
            "kind": "/kinds/report.pdf", "workers": "/workers", "schedule": "/schedules/nightly-report",
        }.items():
            self.check_page(name, path)

    def test_a_job_is_followed_and_cancelled_with_the_keyboard(self):
        job = self.server.submit("report.pdf")
        self.open()
        self.see("Live", ".connection")
        self.press("g", "j")
        self.wait(lambda: self.driver.current_url.endswith("/jobs"), "the list of jobs")
        self.press("/")
        self.press("report.pdf", Keys.ENTER)
        self.wait(lambda: len(self.find("tbody tr")) == 1, "one job")
        self.mark()
        self.click(f"tbody a[href='/jobs/{job}']")
        self.see("report.pdf", "h1")
        lease = self.server.lease()[0]
        self.see("processing", "h1")
        self.server.beat(lease, 40, "page 4 of 10")
        self.see("page 4 of 10")
        self.click("button", "Cancel")
        self.see("Cancel this job?", "dialog")
        self.press(Keys.ESCAPE)
        self.wait(lambda: not self.find("dialog"), "the end of the dialog")
        self.server.complete(lease, {"pages": 10})
        self.see("completed", "h1")
        self.assert_not_reloaded()

    def test_a_chart_is_read_and_zoomed(self):
        self.server.submit("a.b", queue="mail")
        self.open("/queues/mail?range=6h")
        plot = self.wait(lambda: next(iter(self.find("[role=slider][aria-label=Depth]")), None), "the chart")
        width = self.script("return arguments[0].getBoundingClientRect().width", plot)
        move = ActionChains(self.driver).move_to_element_with_offset(plot, round(-width / 4), 0)
        move.perform()
        self.wait(lambda: len(self.find(".cursor")) == 4, "the values under the pointer")
        ActionChains(self.driver).click_and_hold().move_by_offset(round(width / 4), 0).release().perform()
        self.wait(lambda: "from=" in self.driver.current_url, "the zoomed range")
        self.click("a", "Jobs submitted in this time")
        self.see("No job matches")

    def test_a_schedule_is_created(self):
        self.open("/schedules")
        self.click("button", "New schedule")
        for name, text in (("name", "nightly"), ("cron", "0 3 * * *"), ("kind", "report.nightly")):
            self.find(f"dialog [name={name}]")[0].send_keys(text)
        self.wait(lambda: self.text("dialog .ticks").count("03:00") == 3, "the next ticks")
        self.click("dialog [type=submit]")
        self.see("nightly", "h1")
        self.click("button", "Run now")
        self.wait(lambda: len(self.find("tbody tr")) == 1, "the run")

    def test_a_state_machine_is_drawn(self):
        machines.create(self.server, "report", machines.report())
        execution = machines.start(self.server, "report", {"pages": [1, 2]})
        for path in ("/state-machines/report", f"/executions/{execution}"):
            self.open(path)
            self.wait(lambda: len(self.find(".machine-graph [data-state]")) == 10, "the graph")
            self.assertEqual(self.axe(), [])
        self.script("document.querySelector(\".machine-graph [data-state='Fetch']\").focus()")
        self.press(Keys.ENTER)
        self.see("Fetch", ".state-details")


if __name__ == "__main__":
    unittest.main()
