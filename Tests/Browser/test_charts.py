"""Charts over a time range: the values under the pointer and with the keyboard, the zoom, and the link to the jobs."""

import re
import sqlite3
import time
import unittest

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from browser import BrowserTest

MINUTE = 60_000
HOUR = 60 * MINUTE
WEEK_HOURS = 7 * 24
#: A time of a chart, with the day of the week if the chart began yesterday. The group has the minutes.
TIME = r"(?:\w+ )?\d\d:(\d\d)"


def record_history(server, queue):
    """Stores a week of samples of a queue: of each minute of the last day, and of each hour before. Each has as many submitted
    jobs as it has minutes, and the minutes of an hour have the depths 0 to 59."""
    server.submit("mail.send", queue=queue)
    server.kill()
    now = int(time.time() * 1000)
    day = (now - 24 * HOUR) // HOUR * HOUR
    minutes = [(at, at // MINUTE % 60, 1) for at in range(day, now // MINUTE * MINUTE, MINUTE)]
    hours = [(at, 30, 60) for at in range(day - (WEEK_HOURS - 24) * HOUR, day, HOUR)]
    with sqlite3.connect(f"{server.folder}/longhaul.db") as database:
        database.executemany(
            "INSERT OR REPLACE INTO queue_samples VALUES (?, ?, ?, ?, ?, 0, 0.5, 2, 1, 4)",
            [(at, queue, depth, enqueued, enqueued) for at, depth, enqueued in hours + minutes])
    database.close()
    server.start()


class ChartTests(BrowserTest):
    def setUp(self):
        super().setUp()
        record_history(self.server, "mail")

    def plot(self, title):
        """The plot of a chart, once it has data."""
        selector = f"[role=slider][aria-label='{title}']"
        return self.wait(lambda: next(iter(self.find(selector)), None), f"the chart {title}")

    def count(self, title):
        """The number of values of a chart."""
        return int(self.plot(title).get_attribute("aria-valuemax")) + 1

    def move_to(self, plot, share):
        """The actions that move the pointer over a plot, to a share of its width."""
        width = self.script("return arguments[0].getBoundingClientRect().width", plot)
        return ActionChains(self.driver).move_to_element_with_offset(plot, round(width * (share - 0.5)), 0)

    def test_the_values_under_the_pointer_are_shown_in_all_charts(self):
        self.open("/queues/mail")
        plot = self.plot("Depth")
        self.move_to(plot, 0.5).perform()
        shown = self.wait(lambda: self.script(
            "return [...document.querySelectorAll('.chart-time')].map((element) => element.innerText)"), "the time")
        self.assertEqual(len(set(shown)), 1)
        self.assertEqual(len(shown), 4)
        self.assertRegex(shown[0], f"^{TIME}$")
        minute = int(re.match(TIME, plot.get_attribute("aria-valuetext"))[1])
        self.assertEqual(int(self.text(".chart:first-child .legend strong")), minute)
        self.assertIn("in 0.02", self.text(".chart:nth-child(2) .legend"))
        self.assertEqual(len(self.find(".cursor")), 4)
        self.screenshot("charts-pointer")
        ActionChains(self.driver).move_to_element(self.find("h1")[0]).perform()
        self.wait(lambda: not self.find(".cursor"), "no cursor outside of the charts")

    def test_the_arrow_keys_show_values_and_select_a_range(self):
        self.open("/queues/mail")
        plot = self.plot("Run, p95")
        self.script("arguments[0].focus()", plot)
        last = self.count("Run, p95") - 1

        def press(*keys):
            ActionChains(self.driver).send_keys(*keys).perform()

        def index():
            return int(plot.get_attribute("aria-valuenow"))

        press(Keys.LEFT, Keys.LEFT)
        self.wait(lambda: index() == last - 2, "two steps back")
        self.assertRegex(plot.get_attribute("aria-valuetext"), f"^{TIME}: run 4 s$")
        press(Keys.HOME)
        self.wait(lambda: index() == 0, "the first value")
        press(Keys.ESCAPE)
        self.wait(lambda: index() == last, "the latest value")
        press(*[Keys.LEFT] * 20)
        ActionChains(self.driver).key_down(Keys.SHIFT).send_keys(*[Keys.LEFT] * 20).key_up(Keys.SHIFT).perform()
        self.wait(lambda: self.find(".selection"), "the selection")
        press(Keys.ENTER)
        self.wait(lambda: "from=" in self.driver.current_url, "the selected range")
        self.wait(lambda: 20 <= self.count("Run, p95") <= 22, "the values of the selected range")

    def test_the_ranges_have_values_to_a_week(self):
        self.open("/")
        for name, low, high in (("6 h", 72, 73), ("24 h", 96, 97), ("7 d", 168, 169), ("1 h", 60, 61)):
            self.click(".segments a", name)
            self.wait(lambda: low <= self.count("Depth") <= high, f"the values of {name}")
            self.assertEqual(self.text(".segments [aria-current]"), name)
        self.open("/?range=constructor")
        self.wait(lambda: 60 <= self.count("Depth") <= 61, "the values of an hour")
        self.open("/queues/mail?range=7d")
        self.wait(lambda: self.count("Jobs/s") >= 168, "the values of a week")
        self.script("arguments[0].focus()", self.plot("Jobs/s"))
        for key, depth in ((Keys.LEFT, "pending 59"), (Keys.HOME, "pending 30")):
            ActionChains(self.driver).send_keys(key).perform()
            self.wait(lambda: depth in self.plot("Depth").get_attribute("aria-valuetext"), depth)
            self.assertIn("in 0.02", self.plot("Jobs/s").get_attribute("aria-valuetext"))
        self.screenshot("charts-week")

    def test_every_step_of_a_day_has_its_jobs(self):
        self.open("/queues/mail?range=24h")
        self.wait(lambda: self.count("Jobs/s") >= 96, "the values of a day")
        plot = self.plot("Jobs/s")
        self.script("arguments[0].focus()", plot)
        seen = []
        for key in (Keys.HOME, *[Keys.RIGHT] * 12):
            ActionChains(self.driver).send_keys(key).perform()
            seen.append(plot.get_attribute("aria-valuetext").split(": ")[1])
        self.assertEqual(set(seen[1:]), {"in 0.02, out 0.02, failed 0"})
        self.assertRegex(self.plot("Depth").get_attribute("aria-valuetext"), "pending (14|29|44|59)$")

    def test_a_drag_zooms_and_links_to_the_jobs(self):
        self.open("/queues/mail?range=24h")
        self.wait(lambda: self.count("Depth") >= 96, "the values of a day")
        plot = self.plot("Depth")
        width = self.script("return arguments[0].getBoundingClientRect().width", plot)
        self.move_to(plot, 0.25).click_and_hold().move_by_offset(round(width / 4), 0).perform()
        self.wait(lambda: self.find(".selection"), "the selection")
        self.screenshot("charts-selection")
        ActionChains(self.driver).release().perform()
        self.wait(lambda: "from=" in self.driver.current_url, "the zoomed range")
        # Six hours of five minutes each. The selection has whole quarters of an hour, and can be up to two of them longer.
        self.wait(lambda: 70 <= self.count("Depth") <= 79, "the values of the zoomed range")
        self.assertFalse(self.find(".segments [aria-current]"))
        zoomed = self.driver.current_url
        self.click("a", "Jobs submitted in this time")
        self.see("No job matches")
        for part in ("queue=mail", "created_after=", "created_before="):
            self.assertIn(part, self.driver.current_url)
        self.driver.back()
        self.wait(lambda: self.driver.current_url == zoomed and self.find(".plot-area"), "the charts again")
        self.driver.back()
        self.wait(lambda: self.count("Depth") >= 96, "the whole day again")

    def test_a_tile_and_the_chart_beside_it_show_the_same_number(self):
        for number in range(30):
            self.server.submit("a.b", queue=f"queue-{number % 3}")
        for lease in self.server.lease("queue-1", 5):
            self.server.fail(lease, "ValueError", "no")
        script = """
            const tile = (name) => [...document.querySelectorAll('.tile')]
              .find((each) => each.querySelector('.tile-name').innerText === name)?.querySelector('.tile-value').innerText;
            const legend = (name) => [...document.querySelectorAll('.legend-item')]
              .find((each) => each.innerText.startsWith(name + ' '))?.querySelector('strong').innerText;
            return [[tile('In'), legend('in') + '/s'], [tile('Out'), legend('out') + '/s'], [tile('Pending'), legend('pending')]];
        """
        self.open("/")
        self.wait(lambda: re.match(r"(?!0/s)[0-9.]+/s$", self.script(script)[0][0] or ""), "a rate")
        for _ in range(3):
            for tile, legend in self.script(script):
                self.assertEqual(tile, legend)
        self.open("/queues/queue-1")
        self.wait(lambda: self.script(script)[1][0] is not None and self.find(".legend-item"), "the queue")
        for tile, legend in self.script(script):
            self.assertEqual(tile, legend)


if __name__ == "__main__":
    unittest.main()
