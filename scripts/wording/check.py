#!/usr/bin/env python3
"""Finds words that the project does not use. `words.txt` lists them with what to write instead.

    scripts/wording/check.py FILE…            prints the uses in these files, as `file:line: "word": advice`
    scripts/wording/check.py --new FILE…      prints only files with more uses than `allowed.txt` says, exits with 1
    scripts/wording/check.py --allow FILE…    rewrites `allowed.txt` with the present number of uses of each file
    scripts/wording/check.py --count FILE…    prints the number of uses by folder and by word

`allowed.txt` holds the uses of files that have not been rewritten yet. It only gets shorter.
"""

import collections
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ALLOWED = os.path.join(HERE, "allowed.txt")


def rules():
    """The list: for each line a compiled expression, the advice, and whether it is for names in code."""
    with open(os.path.join(HERE, "words.txt"), encoding="utf-8") as file:
        for line in file:
            line = line.rstrip("\n")
            if not line or line.startswith("#"):
                continue
            word, advice = line.split("\t")
            if word.startswith("name:"):
                yield re.compile(rf"\b(?:{word.removeprefix('name:')})\b"), advice, True
            else:
                yield re.compile(rf"(?<![A-Za-z])(?:{word})(?![A-Za-z])", re.IGNORECASE), advice, False


def uses(path, checks):
    """The uses in a file as line number, word and advice. Words inside camelCase names count as words."""
    with open(path, encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, 1):
            text = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", line)
            for expression, advice, is_name in checks:
                for match in expression.finditer(line if is_name else text):
                    yield number, match.group(0), advice


def allowed():
    """The number of uses that each file may still have."""
    if not os.path.exists(ALLOWED):
        return {}
    with open(ALLOWED, encoding="utf-8") as file:
        pairs = [line.split(" ", 1) for line in file.read().splitlines()]
    return {path: int(count) for count, path in pairs}


def count(found):
    """Prints the number of uses by folder and by word."""
    totals = collections.Counter()
    for path, list_of_uses in found.items():
        for _, word, _ in list_of_uses:
            totals["/".join(path.split("/")[:2])] += 1
            totals[f'"{word.lower()}"'] += 1
    print("\n".join(f"{number:6} {key}" for key, number in totals.most_common()))


def main(arguments):
    mode = arguments[0] if arguments and arguments[0].startswith("--") else None
    checks = list(rules())
    files = arguments[1:] if mode else arguments
    found = {path: list(uses(path, checks)) for path in files if os.path.exists(path)}
    if mode == "--count":
        count(found)
        return 0
    if mode == "--allow":
        with open(ALLOWED, "w", encoding="utf-8") as file:
            file.writelines(f"{len(found[path])} {path}\n" for path in sorted(found) if found[path])
        return 0
    limits = allowed() if mode == "--new" else {}
    failed = False
    for path, list_of_uses in found.items():
        if len(list_of_uses) > limits.get(path, 0):
            failed = True
            print("\n".join(f'{path}:{number}: "{word}": {advice}' for number, word, advice in list_of_uses))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
