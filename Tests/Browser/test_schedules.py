"""Schedules: the form, the next ticks, the runs, and the actions."""

import unittest

from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from browser import BrowserTest


class ScheduleTests(BrowserTest):
    def enter(self, name, text):
        field = self.find(f"dialog [name={name}]")[0]
        field.clear()
        field.send_keys(text)

    def schedule(self, name="nightly"):
        return self.server.call("GET", f"/v1/schedules/{name}")

    def put(self, **job):
        self.server.call("PUT", "/v1/schedules/nightly", {
            "cron": "0 3 * * *", "time_zone": "Europe/Paris", "catch_up": "none",
            "job": {"kind": "report.nightly", "priority": 7, "tags": {"team": "data"}, **job}})

    def test_a_schedule_is_created_with_the_form(self):
        self.open("/schedules")
        self.click("button", "New schedule")
        self.assertFalse(self.find("dialog [type=submit]")[0].is_enabled())
        self.enter("name", "nightly")
        self.enter("cron", "30 3 * * *")
        self.enter("time_zone", "Asia/Kolkata")
        self.enter("kind", "report.nightly")
        self.wait(lambda: self.text("dialog .ticks").count("03:30") == 3, "the next ticks")
        self.assertEqual(self.axe(), [])
        self.screenshot("schedule-form")
        self.enter("payload", '{"pages": 12345678901234567890}')
        Select(self.find("dialog [name=catch_up]")[0]).select_by_value("all")
        self.click("dialog [type=submit]")
        self.wait(lambda: self.driver.current_url.endswith("/schedules/nightly"), "the page of the schedule")
        self.see("report.nightly")
        made = self.schedule()
        self.assertEqual((made["cron"], made["time_zone"], made["catch_up"]), ("30 3 * * *", "Asia/Kolkata", "all"))
        self.assertEqual(made["job"]["payload"], {"pages": 12345678901234567890})
        # The form has asked for a schedule of this name.
        self.assertEqual([entry for entry in self.console_errors() if "404" not in entry], [])

    def test_an_edit_keeps_the_fields_that_the_form_does_not_have(self):
        self.put(payload={"a": 1})
        self.open("/schedules/nightly")
        self.click("button", "Edit")
        self.wait(lambda: "03:00" in self.text("dialog .ticks"), "the next ticks")
        self.enter("cron", "15 4 * * *")
        self.enter("kind", "report.daily")
        self.click("dialog [type=submit]")
        self.see("nightly is saved", "#notices")
        made = self.schedule()
        self.assertEqual((made["cron"], made["time_zone"], made["catch_up"]), ("15 4 * * *", "Europe/Paris", "none"))
        job = made["job"]
        self.assertEqual((job["kind"], job["priority"], job["tags"], job["payload"]),
                         ("report.daily", 7, {"team": "data"}, {"a": 1}))
        self.see("04:15", ".ticks")

    def test_an_edit_does_not_resume_a_schedule_that_another_client_paused(self):
        self.put()
        self.open("/schedules/nightly")
        self.click("button", "Edit")
        self.server.call("POST", "/v1/schedules/nightly/pause")
        self.enter("cron", "15 4 * * *")
        self.click("dialog [type=submit]")
        self.see("nightly is saved", "#notices")
        made = self.schedule()
        self.assertEqual((made["cron"], made["paused"]), ("15 4 * * *", True))

    def test_the_runs_and_the_actions(self):
        self.put()
        self.open("/schedules/nightly")
        self.wait(lambda: len(self.find(".ticks li")) == 5, "five ticks")
        self.see("No runs yet")
        self.click("button", "Run now")
        self.wait(lambda: len(self.find("tbody tr")) == 1, "the run")
        self.click("button", "Pause")
        self.see("The schedule is paused")
        self.assertTrue(self.schedule()["paused"])
        self.click("button", "Resume")
        self.wait(lambda: len(self.find(".ticks li")) == 5, "the ticks again")
        self.click("a", "All runs")
        self.wait(lambda: "tag=schedule%3Anightly" in self.driver.current_url and len(self.find("tbody tr")) == 1, "the list")
        self.driver.back()
        self.click("button", "Delete")
        self.click("dialog [type=submit]")
        self.wait(lambda: self.driver.current_url.endswith("/schedules"), "the list of schedules")
        self.see("No schedules yet")
        self.see("curl -X PUT")


class RefusedScheduleTests(BrowserTest):
    expects_rejections = True

    def test_errors_are_shown_in_the_form(self):
        self.server.call("PUT", "/v1/schedules/nightly", {"cron": "@daily", "job": {"kind": "a"}})
        self.open("/schedules")
        self.click("button", "New schedule")
        for name, text in (("name", "nightly"), ("cron", "61 * * * *"), ("kind", "a")):
            field = self.find(f"dialog [name={name}]")[0]
            field.send_keys(text)
        self.see("minute", "dialog .error-text")
        self.click("dialog [type=submit]")
        self.see("There is a schedule nightly already", "dialog [role=alert]")
        self.find("dialog [name=name]")[0].send_keys("-2")
        self.click("dialog [type=submit]")
        self.see("cron: minute", "dialog [role=alert]")
        self.find("dialog [name=payload]")[0].send_keys("}")
        self.click("dialog [type=submit]")
        self.see("The payload is not JSON. Line 1, column", "dialog [role=alert]")
        self.find("dialog [name=name]")[0].send_keys(Keys.ESCAPE)
        self.wait(lambda: not self.find("dialog"), "the end of the dialog")
        self.open("/schedules/unknown")
        self.see("There is no schedule unknown")


if __name__ == "__main__":
    unittest.main()
