"""The check of the snippets finds what is wrong in a page."""

import sys
import pathlib
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import snippets  # noqa: E402


def page(*blocks):
    return "# Page\n\nText.\n\n" + "\n\n".join(f"```swift\n{block}\n```" for block in blocks) + "\n"


class SnippetTests(unittest.TestCase):
    def check(self, texts, *expected):
        """Compares the number of pages with snippets, and the places of the problems."""
        found, count = snippets.problems(texts)
        self.assertEqual(count, len(texts))
        self.assertEqual([problem.split(": ")[:2] for problem in found], [list(place) for place in expected], found)

    def test_errors_have_their_places(self):
        self.check({
            "right.md": page(
                "import LonghaulClient\n\nstruct A: JobKind {\n    static let kind = \"a\"\n    typealias Payload = Int\n"
                "    typealias Output = Int\n}",
                "let client = try LonghaulClient()\nlet job = try await client.submit(A.self, 1)",
                "let job = try await client.submit(A.self, 2)\nlet unused = try await job.result()"),
            "unknown.md": page("import LonghaulClient\n\nlet client = try LonghaulClient(adress: 1)"),
        }, ("unknown.md:8", "error"))

    def test_warnings_are_problems(self):
        self.check({"warning.md": page("let number = 1", "print(try 1)")}, ("warning.md:10", "warning"))

    def test_other_blocks_are_left_out(self):
        marked = page("nothing").replace("```swift", "<!-- not compiled: needs another package -->\n```swift")
        self.assertIsNone(snippets.code("marked.md", marked))
        self.assertIsNone(snippets.code("manifest.md", page("// swift-tools-version: 6.2\nimport PackageDescription")))
        self.assertIsNone(snippets.code("shell.md", "```sh\nls\n```\n"))


if __name__ == "__main__":
    unittest.main()
