"""Submitting jobs and copies with the dashboard, and requests as commands."""

import json
import subprocess
import unittest

from browser import BrowserTest
from selenium.webdriver.common.keys import Keys

#: Texts that a shell could read as something else.
AWKWARD = {"text": "it's $HOME `id` \"x\" \\ !1 %s\n\ttab é ✓ </script>", "large": 12345678901234567890, "list": []}


class SubmitTests(BrowserTest):
    def field(self, name):
        return self.find(f"dialog [name={name}]")[0]

    def enter(self, name, text):
        field = self.field(name)
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(text)

    def opened_job(self):
        """The job whose page is open."""
        self.wait(lambda: "/jobs/" in self.driver.current_url, "the page of a job")
        return self.server.call("GET", "/v1" + self.script("return location.pathname"))

    def test_a_job_is_submitted_with_all_its_fields(self):
        self.server.submit("mail.send", queue="mail")
        self.open("/jobs")
        self.click("button", "Submit a job…")
        self.wait(lambda: self.find("#known-kinds option[value='mail.send']"), "known kinds")
        self.enter("kind", "mail.send")
        self.enter("queue", "mail")
        self.enter("priority", "7")
        self.enter("payload", '{"to": "a@example.com"}')
        self.enter("tags", "customer:acme\nregion: eu")
        self.enter("idempotency_key", "order-1")
        self.field("when").send_keys("after")
        self.enter("delay", "2")
        self.field("unit").send_keys("hours")
        self.assertEqual(self.axe(), [])
        self.screenshot("submit-job")
        self.click("dialog button", "Copy as curl…")
        self.see("'{\n  \"kind\": \"mail.send\",", ".command")
        self.assertEqual(self.axe(), [])
        self.click("dialog button", "Close")
        self.click("dialog [type=submit]")
        job = self.opened_job()
        self.assertEqual((job["kind"], job["queue"], job["priority"], job["payload"], job["tags"], job["state"]), (
            "mail.send", "mail", 7, {"to": "a@example.com"}, {"customer": "acme", "region": "eu"}, "scheduled"))

    def test_errors_are_shown_at_their_fields_with_the_place_in_the_payload(self):
        self.open("/jobs")
        self.click("button", "Submit a job…")
        self.enter("kind", "mail.send")
        self.enter("payload", '{"a": 1,\n "b": }')
        self.enter("tags", "acme")
        self.click("dialog [type=submit]")
        self.see("Line 2, column 7: expected a value.", "dialog")
        self.see("“acme” is not a tag", "dialog")
        self.assertEqual(self.script("return document.querySelector('dialog textarea').selectionStart"), 15)
        for scheme in ("dark", "light"):
            self.prefer(scheme)
            self.assertEqual(self.axe(), [], scheme)
            self.screenshot(f"submit-job-error-{scheme}")
        self.enter("payload", '{"a": 1}')
        self.enter("tags", "customer:acme")
        self.wait(lambda: "Line 2" not in self.text("dialog"), "no error at the payload")
        self.enter("kind", "no spaces")
        self.click("dialog [type=submit]")
        self.wait(lambda: self.find("input[name=kind][aria-invalid]"), "the error of the server at its field")
        self.assertTrue(all("400" in entry for entry in self.console_errors()))

    def test_the_place_of_an_error_agrees_with_the_browser(self):
        """`jsonError` finds an error where, and only where, the browser's parser does."""
        texts = ['{}', '[1, -2.5e3, "a\\u00e9\\n", true, null, {"b": []}]', ' "x" ', '', '  ', '{', '{"a"}', '{"a": }', '{"a": 1,}', '[1 2]',
                 '{a: 1}', "{'a': 1}", '01', '1.', '.5', '+1', 'tru', 'nulll', '"a', '"\\x"', '"\t"', '[1]]', '[,]', '{"a": 1 "b": 2}']
        places = {'{"a": 1,\n "b": }': 15, '[1 2]': 3, '{"a"}': 4, '': 0, '{"a": 1,}': 8, '[1]]': 3}
        self.open("/jobs")
        found = self.driver.execute_async_script("""
            const [texts, done] = arguments;
            const isJSON = (text) => { try { JSON.parse(text); return true; } catch { return false; } };
            import(document.querySelector('link[href$="lib/json-error.js"]').href)
              .then(({ jsonError }) => done(texts.map((text) => [isJSON(text), jsonError(text)?.offset ?? null])));
        """, texts + list(places))
        for text, (is_json, offset) in zip(texts + list(places), found):
            with self.subTest(text=text):
                self.assertEqual(offset is None, is_json)
                if text in places:
                    self.assertEqual(offset, places[text])

    def test_a_copy_runs_with_an_edited_payload(self):
        job = self.server.submit("mail.send", queue="mail", priority=8, payload={"to": "wrong@example.com"}, tags={"customer": "acme"})
        self.open(f"/jobs/{job}")
        self.click("button", "Run a copy…")
        self.wait(lambda: "wrong@example.com" in (self.field("payload").get_attribute("value")), "the payload")
        self.enter("payload", '{"to": "right@example.com"}')
        self.click("dialog [type=submit]")
        self.wait(lambda: not self.driver.current_url.endswith(job), "the page of the copy")
        copy = self.opened_job()
        self.assertEqual((copy["kind"], copy["queue"], copy["priority"], copy["payload"], copy["tags"]), (
            "mail.send", "mail", 8, {"to": "right@example.com"}, {"customer": "acme"}))
        self.see("right@example.com")

    def test_a_copy_from_the_list_keeps_an_unchanged_payload(self):
        job = self.server.submit("mail.send", payload=AWKWARD)
        self.open("/jobs")
        self.click(f"[aria-label='Actions for job {job[-12:]}']")
        self.click(".menu button", "Run a copy…")
        self.wait(lambda: self.find("dialog textarea"), "the form")
        self.click("dialog [type=submit]")
        self.wait(lambda: "/jobs/" in self.driver.current_url, "the page of the copy")
        self.assertEqual(self.opened_job()["payload"], AWKWARD)

    def test_the_command_for_curl_submits_the_same_job(self):
        job = self.server.submit("mail.send", queue="mail", payload=AWKWARD, tags={"customer": "it's"}, timeout_seconds=7.5)
        self.open(f"/jobs/{job}")
        self.click("[aria-label='More actions']")
        self.click(".menu button", "Copy as curl…")
        self.see("curl -sS -X POST", "dialog")
        self.assertEqual(self.axe(), [])
        self.screenshot("copy-as-curl")
        command = self.script("return document.querySelector('dialog .command').textContent")
        self.assertNotIn("Authorization", command)
        answer = subprocess.run(["sh", "-c", command], capture_output=True, check=True, timeout=60)
        copy = json.loads(answer.stdout)
        first = self.server.call("GET", f"/v1/jobs/{job}")
        self.assertNotEqual(copy["id"], job)
        for name in ("kind", "queue", "payload", "tags", "timeout_seconds", "priority", "max_attempts", "backoff"):
            self.assertEqual(copy[name], first[name], name)


class KeyTests(BrowserTest):
    # The requests before the sign-in are refused.
    expects_rejections = True

    def test_a_command_has_the_name_of_a_variable_in_place_of_the_key(self):
        self.server.submit("mail.send")
        self.server.key = self.server.make_key("boss", "admin")
        self.addCleanup(self.driver.delete_all_cookies)
        self.open("/jobs")
        self.find("input[name=key]")[0].send_keys(self.server.key, Keys.ENTER)
        self.see("mail.send")
        self.click(".row-menu")
        self.click(".menu button", "Copy as curl…")
        self.see('-H "Authorization: Bearer $LONGHAUL_API_KEY"', "dialog")
        self.assertNotIn(self.server.key, self.text("dialog"))


if __name__ == "__main__":
    unittest.main()
