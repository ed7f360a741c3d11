"""Calls the Swift compiler with the modules that `swift build --build-tests` has built."""

import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = (ROOT / ".build/debug").resolve()
# The object files that the latest build of the tests links. The folders of the targets may have older ones as well.
OBJECTS = BUILD / "longhaulPackageTests.product/Objects.LinkFileList"
# The libraries of the client and the worker, for a program that uses both.
LIBRARIES = ["curl", "microhttpd", "crypto", "simdjson", "stdc++"]
TARGETS = [
    "LonghaulClient", "LonghaulWorker", "LonghaulCore", "LonghaulHTTP", "LonghaulJSON", "LonghaulConcurrency", "LonghaulPlatform",
    "CProcess", "CBacktrace", "CSimdJSON"]


def module_options():
    """The options with which the compiler finds the modules and their C modules."""
    built = {path.parent.name.removesuffix(".build"): path for path in BUILD.glob("C*.build/module.modulemap")}
    system = {path.parent.name: path for path in ROOT.glob("Sources/C*/module.modulemap")}
    maps = {**system, **built}
    options = ["-swift-version", "6", "-module-cache-path", str(BUILD / "ModuleCache"), "-I", str(BUILD / "Modules")]
    for path in maps.values():
        options += ["-Xcc", f"-fmodule-map-file={path}"]
    for folder in ROOT.glob("Sources/C*/include"):
        options += ["-Xcc", f"-I{folder}"]
    return options


def compile_program(sources, program):
    """Compiles a program that uses the client and the worker, from its source files.

    Raises:
        AssertionError: the compiler refuses it, or warns.
    """
    paths = [line.strip("'\"") for line in OBJECTS.read_text(encoding="utf-8").splitlines()]
    objects = [path for path in paths if pathlib.Path(path).parent.name.removesuffix(".build") in TARGETS]
    answer = subprocess.run(
        ["swiftc", "-warnings-as-errors", *module_options(), *map(str, sources), *objects,
         *(f"-l{library}" for library in LIBRARIES), "-o", str(program)],
        capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def typecheck(sources):
    """Type-checks files as one module. Returns the exit code and what the compiler prints."""
    answer = subprocess.run(
        ["swiftc", "-typecheck", "-module-name", "Snippets", "-parse-as-library", *module_options(), *map(str, sources)],
        capture_output=True, text=True, check=False)
    return answer.returncode, answer.stdout + answer.stderr
