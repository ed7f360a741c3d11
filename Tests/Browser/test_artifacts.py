"""The previews of a job's files show text and pictures, and run nothing."""

import json
import unittest

import sample_data
from browser import BrowserTest

SCRIPT = b"<script>document.title = 'taken'; parent.document.title = 'taken'</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="document.title = \'taken\'"><rect width="9" height="9"/></svg>'


class ArtifactTests(BrowserTest):
    def job(self, **files):
        """A completed job with files of these names, contents and types."""
        job = self.server.submit("a.b")
        lease = self.server.lease()[0]
        for content, content_type, name in files.values():
            self.server.put_artifact(lease, name, content, content_type)
        self.server.complete(lease)
        self.open(f"/jobs/{job}")
        self.wait(lambda: len(self.find(".files > li")) == len(files), "the files")
        return job

    def card(self, name):
        return next(card for card in self.find(".files > li") if name in card.text)

    def preview(self, name):
        self.wait(lambda: [button for button in self.card(name).find_elements("css selector", "button") if button.text == "Preview"
                           and (button.click() or True)], f"the button of {name}")
        self.see(name, ".file-preview")

    def test_pictures_texts_json_and_tables_are_shown(self):
        rows = b'id;name;"amount", EUR\r\n' + b"".join(b'%d;"the ""best"" of\nWien";%d\r\n' % (n, n * 3) for n in range(300))
        self.job(
            picture=(sample_data.picture(320, 180), "image/png", "poster.png"), table=(rows, "text/csv", "rows.csv"),
            json=(json.dumps({"rows": 300, "id": 12345678901234567890}).encode(), "application/json", "report.json"),
            text=("Grüße\nzweite Zeile".encode(), "text/plain; charset=utf-8", "notes.txt"))
        self.wait(lambda: self.script("return document.querySelector('.preview img')?.naturalWidth") == 320, "the picture")
        self.preview("report.json")
        self.see('  "id": 12345678901234567890', ".file-preview pre")
        self.preview("notes.txt")
        self.see("Grüße\nzweite Zeile", ".file-preview pre")
        self.assertEqual(len(self.find(".file-preview")), 1, "one preview at a time")
        self.preview("rows.csv")
        self.wait(lambda: len(self.find(".file-preview tbody tr")) == 200, "the rows")
        self.assertEqual([cell.text for cell in self.find(".file-preview th")], ["id", "name", "amount, EUR"])
        self.assertEqual(self.find(".file-preview tbody tr:nth-child(2) td")[1].text, 'the "best" of Wien')
        self.see("At most 200 rows", ".file-preview")
        self.check_views("files")

    def test_html_and_svg_are_text_and_run_nothing(self):
        job = self.job(html=(SCRIPT, "text/html", "page.html"), svg=(SVG, "image/svg+xml", "drawing.svg"),
                       pdf=(b"%PDF-1.4", "application/pdf", "invoice.pdf"), other=(b"\0\1", "application/octet-stream", "core"))
        self.preview("page.html")
        self.see(SCRIPT.decode(), ".file-preview pre")
        self.preview("drawing.svg")
        self.see(SVG.decode(), ".file-preview pre")
        self.assertEqual(self.find("main script, main svg[onload], main img, main iframe, main object, main embed"), [])
        links = {card.find_element("css selector", "strong").text: [link.text for link in card.find_elements("css selector", "a, button")]
                 for card in self.find(".files > li")}
        self.assertEqual(links["page.html"], ["Preview", "Download"])
        self.assertEqual(links["invoice.pdf"], ["Download"])
        self.assertEqual(links["core"], ["Download"])
        # The server sandboxes each file, so that a file opened by its address runs no script either.
        for name in ("page.html", "drawing.svg"):
            self.driver.get(f"{self.server.address}/v1/jobs/{job}/artifacts/{name}")
            self.assertNotEqual(self.driver.title, "taken")
        self.assertTrue(all("Content Security Policy" in entry or "sandboxed" in entry for entry in self.console_errors()))

    def test_only_the_beginning_of_a_large_text_is_read(self):
        self.job(large=(b"0123456789abcdef" * 65_536, "text/plain", "large.txt"))
        self.script("performance.clearResourceTimings()")
        self.preview("large.txt")
        self.see("The first 262 kB of 1.0 MB.", ".file-preview")
        self.wait(lambda: self.script("return document.querySelector('.file-preview pre')?.textContent.length") == 262_144, "the beginning")
        sizes = self.script("""return performance.getEntriesByType("resource").filter(({ name }) => name.includes("large.txt"))
            .map(({ transferSize }) => transferSize)""")
        self.assertEqual(len(sizes), 1)
        self.assertLess(sizes[0], 270_000)


if __name__ == "__main__":
    unittest.main()
