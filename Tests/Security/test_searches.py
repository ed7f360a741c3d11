"""Many callers search at once: at most two searches run, and other requests do not wait for them."""

import threading
import time
import unittest

from harness import Server

CALLERS = 24
JOBS = 20_000
#: A request that waited for the searches of all callers would take longer.
MAX_SECONDS = 2.5


class SearchTests(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)
        payload = {"text": "x" * 500}
        for _ in range(JOBS // 1000):
            jobs = [{"kind": "noise", "payload": payload} for _ in range(1000)]
            self.assertEqual(self.server.call("POST", "/v1/jobs/batch", {"jobs": jobs}).status, 202)

    def test_greedy_searches_leave_other_requests_unharmed(self):
        answers = []
        stop = threading.Event()

        def search():
            while not stop.is_set():
                answers.append(self.server.call("GET", "/v1/jobs?q=no-such-text&limit=1&fields=summary"))

        threads = [threading.Thread(target=search) for _ in range(CALLERS)]
        for thread in threads:
            thread.start()
        try:
            slowest = self.slowest_of_other_requests(stop_after=lambda: len(answers) >= 2 * CALLERS)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self.assertLess(slowest, MAX_SECONDS)
        self.assertEqual({answer.status for answer in answers}, {200, 503})
        for answer in answers:
            if answer.status == 503:
                self.assertEqual(answer.code, "system_busy")
                self.assertGreaterEqual(int(answer.headers["Retry-After"]), 1)
        refused = sum(answer.status == 503 for answer in answers)
        self.assertEqual(self.server.metric("longhaul_searches_rejected_total"), refused)
        self.assertEqual(self.server.metric("longhaul_searches"), 0)

    def slowest_of_other_requests(self, stop_after):
        """The longest time of a request that does not search, while others do."""
        slowest = 0
        while not stop_after():
            for method, path, body in (
                    ("POST", "/v1/jobs", {"kind": "mail"}), ("GET", "/v1/jobs?limit=5&kind=mail", None),
                    ("GET", "/v1/queues", None)):
                began = time.monotonic()
                self.assertIn(self.server.call(method, path, body).status, (200, 202))
                slowest = max(slowest, time.monotonic() - began)
        return slowest


if __name__ == "__main__":
    unittest.main()
