"""The page of an execution: statuses, data, times and events of its states; live; stop and redrive."""

import unittest

import machines
from browser import BrowserTest
from machines import function, wait_for


class ExecutionTests(BrowserTest):
    def open_execution(self, execution):
        self.open(f"/executions/{execution}")
        self.wait(lambda: self.find(".machine-graph [data-state]"), "the graph")

    def status(self, state):
        """The status of a state in the graph, from its label."""
        return self.script("return document.querySelector(`[data-state='${arguments[0]}']`).getAttribute('aria-label')", state)

    def see_status(self, state, status):
        self.wait(lambda: status in self.status(state), f"{state} {status}")

    def run_report(self, pages=3):
        machines.create(self.server, "report", machines.report())
        return machines.start(self.server, "report", {"pages": list(range(pages))})

    def test_a_running_execution_is_live(self):
        execution = self.run_report()
        lease = self.server.lease()[0]
        self.open_execution(execution)
        self.see_status("Mail", "running")
        self.see_status("Done", "not reached")
        self.see_status("Pages", "3 of 3 succeeded")
        self.see("Mail", ".tiles")
        self.mark()
        self.server.complete(lease, {"sent": True})
        self.see_status("Done", "succeeded")
        self.see("succeeded", "h1")
        self.see("Execution succeeded", "[aria-label=Events]")
        self.assert_not_reached_is_gone()
        self.assert_not_reloaded()
        self.assertEqual(self.axe(), [])
        self.screenshot("execution-succeeded")

    def assert_not_reached_is_gone(self):
        self.assertEqual(self.find(".machine-graph .status-none"), [])

    def test_the_log_is_shown_if_there_is_one(self):
        self.open_execution(self.run_report())
        self.see("Execution started", "[aria-label=Events]")
        self.assertEqual(self.find("#log"), [])
        self.server.complete(self.server.lease()[0], {"sent": True})
        machines.log_all(self.server, "report")
        execution = machines.start(self.server, "report", {"pages": []})
        self.open_execution(execution)
        self.see("TaskStateEntered", "#log")
        self.server.complete(self.server.lease()[0], {"sent": True})
        self.see("ExecutionSucceeded", "#log")
        self.assertEqual(self.axe(), [])

    def test_a_state_shows_its_data_as_text(self):
        execution = self.run_report()
        self.server.lease()
        self.open_execution(execution)
        self.click("[data-state='Fetch']")
        self.see("Assigned", ".state-details")
        self.see("<b>Ada</b>", ".state-details")
        self.click("[data-state='Mail']")
        self.see("Variables on entry", ".state-details")
        self.see("<b>Ada</b>", ".state-details")
        self.assertEqual(self.find(".state-details pre b"), [])
        self.click("[data-state='Check page']")
        self.see("of 3", ".state-details")
        self.see("Item", ".state-details")
        self.click("button", "Show its events")
        self.wait(lambda: len(self.find("[aria-label=Events] tbody tr")) == 6, "the events of the state")

    def test_each_state_has_a_bar_on_one_axis(self):
        execution = self.run_report()
        self.server.complete(self.server.lease()[0], {})
        wait_for(self.server, execution, "succeeded")
        self.open_execution(execution)
        self.wait(lambda: len(self.find("[data-row] .state-bar")) >= 9, "the bars")
        frames = self.script("return [...new Set([...document.querySelectorAll('.state-list .operation-bar')].map((bar) => {"
                             "const { left, right } = bar.getBoundingClientRect(); return `${left} ${right}`; }))]")
        self.assertEqual(len(frames), 1)
        rows = self.script("return [...document.querySelectorAll('[data-row]')].map((row) => row.dataset.row)")
        self.assertLess(rows.index("Fetch"), rows.index("Both"))
        self.assertLess(rows.index("Both"), rows.index("Check page"))
        self.see("3 times", "[data-row='Check page']")

    def test_a_failed_execution_is_redriven(self):
        execution = self.run_report()
        self.server.fail(self.server.lease()[0], "Mail.Refused", "no such address")
        wait_for(self.server, execution, "failed")
        self.open_execution(execution)
        self.see_status("Mail", "failed")
        self.see_status("Both", "succeeded")
        self.see("Mail.Refused", ".state-details")
        self.see("no such address", ".error-panel")
        self.screenshot("execution-failed")
        self.click("button", "Redrive")
        self.click("dialog button[type=submit]")
        lease = self.server.lease()[0]
        self.see_status("Mail", "running")
        self.server.complete(lease, {})
        self.see_status("Mail", "succeeded")
        self.see("succeeded", "h1")
        self.see("Execution redriven", "[aria-label=Events]")

    def test_an_execution_is_stopped(self):
        execution = self.run_report()
        self.server.lease()
        self.open_execution(execution)
        self.see_status("Mail", "running")
        self.click("button", "Stop")
        self.click("dialog button[type=submit]")
        self.see("aborted", "h1")
        self.see_status("Mail", "aborted")
        self.assertEqual(wait_for(self.server, execution, "aborted")["status"], "aborted")

    def test_a_caught_error_has_a_mark_of_its_own(self):
        caught = [{"ErrorEquals": ["States.ALL"], "Next": "Sorry"}]
        machines.create(self.server, "caught", {"StartAt": "Try", "States": {
            "Try": function("work", Catch=caught, End=True), "Sorry": {"Type": "Succeed"}}})
        execution = machines.start(self.server, "caught")
        self.server.fail(self.server.lease()[0], "Broken", "it broke")
        wait_for(self.server, execution, "succeeded")
        self.open_execution(execution)
        self.see_status("Try", "caught")
        shapes = self.script("return [...document.querySelectorAll('.machine-state .mark-outline')].map((each) => each.getAttribute('d'))")
        self.assertEqual(len(set(shapes)), 2, "the marks differ in shape, not only in colour")
        self.assertEqual(len(self.find(".machine-graph .edge.catch.taken")), 1)

    def test_the_error_of_a_branch_is_shown_at_its_state(self):
        machines.create(self.server, "branches", {"StartAt": "Both", "States": {"Both": {
            "Type": "Parallel", "End": True, "Branches": [
                {"StartAt": "Pause", "States": {
                    "Pause": {"Type": "Wait", "Seconds": 1, "Next": "Break"},
                    "Break": {"Type": "Fail", "Error": "Order.Failed", "Cause": '{"order": 12345678901234567890}'}}},
                {"StartAt": "Other", "States": {"Other": {"Type": "Wait", "Seconds": 3600, "End": True}}}]}}})
        execution = machines.start(self.server, "branches")
        wait_for(self.server, execution, "failed")
        self.open_execution(execution)
        self.see_status("Break", "failed")
        self.see_status("Both", "failed")
        self.see_status("Other", "aborted")
        self.click("[data-state='Break']")
        self.see("Order.Failed", ".state-details .error-panel")
        self.see('"order": 12345678901234567890', ".state-details .error-panel")
        self.assertEqual(len(self.find(".machine-graph .edge.taken")), 2, "start to Both, and Pause to Break")

    def test_the_error_of_a_map_run_is_shown_at_its_state(self):
        never = [{"Variable": "$", "IsNull": True, "Next": name} for name in ("Left", "Right", "Middle")]
        process = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Choose", "States": {
            "Choose": {"Type": "Choice", "Choices": never, "Default": "Break"}, "Break": {"Type": "Fail"},
            "Left": {"Type": "Succeed"}, "Right": {"Type": "Succeed"}, "Middle": {"Type": "Succeed"}}}
        machines.create(self.server, "spread", {"StartAt": "Each", "States": {
            "Each": {"Type": "Map", "ItemProcessor": process, "End": True}}})
        execution = machines.start(self.server, "spread", list(range(3)))
        wait_for(self.server, execution, "failed")
        self.open_execution(execution)
        self.see_status("Each", "failed")
        self.see("States.ExceedToleratedFailureThreshold", ".state-details .error-panel")
        self.resize(390, 900)
        self.open_execution(execution)
        self.wait(lambda: self.script(
            "const left = (selector) => document.querySelector(selector).getBoundingClientRect().left;"
            "return left('[data-state=Each] .node-name') >= left('.machine-graph');"), "the name of the map")
        self.resize(1440, 1000)
        self.open("/state-machines")
        self.wait(lambda: len(self.find("[aria-label=Executions] tbody tr")) == 1, "the execution without its children")

    def test_a_map_of_a_thousand_items(self):
        process = {"StartAt": "Double", "States": {"Double": {"Type": "Pass", "End": True}}}
        machines.create(self.server, "wide", {"StartAt": "Each", "States": {
            "Each": {"Type": "Map", "ItemProcessor": process, "End": True}}})
        execution = machines.start(self.server, "wide", list(range(1000)))
        wait_for(self.server, execution, "succeeded")
        self.open_execution(execution)
        self.see_status("Each", "1,000 of 1,000 succeeded")
        self.see_status("Double", "1,000×")
        self.see("1–100 of 4,006")
        self.click("[data-state='Double']")
        self.see("of 1,000", ".state-details")
        self.screenshot("execution-map")

    def test_the_page_in_both_themes_and_on_a_narrow_screen(self):
        execution = self.run_report()
        self.server.lease()
        for scheme, width in (("light", 1440), ("dark", 1440), ("light", 390)):
            with self.subTest(scheme=scheme, width=width):
                self.prefer(scheme)
                self.resize(width, 1000)
                self.open_execution(execution)
                self.see_status("Mail", "running")
                self.assert_fits()
                self.assertEqual(self.axe(), [])
                self.resize(width, min(2600, self.script("return document.body.scrollHeight")))
                self.screenshot(f"execution-{scheme}-{width}")


if __name__ == "__main__":
    unittest.main()
