"""Every snippet of the pages, with a server and a worker.

A Python block that begins with `# NAME.py` is added to that file. The others run one after another as one program,
and each `print(…)  # TEXT` must print the text.
"""

import collections
import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from .support import SDK, Server, start_command

FILE = re.compile(r"# ([\w/]+\.py)\n")
EXPECTED = re.compile(r"^\s*print\(.*\)  # (.*)$", re.MULTILINE)


def snippets(page):
    """The files of a page, and its program."""
    files, program = collections.defaultdict(str), ""
    for text in re.findall(r"```python\n(.*?)```", (SDK / page).read_text(encoding="utf-8"), re.DOTALL):
        match = FILE.match(text)
        if match:
            files[match[1]] += text + "\n"
        else:
            program += text + "\n"
    return files, program


class PageTests(unittest.TestCase):
    def check(self, page, worker=(), **environment):
        """Runs the snippets of a page. `worker` are the arguments of its worker."""
        files, program = snippets(page)
        server = Server()
        self.addCleanup(server.close)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for name, text in {**files, "program.py": program}.items():
            path = pathlib.Path(folder.name, name)
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        if worker:
            process = start_command(*worker, folder=folder.name, server=server, **environment)
            self.addCleanup(process.wait)
            self.addCleanup(process.terminate)
        answer = subprocess.run(
            [sys.executable, "-B", "program.py"],
            cwd=folder.name,
            env={**os.environ, "PYTHONPATH": str(SDK), "LONGHAUL_SERVER": server.url, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        log = pathlib.Path(server.folder, "worker.log")
        self.assertEqual(answer.returncode, 0, answer.stderr + (log.read_text() if log.exists() else ""))
        self.assertEqual(answer.stdout.splitlines(), EXPECTED.findall(program), answer.stderr)

    def test_readme(self):
        self.check("README.md", ["tasks:app", "--concurrency", "4"])

    def test_durable(self):
        self.check("docs/durable.md", ["tasks:app"])

    def test_testing(self):
        self.check("docs/testing.md")

    @unittest.skipUnless(importlib.util.find_spec("django"), "Django is not installed")
    def test_django(self):
        self.check("docs/django.md", ["shop.longhaul:app", "shop.tasks"], DJANGO_SETTINGS_MODULE="shop.settings")

    @unittest.skipUnless(importlib.util.find_spec("fastapi"), "FastAPI is not installed")
    def test_fastapi(self):
        self.check("docs/fastapi.md", ["shop:jobs"])

    def test_links(self):
        for page in [SDK / "README.md", *(SDK / "docs").iterdir()]:
            for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
                with self.subTest(page=page.name, target=target):
                    self.assertTrue(target.startswith("http") or (page.parent / target).exists())
