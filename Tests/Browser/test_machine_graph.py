"""The graph of a state machine: no box overlaps another one, no line crosses a box, and the keyboard reaches every state."""

import unittest

import machines
from browser import BrowserTest
from selenium.webdriver.common.keys import Keys

GEOMETRY = """
const svg = document.querySelector('.machine-graph svg');
const boxOf = (node) => { const r = node.querySelector('rect'); const n = (name) => Number(r.getAttribute(name)); return {
  name: node.dataset.state, isFrame: node.classList.contains('frame'), x: n('x'), y: n('y'), width: n('width'), height: n('height') }; };
const boxes = [...svg.querySelectorAll('[data-state]')].map(boxOf);
const crossed = [];
for (const line of svg.querySelectorAll('path.edge')) {
  const length = line.getTotalLength();
  for (let at = 6; at < length - 6; at += 6) {
    const { x, y } = line.getPointAtLength(at);
    for (const box of boxes) {
      if (!box.isFrame && x > box.x + 1 && x < box.x + box.width - 1 && y > box.y + 1 && y < box.y + box.height - 1) {
        crossed.push(`${line.getAttribute('d')} crosses ${box.name}`);
      }
    }
  }
}
const [, , width, height] = svg.getAttribute('viewBox').split(' ').map(Number);
return { boxes, crossed: [...new Set(crossed)], width, height };
"""
FOCUSED = "return document.activeElement.dataset.state"


class MachineGraphTests(BrowserTest):
    def open_graph(self, name, states):
        self.open(f"/state-machines/{name}")
        self.wait(lambda: len(self.find(".machine-graph [data-state]")) == states, f"a graph of {states} states")

    def check_geometry(self):
        found = self.script(GEOMETRY)
        self.assertEqual(found["crossed"], [])
        boxes = found["boxes"]
        for box in boxes:
            self.assertTrue(0 <= box["x"] and box["x"] + box["width"] <= found["width"], box)
            self.assertTrue(0 <= box["y"] and box["y"] + box["height"] <= found["height"], box)
        for index, one in enumerate(boxes):
            for other in boxes[index + 1:]:
                self.assertTrue(self.are_apart(one, other) or self.is_inside(one, other) or self.is_inside(other, one),
                                f"{one} overlaps {other}")
        return {box["name"]: box for box in boxes}

    def are_apart(self, one, other):
        return (one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
                or one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"])

    def is_inside(self, frame, box):
        return (frame["isFrame"] and frame["x"] < box["x"] and box["x"] + box["width"] < frame["x"] + frame["width"]
                and frame["y"] < box["y"] and box["y"] + box["height"] < frame["y"] + frame["height"])

    def test_a_hundred_states_are_readable(self):
        machines.create(self.server, "large", machines.large(100))
        self.open_graph("large", 100)
        boxes = self.check_geometry()
        for number in range(4):
            above, below = boxes[f"Step {number:03}"], boxes[f"Step {number + 1:03}"]
            self.assertLess(above["y"], below["y"])
        name = self.find("[data-state='Step 000'] .node-name")[0]
        self.assertGreaterEqual(name.rect["height"], 10, "the names are readable")
        self.assertEqual(self.find(".machine-graph [data-state]")[0].get_attribute("aria-label"), "Step 000, Pass")
        self.assertEqual(self.axe(), [])
        self.screenshot("machine-large")
        self.click("button", "Fit")
        self.screenshot("machine-large-fit")

    def test_parallel_and_map_states_are_frames(self):
        machines.create(self.server, "report", machines.report())
        self.open_graph("report", 10)
        boxes = self.check_geometry()
        for frame, inner in (("Both", "Pages"), ("Both", "Pause"), ("Pages", "Check page")):
            self.assertTrue(self.is_inside(boxes[frame], boxes[inner]), f"{inner} is inside {frame}")
        self.assertFalse(self.is_inside(boxes["Both"], boxes["Mail"]))
        for scheme, width in (("light", 1440), ("dark", 1440), ("light", 390)):
            with self.subTest(scheme=scheme, width=width):
                self.prefer(scheme)
                self.resize(width, 1000)
                self.open_graph("report", 10)
                self.assert_fits()
                self.assertEqual(self.axe(), [])
                self.screenshot(f"machine-{scheme}-{width}")

    def test_the_keyboard_moves_between_states(self):
        machines.create(self.server, "report", machines.report())
        self.open_graph("report", 10)
        self.assertEqual(len(self.find(".machine-graph [tabindex='0']")), 1)
        self.script("document.querySelector('.machine-graph [tabindex=\"0\"]').focus()")
        self.assertEqual(self.script(FOCUSED), "Fetch")
        for key, expected in ((Keys.DOWN, "Both"), (Keys.UP, "Fetch"), (Keys.END, "Done"), (Keys.UP, "Mail")):
            self.driver.switch_to.active_element.send_keys(key)
            self.assertEqual(self.script(FOCUSED), expected)
        self.driver.switch_to.active_element.send_keys(Keys.ENTER)
        self.see("function:mail", ".state-details")
        self.assertEqual(self.script(FOCUSED), "Mail", "the focus stays in the graph")
        self.assertEqual(self.script("return document.activeElement.getAttribute('aria-pressed')"), "true")

    def test_the_list_of_states_has_the_content_of_the_graph(self):
        machines.create(self.server, "large", machines.large(100))
        self.open_graph("large", 100)
        names = self.script("return [...document.querySelectorAll('[data-state]')].map((each) => each.dataset.state)")
        rows = self.script("return [...document.querySelectorAll('[data-row]')].map((each) => each.dataset.row)")
        self.assertEqual(sorted(rows), sorted(names))
        self.assertIn("Step 005, Step 007, Step 009, Step 001", self.text("[data-row='Step 004']"))
        self.assertIn("after an error: Handle the error", self.text("[data-row='Step 001']"))
        self.click("[data-row='Failed'] button")
        self.see("Order.Failed", ".state-details")


if __name__ == "__main__":
    unittest.main()
