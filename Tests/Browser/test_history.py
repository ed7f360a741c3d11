"""The last hour of many queues, with simulated answers, so that no test waits an hour."""

import unittest

from browser import BrowserTest

# The depth in each minute is computed from the number of the minute. The answers end one minute after now, because a new
# minute may begin at any moment.
READ = """
const [count, done] = arguments, minute = 60000, asked = [], fetched = window.fetch, clock = performance.now.bind(performance);
let more = 1;
const depth = (number) => number % 1000 + more;
function page(url) {
  const { searchParams } = new URL(url, location.href), span = Number(searchParams.get("minutes"));
  const first = Number(searchParams.get("cursor") ?? 0), end = first + Number(searchParams.get("limit"));
  const last = Math.floor(Date.now() / minute) + 1, total = (span + 1) * count, items = [];
  asked.push(span);
  for (let place = first; place < Math.min(end, total); place += 1) {
    const number = last - span + Math.floor(place / count);
    items.push({ queue: `queue-${place % count}`, at: new Date(number * minute).toISOString(), depth: depth(number) });
  }
  return { items, next_cursor: end < total ? String(end) : null };
}
const judge = (hour) => [...hour.values()].map((rows) => ({
  rows: rows.length, isNew: Date.now() - rows.at(-1).time < minute,
  good: rows.filter((row) => row.depth === depth(Math.ceil(row.time / minute) - 1)).length }));
(async () => {
  const { lastHour } = await import(document.querySelector("script[type=module]").src.replace("app.js", "lib/history.js"));
  window.fetch = async (url, ...rest) =>
    url.startsWith("/v1/history") ? new Response(JSON.stringify(page(url))) : fetched(url, ...rest);
  const first = { hour: judge(await lastHour(null)), asked: asked.splice(0) };
  performance.now = () => clock() + 6000;
  const second = { hour: judge(await lastHour(null)), asked: asked.splice(0) };
  window.fetch = fetched;
  performance.now = clock;
  done([first, second]);
})();
"""


class HistoryTests(BrowserTest):
    def read(self, queues):
        """Reads the hour of this many queues, and again six seconds later."""
        # This page does not read the history itself.
        self.open("/schedules")
        return self.driver.execute_async_script(READ, queues)

    def test_the_whole_hour_of_forty_queues(self):
        first, second = self.read(40)
        for read in (first, second):
            self.assertEqual(len(read["hour"]), 40)
            for queue in read["hour"]:
                self.assertEqual(queue, {"rows": 60, "isNew": True, "good": 60})
        self.assertEqual(set(second["asked"]), {3}, "a later read is only of the newest minutes")

    def test_the_newest_minutes_of_very_many_queues(self):
        for read in self.read(400):
            self.assertEqual(len(read["hour"]), 400)
            for queue in read["hour"]:
                self.assertTrue(queue["isNew"])
                self.assertGreaterEqual(queue["rows"], 15)
                self.assertEqual(queue["good"], queue["rows"])


if __name__ == "__main__":
    unittest.main()
