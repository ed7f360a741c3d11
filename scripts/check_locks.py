#!/usr/bin/env python3
"""Finds code that runs under a lock and may take another one: ARCHITECTURE.md, "Locks".

    scripts/check_locks.py [FILE.swift…]    checks these files, or all of Sources
    scripts/check_locks.py --test           checks the checker with the samples in scripts/samples/locks

A lock is held in the braces of `withLock { … }`, and from `pthread_mutex_lock` or `condition.lock()` to the unlock.
There, and in the mutating functions of the state that are called there, no code may resume, yield to, finish or cancel
a continuation, stream or task, create a task, await, or call a closure that came from outside. A comment
`lock-safe: REASON` on the line, or on the line above, allows one such line.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FORBIDDEN = [
    (re.compile(r"[.?]\s*(resume|yield|finish|cancel|cancelAll|fire|wake|wakeAll|tell|send|put|answer)\s*\("), "calls {}()"),
    (re.compile(r"\.onTermination\s*="), "sets a termination handler"),
    (re.compile(r"(?<![\w.])Task\s*(?:\.detached\s*)?(?:\([^()]*\)\s*)?[{(]"), "creates a task"),
    (re.compile(r"(?<![\w.])GatedTask\s*[{(]"), "creates a task"),
    (re.compile(r"\bawait\b"), "awaits"),
    (re.compile(r"\bwith(?:Checked|Unsafe)(?:Throwing)?Continuation\b"), "makes a continuation"),
]
CLOSURE = re.compile(
    r"\b(\w+)\s*:\s*(?:Mutex<\s*)?\(*\s*(?:@\w+(?:\(\w+\))?\s+)*\([^()]*\)\s*(?:async\s*)?(?:throws(?:\(\w+\))?\s*)?->")
LOCKS = re.compile(r"\bpthread_(?:mutex|rwlock)_(?:lock|rdlock|wrlock)\s*\(|\b\w*(?:lock|condition)\.lock\(\)")
UNLOCK = re.compile(r"\bpthread_(?:mutex|rwlock)_unlock\s*\(|\.unlock\(\)")


def blank(source):
    """The source with comments and the text of strings replaced by spaces; every character keeps its place."""
    out, i, n = list(source), 0, len(source)

    def erase(start, end):
        for k in range(start, end):
            if out[k] != "\n":
                out[k] = " "

    while i < n:
        if source.startswith("//", i):
            end = source.find("\n", i)
            end = n if end < 0 else end
            erase(i, end)
            i = end
        elif source.startswith("/*", i):
            end = source.find("*/", i)
            end = n if end < 0 else end + 2
            erase(i, end)
            i = end
        elif source[i] == '"':
            quote = '"""' if source.startswith('"""', i) else '"'
            raw = i > 0 and source[i - 1] == "#"
            closing = quote + ("#" if raw else "")
            end = i + len(quote)
            while end < n and not source.startswith(closing, end):
                end += 2 if source[end] == "\\" and not raw else 1
            erase(i, min(n, end + len(closing)))
            i = end + len(closing)
        else:
            i += 1
    return "".join(out)


def closing(code, opening):
    """The offset after the bracket that closes the one at `opening`."""
    depth = 0
    for i in range(opening, len(code)):
        if code[i] in "({[":
            depth += 1
        elif code[i] in ")}]":
            depth -= 1
            if depth == 0:
                return i + 1
    return len(code)


def enclosing_end(code, place):
    """The end of the block that contains `place`."""
    depth = 0
    for i in range(place, len(code)):
        if code[i] == "{":
            depth += 1
        elif code[i] == "}":
            depth -= 1
            if depth < 0:
                return i
    return len(code)


def regions(code):
    """The ranges of code that run under a lock: (start, end)."""
    for match in re.finditer(r"(?<!func )\bwithLock\b\s*([({])", code):
        end = closing(code, match.start(1))
        yield match.end(), end
    for match in LOCKS.finditer(code):
        end = enclosing_end(code, match.end())
        unlock = UNLOCK.search(code, match.end(), end)
        is_deferred = unlock and re.search(r"\bdefer\s*\{[^}]*$", code[match.end():unlock.start()])
        yield match.end(), unlock.start() if unlock and not is_deferred else end


def functions(code):
    """The bodies of functions that mutate `self` or an `inout` parameter: name → [(start, end)]."""
    found = {}
    pattern = re.compile(r"(mutating\s+)?(?<!\w)func\s+(\w+)\s*(?:<[^<>]*>)?\s*\(")
    for match in pattern.finditer(code):
        parameters_end = closing(code, match.end() - 1)
        brace = code.find("{", parameters_end)
        if brace < 0 or not (match.group(1) or "inout" in code[match.end():parameters_end]):
            continue
        found.setdefault(match.group(2), []).append((brace, closing(code, brace)))
    return found


def closures(code):
    """The names of properties and parameters that hold closures."""
    return set(CLOSURE.findall(code)) - {"get", "set"}


def check(path, source):
    """The violations in a file: [(line, text)]."""
    code, lines = blank(source), source.split("\n")
    names, helpers = closures(code), functions(code)
    calls = re.compile(r"(?<![\w])(" + "|".join(map(re.escape, sorted(names))) + r")[?!]?\(") if names else None
    faults, seen, todo = set(), set(), list(regions(code))
    while todo:
        start, end = todo.pop()
        if (start, end) in seen:
            continue
        seen.add((start, end))
        found = [(m.start(), what.format(*m.groups())) for p, what in FORBIDDEN for m in p.finditer(code, start, end)]
        if calls:
            for m in calls.finditer(code, start, end):
                if not re.search(r"func\s+$", code[:m.start()]) and code[m.start() - 1] != ".":
                    found.append((m.start(), f"calls the closure {m.group(1)}"))
                elif re.search(r"(?:self|state|\$0)\.$", code[:m.start()]) and m.group(1) not in helpers:
                    found.append((m.start(), f"calls the closure {m.group(1)}"))
        for place, what in found:
            line = code.count("\n", 0, place)
            if not any("lock-safe: " in text for text in lines[max(0, line - 1):line + 1]):
                faults.add((line + 1, what))
        for m in re.finditer(r"(?<!func )\b(\w+)\(", code[start:end]):
            todo += helpers.get(m.group(1), [])
    return sorted(faults)


def test():
    """Every line of the samples that ends in `// fault` must be found, and no other."""
    failed = False
    samples = sorted((ROOT / "scripts/samples/locks").glob("*.swift.txt"))
    for path in samples:
        source = path.read_text(encoding="utf-8")
        expected = {n for n, line in enumerate(source.split("\n"), 1) if line.rstrip().endswith("// fault")}
        actual = {line for line, _ in check(path, source)}
        for line in sorted(expected ^ actual):
            failed = True
            print(f"{path.name}:{line}: {'not found' if line in expected else 'found, but is right'}", file=sys.stderr)
    if not samples:
        sys.exit("no samples")
    return failed


def main(arguments):
    if arguments == ["--test"]:
        return test()
    paths = [pathlib.Path(a) for a in arguments] or sorted((ROOT / "Sources").rglob("*.swift"))
    failed = False
    for path in paths:
        for line, what in check(path, path.read_text(encoding="utf-8")):
            failed = True
            shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
            print(f"{shown}:{line}: under a lock, {what}; do it after the lock is released", file=sys.stderr)
    return failed


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
