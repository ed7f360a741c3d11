#!/usr/bin/env python3
"""Writes the tables of docs/settings.md from the help texts of the command, and the ranges from its error messages.

    scripts/settings.py            rewrites the page (`make settings`)
    scripts/settings.py --check    fails if the page differs from the command (`make test`)

LONGHAUL_BINARY names another command than .build/release/longhaul. The text before the mark in the page is written by
hand.
"""

import concurrent.futures
import difflib
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import typing

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/settings.md"
BINARY = os.environ.get("LONGHAUL_BINARY", str(ROOT / ".build/release/longhaul"))
MARK = "<!-- What follows is written by `make settings`. -->\n"
CONNECTION = ["server", "ca-file", "client-cert", "client-key", "key-file"]
EVERYWHERE = ["config", "help"]
HELP_FLAG = re.compile(r"^ {2}(?:-(\w), |  {2,4})--([\w-]+)(?: (\S+(?: \S+)*?))?(?: {2,}(.*))?$")
NO_SERVER = "http://127.0.0.1:1"
RANGE = re.compile(r"expected .* from (\S+) to ([^ ,]+), got")


class Option(typing.NamedTuple):
    """An option of a command, as its help describes it."""

    name: str
    short: str
    value: str
    text: str
    default: str
    variables: tuple

    @property
    def label(self):
        """The option with its short form and its value, as Markdown."""
        value = f" {self.value}" if self.value else ""
        return f"`-{self.short}`, `--{self.name}{value}`" if self.short else f"`--{self.name}{value}`"


def output(*arguments, folder=None):
    """What the command prints, on both outputs. No setting of the caller's environment has an effect."""
    answer = subprocess.run(
        [BINARY, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={"PATH": os.environ.get("PATH", ""), "LONGHAUL_SERVER": NO_SERVER},
        cwd=folder,
        text=True,
        timeout=60,
        check=False,
    )
    return answer.stdout


def section(text, name):
    """The indented lines after a line such as `options:`."""
    match = re.search(rf"^{name}:\n((?:  .*\n?)+)", text, re.MULTILINE)
    return match[1].splitlines() if match else []


def commands():
    """The names and descriptions of the commands, in the order of the help."""
    lines, found = section(output("help"), "commands"), []
    for line in lines:
        if re.match(r"^  \S", line):
            name, text = line.split(maxsplit=1)
            found.append([name, text])
        else:
            found[-1][1] += " " + line.strip()
    return [(name, text) for name, text in found]


def variables(text):
    """The environment variables of each option."""
    found = {}
    for name, flag in re.findall(r"(\w+)\s+as --([\w-]+)", "\n".join(section(text, "environment"))):
        found.setdefault(flag, []).append(name)
    return found


def options(command):
    """The options of a command."""
    text = output("help", command)
    entries, names = [], variables(text)
    for line in section(text, "options"):
        match = HELP_FLAG.match(line)
        if match:
            entries.append([match[1] or "", match[2], match[3] or "", match[4] or ""])
        elif entries:
            entries[-1][3] = f"{entries[-1][3]} {line.strip()}".strip()
        else:
            raise SystemExit(f"settings: cannot read this line of longhaul help {command}: {line}")
    found = []
    for short, name, value, description in entries:
        description, _, default = description.partition(" Default: ")
        found.append(Option(name, short, value, description, default.removesuffix("."), tuple(names.get(name, ()))))
    return found


def value_range(command, option, folder):
    """The range of a number or a time, from the message about a value that is neither."""
    if option.value.partition("|")[0] in ("N", "S", "TIME"):
        for argument in ((), ("x",)):
            match = RANGE.search(output(command, *argument, f"--{option.name}=x", folder=folder))
            if match:
                return f"{match[1]} to {match[2]}"
        return ""
    return ", ".join(option.value.split("|")) if re.fullmatch(r"[a-z]+(\|[a-z]+)+", option.value) else ""


def cell(text):
    """Text in a table."""
    return re.sub(r"(?<!\\)\|", r"\\|", text).replace("<", "&lt;")


def code(text):
    """A default, as code if it is a value and not a sentence."""
    return f"`{text}`" if text and " " not in text and text not in ("none", "never") else text


def table(rows, ranges):
    """A table of options."""
    lines = ["| option | environment | default | range | meaning |", "| --- | --- | --- | --- | --- |"]
    for option in rows:
        names = ", ".join(f"`{name}`" for name in option.variables)
        cells = [option.label, names, code(option.default), ranges[option], option.text]
        lines.append("| " + " | ".join(cell(text) for text in cells) + " |")
    return "\n".join(line.replace("|  |", "| |").replace("|  |", "| |") for line in lines)


def shared(by_command):
    """The options that have a table of their own: its title, introduction, anchor and options."""
    serve, up, worker = ({option.name: option for option in by_command[name]} for name in ("serve", "up", "worker"))
    common = CONNECTION + EVERYWHERE
    both = [option for name, option in serve.items() if up.get(name) == option and name not in common]
    return [
        ("Options of every command", "", [option for option in by_command["version"] if option.name in EVERYWHERE]),
        (
            "Connection to a server",
            "The commands that call a server, and the SDKs, use these.",
            [option for option in by_command["get"] if option.name in CONNECTION],
        ),
        (
            "Backends and limits",
            "`serve`, `up` and `worker` have these. A `worker` uses them with `--store` only.",
            [option for option in both if worker.get(option.name) == option],
        ),
        ("Server", "`serve` and `up` have these.", [option for option in both if worker.get(option.name) != option]),
    ]


def anchor(title):
    """The anchor of a heading."""
    return title.lower().replace(" ", "-")


def tables():
    """The generated part of the page."""
    names = commands()
    with concurrent.futures.ThreadPoolExecutor(4) as pool, tempfile.TemporaryDirectory() as folder:
        by_command = dict(zip([name for name, _ in names], pool.map(options, [name for name, _ in names])))
        first = {option: name for name in reversed(by_command) for option in by_command[name]}
        found = pool.map(lambda option: value_range(first[option], option, folder), first)
        ranges = dict(zip(first, found))
    parts, groups = [], shared(by_command)
    for title, introduction, rows in groups:
        parts += [f"## {title}", *([introduction] if introduction else []), table(rows, ranges)]
    for name, text in names:
        rest, also = by_command[name], []
        for title, _, rows in groups[1:]:
            if all(row in rest for row in rows):
                rest = [option for option in rest if option not in rows]
                also.append(f"[{title}](#{anchor(title)})")
        rest = [option for option in rest if option.name not in EVERYWHERE]
        parts += [f"## longhaul {name}", text + (f" See also: {', '.join(also)}." if also else "")]
        parts += [table(rest, ranges)] if rest else []
    return MARK + "\n" + "\n\n".join(parts) + "\n"


def main(arguments):
    if not os.path.exists(BINARY):
        raise SystemExit(f"settings: {BINARY} does not exist; run: make build")
    text = PAGE.read_text(encoding="utf-8")
    head, mark, old = text.partition(MARK)
    if not mark:
        raise SystemExit(f"settings: {PAGE} has no line {MARK}")
    new = tables()
    if arguments == ["--check"]:
        lines = (mark + old).splitlines(), new.splitlines()
        changes = list(difflib.unified_diff(*lines, "docs/settings.md", "longhaul help", lineterm="", n=0))
        if changes:
            print("\n".join(changes[:40]))
            print("settings: docs/settings.md differs from the help texts; run: make settings", file=sys.stderr)
        return 1 if changes else 0
    if arguments:
        raise SystemExit("usage: scripts/settings.py [--check]")
    PAGE.write_text(head + new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
