"""The frame of a run: its namespaces, its place, its end by a signal, and its exit code."""

import os
import signal
import sys

from place import Place, enter_namespaces

BINARY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../.build/release/longhaul")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def interrupted(number, _frame):
    """Ends the run through the clean-up."""
    raise SystemExit(128 + number)


def run_in_place(options, kind):
    """Runs, always cleans up, and returns the exit code."""
    if not os.access(options.binary, os.X_OK):
        sys.exit(f"There is no {options.binary}; run: make build")
    enter_namespaces()
    for number in SIGNALS:
        signal.signal(number, interrupted)
    place = Place()
    try:
        return 0 if kind(options, place).run() else 1
    finally:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        place.remove()


def run_program(arguments, kind):
    """Runs one torture with the options that `arguments` returns, and ends the program with the exit code."""
    code = 1
    try:
        code = run_in_place(arguments(), kind)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 2
        if not isinstance(end.code, int):
            print(end.code, file=sys.stderr)
    sys.stdout.flush()
    # Threads of an interrupted run may still wait on a dead connection.
    os._exit(code)
