"""The check of the snippets finds what is wrong in a page."""

import sys
import pathlib
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import snippets  # noqa: E402


def page(*blocks):
    return "# Page\n\nText.\n\n" + "\n\n".join(f"```swift\n{block}\n```" for block in blocks) + "\n"


class SnippetTests(unittest.TestCase):
    def test_right_and_wrong_pages(self):
        found, count = snippets.problems({
            "right.md": page(
                "import LonghaulClient\n\nstruct A: JobKind {\n    static let kind = \"a\"\n    typealias Payload = Int\n"
                "    typealias Output = Int\n}",
                "let client = try LonghaulClient()\nlet job = try await client.submit(A.self, 1)",
                "let job = try await client.submit(A.self, 2)\nlet unused = try await job.result()"),
            "unknown.md": page("import LonghaulClient\n\nlet client = try LonghaulClient(adress: 1)"),
            "warning.md": page("let number = 1", "print(try 1)"),
            "skipped.md": "<!-- not compiled: needs another package -->\n" + page("nothing").split("\n\n")[2],
            "manifest.md": page("// swift-tools-version: 6.2\nimport PackageDescription"),
        })
        self.assertEqual(count, 3)
        self.assertEqual([problem.split(":")[:3] for problem in found], [
            ["unknown.md", "8", " error"], ["warning.md", "10", " warning"]], found)


if __name__ == "__main__":
    unittest.main()
