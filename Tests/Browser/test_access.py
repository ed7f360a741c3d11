"""Every page in both themes and on a narrow screen: accessible by keyboard and screen readers, without errors in the
console, and with a screenshot in .run/screenshots."""

import unittest

import machines
import sample_data
from browser import BrowserTest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys


class PageTests(BrowserTest):
    def pages(self):
        jobs = sample_data.fill(self.server)
        machines.create(self.server, "report", machines.report())
        execution = machines.start(self.server, "report", {"pages": [1, 2]})
        return {
            "overview": "/", "queue": "/queues/images", "jobs": "/jobs", "job": f"/jobs/{jobs['video']}",
            "job-retried": f"/jobs/{jobs['retried']}", "job-durable": f"/jobs/{jobs['order']}",
            "suspended": "/jobs?state=suspended", "dead-letters": "/dead-letters", "workers": "/workers",
            "worker": "/workers/reports%40node-2", "kind": "/kinds/report.pdf", "schedules": "/schedules",
            "schedule": "/schedules/nightly-report", "audit": "/audit", "state-machines": "/state-machines",
            "state-machine": "/state-machines/report", "state-machine-edit": "/state-machines/report/edit",
            "execution": f"/executions/{execution}",
        }

    def check_page(self, name, path):
        """A page in both themes and on a narrow screen. The theme and the width change while the page is open."""
        self.resize(1440, 1000)
        self.open(path)
        self.see("Live", ".connection")
        self.wait(lambda: self.find("main h1") and self.find("main table, main .panel, main .group"), "the page's content")
        for scheme, width in (("light", 1440), ("dark", 1440), ("light", 390)):
            with self.subTest(page=name, scheme=scheme, width=width):
                self.prefer(scheme)
                self.resize(width, 1000)
                self.assert_fits()
                self.assertEqual(self.axe(), [], f"{name}, {scheme}, {width} pixels wide")
                self.resize(width, min(2400, max(900, self.script("return document.body.scrollHeight"))))
                self.screenshot(f"{name}-{'narrow' if width < 600 else scheme}")
        self.assertEqual(self.console_errors(), [], name)

    def test_every_page_in_both_themes_and_on_a_narrow_screen(self):
        for name, path in self.pages().items():
            self.check_page(name, path)

    def test_empty_pages_show_the_next_step(self):
        for path, words in (
            ("/", "longhaul submit"), ("/jobs", "longhaul submit"), ("/workers", "longhaul worker"),
            ("/dead-letters", "No dead letters"), ("/schedules", "curl -X PUT"), ("/audit", "No changes yet"),
            ("/state-machines", "longhaul state-machines create"),
        ):
            with self.subTest(path=path):
                self.open(path)
                self.see(words)
                self.assertEqual(self.axe(), [])

    def test_the_theme_is_switched_and_remembered(self):
        self.prefer("light")
        self.open()
        light = self.background()
        for wanted in ("light", "dark"):
            self.click("#theme")
            self.wait(lambda: self.script("return document.documentElement.dataset.theme") == wanted, wanted)
        self.assertNotEqual(self.background(), light)
        self.driver.refresh()
        self.assertNotEqual(self.background(), light)

    def background(self):
        return self.script("return getComputedStyle(document.body).backgroundColor")


class MissingPageTests(BrowserTest):
    # The browser writes the status of the answer, 404, to the console.
    loses_the_server = True

    def test_an_unknown_path_shows_page_not_found(self):
        self.open("/nowhere")
        self.see("Page not found")
        self.open("/jobs/00000000-0000-7000-8000-000000000000")
        self.see("There is no such job")
        self.open("/queues/never-used")
        self.see("There is no queue never-used")


class KeyboardTests(BrowserTest):
    def press(self, *keys):
        ActionChains(self.driver).send_keys(*keys).perform()

    def focused(self):
        """The focused element: the text of a link or button, the name of a field, or an empty string."""
        return self.script(
            "const it = document.activeElement; return it.matches('a, button, input') ? it.innerText || it.name : ''")

    def tab_to(self, words):
        """Presses Tab until the focus is on an element with this text."""
        for _ in range(60):
            self.press(Keys.TAB)
            if words in self.focused():
                return
        self.fail(f"the Tab key does not reach “{words}”")

    def test_every_action_works_with_the_keyboard(self):
        job = self.server.submit("report.pdf")
        self.server.submit("mail.digest", depends_on=[job])
        self.server.submit_many([{"kind": "mail.send"}] * 3)
        self.open()
        self.press(Keys.TAB)
        self.assertEqual(self.focused(), "Skip to content")
        self.press("g", "j")
        self.wait(lambda: self.driver.current_url.endswith("/jobs"), "the list of jobs")
        self.press("/")
        self.wait(lambda: self.focused() == "search", "focus in the search")
        self.press("report.pdf", Keys.ENTER)
        self.wait(lambda: len(self.find("tbody tr")) == 1, "one job")
        self.tab_to(job[-12:])
        self.press(Keys.ENTER)
        self.wait(lambda: self.driver.current_url.endswith(job), "the page of the job")
        self.see("report.pdf", "h1")
        self.tab_to("Cancel")
        self.press(Keys.ENTER)
        self.see("Cancel this job?", "dialog")
        self.press(Keys.ESCAPE)
        self.wait(lambda: not self.find("dialog"), "the end of the dialog")
        self.assertEqual(self.focused(), "Cancel")
        self.press(Keys.ENTER)
        self.tab_to("Cancel the job")
        self.press(Keys.ENTER)
        self.see("cancelled", "h1")

    def test_the_help_lists_the_keys(self):
        self.open()
        self.press("?")
        self.see("Dead letters", "dialog")
        self.press(Keys.ESCAPE)
        self.wait(lambda: not self.find("dialog"), "the end of the help")

    def test_an_update_keeps_the_focus(self):
        self.server.submit("a.b", queue="first")
        self.open()
        self.tab_to("first")
        self.server.submit("a.b", queue="another")
        self.see("another", "table")
        self.assertEqual(self.focused(), "first")

    def test_the_focus_stays_when_earlier_rows_are_removed(self):
        older, newer = self.server.submit("a.b"), self.server.submit("a.b")
        self.open("/jobs")
        self.tab_to(older[-12:])
        self.server.call("POST", f"/v1/jobs/{newer}/cancel")
        self.server.call("DELETE", f"/v1/jobs/{newer}")
        self.server.submit("c.d")
        self.see("c.d", "tbody")
        self.assertNotIn(newer[-12:], self.text("tbody"))
        self.assertEqual(self.focused(), f"…{older[-12:]}")


if __name__ == "__main__":
    unittest.main()
