#!/usr/bin/env python3
"""Checks the links of all Markdown files: files, folders and anchors exist, and links lead to each page.

    scripts/check_links.py

A page of the documentation must be reachable from README.md by links. A page in docs/ begins with a text, not with a
heading or a table, and ends with links to the pages that follow.
"""

import os
import pathlib
import re
import subprocess
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[1]
LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(<?([^()\s>]+)>?(?: \"[^\"]*\")?\)")
HEADING = re.compile(r"^(#{1,6}) +(.*?)(?: +#+)?$")
PAGES = ("docs/", "sdk/", "Examples/", "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")


def slug(text, used):
    """The anchor of a heading, as GitHub makes it."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text).replace("`", "").replace("*", "")
    name = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
    used[name] = used.get(name, -1) + 1
    return f"{name}-{used[name]}" if used[name] else name


def prose(text):
    """The numbered lines of a page that are not code. Inline code is left out."""
    fence = None
    for number, line in enumerate(text.splitlines(), 1):
        mark = re.match(r"^\s*(`{3,}|~{3,})", line)
        if mark and fence is None:
            fence = mark[1]
        elif mark and line.strip().startswith(fence) and not line.strip().strip("`~"):
            fence = None
        elif fence is None:
            yield number, line


def anchors(text):
    """The anchors of a page."""
    used = {}
    headings = (HEADING.match(line) for _, line in prose(text))
    return {slug(match[2], used) for match in headings if match} | set(re.findall(r'<a (?:id|name)="([^"]+)"', text))


def links(text):
    """The numbers of the lines and the targets of the links of a page."""
    for number, line in prose(text):
        for match in LINK.finditer(re.sub(r"`[^`]*`", "`code`", line)):
            yield number, match[1]


def problems_of(page, texts, found_links):
    """The problems of the links of a page. Adds the pages to which it links."""
    for number, target in links(texts[page]):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        path = urllib.parse.unquote(path)
        file = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
        if path.startswith("/") or file.startswith(".."):
            yield f"{page}:{number}: {target} leads out of the project"
        elif not (ROOT / file).exists():
            yield f"{page}:{number}: {file} does not exist"
        else:
            file = f"{file}/README.md" if f"{file}/README.md" in texts else file
            found_links.add(file)
            if anchor and file not in texts:
                yield f"{page}:{number}: {file} is no page, so it has no anchor {anchor}"
            elif anchor and anchor not in anchors(texts[file]):
                yield f"{page}:{number}: {file} has no heading with the anchor {anchor}"


def problems_of_form(page, text):
    """Whether a page of docs/ has an introduction and a way on."""
    lines = [line for _, line in prose(text) if line.strip()]
    if len(lines) < 2 or not lines[0].startswith("# ") or re.match(r"[#|]", lines[1]):
        yield f"{page}: begin with a heading, and a text that says what the page is for"
    if not any(line.startswith("**Next:**") for line in lines) and not any(LINK.search(line) for line in lines[-5:]):
        yield f"{page}: end with a line **Next:** that links to the pages that follow"


def main():
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate", "--", "*.md"]
    names = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    texts = {name: (ROOT / name).read_text(encoding="utf-8") for name in names if (ROOT / name).exists()}
    problems, leads_to = [], {}
    for page in texts:
        leads_to[page] = set()
        problems += problems_of(page, texts, leads_to[page])
        if re.fullmatch(r"docs/[^/]+\.md", page) and page != "docs/README.md":
            problems += problems_of_form(page, texts[page])
    reached, waiting = set(), ["README.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached:
            reached.add(page)
            waiting += leads_to.get(page, ())
    problems += [f"{page}: no link leads to this page; name it in docs/README.md"
                 for page in texts if page.startswith(PAGES) and page not in reached]
    print("\n".join(sorted(problems)), end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
