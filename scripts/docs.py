#!/usr/bin/env python3
"""The two steps of `make docs` beside MkDocs.

    scripts/docs.py stage FOLDER PYGMENTIZE    copies all pages to FOLDER/source, and writes FOLDER/mkdocs.yml
    scripts/docs.py check SITE                 fails if a page loads anything from another host, or has a broken link

The navigation is that of docs/README.md: its sections, and the pages of its tables.
"""

import html.parser
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import urllib.parse

from check_links import LINK, ROOT, prose

STYLE = """
pre, code { font-size: 0.85em; }
table { display: block; overflow-x: auto; }
.navbar .dropdown-menu { max-height: 80vh; overflow-y: auto; }
"""


def pages():
    """The Markdown files of the project, without the catalogues of DocC."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate", "--", "*.md", ":!Sources"]
    names = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    return {name for name in names if (ROOT / name).exists()}


def staged(page, names, files):
    """The text of a page, whose links to folders and files lead to what the site has. Adds these files."""
    text = (ROOT / page).read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)

    def replaced(match):
        target, _, anchor = match[1].partition("#")
        if not target or re.match(r"[a-z]+:", target):
            return match[0]
        file = os.path.normpath(os.path.join(os.path.dirname(page), urllib.parse.unquote(target)))
        if file in names:
            return match[0]
        if f"{file}/README.md" in names:
            new = f"{target.rstrip('/')}/README.md" + (f"#{anchor}" if anchor else "")
            return match[0].replace(f"({match[1]}", f"({new}")
        if (ROOT / file).is_file():
            files.add(file)
            return match[0]
        return re.match(r"\[(.*)\]\(", match[0])[1]  # a folder: its name

    for number, line in prose(text):
        lines[number - 1] = LINK.sub(replaced, line) + "\n"
    # Comments are for the tests. The site loads no script for diagrams: their text is shown.
    text = re.sub(r"^ *<!-- .* -->\n", "", "".join(indented(lines)), flags=re.MULTILINE)
    return text.replace("```mermaid\n", "```text\n")


def indented(lines):
    """The lines of a page, with four spaces before what belongs to a list item: Python-Markdown needs them."""
    fence, added = None, 0
    for line in lines:
        mark = re.match(r"( *)(`{3,}|~{3,})", line)
        spaces = len(line) - len(line.lstrip(" "))
        if fence is None:
            added = 4 - spaces if spaces in (2, 3) and line.strip() else 0
            fence = mark[2] if mark else None
            yield " " * added + line
        else:
            yield " " * added + line if line.strip() else line
            fence = None if mark and line.strip() == fence else fence


def title(page):
    """The first heading of a page, as text."""
    match = re.search(r"^# (.*)$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
    return re.sub(r"[`*]", "", match[1]) if match else page


def navigation(names):
    """The sections of docs/README.md with their pages, each page once."""
    sections, seen = [{"Documentation": "docs/README.md"}], {"docs/README.md"}
    current = None
    for _, line in prose((ROOT / "docs/README.md").read_text(encoding="utf-8")):
        heading = re.match(r"## (.*)", line)
        row = re.match(r"\| \[[^\]]*\]\(([^)#]+)\)", line)
        if heading:
            current = []
            sections.append({heading[1]: current})
        elif row and current is not None:
            file = os.path.normpath(os.path.join("docs", row[1]))
            file = file if file in names else f"{file}/README.md"
            if file in names and file not in seen:
                seen.add(file)
                current.append({title(file): file})
    return sections


def stage(folder, pygmentize):
    """Copies the pages, and writes the configuration of MkDocs."""
    source = folder / "source"
    names, files = pages(), set()
    for page in names:
        path = source / page
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(staged(page, names, files), encoding="utf-8")
    for file in files:
        path = source / file
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / file, path)
    styles = {"default": ".highlight", "github-dark": "[data-bs-theme=dark] .highlight"}
    commands = [[pygmentize, "-S", name, "-f", "html", "-a", selector] for name, selector in styles.items()]
    css = [subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout for command in commands]
    (source / "site.css").write_text("".join([*css, STYLE]), encoding="utf-8")
    theme = {"name": "mkdocs", "color_mode": "auto", "user_color_mode_toggle": True, "highlightjs": False}
    settings = {
        "site_name": "Longhaul",
        "site_url": "",
        "docs_dir": str(source),
        "site_dir": str(folder / "site"),
        "use_directory_urls": False,
        "theme": {**theme, "navigation_depth": 3},
        "extra_css": ["site.css"],
        "plugins": ["search"],
        "nav": navigation(names),
        "validation": {
            "omitted_files": "ignore",
            "absolute_links": "warn",
            "unrecognized_links": "warn",
            "anchors": "warn",
            "not_found": "warn",
        },
        "markdown_extensions": [
            "tables",
            "sane_lists",
            "pymdownx.superfences",
            {"pymdownx.highlight": {"use_pygments": True}},
            {"toc": {"permalink": True, "slugify": "SLUGIFY"}},
        ],
    }
    # JSON is YAML; the function of the anchors is the one tag that JSON does not have.
    slugify = "!!python/object/apply:pymdownx.slugs.slugify {kwds: {case: lower}}"
    text = json.dumps(settings, ensure_ascii=False, indent=1).replace('"SLUGIFY"', slugify)
    (folder / "mkdocs.yml").write_text(text, encoding="utf-8")


class Reader(html.parser.HTMLParser):
    """Collects what a page loads, its links and its anchors."""

    def __init__(self):
        super().__init__()
        self.loads, self.links, self.anchors = [], [], set()

    def has(self, anchor):
        """Whether the page has the anchor; none is always there."""
        return not anchor or anchor in self.anchors

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if values.get("id"):
            self.anchors.add(values["id"])
        if tag == "a":
            self.anchors.add(values.get("name"))
            self.links.append(values.get("href") or "")
        elif tag != "form":
            self.loads += [values[name] for name in ("src", "href", "data", "poster") if values.get(name)]


def check(site):
    """Fails if a page loads anything from another host, or has a link without a target."""
    readers, problems = {}, []
    for path in sorted(site.rglob("*.html")):
        readers[path] = Reader()
        readers[path].feed(path.read_text(encoding="utf-8"))
    for path, reader in readers.items():
        name = path.relative_to(site)
        problems += [f"{name} loads {url}" for url in reader.loads if re.match(r"(https?:)?//", url)]
        for link in reader.links + reader.loads:
            url = urllib.parse.urlsplit(link)
            if url.scheme or url.netloc or link in ("", "#"):
                continue
            place = urllib.parse.unquote(url.path)
            # The page for missing pages is shown at any address, so its links begin at the root.
            target = site / place[1:] if place.startswith("/") else path.parent / place if place else path
            target = target.resolve()
            if not target.exists():
                problems.append(f"{name}: {link} does not exist")
            elif target in readers and not readers[target].has(urllib.parse.unquote(url.fragment)):
                problems.append(f"{name}: {link} has no such anchor")
    for path in site.rglob("*.css"):
        style = path.read_text(encoding="utf-8")
        urls = re.findall(r"(?:url\(|@import) *['\"]?((?:https?:)?//[^)'\";]+)", style)
        problems += [f"{path.relative_to(site)} loads {url}" for url in urls]
    print("\n".join(problems), file=sys.stderr, end="\n" if problems else "")
    print(f"docs: {len(readers)} pages in {site}")
    return 1 if problems else 0


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] == "stage":
        sys.exit(stage(pathlib.Path(sys.argv[2]), sys.argv[3]))
    if len(sys.argv) == 3 and sys.argv[1] == "check":
        sys.exit(check(pathlib.Path(sys.argv[2]).resolve()))
    sys.exit(__doc__)
