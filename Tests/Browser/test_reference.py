"""The page /docs: it shows each call of the HTTP API, in both themes and on a narrow screen."""

import unittest

from browser import BrowserTest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys


class ReferenceTests(BrowserTest):
    def open_reference(self, path="/docs"):
        self.open(path)
        self.wait(lambda: self.find("article.call"), "a call")

    def calls(self):
        """The calls in the list at the side."""
        return self.script("return [...document.querySelectorAll('#contents li a')].map((link) => link.hash.slice(1))")

    def press(self, *keys):
        ActionChains(self.driver).send_keys(*keys).perform()

    def test_page_is_accessible_in_both_themes_and_on_a_narrow_screen(self):
        for scheme, width in (("light", 1440), ("dark", 1440), ("light", 390)):
            with self.subTest(scheme=scheme, width=width):
                self.prefer(scheme)
                self.resize(width, 1000)
                self.open_reference()
                self.assert_fits()
                # All calls together are too many for axe.
                self.find("#search")[0].send_keys("submits copy")
                self.wait(lambda: len(self.find("article.call")) < 5, "few calls")
                self.click("article.call .fold", "Show fields")
                self.assertEqual(self.axe(), [])
                self.screenshot(f"reference-{'narrow' if width < 600 else scheme}")

    def test_every_call_of_the_document_is_shown(self):
        document = self.server.call("GET", "/openapi.json")
        names = {call["operationId"] for calls in document["paths"].values() for call in calls.values()}
        self.open_reference()
        self.assertEqual(set(self.calls()), names)
        self.assertEqual({article.get_attribute("id") for article in self.find("article.call")}, names)
        self.see("Idempotency-Key", "#submitJob")
        self.see("required", "#submitJob")
        self.see("0 to 9.", "#submitJob")
        self.see("Default: 5.", "#submitJob")
        self.see("API key with the scope jobs:submit.", "#submitJob")

    def test_search_finds_calls_by_their_words(self):
        self.open_reference()
        self.press("/")
        self.press("dead letter redrive")
        self.wait(lambda: self.calls() == ["redriveDeadLetters"], "one call")
        self.see("1 call", ".count")
        self.assertEqual([article.get_attribute("id") for article in self.find("article.call")], ["redriveDeadLetters"])
        self.press(" nothing")
        self.see("No call has these words.")
        self.press(Keys.ESCAPE)
        self.wait(lambda: len(self.calls()) > 80, "all calls")

    def test_fields_of_objects_are_shown_on_request(self):
        self.open_reference("/docs#submitJob")
        self.assertNotIn("initial_seconds", self.text("#submitJob .words"))
        self.click('#submitJob [aria-label="Show the fields of backoff"]')
        self.see("initial_seconds", "#submitJob .words")
        self.click('#submitJob [aria-label="Hide the fields of backoff"]')
        self.wait(lambda: "initial_seconds" not in self.text("#submitJob .words"), "hidden fields")
        # The keyboard opens them as well.
        button = self.find('#submitJob [aria-label="Show the fields of the answer 202 to submitJob"]')[0]
        button.send_keys(Keys.ENTER)
        self.see("estimated_start_at", "#submitJob .words")

    def test_the_curl_command_is_copied_and_names_this_server(self):
        self.driver.execute_cdp_cmd("Browser.grantPermissions", {
            "origin": self.server.address, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]})
        self.open_reference("/docs#submitJob")
        self.click('#submitJob [aria-label="Copy: curl"]')
        self.see("Copied", "#submitJob")
        copied = self.driver.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
        self.assertIn(f"'{self.server.address}/v1/jobs'", copied)
        self.assertIn('"kind":"mail.send"', copied)
        self.assertNotIn("Authorization", copied)

    def test_links_of_the_list_lead_to_calls(self):
        self.open_reference()
        self.click('#contents a[href="#leaseJobs"]')
        self.wait(lambda: self.script("return document.activeElement.id") == "leaseJobs", "the call has the focus")
        self.wait(lambda: self.find('#contents a[href="#leaseJobs"][aria-current="true"]'), "a marked link")

    def test_dashboard_links_to_the_page(self):
        self.open()
        self.press("?")
        self.click('dialog a[href="/docs"]')
        self.wait(lambda: self.find("article.call"), "a call")

    def test_an_address_with_a_malformed_escape_sequence_shows_all_calls(self):
        self.open_reference("/docs#%E0%A4%A")
        self.assertGreater(len(self.calls()), 50)


class ReferenceWithKeysTests(BrowserTest):
    expects_rejections = True

    def test_page_needs_a_session_once_there_are_keys(self):
        key = self.server.make_key("people", "jobs:read")
        self.open("/docs")
        self.see("Sign in to the dashboard")
        self.assertEqual(self.axe(), [])
        self.click("main a")
        self.wait(lambda: self.find("main input"), "the form for the key")
        self.find("main input")[0].send_keys(key, Keys.ENTER)
        self.see("Live", ".connection")
        self.driver.get(self.server.address + "/docs#submitJob")
        self.wait(lambda: self.find("article.call"), "a call")
        self.see("Authorization: Bearer $LONGHAUL_API_KEY", "#submitJob")


if __name__ == "__main__":
    unittest.main()
