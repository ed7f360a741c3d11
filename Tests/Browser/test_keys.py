"""The dashboard of a server with API keys: sign-in, sign-out, and the buttons of each key."""

import unittest

from selenium.webdriver.common.keys import Keys

from browser import BrowserTest


class SignInTests(BrowserTest):
    expects_rejections = True

    def setUp(self):
        super().setUp()
        self.server.submit("report.pdf", max_attempts=1)
        self.server.fail(self.server.lease()[0], "TemplateError", "cannot render")
        self.server.submit("mail.send")
        self.server.key = self.server.make_key("boss", "admin")
        self.addCleanup(self.driver.delete_all_cookies)

    def sign_in(self, key, path="/"):
        self.open(path)
        self.see("Sign in")
        self.find("input[name=key]")[0].send_keys(key, Keys.ENTER)

    def test_the_dashboard_asks_for_a_key_and_keeps_a_session(self):
        self.open("/jobs")
        self.see("Sign in")
        self.assertNotIn("mail.send", self.text("body"))
        self.assertEqual(self.find("#nav a[href='/jobs']")[0].is_displayed(), False)
        self.screenshot("sign-in")
        self.assertEqual(self.axe(), [])
        self.find("input[name=key]")[0].send_keys("lh_live_wrong", Keys.ENTER)
        self.see("malformed", ".error-box")
        self.find("input[name=key]")[0].clear()
        self.find("input[name=key]")[0].send_keys("schlüssel✓", Keys.ENTER)
        self.see("not an API key", ".error-box")
        self.sign_in(self.server.key, "/jobs")
        self.see("mail.send")
        self.see("boss", ".tools")
        self.see("Live", ".tools")
        self.open("/queues/default")
        self.see("mail.send")
        cookie = self.driver.get_cookie("longhaul_session")
        self.assertTrue(cookie["httpOnly"])
        self.assertEqual(cookie["sameSite"], "Strict")
        self.assertEqual(self.script("return document.cookie"), "")
        self.assertNotIn(self.server.key, str(cookie))
        self.screenshot("signed-in")

    def test_sign_out_ends_the_session(self):
        self.sign_in(self.server.key)
        self.see("boss", ".tools")
        self.click(".tools button", "Sign out")
        self.see("Sign in", "h1")
        self.assertIsNone(self.driver.get_cookie("longhaul_session"))

    def test_a_revoked_key_leads_to_the_sign_in(self):
        key = self.server.make_key("guest", "jobs:read")
        self.sign_in(key)
        self.see("guest", ".tools")
        self.server.call("DELETE", f"/v1/keys/{key.split('_')[2]}")
        self.see("Sign in", "h1")

    def test_a_reader_sees_no_buttons_that_its_key_may_not_press(self):
        job = self.server.call("GET", "/v1/jobs?state=failed")["items"][0]["id"]
        words = {"/queues/default": ("Latest jobs", ["Pause", "Save limits"]), f"/jobs/{job}": ("Timeline", ["Retry", "Delete"]),
                 "/dead-letters": ("TemplateError", ["Redrive", "Discard…"])}
        for name, scopes, expects_buttons in (("guest", ["jobs:read"], False),
                                              ("operator", ["jobs:read", "jobs:write", "queues:write"], True)):
            self.sign_in(self.server.make_key(name, *scopes))
            self.see(name, ".tools")
            for path, (shown, buttons) in words.items():
                self.open(path)
                self.see(shown)
                texts = [button.text for button in self.find("main button")]
                for button in buttons:
                    with self.subTest(name=name, path=path, button=button):
                        self.assertEqual(button in texts, expects_buttons)
            self.driver.delete_all_cookies()

    def test_only_an_admin_sees_the_audit_log(self):
        self.server.call("PUT", "/v1/queues/images", {"max_depth": 7})
        self.sign_in(self.server.make_key("guest", "jobs:read", "queues:write"))
        self.see("guest", ".tools")
        self.assertEqual(self.find("#nav a[href='/audit']")[0].is_displayed(), False)
        self.driver.delete_all_cookies()
        self.sign_in(self.server.key)
        self.see("boss", ".tools")
        self.click("#nav a", "Audit")
        self.see("queue.set")
        self.see("max_depth")
        self.find("input[name=subject]")[0].send_keys("images", Keys.ENTER)
        self.wait(lambda: "key.create" not in self.text("main"), "the filtered list")
        self.see("queue.set")

    def test_a_key_without_reading_gets_the_reason(self):
        self.sign_in(self.server.make_key("shop", "jobs:submit"), "/jobs")
        self.see("jobs:read", ".error-box")


if __name__ == "__main__":
    unittest.main()
