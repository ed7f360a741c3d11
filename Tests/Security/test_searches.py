"""Many callers search at once: at most two searches run, and other requests do not wait for them."""

import concurrent.futures
import threading
import unittest

from harness import Server, eventually

CALLERS = 24
JOBS = 20_000
MAX_SEARCHES = 2


class SearchTests(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)
        payload = {"text": "x" * 500}
        for _ in range(JOBS // 1000):
            jobs = [{"kind": "noise", "payload": payload} for _ in range(1000)]
            self.assertEqual(self.server.call("POST", "/v1/jobs/batch", {"jobs": jobs}).status, 202)

    def test_greedy_searches_leave_other_requests_unharmed(self):
        answers, running = [], []
        stop = threading.Event()

        def search():
            while not stop.is_set():
                answers.append(self.server.call("GET", "/v1/jobs?q=no-such-text&limit=1&fields=summary"))

        def has_seen_enough():
            self.send_other_requests()
            running.append(self.server.metric("longhaul_searches", state="running"))
            return len(answers) >= 2 * CALLERS and max(running) > 0

        with concurrent.futures.ThreadPoolExecutor(CALLERS) as pool:
            callers = [pool.submit(search) for _ in range(CALLERS)]
            try:
                eventually(has_seen_enough, "searches run beside other requests", 120)
            finally:
                stop.set()
            for caller in callers:
                caller.result()
        self.assertLessEqual(max(running), MAX_SEARCHES)
        self.assertLessEqual({answer.status for answer in answers}, {200, 503})
        self.assertIn(200, {answer.status for answer in answers})
        for answer in answers:
            if answer.status == 503:
                self.assertEqual(answer.code, "system_busy")
                self.assertGreaterEqual(int(answer.headers["Retry-After"]), 1)
        refused = sum(answer.status == 503 for answer in answers)
        self.assertEqual(self.server.metric("longhaul_searches_rejected_total"), refused)
        eventually(lambda: self.server.metric("longhaul_searches") == 0, "every search has ended")

    def send_other_requests(self):
        """Sends requests that do not search. Each of them succeeds."""
        for method, path, body in (
                ("POST", "/v1/jobs", {"kind": "mail"}), ("GET", "/v1/jobs?limit=5&kind=mail", None), ("GET", "/v1/queues", None)):
            self.assertIn(self.server.call(method, path, body).status, (200, 202))


if __name__ == "__main__":
    unittest.main()
