"""The pages of state machines: the list, starting executions, and the editor with its checks."""

import json
import unittest

import machines
from browser import BrowserTest

SELECTED = "const area = document.getElementById('definition'); return area.value.slice(area.selectionStart, area.selectionEnd)"
TYPE = """
const area = document.getElementById('definition');
area.value = arguments[0];
area.dispatchEvent(new Event('input', { bubbles: true }));
"""


class MachinesTests(BrowserTest):
    def definition(self, name):
        return self.server.call("GET", f"/v1/state-machines/{name}")["definition"]

    def open_editor(self, name):
        self.open(f"/state-machines/{name}/edit")
        self.see("no problems", ".problems")

    def type(self, definition):
        self.script(TYPE, definition if isinstance(definition, str) else json.dumps(definition, indent=2))

    def test_an_execution_is_started_in_the_page(self):
        machines.create(self.server, "report", machines.report())
        self.open("/state-machines")
        self.click("td a", "report")
        self.see("No executions yet")
        self.click("button", "Start execution")
        self.wait(lambda: self.find("dialog textarea"), "the dialog")
        field = self.find("dialog textarea")[0]
        field.clear()
        field.send_keys("{")
        self.click("dialog button[type=submit]")
        self.see("The input is not JSON", "dialog")
        field.clear()
        field.send_keys('{"pages": [1, 2]}')
        self.find("dialog input[name=name]")[0].send_keys("first")
        self.click("dialog button[type=submit]")
        self.see("first", "h1")
        self.wait(lambda: self.find(".machine-state.status-running"), "a running state")
        self.open("/state-machines/report?status=running")
        self.see("first", ".table-frame")
        self.click(".chip", "succeeded")
        self.see("No execution matches")
        self.assertEqual(self.axe(), [])

    def test_a_wrong_definition_shows_the_place(self):
        machines.create(self.server, "report", machines.report())
        self.open_editor("report")
        wrong = machines.report()
        wrong["States"]["Mail"]["Next"] = "Nowhere"
        self.type(wrong)
        self.see("MISSING_TRANSITION_TARGET", ".problems")
        text = json.dumps(wrong, indent=2)
        line = text[:text.index('"Nowhere"')].count("\n") + 1
        self.see(f"Line {line}", ".problems")
        self.assertIn(f"▸{line:>4}", self.text(".editor-lines"))
        self.click("button.problem")
        self.assertEqual(self.script(SELECTED), '"Next": "Nowhere"')
        self.assertEqual(self.axe(), [])
        self.screenshot("editor-problem")
        self.type(text.replace('"Nowhere"', '"Nowhere'))
        self.see("The text is not JSON", ".problems")
        self.assertIn(f"Line {line}", self.text(".problems"))

    def test_a_definition_is_saved(self):
        machines.create(self.server, "report", machines.report())
        self.open_editor("report")
        changed = machines.report()
        changed["States"]["Done"]["Comment"] = "The end"
        self.type(changed)
        self.see("no problems", ".problems")
        self.click("button.primary", "Save")
        self.wait(lambda: self.definition("report") == changed, "the saved definition")
        self.see("is saved", "#notices")

    def test_a_definition_is_formatted(self):
        machines.create(self.server, "report", machines.report())
        self.open_editor("report")
        self.type('{"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": 12345678901234567890, "End": true}}}')
        self.click("button", "Format")
        self.wait(lambda: '      "Result": 12345678901234567890,\n' in self.script("return document.getElementById('definition').value"),
                  "the formatted definition")

    def test_a_page_that_was_left_while_it_saved_opens_no_other_page(self):
        machines.create(self.server, "report", machines.report())
        self.open_editor("report")
        self.type(machines.large(20))
        self.see("no problems", ".problems")
        self.hold("/v1/state-machines/report")
        self.click("button.primary", "Save")
        self.wait_for_held()
        self.click("#nav a", "Workers")
        self.see("Workers", "h1")
        self.release()
        self.see("is saved", "#notices")
        self.assertEqual(self.text("h1"), "Workers")

    def test_a_change_of_another_caller_is_not_overwritten(self):
        self.expects_rejections = True
        machines.create(self.server, "report", machines.report())
        self.open_editor("report")
        other = {"StartAt": "Only", "States": {"Only": {"Type": "Succeed"}}}
        self.server.call("PUT", "/v1/state-machines/report", {"definition": other})
        self.type(machines.large(20))
        self.click("button.primary", "Save")
        self.see("was changed", ".error-box")
        self.assertEqual(self.definition("report"), other)

    def test_a_new_machine_is_created_in_the_page(self):
        self.expects_rejections = True  # The page asks for a machine that does not exist.
        self.open("/state-machines")
        self.see("No state machines yet")
        self.click("button", "New state machine")
        self.wait(lambda: self.find("dialog input"), "the dialog")
        self.find("dialog input")[0].send_keys("fresh")
        self.click("dialog button[type=submit]")
        self.see("no problems", ".problems")
        self.click("button.primary", "Create")
        self.see("is saved", "#notices")
        self.assertEqual(self.definition("fresh")["StartAt"], "First")

    def test_a_state_is_tried(self):
        machines.create(self.server, "report", machines.report())
        self.open_editor("report")
        self.click("[data-state='Is it ready?']")
        self.assertIn('"Is it ready?"', self.script(SELECTED))
        field = self.find(".state-test textarea[name=input]")[0]
        field.clear()
        field.send_keys('{"isReady": true}')
        self.click(".state-test button[type=submit]")
        self.see("succeeded", ".state-test-answer")
        self.see("Ready", ".state-test-answer")
        self.screenshot("editor-try")

    def test_the_editor_fits_a_narrow_screen_in_both_themes(self):
        machines.create(self.server, "report", machines.report())
        for scheme, width in (("dark", 1440), ("light", 390)):
            with self.subTest(scheme=scheme, width=width):
                self.prefer(scheme)
                self.resize(width, 1000)
                self.open_editor("report")
                self.assert_fits()
                self.assertEqual(self.axe(), [])
                self.screenshot(f"editor-{scheme}-{width}")


if __name__ == "__main__":
    unittest.main()
