"""The graph of related jobs on a job's page: every box is visible, and every line connects two boxes."""

import time
import unittest

from browser import BrowserTest

GEOMETRY = """
const svg = document.querySelector('.graph svg'), panel = document.querySelector('.graph').getBoundingClientRect();
const own = svg.getBoundingClientRect();
const boxOf = (node) => { const r = node.querySelector('rect').getBoundingClientRect(); return {
  id: node.dataset.id, text: node.querySelector('text').textContent, state: node.querySelector('title').textContent,
  x: r.x - own.x, y: r.y - own.y, width: r.width, height: r.height }; };
const linesOf = (edge) => { const [line, head] = [...edge.children].map((path) => path.getAttribute('d').slice(1));
  const [x, y] = line.split(/[CH]/)[0].trim().split(' ').map(Number), [endX, endY] = head.split('L')[1].split(' ').map(Number);
  return { from: edge.dataset.from, to: edge.dataset.to, made: edge.firstChild.classList.contains('made'), x, y, endX, endY }; };
return { boxes: [...svg.querySelectorAll('[data-id]')].map(boxOf), lines: [...svg.querySelectorAll('[data-from]')].map(linesOf),
  width: own.width, height: own.height, panelWidth: panel.width };
"""


class GraphTests(BrowserTest):
    def graph(self, job, boxes, name):
        """Opens a job's page, waits for a graph with this number of boxes, checks its geometry, and takes pictures."""
        self.open(f"/jobs/{job}")
        self.wait(lambda: len(self.find(".graph [data-id]")) == boxes, f"{boxes} boxes in the graph")
        found = self.script(GEOMETRY)
        self.check(found)
        for scheme, width in (("light", 1440), ("dark", 1440), ("light", 390)):
            self.prefer(scheme)
            self.resize(width, 1100)
            self.assert_fits()
            self.assertEqual(self.axe(), [])
            self.screenshot(f"graph-{name}-{'narrow' if width < 600 else scheme}")
        self.prefer("light")
        self.resize(1440, 1000)
        return found

    def check(self, found):
        places = {box["id"]: box for box in found["boxes"]}
        for box in found["boxes"]:
            self.assertGreaterEqual(box["x"], 0, box)
            self.assertGreaterEqual(box["y"], 0, box)
            self.assertLessEqual(box["x"] + box["width"], found["width"], box)
            self.assertLessEqual(box["y"] + box["height"], found["height"], box)
        for one in found["boxes"]:
            for other in found["boxes"]:
                apart = (one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
                         or one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"])
                self.assertTrue(one is other or apart, f"{one} overlaps {other}")
        for line in found["lines"]:
            start, end = places[line["from"]], places[line["to"]]
            self.assertAlmostEqual(line["x"], start["x"] + start["width"], delta=2, msg=str(line))
            self.assertAlmostEqual(line["endX"], end["x"], delta=2, msg=str(line))
            self.assertTrue(start["y"] <= line["y"] <= start["y"] + start["height"], line)
            self.assertTrue(end["y"] <= line["endY"] <= end["y"] + end["height"], line)
            self.assertLess(start["x"], end["x"], f"{line} leads to the left")

    def pairs(self, found):
        return {(line["from"], line["to"]) for line in found["lines"]}

    def columns(self, found):
        return sorted({round(box["x"]) for box in found["boxes"]})

    def test_a_chain_is_drawn_completely_on_the_page_of_its_second_job(self):
        jobs = []
        for number in range(4):
            jobs.append(self.server.submit(
                f"step.{number + 1}", depends_on=jobs[-1:], max_attempts=1, queue="chain"))
        self.server.complete(self.server.lease("chain")[0])
        self.server.fail(self.server.lease("chain")[0], "DiskFull", "no space left")
        found = self.graph(jobs[1], 4, "chain")
        self.assertEqual(self.pairs(found), set(zip(jobs, jobs[1:])))
        self.assertEqual(len(self.columns(found)), 4)
        self.assertLessEqual(found["width"], found["panelWidth"])
        states = {box["id"]: box["state"].split(", ")[1] for box in found["boxes"]}
        self.assertEqual([states[job] for job in jobs], ["completed", "failed", "cancelled", "cancelled"])

    def test_progress_does_not_read_the_graph_again(self):
        job = self.server.submit("step.1", queue="chain")
        self.server.submit("step.2", queue="chain", depends_on=[job])
        lease = self.server.lease("chain")[0]
        self.open(f"/jobs/{job}")
        self.wait(lambda: len(self.find(".graph [data-id]")) == 2, "two boxes in the graph")
        self.script("performance.setResourceTimingBufferSize(10000); performance.clearResourceTimings()")
        start = time.monotonic()
        for step in range(1, 9):
            self.server.beat(lease, 10 * step, f"step {step} of 8")
            self.see(f"step {step} of 8")
        read = self.script(
            "return performance.getEntriesByType('resource').filter(({ name }) => name.includes('/dependents')).length")
        # The page reads the graph once in five seconds, with one such request for each of the two jobs.
        self.assertLessEqual(read, 2 * ((time.monotonic() - start) // 5 + 1))

    def batch(self, count, **fields):
        answer = self.server.call("POST", "/v1/jobs/batch", {
            "jobs": [{"kind": f"video.part.{number}", "queue": "video", "max_attempts": 1} for number in range(count)],
            "parent": {"kind": "video.merge", "queue": "video", **fields}})
        return [entry["job"]["id"] for entry in answer["jobs"]], answer["parent"]["job"]["id"]

    def test_a_batch_of_24_with_its_parent_fits_the_panel(self):
        parts, parent = self.batch(24)
        publish = self.server.submit("video.publish", queue="video", depends_on=[parent])
        for lease in self.server.lease("video", 14):
            self.server.complete(lease)
        self.server.fail(self.server.lease("video")[0], "CodecError", "frame 12 is damaged")
        for job, name in ((parent, "batch-parent"), (parts[20], "batch-part")):
            found = self.graph(job, 11, name)
            self.assertLessEqual(found["width"], found["panelWidth"])
            self.assertEqual(len(self.columns(found)), 3)
            self.assertIn((parent, publish), self.pairs(found))
            drawn = {box["id"] for box in found["boxes"]}
            self.assertEqual(len(drawn & set(parts)), 8)
            self.assertIn(parts[14], drawn, "the failed part is among those that are drawn")
            self.assertEqual(len([pair for pair in self.pairs(found) if pair[1] == parent]), 9)
            self.assertIn("and 16 more", [box["text"] for box in found["boxes"]])
        self.assertIn(parts[20], drawn)

    def test_seven_jobs_of_two_fans_are_drawn_in_their_order(self):
        start = self.server.submit("fetch", queue="fan")
        middle = [self.server.submit(f"resize.{number}", queue="fan", depends_on=[start]) for number in range(4)]
        join = self.server.submit("montage", queue="fan", depends_on=[*middle, start])
        last = self.server.submit("publish", queue="fan", depends_on=[join])
        found = self.graph(middle[1], 7, "seven")
        self.assertEqual(
            self.pairs(found), {(start, job) for job in [*middle, join]} | {(job, join) for job in middle} | {(join, last)})
        self.assertEqual(len(self.columns(found)), 4)
        self.assertLessEqual(found["width"], found["panelWidth"])

    def test_a_failed_step_in_the_middle_is_drawn_with_what_it_cancelled(self):
        first = self.server.submit("extract", queue="etl")
        self.server.complete(self.server.lease("etl")[0], next=[
            {"kind": "transform.orders", "queue": "etl", "max_attempts": 1}, {"kind": "transform.users", "queue": "etl"}])
        children = self.server.call("GET", f"/v1/jobs/{first}/children")["items"]
        load = self.server.submit("load", queue="etl", depends_on=[child["id"] for child in children])
        report = self.server.submit("report", queue="etl", depends_on=[load])
        self.server.fail(self.server.lease("etl")[0], "ParseError", "row 7 has no date")
        found = self.graph(load, 5, "dead-step")
        edges = {(first, child["id"]) for child in children} | {(child["id"], load) for child in children}
        self.assertEqual(self.pairs(found), edges | {(load, report)})
        self.assertEqual({line["from"] for line in found["lines"] if line["made"]}, {first})
        self.assertEqual(len(self.columns(found)), 4)
        self.see("failed")

    def test_some_of_many_children_are_drawn_and_all_are_counted(self):
        parent = self.server.submit("crawl", queue="many")
        lease = self.server.lease("many")[0]
        self.server.submit_many([{"kind": "page", "queue": "many", "parent_id": parent} for _ in range(222)])
        self.server.complete(lease)
        found = self.graph(parent, 10, "many")
        self.assertIn("and 214 more", [box["text"] for box in found["boxes"]])
        self.assertIn("and 214 more: 214 pending", [box["state"] for box in found["boxes"]])
        self.assertEqual(len(self.columns(found)), 2)

    def test_a_long_chain_is_drawn_around_the_job_with_links_to_further_jobs(self):
        jobs = []
        for number in range(30):
            jobs.append(self.server.submit(f"step.{number + 1}", depends_on=jobs[-1:]))
        found = self.graph(jobs[15], 15, "long")
        self.assertEqual([box["text"] for box in found["boxes"]].count("further jobs"), 2)
        self.wait(lambda: self.script("return document.querySelector('.graph').scrollLeft") > 0, "the own job in view")
        self.click(".graph a[aria-label='Further jobs']")
        self.wait(lambda: jobs[15] not in self.driver.current_url, "the page of a further job")


if __name__ == "__main__":
    unittest.main()
