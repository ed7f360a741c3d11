#!/usr/bin/env python3
"""Type-checks the Swift snippets of the documentation against the built modules.

    Tests/Snippets/snippets.py [PAGE…]    all pages of the project by default

The snippets of a page are one function: a snippet may use what earlier ones declare, and may declare it again. A file
`preludes/PAGE.swift` comes before the first one. It declares what the text of the page explains and its code does not:

    let order: Order = stub()

A snippet after `<!-- not compiled: REASON -->` is left out, and a package manifest as well. Warnings are errors, but for names
that a snippet does not use. The exit code is 1 if a snippet is wrong.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

import toolchain

ROOT = toolchain.ROOT
PRELUDES = pathlib.Path(__file__).parent / "preludes"
BLOCK = re.compile(r"^(<!-- not compiled: [^\n]* -->\n)?( *)```swift\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
MANIFEST = re.compile(r"// (swift-tools-version|Package\.swift)")
IMPORT = re.compile(r"^(?:@testable )?import [\w.]+(?: .*)?$", re.MULTILINE)
# Attributes that are only allowed at the top level of a file.
TOP_LEVEL = re.compile(r"^ *@(?:Test|Suite)(?:\(.*?\))? ?", re.MULTILINE)
DIAGNOSIS = re.compile(r"^([^\s:]+):(\d+):\d+: (error|warning): (.*)$", re.MULTILINE)
HARMLESS = re.compile(r"never (used|mutated|read)|is unused|will never be executed|'catch' block is unreachable")
COMMON = """\
/// A value for the compiler.
func stub<Value>(_ type: Value.Type = Value.self) -> Value { fatalError() }
"""


def pages():
    """The pages of the project."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"], cwd=ROOT, capture_output=True, text=True,
        check=True)
    return [page for page in sorted(set(listed.stdout.splitlines())) if (ROOT / page).exists()]


def snippets(text):
    """Yields the line and the text of each snippet of a page."""
    for match in BLOCK.finditer(text):
        if not match[1] and not MANIFEST.match(match[3]):
            yield text.count("\n", 0, match.start(3)) + 1, match[3]


def located(text, file, line):
    """Swift text for which the compiler reports its place in another file."""
    return f'#sourceLocation(file: "{file}", line: {line})\n{text}\n#sourceLocation()\n'


def code(page, text):
    """The page as a Swift file; None if it has no snippets."""
    found = list(snippets(text))
    if not found:
        return None
    prelude = PRELUDES / (page.replace("/", "-").removesuffix(".md") + ".swift")
    if prelude.exists():
        found.insert(0, (1, prelude.read_text(encoding="utf-8")))
    imports = {line for _, snippet in found for line in IMPORT.findall(snippet)}
    name = re.sub(r"\W", "_", page)
    body, outside, depth = "", "", 1
    for line, snippet in found:
        # Keeps the number of lines.
        snippet = TOP_LEVEL.sub("", IMPORT.sub("", snippet))
        file = page if line > 1 or not prelude.exists() else prelude.relative_to(ROOT)
        if re.search(r"^extension ", snippet, re.MULTILINE):
            outside += located(snippet, file, line)
        else:
            body += located(snippet, file, line) + "do {\n"
            depth += 1
    end = "}\n" * depth
    return "\n".join(sorted(imports)) + f"\n{outside}func page_{name}() async throws {{\n{body}{end}"


def problems(texts):
    """The errors and warnings in pages: a dictionary of their texts by name."""
    with tempfile.TemporaryDirectory() as folder:
        files = [pathlib.Path(folder, "Common.swift")]
        files[0].write_text(COMMON, encoding="utf-8")
        for page, text in texts.items():
            swift = code(page, text)
            if swift:
                files.append(pathlib.Path(folder, re.sub(r"\W", "_", page) + ".swift"))
                files[-1].write_text(swift, encoding="utf-8")
        status, output = toolchain.typecheck(files)
    found = {(file, int(line), kind, text) for file, line, kind, text in DIAGNOSIS.findall(output)}
    relevant = sorted(item for item in found if item[2] == "error" or not HARMLESS.search(item[3]))
    if status != 0 and not relevant:
        raise SystemExit(output)
    return [f"{file}:{line}: {kind}: {text}" for file, line, kind, text in relevant], len(files) - 1


def main():
    texts = {page: (ROOT / page).read_text(encoding="utf-8") for page in sys.argv[1:] or pages()}
    found, count = problems(texts)
    for problem in found:
        print(problem, file=sys.stderr)
    print(f"Checked {sum(len(list(snippets(text))) for text in texts.values())} Swift snippets of {count} pages")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
