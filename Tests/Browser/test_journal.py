"""The page of a durable job: its journal as a waterfall, what it waits for, and the actions on it."""

import unittest

import durable
from browser import BrowserTest
from durable import start, step, succeed
from selenium.webdriver.common.keys import Keys

ROWS = """
return [...document.querySelectorAll('[data-operation]')].map((row) => {
  const frame = row.querySelector('.operation-bar').getBoundingClientRect();
  const bar = [...row.querySelectorAll('.operation-bar rect')].map((part) => part.getBoundingClientRect());
  return { id: row.dataset.operation, indent: getComputedStyle(row.querySelector('.operation-name')).paddingLeft,
    words: row.querySelector('.operation-row').innerText, kind: row.querySelector('.operation-bar rect').classList[0],
    frame: [frame.left, frame.right], left: Math.min(...bar.map((part) => part.left)),
    right: Math.max(...bar.map((part) => part.right)), height: bar[0].height };
});
"""


class JournalTest(BrowserTest):
    def rows(self):
        return {row["id"]: row for row in self.script(ROWS)}

    def open_job(self, job):
        self.open(f"/jobs/{job}")
        self.wait(lambda: self.find("[data-operation]"), "the journal")

    def open_operation(self, name):
        self.click(".operation-row", name)
        self.wait(lambda: self.find(".operation-contents"), "the open operation")

    def job(self, job):
        return self.server.call("GET", f"/v1/jobs/{job}")

    def journal(self, job):
        return self.server.call("GET", f"/v1/jobs/{job}/journal")["items"]


class WaterfallTests(JournalTest):
    def test_operations_are_rows_in_order_with_bars_on_one_axis(self):
        job = durable.order(self.server)
        self.open_job(job)
        rows = self.rows()
        self.assertEqual(list(rows), ["0", "1", "2", "2.0", "2.1", "3", "4", "5", "6"])
        self.assertEqual({row["indent"] for id, row in rows.items() if "." in id}, {"16px"})
        self.assertEqual({row["indent"] for id, row in rows.items() if "." not in id}, {"0px"})
        self.assertEqual(len({tuple(row["frame"]) for row in rows.values()}), 1)
        for id, row in rows.items():
            self.assertGreaterEqual(row["left"], row["frame"][0] - 1, id)
            self.assertLessEqual(row["right"], row["frame"][1] + 1, id)
        self.assertLessEqual(rows["1"]["left"], rows["5"]["left"])
        self.assertAlmostEqual(rows["5"]["right"], rows["5"]["frame"][1], delta=2)
        self.assertEqual((rows["1"]["kind"], rows["2"]["kind"], rows["5"]["kind"]), ("bar-work", "bar-group", "bar-wait"))
        self.assertLess(rows["5"]["height"], rows["1"]["height"])
        self.assertIn("attempt 2", rows["2.0"]["words"])
        self.assertIn("2 days left", rows["5"]["words"])
        self.assertIn("until", rows["6"]["words"])

    def test_the_page_says_what_the_job_waits_for(self):
        job = durable.order(self.server)
        self.open_job(job)
        self.see("Waits for signal confirmed, 2 days left")
        self.see("waits for signal confirmed, 2 days left (and 1 more)", ".timeline")
        self.see("Waits for timer reminder until")
        flow = durable.waiting(self.server, 1, "job", "mail customer", job={"kind": "mail.send", "queue": "mail"})[0]
        self.open_job(flow)
        self.see("Waits for job mail customer")
        self.click(".standing a", "mail customer")
        self.see("mail.send", "h1")

    def test_an_open_operation_shows_its_data_as_text(self):
        self.server.submit("flow")
        lease = self.server.lease()[0]
        self.server.update(lease, start("step", "0", "render", input={"page": "<b>1</b>", "big": 12345678901234567890}))
        self.server.update(lease, durable.fail("0", "render", "TemplateError", "no field <name>"))
        self.open_job(lease["job"]["id"])
        self.open_operation("render")
        self.see("<b>1</b>", ".operation-contents")
        self.see("12345678901234567890", ".operation-contents")
        self.see("no field <name>", ".operation-contents")
        self.assertEqual(self.find(".operation-contents pre b"), [])
        self.click(".operation-row", "render")
        self.wait(lambda: not self.find(".operation-contents"), "the closed operation")

    def test_a_running_journal_grows_without_a_reload(self):
        job = self.server.submit("flow")
        lease = self.server.lease()[0]
        self.server.update(lease, start("step", "0", "first"))
        self.open_job(job)
        self.see("started", "[data-operation='0']")
        self.mark()
        self.server.update(lease, succeed("step", "0", "first"), start("step", "1", "second"))
        self.see("succeeded", "[data-operation='0']")
        self.see("second", ".waterfall")
        self.server.complete(lease)
        self.see("completed", "h1")
        self.assert_not_reloaded()

    def test_a_child_job_is_a_link_to_its_page(self):
        self.open_job(durable.order(self.server))
        self.click("[data-operation='4'] .operation-child a")
        self.see("mail.send", "h1")

    def test_a_long_journal_is_shown_in_parts(self):
        job = self.server.submit("flow")
        lease = self.server.lease()[0]
        for part in range(10):
            self.server.update(lease, *[
                start("marker", f"{part * 250 + n}", f"marker {part * 250 + n}", output=n) for n in range(250)])
        self.open_job(job)
        self.wait(lambda: len(self.find("[data-operation]")) == 200, "the first 200 operations")
        self.see("1–200 of 2,500 operations")
        self.click("button", "Later")
        self.see("marker 399", ".waterfall")
        self.assertEqual(list(self.rows())[0], "200")
        self.click("button", "Last")
        self.see("marker 2499", ".waterfall")
        self.see("2,401–2,500 of 2,500 operations")
        self.server.update(lease, *step("2500", "the end"))
        self.see("the end", ".waterfall")
        self.click("button", "Earlier")
        self.see("marker 2200", ".waterfall")
        self.click("button", "First")
        self.see("1–200 of 2,501 operations")

    def test_the_journal_works_with_the_keyboard(self):
        self.open_job(durable.order(self.server))
        focused = "return document.activeElement.closest('[data-operation]')?.dataset.operation"
        self.script("document.querySelector('.operation-row').focus()")
        for key, expected in ((Keys.DOWN, "1"), (Keys.DOWN, "2"), (Keys.UP, "1"), (Keys.END, "6"), (Keys.HOME, "0")):
            self.driver.switch_to.active_element.send_keys(key)
            self.assertEqual(self.script(focused), expected)
        self.driver.switch_to.active_element.send_keys(Keys.DOWN, Keys.ENTER)
        self.see("reservation", ".operation-contents")
        self.driver.switch_to.active_element.send_keys(Keys.TAB)
        self.assertEqual(self.script(focused), "1", "the contents follow the row")
        self.assertEqual(len(self.find(".operation-row[tabindex='0']")), 1)

    def test_both_themes_and_a_narrow_screen(self):
        job = durable.order(self.server)
        for scheme, width in (("light", 1440), ("dark", 1440), ("light", 900), ("light", 390)):
            with self.subTest(scheme=scheme, width=width):
                self.prefer(scheme)
                self.resize(width, 1000)
                self.open_job(job)
                self.open_operation("charge card")
                self.assert_fits()
                self.assertEqual(len({tuple(row["frame"]) for row in self.rows().values()}), 1)
                self.assertEqual(self.axe(), [])
                self.resize(width, min(2600, self.script("return document.body.scrollHeight")))
                self.screenshot(f"journal-{scheme}-{width}")


class ActionTests(JournalTest):
    def test_a_job_is_paused_and_resumed(self):
        job = durable.order(self.server)
        self.open_job(job)
        self.click("button", "Pause")
        self.see("No worker gets the job until it is resumed")
        self.see("paused", "h1")
        self.see("paused; waits for signal confirmed", ".timeline")
        self.assertTrue(self.job(job)["paused"])
        self.screenshot("journal-paused")
        self.assertEqual(self.axe(), [])
        self.click("button", "Resume")
        self.wait(lambda: "paused" not in self.text("h1"), "the end of the pause")
        self.assertFalse(self.job(job)["paused"])

    def test_a_pause_of_a_running_job_says_that_its_worker_continues(self):
        job = self.server.submit("flow")
        lease = self.server.lease()[0]
        self.server.update(lease, start("signal", "0", "go"))
        self.open_job(job)
        self.click("button", "Pause")
        self.see("Its worker continues until the job is suspended")
        self.server.suspend(lease, "0")
        self.wait(lambda: "Its worker continues" not in self.text(), "the suspended job")
        self.see("No worker gets the job until it is resumed")

    def test_a_difference_of_the_code_shows_both_sides(self):
        job = durable.order(self.server)
        self.server.call("POST", f"/v1/jobs/{job}/signals/confirmed", True)
        lease = self.server.lease("orders")[0]
        with self.assertRaises(Exception):
            self.server.update(lease, start("step", "1", "reserve items"))
        self.open_job(job)
        self.see("the code differs from the journal", ".paused.standing")
        self.see("step reserve stock", ".difference")
        self.see("step reserve items", ".difference")
        self.assertEqual(self.axe(), [])
        self.screenshot("journal-nondeterministic")
        self.click("button", "Resume")
        self.see("pending", "h1")

    def test_a_signal_is_sent_with_a_value(self):
        job = durable.order(self.server)
        self.open_job(job)
        self.click("button", "Send signal…")
        self.see("Send a signal", "dialog")
        self.assertEqual(self.script("return document.querySelector('dialog input[name=name]').value"), "confirmed")
        field = self.find("dialog textarea")[0]
        self.assertTrue(self.script("return document.activeElement === arguments[0]", field))
        field.send_keys("{\"by\": \"me\",")
        self.click("dialog [type=submit]")
        self.see("The value is not JSON", "dialog .error-box")
        self.assertEqual(field.get_attribute("aria-invalid"), "true")
        self.assertEqual(self.axe(), [])
        self.screenshot("journal-signal")
        self.assertEqual(self.job(job)["state"], "suspended")
        field.send_keys(" \"number\": 12345678901234567890}")
        self.click("dialog [type=submit]")
        self.see("The signal confirmed is sent", "#notices")
        self.see("pending", "h1")
        lease = self.server.lease("orders")[0]
        output = {operation["id"]: operation["output"] for operation in lease["journal"]["operations"]}["5"]
        self.assertEqual(output, {"by": "me", "number": 12345678901234567890})

    def test_a_fork_is_a_new_job(self):
        job = durable.order(self.server)
        self.open_job(job)
        self.open_operation("ask for approval")
        self.click("button", "Fork from here…")
        self.click("dialog [type=submit]", "Fork from here")
        self.wait(lambda: "/jobs/" in self.driver.current_url and job not in self.driver.current_url, "the new job")
        copy = self.driver.current_url.rsplit("/", 1)[1]
        self.see("pending", "h1")
        self.assertEqual([operation["id"] for operation in self.journal(copy)], ["0", "1", "2", "2.0", "2.1"])
        self.assertEqual(len(self.journal(job)), 9)

    def test_a_restart_is_confirmed_and_removes_the_later_operations(self):
        job = durable.order(self.server)
        self.open_job(job)
        self.open_operation("ask for approval")
        self.click("button", "Restart from here…")
        self.see("This operation and 3 later operations are removed", "dialog")
        self.find("dialog")[0].send_keys(Keys.ESCAPE)
        self.wait(lambda: not self.find("dialog"), "the end of the dialog")
        self.assertEqual(len(self.journal(job)), 9)
        self.click("button", "Restart from here…")
        self.click("dialog [type=submit]", "Restart from here")
        self.see("The job runs again", "#notices")
        self.wait(lambda: list(self.rows()) == ["0", "1", "2", "2.0", "2.1"], "the operations that are left")
        self.assertEqual(self.job(job)["state"], "pending")


class RefusedActionTests(JournalTest):
    expects_rejections = True

    def test_errors_are_shown_in_the_dialog(self):
        job = durable.order(self.server)
        self.open_job(job)
        self.open_operation("reserve stock")
        self.server.call("POST", f"/v1/jobs/{job}/signals/confirmed", True)
        lease = self.server.lease("orders")[0]
        self.click("button", "Restart from here…")
        self.click("dialog [type=submit]")
        self.see("a worker holds the job", "dialog .error-box")
        self.click("dialog button", "Cancel")
        self.click("button", "Send signal…")
        self.find("dialog input[name=name]")[0].send_keys("late")
        self.server.complete(lease)
        self.click("dialog [type=submit]")
        self.see("has ended", "dialog .error-box")

    def test_a_reader_sees_the_journal_without_buttons(self):
        job = durable.order(self.server)
        self.server.key = self.server.make_key("boss", "admin")
        self.addCleanup(self.driver.delete_all_cookies)
        self.open(f"/jobs/{job}")
        self.see("Sign in")
        self.find("input[name=key]")[0].send_keys(self.server.make_key("guest", "jobs:read"), Keys.ENTER)
        self.see("guest", ".tools")
        self.wait(lambda: self.find("[data-operation]"), "the journal")
        self.open_operation("confirmed")
        self.assertEqual(self.find("main button:not(.operation-row, [aria-haspopup], .log-tools *)"), [])
        self.assertNotIn("Approval page", self.text())


if __name__ == "__main__":
    unittest.main()
