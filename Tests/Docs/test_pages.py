"""The snippets of the pages run, in the order of the page, against a server. See pages.py.

    scripts/docs-tests.sh
"""

import unittest

from pages import Page, blocks

PAGES = (
    "docs/how-do-i.md",
    "docs/testing.md",
    "docs/migrate-celery.md",
    "docs/migrate-bullmq.md",
    "docs/migrate-sidekiq.md",
)


class PageTests(unittest.TestCase):
    def check(self, name):
        page = Page()
        self.addCleanup(page.close)
        programs = [block for block in blocks(name) if not page.write(block)]
        for block in programs:
            try:
                page.run(block)
            except AssertionError as error:
                self.fail(f"{name}:{block.line}:\n{block.text}\n{error}\n{page.server.log()}")


def add(name):
    """Adds the test of a page."""
    method = "test_" + name.rpartition("/")[2].removesuffix(".md").replace("-", "_")
    setattr(PageTests, method, lambda self: self.check(name))


for NAME in PAGES:
    add(NAME)

if __name__ == "__main__":
    unittest.main()
