"""Runs the snippets of a page of the documentation, as a reader types them.

Each page has a server, a folder and a shell of its own. Its blocks run one after another:

- A block whose first line is a comment with a file name is written to that file, before all others run. A second block
  of a file is added to it.
- `sh` runs in the shell of the page: later blocks see its variables and its background processes. Its lines `# TEXT` must be
  lines of its output, in this order.
- Another `python`, `js` or `ruby` block is a program. `print(…)  # TEXT` and `console.log(…); // TEXT` must print the
  text.
- A block after `<!-- not run: REASON -->` is not run. Blocks of other languages are not run either.
- The command in `<!-- first: COMMAND -->` runs before the block, for example to wait for a condition.
"""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import typing

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/Browser"))
from server import BINARY, Server  # noqa: E402

SECONDS = 120
BLOCK = re.compile(r"(?:^ *<!-- (not run|first): ([^\n]*) -->\n)?^( *)```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"(?:#|//|--) ([\w./-]+\.(?:py|mjs|rb|json5|json|txt|sh))\n")
OUTPUT = re.compile(r"^# (.*)$", re.MULTILINE)
PRINTED = re.compile(r"^(?:print|puts|console\.log)\b.*?(?:  #|; //) (.*)$", re.MULTILINE)
RUNNERS = {"python": (sys.executable, "-B"), "js": ("node",), "ruby": ("ruby",)}
SUFFIXES = {"python": "py", "js": "mjs", "ruby": "rb"}


class Block(typing.NamedTuple):
    """A block of code of a page."""

    line: int
    language: str
    text: str


def blocks(page):
    """The blocks of a page that run or are files."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for match in BLOCK.finditer(text):
        line = text.count("\n", 0, match.start(4)) + 1
        if match[1] == "first":
            yield Block(line, "sh", match[2])
        if match[1] != "not run":
            yield Block(line, match[4], textwrap.dedent(match[5]))


class Shell:
    """A bash that runs one block after another."""

    def __init__(self, folder, environment):
        self.process = subprocess.Popen(
            ["bash"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.folder = folder
        self.number = 0

    def run(self, text):
        """Runs a block. Returns its output. Raises an AssertionError if one of its commands fails."""
        self.number += 1
        path = pathlib.Path(self.folder, f".block-{self.number}.sh")
        path.write_text(text, encoding="utf-8")
        mark = f"end-of-block-{self.number}"
        # ERR is not raised in `if` and `||`; the first failed command of a block is what counts.
        self.process.stdin.write(
            f"failed=; trap 'failed=${{failed:-$BASH_COMMAND}}' ERR; set -o pipefail; . ./{path.name} </dev/null\n"
            f'trap - ERR; echo; echo "{mark} $failed"\n'
        )
        self.process.stdin.flush()
        timer = threading.Timer(SECONDS, self.kill)
        timer.start()
        lines = []
        for line in self.process.stdout:
            if line.startswith(mark):
                timer.cancel()
                if line.strip() != mark:
                    raise AssertionError(f"failed: {line[len(mark):].strip()}\n" + "".join(lines))
                return "".join(lines)
            lines.append(line)
        timer.cancel()
        raise AssertionError(f"the shell ended, or took longer than {SECONDS} s\n" + "".join(lines))

    def kill(self):
        """Ends the shell and its background processes."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def close(self):
        """Ends the shell and its background processes, and waits for it."""
        self.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Page:
    """A page, its folder, its server and its shell."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="longhaul-docs-")
        self.environment = {
            **{name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ},
            "PATH": f"{self.folder}/.bin:{os.environ['PATH']}",
            "PYTHONPATH": f"{ROOT / 'sdk/python'}:{self.folder}",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self.prepare_folder()
        self.server = Server()
        self.environment["LONGHAUL_SERVER"] = self.server.address
        self.shell = Shell(self.folder, self.environment)
        self.numbers = 0

    def prepare_folder(self):
        """Makes the commands and packages available, as after their installation."""
        commands = pathlib.Path(self.folder, ".bin")
        commands.mkdir()
        worker = f'#!/bin/sh\nexec {sys.executable} -B -m longhaul.cli "$@"\n'
        npx = f'#!/bin/sh\nshift\nexec node {ROOT}/sdk/javascript/bin/longhaul-worker.js "$@"\n'
        for name, text in {
            "longhaul": f'#!/bin/sh\nexec {BINARY} "$@"\n',
            "longhaul-worker": worker,
            "python": f'#!/bin/sh\nexec {sys.executable} "$@"\n',
            "npx": npx,
        }.items():
            (commands / name).write_text(text, encoding="utf-8")
            (commands / name).chmod(0o755)
        modules = pathlib.Path(self.folder, "node_modules")
        modules.mkdir()
        (modules / "longhaul").symlink_to(ROOT / "sdk/javascript")

    def write(self, block):
        """Writes the file of a block. False if it is not a file."""
        match = FILE.match(block.text)
        if match:
            path = pathlib.Path(self.folder, match[1])
            path.parent.mkdir(parents=True, exist_ok=True)
            # JSON has no comments, so the name is not part of the file.
            text = block.text[match.end() :] if path.suffix == ".json" else block.text
            with open(path, "a", encoding="utf-8") as file:
                file.write(text + "\n")
        return bool(match)

    def run(self, block):
        """Runs a block."""
        if block.language == "sh":
            self.run_commands(block)
        elif block.language in RUNNERS:
            self.run_program(block)

    def run_commands(self, block):
        """Runs a block of the shell, and compares its output with its comments."""
        output = self.shell.run(block.text)
        lines = iter(output.splitlines())
        for expected in OUTPUT.findall(block.text):
            # `in` reads the lines up to the expected one.
            if expected not in lines:
                raise AssertionError(f"did not print, or not in this order: {expected}\n{output}")

    def run_program(self, block):
        """Runs a program, and compares its output with its comments."""
        self.numbers += 1
        name = f"program-{self.numbers}.{SUFFIXES[block.language]}"
        pathlib.Path(self.folder, name).write_text(block.text, encoding="utf-8")
        answer = subprocess.run(
            [*RUNNERS[block.language], name],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        if answer.returncode != 0:
            raise AssertionError(answer.stdout + answer.stderr)
        expected = PRINTED.findall(block.text)
        if expected and answer.stdout.splitlines() != expected:
            raise AssertionError(f"expected {expected}, printed {answer.stdout.splitlines()}\n{answer.stderr}")

    def close(self):
        """Ends the processes of the page, and removes its folder."""
        self.shell.close()
        self.server.close()
        shutil.rmtree(self.folder, ignore_errors=True)
