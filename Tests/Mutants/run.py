#!/usr/bin/env python3
"""Runs each planted fault alone against the suites that should notice it, and reports the faults that survive.

    run.py [MODULE|NAME…] [--jobs N]    all mutants by default, one at a time
    run.py --check                      only compare the lists with the sources

The planted faults exist only in a copy of the project in .run/mutants. The score counts a fault as caught if a suite fails
or does not end. Exits with 1 below 95 % in all, or below 90 % in a module.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

from mutants import InvalidList, plant, read

ROOT = pathlib.Path(__file__).resolve().parents[2]
COPY = ROOT / ".run/mutants/project"
LOGS = ROOT / ".run/mutants/logs"
MIN_SCORE, MIN_MODULE_SCORE = 95, 90
SEEDS = 2000
# A suite that takes this much longer with a fault than without counts as a suite that does not end.
TIMEOUT_FACTOR, MIN_TIMEOUT_SECONDS = 5, 60
# What swift-testing prints as soon as a test has failed.
ISSUE = b" recorded an issue"
BUILD = ["swift", "build"]
PRODUCTS = (["--build-tests"], ["-c", "release", "--product", "longhaul-simulation"])


def copy_project(texts):
    """Brings the copy up to date, and plants the faults. Unchanged files keep their time, so that a build is short."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"]
    names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True).stdout.decode().split("\0")
    wanted = {name for name in names if name and (ROOT / name).is_file()}
    for name in wanted | texts.keys():
        target = COPY / name
        data = texts[name].encode() if name in texts else (ROOT / name).read_bytes()
        if not target.exists() or target.read_bytes() != data:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        if name in wanted:
            shutil.copymode(ROOT / name, target)
    for path in [*COPY.glob("Sources/**/*"), *COPY.glob("Tests/**/*")]:
        if path.is_file() and str(path.relative_to(COPY)) not in wanted | texts.keys():
            path.unlink()


def command(suite):
    """The command that runs a suite in the copy."""
    match suite.split():
        case ["simulation"]:
            return [".build/release/longhaul-simulation", "--seeds", str(SEEDS)]
        case ["simulation", "sqlite"]:
            return [".build/release/longhaul-simulation", "--store", "sqlite", "--seeds", str(SEEDS)]
        case ["security", module]:
            return ["scripts/security.sh", module]
        case _:
            return ["swift", "test", "--ignore-lock", "--skip-build", "--disable-xctest", "--filter", suite]


def run(suite, number, log, limit=None):
    """Runs a suite. Returns whether it passed, and why not."""
    environment = os.environ | {
        "LONGHAUL_MUTANT": str(number),
        "LONGHAUL_BINARY": str(COPY / ".build/debug/longhaul"),
    }
    with open(log, "w") as output:
        process = subprocess.Popen(
            command(suite), cwd=COPY, env=environment, stdout=output, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, start_new_session=True)
        try:
            code = wait(process, log, limit)
        finally:
            # The servers that a suite started, too. The tests run in another process group; their servers end with them.
            subprocess.run(["pkill", "-KILL", "-s", str(process.pid), "-f", r"\.xctest"])
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
    return code == 0, code if isinstance(code, str) else f"exit code {code}"


def wait(process, log, limit):
    """Waits for a suite. Returns its exit code, or why it was not awaited."""
    end = None if limit is None else time.monotonic() + limit
    while True:
        try:
            return process.wait(0.3)
        except subprocess.TimeoutExpired:
            # The other tests of the suite may wait for something that never happens.
            if ISSUE in log.read_bytes():
                return "an issue"
            if end and time.monotonic() > end:
                return f"did not end within {limit:.0f} s"


def clean_run(suite):
    """Runs a suite without a fault. Returns its duration in seconds; nothing if it fails or runs no test."""
    log = LOGS / f"clean-{re.sub('[^A-Za-z0-9.]+', '-', suite)}.log"
    start = time.monotonic()
    passed, reason = run(suite, -1, log)
    seconds = time.monotonic() - start
    tests = re.findall(r"Test run with (\d+) tests?", log.read_text(errors="replace"))
    if passed and (not tests or int(tests[-1])):
        return seconds
    problem = "runs no test" if passed else f"fails: {reason}"
    print(f"Without a fault, {suite} {problem}, so it cannot notice one. See {log}", flush=True)
    return None


def catch(mutant, durations):
    """Runs the suites of a mutant until one notices. Returns the suite and the reason, or nothing."""
    for suite in mutant.suites:
        if suite not in durations:
            continue
        limit = max(MIN_TIMEOUT_SECONDS, TIMEOUT_FACTOR * durations[suite])
        passed, reason = run(suite, mutant.number, LOGS / f"{mutant.name}.log", limit)
        if not passed:
            return f"{suite} ({reason})"
    return None


def report(results):
    """Prints the scores and the survivors. Returns whether the scores are high enough."""
    good = True
    survivors = [mutant for mutant, catcher in results if not catcher]
    for module in sorted({mutant.module for mutant, _ in results}) + [None]:
        rows = [catcher for mutant, catcher in results if module in (None, mutant.module)]
        score = 100 * sum(map(bool, rows)) / len(rows)
        good &= score >= (MIN_MODULE_SCORE if module else MIN_SCORE)
        print(f"  {module or 'all modules':<22} {sum(map(bool, rows)):>3} of {len(rows):>3} caught, {score:.0f} %")
    for mutant in survivors:
        print(f"Survivor: {mutant.name} ({mutant.file})\n  harm: {mutant.harm}")
        if mutant.unnoticeable:
            print(f"  no user can notice: {mutant.unnoticeable}")
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("chosen", nargs="*", metavar="MODULE|NAME")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    try:
        mutants = read()
        texts = plant(mutants, lambda file: (ROOT / file).read_text())
    except InvalidList as error:
        sys.exit(str(error))
    if options.check:
        return
    known = {mutant.name for mutant in mutants} | {mutant.module for mutant in mutants}
    if unknown := set(options.chosen) - known:
        sys.exit(f"no mutant or module {', '.join(sorted(unknown))}")
    chosen = [m for m in mutants if not options.chosen or {m.name, m.module} & set(options.chosen)]

    LOGS.mkdir(parents=True, exist_ok=True)
    copy_project(texts)
    for product in PRODUCTS:
        print("$", *BUILD, *product, flush=True)
        subprocess.run(BUILD + product, cwd=COPY, check=True, stdout=subprocess.DEVNULL)
    suites = {suite for mutant in chosen for suite in mutant.suites}
    print(f"Running {len(suites)} suites without a fault", flush=True)
    results = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        names = sorted(suites)
        durations = {suite: seconds for suite, seconds in zip(names, pool.map(clean_run, names)) if seconds}
        for mutant, catcher in zip(chosen, pool.map(lambda mutant: catch(mutant, durations), chosen)):
            print(f"{'caught  ' if catcher else 'SURVIVED'} {mutant.name}: {catcher or 'no suite noticed'}", flush=True)
            results.append((mutant, catcher))
    if not report(results) or suites - durations.keys():
        sys.exit(1)


if __name__ == "__main__":
    main()
