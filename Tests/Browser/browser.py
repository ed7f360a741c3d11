"""The browsers and the helpers of the tests. They wait for conditions, never for time."""

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

from firefox import Firefox
from server import REPOSITORY, Server

DEADLINE_SECONDS = 60
SCREENSHOTS = os.path.join(REPOSITORY, ".run", "screenshots")


class Chromium(webdriver.Chrome):
    """Debian's Chromium, headless and with its own profile."""

    def __init__(self):
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        # Containers often cannot run the sandbox; the browser opens only the server under test.
        # A proxy of the environment must not see these requests, and must not answer them.
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                         "--no-proxy-server", "--disable-background-networking", "--disable-component-update"):
            options.add_argument(argument)
        options.ignore_local_proxy_environment_variables()
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        super().__init__(options=options, service=Service("/usr/bin/chromedriver"))

    def set_size(self, width, height):
        """Sets the size of the page."""
        self.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})

    def set_theme(self, scheme):
        """Sets the preferred theme of the system."""
        self.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def take_errors(self):
        """The entries of the console since the last call."""
        return [f"{entry['level']} {entry['message']}" for entry in self.get_log("browser")]


#: The browsers by name.
BROWSERS = {"chromium": Chromium, "firefox": Firefox}


def axe_source():
    """axe-core, from the Python package that ships it (see scripts/browser-tests.sh)."""
    found = glob.glob(os.path.join(os.environ["AXE_FOLDER"], "**", "axe.min.js"), recursive=True)
    with open(found[0], encoding="utf-8") as file:
        return file.read()


class BrowserTest(unittest.TestCase):
    """A test with one browser for each class and one server for each test. It fails if the console has errors, which
    include violations of the page's security policy."""

    #: The name of the browser.
    browser = "chromium"
    #: Whether the test stops the server, so that failed requests in the console are expected.
    loses_the_server = False
    #: Whether the server refuses requests of the test, so that these in the console are expected.
    expects_rejections = False
    #: Additional options of the server.
    server_options = ()

    @classmethod
    def setUpClass(cls):
        cls.driver = BROWSERS[cls.browser]()
        cls.addClassCleanup(cls.driver.quit)

    def setUp(self):
        self.server = Server(*self.server_options)
        self.addCleanup(self.server.close)
        self.addCleanup(self.driver.get, "about:blank")
        self.resize(1440, 1000)
        self.console_errors()

    def tearDown(self):
        if not self.loses_the_server and not self.expects_rejections:
            self.assertEqual(self.console_errors(), [])

    def console_errors(self):
        """The entries of the console since the last call."""
        return self.driver.take_errors()

    def open(self, path="/"):
        self.driver.get(self.server.address + path)
        self.wait(lambda: self.script("return document.title") != "Longhaul", "the page's title")

    def resize(self, width, height):
        self.driver.set_size(width, height)

    def prefer(self, scheme):
        """Sets the preferred theme of the system: light or dark."""
        self.driver.set_theme(scheme)

    def script(self, text, *arguments):
        return self.driver.execute_script(text, *arguments)

    def wait(self, condition, what, seconds=DEADLINE_SECONDS):
        """Waits until the condition holds; returns its value."""
        waiting = WebDriverWait(
            self.driver, seconds, poll_frequency=0.05, ignored_exceptions=(StaleElementReferenceException,))
        try:
            return waiting.until(lambda _: condition())
        except TimeoutException:
            shown = self.script("return document.body.innerText")
            raise AssertionError(f"{what} did not appear within {seconds} s. The page shows:\n{shown}") from None

    def find(self, selector):
        """The elements that match a selector now."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector="main"):
        """The visible text of an element, or an empty string if it does not exist."""
        return self.script(
            "return document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def see(self, words, selector="main", seconds=DEADLINE_SECONDS):
        """Waits until an element shows the text."""
        self.wait(lambda: words in self.text(selector), f"“{words}” in {selector}", seconds)

    def click(self, selector, words=None):
        """Clicks the element of a selector (with this text, if given) when it can be clicked."""
        def clicked():
            for element in self.find(selector):
                if (words is None or words in element.text) and element.is_displayed() and element.is_enabled():
                    element.click()
                    return True
            return False
        self.wait(clicked, f"an element to click: {selector} {words or ''}")

    def hold(self, part, status=None):
        """Holds the next answer to a request whose address contains `part`, until `release`. With a status, the answer is
        a problem instead."""
        self.script("""
            const [part, status] = arguments, fetch = window.fetch, held = { isHeld: false, isRead: false };
            const released = new Promise((resolve) => { held.release = resolve; });
            (window.heldAnswers ??= []).push(held);
            window.fetch = async (url, options) => {
              if (!url.includes(part) || held.isHeld) return fetch(url, options);
              held.isHeld = true;
              const answer = await fetch(url, { ...options, signal: undefined });
              const text = status ? "{}" : await answer.text();
              await released;
              return { ok: !status && answer.ok, status: status ?? answer.status, headers: answer.headers, text: async () => {
                setTimeout(() => { held.isRead = true; });
                return text;
              } };
            };""", part, status)

    def wait_for_held(self):
        self.wait(lambda: self.script("return window.heldAnswers.at(-1).isHeld"), "the request")

    def release(self):
        """Lets the page read the answer that is held longest, and waits until it has."""
        self.script("window.releasedAnswer = window.heldAnswers.shift(); window.releasedAnswer.release()")
        self.wait(lambda: self.script("return window.releasedAnswer.isRead"), "the answer")

    def mark(self):
        """Sets a mark that a reload would remove."""
        self.script("window.longhaulMark = true")

    def assert_not_reloaded(self):
        self.assertTrue(self.script("return window.longhaulMark === true"), "the page was reloaded")

    def screenshot(self, name):
        os.makedirs(SCREENSHOTS, exist_ok=True)
        self.driver.save_screenshot(os.path.join(SCREENSHOTS, f"{name}.png"))

    def assert_fits(self):
        """Fails if the page scrolls sideways."""
        inner, width = self.script("const { scrollWidth, clientWidth } = document.documentElement; return [scrollWidth, clientWidth]")
        self.assertLessEqual(inner, width, f"the page is too wide for {width} pixels")

    def check_views(self, name):
        """Checks the page in each theme and width, and takes pictures of it."""
        for scheme, width in (("light", 1440), ("dark", 1440), ("light", 390), ("dark", 390)):
            self.prefer(scheme)
            self.resize(width, 1000)
            self.assert_fits()
            self.assertEqual(self.axe(), [], f"{scheme}, {width} pixels wide")
            self.screenshot(f"{name}-{scheme}-{width}")
        self.prefer("light")
        self.resize(1440, 1000)

    def axe(self):
        """The findings of axe, one line each."""
        self.script(axe_source())
        found = self.driver.execute_async_script(
            "const done = arguments[0]; axe.run(document).then((r) => done(JSON.stringify(r.violations)))")
        return [
            f"{finding['impact']} {finding['id']}: {finding['help']} ({node['target']})"
            for finding in json.loads(found)
            for node in finding["nodes"]
        ]
