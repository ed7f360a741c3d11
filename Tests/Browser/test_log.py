"""The log on the page of a job: search, filters, links to lines, files, and logs of any length."""

import glob
import json
import os
import tempfile
import unittest

from selenium.webdriver.common.keys import Keys

from browser import BrowserTest

#: The maximum number of lines in the document.
WINDOW = 400


class LogTests(BrowserTest):
    def write(self, lease, *messages, level="info"):
        for start in range(0, len(messages), 1000):
            self.server.write_log(lease, *messages[start:start + 1000], level=level)

    def lines(self):
        """The numbers of the lines in the document."""
        return self.script("return [...document.querySelectorAll('#log li')].map((line) => Number(line.firstChild.textContent))")

    def visible(self):
        """The numbers of the lines in the frame."""
        return self.script("""
            const frame = document.getElementById("log"), box = frame?.getBoundingClientRect();
            if (!frame) return [];
            return [...frame.children].filter((line) => {
              const { top, bottom } = line.getBoundingClientRect();
              return top >= box.top && bottom <= box.bottom;
            }).map((line) => Number(line.firstChild.textContent));""")

    def choose(self, name, value):
        self.script("""const field = document.querySelector(`[name=${arguments[0]}]`);
            field.value = arguments[1];
            field.dispatchEvent(new Event("change"));""", name, value)

    def search(self, words):
        field = self.find("input[name=log-search]")[0]
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(words or Keys.DELETE)

    def two_attempts(self):
        job = self.server.submit("etl.import", max_attempts=2, backoff={"type": "fixed", "initial_seconds": 0.01, "jitter": 0})
        for number in (1, 2):
            lease = self.server.lease()[0]
            self.write(lease, f"attempt {number} starts", "reading Orders.csv")
            self.write(lease, "row 7 has no date", level="warning")
            self.write(lease, "details for developers", level="debug")
            self.write(lease, f"attempt {number} gives up", level="error")
            self.server.fail(lease, "ParseError", "row 7", retryable=True)
        return job

    def test_a_closed_page_reads_no_more_of_its_log(self):
        job = self.server.submit("etl.import")
        lease = self.server.lease()[0]
        self.write(lease, *(f"row {number}" for number in range(1200)))
        self.server.complete(lease)
        self.open("/jobs")
        self.hold("/logs?")
        self.click(f"tbody a[href='/jobs/{job}']")
        self.wait_for_held()
        self.click("#nav a", "Workers")
        self.see("Workers", "h1")
        self.script("""
            const fetch = window.fetch;
            window.logReads = 0;
            window.fetch = (url, options) => {
              if (url.includes("/logs?") && !options.signal?.aborted) window.logReads += 1;
              return fetch(url, options);
            };""")
        self.release()
        self.assertEqual(self.script("return window.logReads"), 0)

    def test_the_log_is_searched_and_filtered(self):
        job = self.two_attempts()
        self.open(f"/jobs/{job}")
        self.see("10 lines", ".log-count")
        self.search("orders")
        self.see("2 of 10 lines", ".log-count")
        self.assertEqual([mark.text for mark in self.find("#log mark")], ["Orders", "Orders"])
        self.choose("log-attempt", self.find("select[name=log-attempt] option")[2].get_attribute("value"))
        self.see("1 of 10 lines", ".log-count")
        self.assertEqual(self.lines(), [7])
        self.search("")
        self.see("5 of 10 lines", ".log-count")
        self.choose("log-level", "warning")
        self.see("2 of 10 lines", ".log-count")
        self.assertEqual(self.lines(), [8, 10])
        self.choose("log-level", "error")
        self.wait(lambda: self.lines() == [10], "the error alone")
        # The page keeps its height, so that the field does not move while the reader types.
        place = self.find("input[name=log-search]")[0].rect["y"] - self.script("return scrollY")
        self.search("no such words")
        self.see("No line matches.")
        self.assertEqual(self.find("input[name=log-search]")[0].rect["y"] - self.script("return scrollY"), place)

    def test_a_line_has_a_link(self):
        job = self.two_attempts()
        self.open(f"/jobs/{job}")
        self.see("10 lines", ".log-count")
        self.choose("log-level", "error")
        self.click("#log .log-number", "10")
        # The line is shown among its neighbours.
        self.see("10 lines", ".log-count")
        self.assertTrue(self.driver.current_url.endswith(f"/jobs/{job}?line=10"))
        self.assertIn("attempt 2 gives up", self.text("#log .target"))
        self.click("#log .log-number", "10")
        self.wait(lambda: not self.find("#log .target"), "no chosen line")
        self.assertTrue(self.driver.current_url.endswith(f"/jobs/{job}"))

    def test_an_attempt_leads_to_its_lines(self):
        job = self.two_attempts()
        self.open(f"/jobs/{job}")
        self.click(".attempt.open button", "Show in the log")
        self.see("5 of 10 lines", ".log-count")
        self.assertEqual(self.lines(), [6, 7, 8, 9, 10])
        self.click(".attempt-log .log-number", "8")
        self.wait(lambda: "row 7 has no date" in self.text("#log .target"), "the line in the log")

    def test_a_long_log_has_few_elements_and_can_be_scrolled(self):
        job = self.server.submit("etl.import")
        lease = self.server.lease()[0]
        self.write(lease, *[f"row {number}" for number in range(1, 9001)])
        self.server.complete(lease)
        self.open(f"/jobs/{job}")
        self.see("9,000 lines", ".log-count")
        self.assertEqual(self.lines(), list(range(1, WINDOW + 1)))
        scroll = "const frame = document.getElementById('log'); frame.scrollTop += arguments[0]; return frame.scrollTop;"
        # The lines continue without a gap while the window moves.
        last = self.visible()[-1]
        while last < 1500:
            # At the edge of the document's lines, a scroll has no effect until the window has moved.
            self.wait(lambda: self.script(scroll, 300) and self.visible()[-1] > last, f"lines after {last}")
            seen = self.visible()
            self.assertEqual(seen, list(range(seen[0], seen[-1] + 1)))
            self.assertLessEqual(seen[0], last + 1, "lines were skipped")
            last = seen[-1]
            self.assertLessEqual(len(self.find("#log li")), WINDOW)
        first = self.visible()[0]
        while first > 1000:
            self.wait(lambda: (self.script(scroll, -300) or True) and self.visible()[0] < first, f"lines before {first}")
            self.assertGreaterEqual(self.visible()[-1], first - 1, "lines were skipped")
            first = self.visible()[0]
        frame = self.find("#log")[0]
        frame.send_keys(Keys.END)
        self.wait(lambda: self.visible()[-1] == 9000, "the last line")
        frame.send_keys(Keys.HOME)
        self.wait(lambda: self.visible()[0] == 1, "the first line")
        self.open(f"/jobs/{job}?line=7000")
        self.wait(lambda: 7000 in self.visible(), "the line of the address")
        self.assertEqual(self.text("#log .target").split("\n")[-1], "row 7000")
        self.assertLessEqual(len(self.find("#log li")), WINDOW)

    def test_a_running_log_is_followed_until_the_reader_scrolls(self):
        job = self.server.submit("etl.import")
        lease = self.server.lease()[0]
        self.write(lease, *[f"row {number}" for number in range(1, 1001)])
        self.open(f"/jobs/{job}")
        self.wait(lambda: self.visible()[-1:] == [1000], "the end of the log")
        self.write(lease, *[f"row {number}" for number in range(1001, 1101)])
        self.wait(lambda: self.visible()[-1:] == [1100], "the new end of the log")
        self.assertLessEqual(len(self.find("#log li")), WINDOW)
        self.assertTrue(self.find("input[name=follow]")[0].is_selected())
        self.script("document.getElementById('log').scrollTop -= 500")
        self.wait(lambda: not self.find("input[name=follow]")[0].is_selected(), "the end of following")
        before = self.visible()
        self.write(lease, "one more row")
        self.see("1,101 lines", ".log-count")
        self.assertEqual(self.visible(), before)
        self.click("input[name=follow]")
        self.wait(lambda: self.visible()[-1] == 1101, "the end of the log")
        self.server.complete(lease)
        self.see("completed", "h1")
        self.assertFalse(self.find("input[name=follow]")[0].is_enabled())

    def test_lines_do_not_wrap_if_the_reader_wishes(self):
        job = self.server.submit("etl.import")
        lease = self.server.lease()[0]
        self.write(lease, "a long line " * 100)
        self.write(lease, "x" * 9000)
        self.server.complete(lease)
        self.open(f"/jobs/{job}")
        self.see("2 lines", ".log-count")
        overflow = "const frame = document.getElementById('log'); return frame.scrollWidth - frame.clientWidth"
        self.assertEqual(self.script(overflow), 0)
        self.see("more characters", "#log")
        self.click("input[name=wrap]")
        self.wait(lambda: self.script(overflow) > 1000, "a long line")
        self.assert_fits()
        self.open(f"/jobs/{job}")
        self.see("2 lines", ".log-count")
        self.assertFalse(self.find("input[name=wrap]")[0].is_selected(), "the choice was not kept")
        self.click("input[name=wrap]")
        self.wait(lambda: self.script(overflow) == 0, "wrapped lines")

    def test_the_log_is_saved_as_text_and_as_ndjson(self):
        job = self.two_attempts()
        with tempfile.TemporaryDirectory(prefix="longhaul-browser-") as folder:
            self.driver.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": folder})
            self.open(f"/jobs/{job}")
            self.see("10 lines", ".log-count")

            def saved(name, end):
                self.click(".log-save button", name)
                path = os.path.join(folder, f"job-{job}.{end}")
                self.wait(lambda: os.path.exists(path) and not glob.glob(f"{folder}/*.crdownload"), f"the file {path}")
                with open(path, encoding="utf-8") as file:
                    return file.read().splitlines()

            lines = [json.loads(line) for line in saved("NDJSON", "ndjson")]
            self.assertEqual(lines, self.server.call("GET", f"/v1/jobs/{job}/logs")["items"])
            self.choose("log-level", "error")
            self.see("2 of 10 lines", ".log-count")
            lines = saved("Text", "log")
            self.assertEqual(len(lines), 2)
            self.assertRegex(lines[1], r"^\d{4}-\d\d-\d\dT[\d:.]+Z error   \[attempt 2\] attempt 2 gives up$")

    def test_the_tools_of_the_log_are_usable(self):
        job = self.two_attempts()
        self.open(f"/jobs/{job}")
        self.see("10 lines", ".log-count")
        for scheme, width in (("light", 1440), ("dark", 1440), ("light", 390)):
            self.prefer(scheme)
            self.resize(width, 1000)
            self.search("row")
            self.assert_fits()
            self.assertEqual(self.axe(), [], f"{scheme}, {width} pixels wide")
            self.script("document.getElementById('log').scrollIntoView({ block: 'center' })")
            self.screenshot(f"log-{scheme}-{width}")


if __name__ == "__main__":
    unittest.main()
