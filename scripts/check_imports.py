#!/usr/bin/env python3
"""Checks that the names which Python programs take from modules of this project exist.

    scripts/check_imports.py FILE…

A module is one of the files, in any folder. The exit code is 1 if a file does not parse or a name does not exist.
"""

import ast
import pathlib
import sys


def names_of(tree):
    """The names that a module defines or imports at its top level."""
    names = {"__name__", "__doc__", "__file__"}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names.update(alias.asname or alias.name.split(".")[0] for alias in node.names)
    return names


def uses_of(tree, modules):
    """Yields the line, the module and the name of each use of a name of a module."""
    imported = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported.update({alias.asname or alias.name: alias.name for alias in node.names if alias.name in modules})
        elif isinstance(node, ast.ImportFrom) and node.module in modules:
            yield from ((node.lineno, node.module, alias.name) for alias in node.names)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in imported:
            yield node.lineno, imported[node.value.id], node.attr


def main():
    trees, faults = {}, []
    for path in sys.argv[1:]:
        try:
            trees[path] = ast.parse(pathlib.Path(path).read_text(encoding="utf-8"), path)
        except SyntaxError as error:
            faults.append(f"{path}:{error.lineno}: {error.msg}")
    modules = {}
    for path, tree in trees.items():
        modules.setdefault(pathlib.Path(path).stem, set()).update(names_of(tree))
    for path, tree in trees.items():
        faults += [
            f"{path}:{line}: the module {module} has no {name}"
            for line, module, name in uses_of(tree, modules) if name not in modules[module]]
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
