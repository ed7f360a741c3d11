"""Chromium under test, and what the tests ask of it. Nothing here waits for time, only for conditions."""

import glob
import json
import os
import unittest

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, TimeoutException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from server import REPOSITORY, Server

DEADLINE_SECONDS = 60
SCREENSHOTS = os.path.join(REPOSITORY, ".run", "screenshots")


def start_browser():
    """A headless Chromium of Debian's, with a profile of its own."""
    options = Options()
    options.binary_location = "/usr/bin/chromium"
    # The sandbox needs what containers often lack; all that is opened here is the server under test.
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))


def axe_source():
    """axe-core, from the Python package that ships it (see scripts/browser-tests.sh)."""
    found = glob.glob(os.path.join(os.environ["AXE_FOLDER"], "**", "axe.min.js"), recursive=True)
    with open(found[0], encoding="utf-8") as file:
        return file.read()


class BrowserTest(unittest.TestCase):
    """A test with a browser for its class and a server for itself. Fails if the console shows a fault, which is
    also where a breach of the page's security policy is told."""

    #: Whether the test makes the server go away, so that failed requests in the console are as they should be.
    loses_the_server = False
    #: Further options of the server.
    server_options = ()

    @classmethod
    def setUpClass(cls):
        cls.driver = start_browser()
        cls.addClassCleanup(cls.driver.quit)

    def setUp(self):
        self.server = Server(*self.server_options)
        self.addCleanup(self.server.close)
        self.addCleanup(self.driver.get, "about:blank")
        self.resize(1440, 1000)
        self.faults()

    def tearDown(self):
        if not self.loses_the_server:
            self.assertEqual(self.faults(), [])

    def faults(self):
        """What the console told since the last call."""
        return [f"{entry['level']} {entry['message']}" for entry in self.driver.get_log("browser")]

    def open(self, path="/"):
        self.driver.get(self.server.address + path)
        self.wait(lambda: self.script("return document.title") != "Longhaul", "the page's title")

    def resize(self, width, height):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})

    def prefer(self, scheme):
        """Sets what the system prefers: light or dark."""
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def script(self, text, *arguments):
        return self.driver.execute_script(text, *arguments)

    def wait(self, condition, what, seconds=DEADLINE_SECONDS):
        """Waits until the condition holds; answers what it answered."""
        waiting = WebDriverWait(
            self.driver, seconds, poll_frequency=0.05, ignored_exceptions=(StaleElementReferenceException,))
        try:
            return waiting.until(lambda _: condition())
        except TimeoutException:
            shown = self.script("return document.body.innerText")
            raise AssertionError(f"{what} did not come within {seconds} s. The page shows:\n{shown}") from None

    def find(self, selector):
        """The elements of a selector, now."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector="main"):
        """What is to be read in an element, empty if it is not there."""
        return self.script(
            "return document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def see(self, words, selector="main", seconds=DEADLINE_SECONDS):
        """Waits until words are to be read in an element."""
        self.wait(lambda: words in self.text(selector), f"“{words}” in {selector}", seconds)

    def click(self, selector, words=None):
        """Clicks the element of a selector, the one with these words if given, once it can be clicked."""
        def clicked():
            for element in self.find(selector):
                if (words is None or words in element.text) and element.is_displayed() and element.is_enabled():
                    element.click()
                    return True
            return False
        self.wait(clicked, f"something to click: {selector} {words or ''}")

    def mark(self):
        """Leaves a mark that a reload would wipe out."""
        self.script("window.longhaulMark = true")

    def assert_not_reloaded(self):
        self.assertTrue(self.script("return window.longhaulMark === true"), "the page was loaded anew")

    def screenshot(self, name):
        os.makedirs(SCREENSHOTS, exist_ok=True)
        self.driver.save_screenshot(os.path.join(SCREENSHOTS, f"{name}.png"))

    def axe(self):
        """The findings of axe that are serious or worse, each as a line."""
        self.script(axe_source())
        found = self.driver.execute_async_script(
            "const done = arguments[0]; axe.run(document).then((r) => done(JSON.stringify(r.violations)))")
        return [
            f"{finding['impact']} {finding['id']}: {finding['help']} ({node['target']})"
            for finding in json.loads(found) if finding["impact"] in ("serious", "critical")
            for node in finding["nodes"]
        ]
