"""Follows the pages docs/first-job-*.md: runs their blocks as printed, in an empty folder, and compares what is printed.

A block after `<!-- FILE -->` is that file. The blocks of a page in `sh` are one shell program. The last block without a
language is what the last command prints.
"""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import toolchain  # noqa: E402

ROOT = toolchain.ROOT
BINARY = os.environ.get("LONGHAUL_BINARY", str(ROOT / ".build/release/longhaul"))
BLOCK = re.compile(r"(?:^<!-- ([\w./-]+) -->\n)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What a person's pace gives: the server is up before the next command.
READY = 'for _ in $(seq 600); do curl -fsS "$LONGHAUL_SERVER/readyz" >/dev/null 2>&1 && break; sleep 0.1; done\n'
MAX_LINES = 20
SECONDS = 120


class Page:
    """A page: its files, its shell program and what that prints at its end."""

    def __init__(self, name):
        text = (ROOT / f"docs/first-job-{name}.md").read_text(encoding="utf-8")
        self.files, self.shell, self.output = {}, "set -euo pipefail\n", ""
        for file, language, block in BLOCK.findall(text):
            if file:
                self.files[file] = block
                self.shell += f"cat >{file} <<'END OF FILE'\n{block}END OF FILE\n"
            elif language == "sh":
                self.shell += re.sub(r"^(longhaul (?:serve|up)\b.* &)\n", rf"\1\n{READY}", block, flags=re.MULTILINE)
            else:
                self.output = block

    def code(self):
        """The lines of the user's code: the files, and the files that the shell program writes."""
        written = re.findall(r"<<'END'\n(.*?)END\n", self.shell, re.DOTALL)
        files = [block for file, block in self.files.items() if file != "Package.swift"]
        return [line for block in files + written for line in block.splitlines() if line.strip()]


class FirstJobTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.commands = self.folder / "commands"
        self.commands.mkdir()
        (self.commands / "longhaul").symlink_to(BINARY)

    def follow(self, name):
        """Runs the page, and checks what it prints."""
        page = Page(name)
        self.assertLess(len(page.code()), MAX_LINES)
        output, errors = self.run_shell(page.shell)
        self.assertTrue(output.endswith(page.output), output + errors)
        return errors

    def run_shell(self, program):
        """Runs a shell program with the command and a port for its server."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{probe.getsockname()[1]}"
        environment = {
            "PATH": f"{self.commands}:{os.environ['PATH']}", "HOME": str(self.folder), "LONGHAUL_LISTEN": address,
            "LONGHAUL_SERVER": f"http://{address}", "npm_config_offline": "true", "npm_config_audit": "false",
            "PIP_NO_BUILD_ISOLATION": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path.endswith("site-packages"))}
        # `kill` ends the server and the worker, as it does in a terminal: with the processes that they have started.
        program = f"set -m\n{program}exec >&2\nfor job in $(jobs -p); do kill -- -$job; done\nwait || true\n"
        process = subprocess.Popen(
            ["bash", "-c", program], cwd=self.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            start_new_session=True)
        try:
            output, errors = process.communicate(timeout=SECONDS)
        finally:
            subprocess.run(["pkill", "-KILL", "-s", str(process.pid)], check=False)
        self.assertEqual(process.returncode, 0, output + errors)
        return output, errors

    def copy_sdk(self, name):
        """A copy of an SDK at the place that the page names."""
        source = ROOT / "sdk" / name
        shutil.copytree(source, self.folder / "longhaul/sdk" / name, ignore=shutil.ignore_patterns("tests", "test", "__pycache__"))

    def test_shell(self):
        self.follow("shell")

    def test_python(self):
        self.copy_sdk("python")
        self.follow("python")

    def test_javascript(self):
        self.copy_sdk("javascript")
        self.follow("javascript")

    def test_swift(self):
        """Compiles the program against the built modules, in place of a build of the whole package."""
        page = Page("swift")
        source = self.folder / "main.swift"
        source.write_text(page.files["Sources/greeter/main.swift"], encoding="utf-8")
        toolchain.compile_program([source], self.commands / "greeter")
        swift = self.commands / "swift"
        swift.write_text('#!/bin/sh\n[ "$1 $2" = "run greeter" ] && shift 2 && exec greeter "$@"\n', encoding="utf-8")
        swift.chmod(0o755)
        self.assertIn("info: SIGTERM: stopping", self.follow("swift"))

    def test_the_swift_package_names_products(self):
        manifest = Page("swift").files["Package.swift"]
        products = re.search(r"products: \[(.*?)\.map", (ROOT / "Package.swift").read_text(encoding="utf-8"), re.DOTALL)[1]
        for name in re.findall(r'\.product\(name: "(\w+)"', manifest):
            self.assertIn(f'"{name}"', products)
        (self.folder / "Package.swift").write_text(manifest, encoding="utf-8")
        answer = subprocess.run(
            ["swift", "package", "dump-package", "--package-path", str(self.folder)], capture_output=True, text=True, check=False)
        self.assertEqual(answer.returncode, 0, answer.stderr)

    def test_second_signal_ends_a_worker_at_once(self):
        program = Page("swift").files["Sources/greeter/main.swift"]
        slow = program.replace('in "Hello, \\(name)!" }', 'try await Task.sleep(for: .seconds(600)); return name }')
        slow = slow.replace("name, context", "name, context in")
        self.assertNotEqual(slow, program)
        source = self.folder / "main.swift"
        source.write_text(slow, encoding="utf-8")
        toolchain.compile_program([source], self.commands / "greeter")
        steps = """set -euo pipefail
            longhaul serve &
            READY
            greeter work 2>worker.log & worker=$!
            id=$(longhaul submit greet --payload '"Ada"')
            until longhaul get "$id" --json | grep -q '"processing"'; do sleep 0.1; done
            kill "$worker"
            until grep -q "SIGTERM: stopping" worker.log; do sleep 0.1; done
            sleep 0.5 # a signal within a quarter of a second is a repetition
            kill "$worker"
            status=0 && wait "$worker" || status=$?
            echo "status $status"
            """.replace("READY", READY)
        output, errors = self.run_shell(steps)
        self.assertIn("status 143", output, errors)


if __name__ == "__main__":
    unittest.main()
