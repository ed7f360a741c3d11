"""Measures the load time of the overview, with few stored jobs and with a million.

Each view is one navigation of Debian's Chromium to a server on this machine, `cold` with an empty cache and `warm` with the
cache of the previous view. Two times are measured, in milliseconds from the start of the navigation: the first paint of
content, and the frame in which the table shows every queue. Exits with 1 if the median is above the target.

    first_view.py [--jobs 1000000] [--views 30]
"""

import argparse
import http.client
import json
import os
import statistics
import sys
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "Tests", "Browser"))

from browser import Chromium  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402
from server import Server  # noqa: E402

TARGET_MS = 300
BATCH = 1000
QUEUES = ["default", "images", "mail", "reports", "video"]
FEW = 10

# Records the first frame after the table of queues has its rows.
WATCH = """
new MutationObserver((_, observer) => {
  if (document.querySelectorAll("main table tbody tr").length < arguments0) return;
  observer.disconnect();
  requestAnimationFrame(() => setTimeout(() => { window.shownAt = performance.now(); }));
}).observe(document, { childList: true, subtree: true });
""".replace("arguments0", str(len(QUEUES)))


class Filler:
    """Fills a server over one connection. Most jobs have ended, as in a store that is in use."""

    def __init__(self, server):
        self.server = server
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(server.address).netloc)
        for queue in QUEUES:
            server.call("PUT", f"/v1/queues/{queue}", {"max_depth": None})

    def call(self, path, body):
        self.connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{path} answered {answer.status}: {text[:300]}")
        return json.loads(text)

    def fill(self, count):
        """Adds `count` jobs. Of each full batch, one job in two is completed and one in fifty fails."""
        left, batch = count, 0
        while left > 0:
            size = min(BATCH, left)
            queue = QUEUES[batch % len(QUEUES)]
            job = {"kind": f"{queue}.work", "queue": queue, "payload": {"n": batch}, "max_attempts": 1}
            self.call("/v1/jobs/batch", {"jobs": [job] * size})
            if size == BATCH:
                self.work(queue, size // 2)
            left -= size
            batch += 1
            if batch % 100 == 0:
                print(f"  {count - left} jobs stored", file=sys.stderr, flush=True)

    def work(self, queue, count):
        answer = self.call("/v1/leases", {
            "worker": {"id": f"{queue}-worker"}, "queues": [queue], "max_jobs": count, "lease_seconds": 60})
        tokens = [lease["token"] for lease in answer["leases"]]
        failing = count // 50
        self.call("/v1/leases/complete", {
            "completions": [{"token": token, "result": {"ok": True}} for token in tokens[failing:]]})
        for n, token in enumerate(tokens[:failing]):
            error = {"type": "ValueError", "message": f"the payload has no width (row {n})"}
            self.call(f"/v1/leases/{token}/fail", {"error": error, "retryable": False})


def view(driver, address, is_cold):
    """Opens the page once. Returns (first paint of content, data shown)."""
    driver.get(address + "/healthz")
    if is_cold:
        driver.execute_cdp_cmd("Network.clearBrowserCache", {})
    driver.get(address + "/")
    shown = WebDriverWait(driver, 60, poll_frequency=0.02).until(
        lambda each: each.execute_script("return window.shownAt"))
    paint = driver.execute_script(
        "return performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null")
    return paint if paint is not None else shown, shown


def measure(driver, address, views, name):
    """Opens the page repeatedly and prints the times. Returns the median of data shown, cold and warm."""
    medians = []
    for kind in ("cold", "warm"):
        times = [view(driver, address, kind == "cold") for _ in range(views + 1)][1:]
        paints, shown = (sorted(column) for column in zip(*times))
        medians.append(statistics.median(shown))
        print(f"  {name:>12}  {kind}  first paint p50 {statistics.median(paints):4.0f} ms   "
              f"data shown p50 {medians[-1]:4.0f} ms, p95 {shown[int(len(shown) * 0.95) - 1]:4.0f} ms", flush=True)
    return medians


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=1_000_000)
    parser.add_argument("--views", type=int, default=30)
    options = parser.parse_args()
    server = Server()
    driver = Chromium()
    try:
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})
        filler = Filler(server)
        for queue in QUEUES:
            filler.call("/v1/jobs/batch", {"jobs": [{"kind": "few", "queue": queue}] * (FEW // len(QUEUES))})
        few = measure(driver, server.address, options.views, f"{FEW} jobs")
        filler.fill(options.jobs - FEW)
        many = measure(driver, server.address, options.views, f"{options.jobs} jobs")
    finally:
        driver.quit()
        server.close()
    print(f"  {options.jobs} jobs take {many[0] / few[0]:.2f} times as long as {FEW}; target: under {TARGET_MS} ms")
    return 0 if max(many) < TARGET_MS else 1


if __name__ == "__main__":
    sys.exit(main())
