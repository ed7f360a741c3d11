"""The pages show changes without a reload."""

import unittest

from browser import BrowserTest


class LiveTests(BrowserTest):
    def test_a_job_appears_progresses_and_completes_in_the_list(self):
        self.open("/jobs")
        self.see("No jobs yet")
        self.mark()
        self.server.submit("image.resize")
        self.see("pending")
        lease = self.server.lease()[0]
        self.see("processing", "tbody")
        self.server.beat(lease, 40, "page 4 of 10")
        self.see("40 % page 4 of 10", "tbody")
        self.server.complete(lease)
        self.see("completed", "tbody")
        self.assert_not_reloaded()

    def test_the_page_of_a_job_follows_its_states_and_its_log(self):
        job = self.server.submit("image.resize", payload={"width": 640})
        self.open(f"/jobs/{job}")
        self.see("waits for a worker")
        self.mark()
        lease = self.server.lease()[0]
        self.see("Attempt 1")
        self.server.write_log(lease, "reading the picture", "writing the picture")
        self.see("writing the picture", "#log")
        self.server.beat(lease, 75, "nearly there")
        self.see("nearly there")
        self.server.put_artifact(lease, "small.txt", b"small", "text/plain")
        self.server.complete(lease, {"bytes": 5})
        self.see("Completed")
        self.see('"bytes": 5')
        self.see("small.txt")
        self.assert_not_reloaded()

    def test_the_overview_updates_its_counts(self):
        self.open()
        self.see("No jobs have been submitted yet")
        self.mark()
        self.server.submit_many([{"kind": "a.b", "queue": "busy"}] * 7)
        self.wait(lambda: "7" in self.text("table .depth"), "a depth of 7")
        for lease in self.server.lease("busy", 3):
            self.server.complete(lease)
        self.wait(lambda: "4" in self.text("table .depth"), "a depth of 4")
        self.assert_not_reloaded()

    def test_a_payload_of_markup_stays_text(self):
        markup = "<script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\">"
        job = self.server.submit("evil.kind", payload={"text": markup, markup: 1}, tags={"tag": markup})
        lease = self.server.lease()[0]
        self.server.write_log(lease, markup)
        self.server.fail(lease, markup[:100], markup)
        self.open(f"/jobs/{job}")
        self.see(markup.replace('"', '\\"'), "pre.code")
        self.see(markup, "#log")
        self.see(markup, ".error-panel")
        for path in ("/jobs", "/dead-letters", "/"):
            self.open(path)
            self.see("<script>")
        self.assertNotIn("taken", self.driver.title)
        self.assertEqual(self.find("main script, main img"), [])

    def test_a_large_integer_is_shown_as_it_was_sent(self):
        job = self.server.submit("a.b", payload={"id": 12345678901234567890})
        self.open(f"/jobs/{job}")
        self.see("12345678901234567890", "pre.code")


class LostServerTests(BrowserTest):
    loses_the_server = True

    def test_the_page_shows_when_the_server_is_lost_and_when_it_is_back(self):
        self.server.submit("a.b")
        self.open()
        self.see("Live", ".connection")
        self.mark()
        self.server.kill()
        self.see("Connection lost", "#banner")
        self.see("Connection lost", ".connection")
        self.server.start()
        self.see("Live", ".connection")
        self.wait(lambda: self.text("#banner") == "", "the end of the banner")
        self.server.submit("a.b")
        self.wait(lambda: "2" in self.text("table .depth"), "a depth of 2")
        self.assert_not_reloaded()


class RefusedStreamTests(BrowserTest):
    loses_the_server = True  # A refused stream is an error in the console.
    server_options = ("--max-event-streams", "0")

    def test_the_pages_poll_while_the_server_refuses_event_streams(self):
        self.open("/jobs")
        self.see("Polling", ".connection")
        self.mark()
        self.server.submit("image.resize")
        self.see("pending")
        lease = self.server.lease()[0]
        self.see("processing", "tbody")
        self.server.complete(lease)
        self.see("completed", "tbody")
        self.assertEqual(self.text("#banner"), "")
        self.assert_not_reloaded()


if __name__ == "__main__":
    unittest.main()
