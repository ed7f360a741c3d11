"""The planted faults: reading the lists, checking them against the sources, and planting them in a copy."""

import pathlib
import re
import tomllib

LISTS = pathlib.Path(__file__).parent
SWITCH = re.compile(r"\bMUTANT\b")
FIELDS = {"name", "file", "find", "with", "suites", "harm"}
# The kinds of suites beside patterns of `swift test --filter`.
COMMANDS = ("simulation", "simulation sqlite", "security ")
RUNTIME = """\
import Glibc

/// The number of the planted fault that this process runs with; -1 for none.
let activeMutant: Int32 = getenv("LONGHAUL_MUTANT").map { atoi($0) } ?? -1
"""


class Mutant:
    """One planted fault."""

    def __init__(self, module, number, entry):
        self.module = module
        self.number = number
        self.name = entry["name"]
        self.file = entry["file"]
        self.find = entry["find"]
        self.replacement = entry["with"]
        self.suites = entry["suites"]
        self.harm = entry["harm"]
        # The reason why no user can notice the fault, for a fault that survives.
        self.unnoticeable = entry.get("unnoticeable")

    @property
    def code(self):
        """The replacement with the condition that is true only for this mutant."""
        return SWITCH.sub(f"(activeMutant == {self.number})", self.replacement)


class InvalidList(Exception):
    """A list of mutants with faults; the message has one line for each."""


def read(folder=LISTS):
    """Reads every list. Raises InvalidList."""
    found, faults, names = [], [], set()
    for path in sorted(folder.glob("*.toml")):
        try:
            entries = tomllib.loads(path.read_text())["mutant"]
        except (tomllib.TOMLDecodeError, KeyError) as error:
            faults.append(f"{path.name}: {error}")
            continue
        for position, entry in enumerate(entries):
            where = f"{path.name}: {entry.get('name', f'mutant {position + 1}')}"
            missing, unknown = FIELDS - entry.keys(), entry.keys() - FIELDS - {"unnoticeable"}
            if missing or unknown:
                faults += [f"{where}: no {field}" for field in sorted(missing)]
                faults += [f"{where}: unknown field {field}" for field in sorted(unknown)]
                continue
            mutant = Mutant(path.stem, len(found), entry)
            if mutant.name in names:
                faults.append(f"{where}: the name is used twice")
            if not SWITCH.search(mutant.replacement):
                faults.append(f"{where}: 'with' does not contain MUTANT")
            if not mutant.suites:
                faults.append(f"{where}: no suite")
            if not mutant.file.startswith(f"Sources/{mutant.module}/"):
                faults.append(f"{where}: {mutant.file} is not a file of {mutant.module}")
            names.add(mutant.name)
            found.append(mutant)
    if faults:
        raise InvalidList("\n".join(faults))
    return found


def plant(mutants, source):
    """Returns the text of each file with its mutants. `source` reads a file of the project. Raises InvalidList."""
    texts, faults = {}, []
    for file in sorted({mutant.file for mutant in mutants}):
        try:
            text = source(file)
        except OSError:
            faults.append(f"{file} does not exist")
            continue
        places = []
        for mutant in (mutant for mutant in mutants if mutant.file == file):
            count = text.count(mutant.find)
            if count != 1:
                faults.append(f"{mutant.module}.toml: {mutant.name}: {file} contains 'find' {count} times, not once")
                continue
            start = text.index(mutant.find)
            places.append((start, start + len(mutant.find), mutant))
        places.sort(key=lambda place: place[:2])
        for (_, end, first), (start, _, second) in zip(places, places[1:]):
            if start < end:
                faults.append(f"{second.module}.toml: {second.name} and {first.name} change the same code")
        for start, end, mutant in reversed(places):
            text = text[:start] + mutant.code + text[end:]
        texts[file] = text
    if faults:
        raise InvalidList("\n".join(faults))
    for module in {mutant.module for mutant in mutants}:
        texts[f"Sources/{module}/ActiveMutant.swift"] = RUNTIME
    return texts
