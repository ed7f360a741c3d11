"""Tests of the lists of mutants and of planting them."""

import pathlib
import tempfile
import unittest

from mutants import InvalidList, plant, read

ENTRY = """
[[mutant]]
name = "{name}"
file = "Sources/Core/A.swift"
find = "{find}"
with = "{replacement}"
suites = ["CoreTests"]
harm = "A wait never ends."
"""


class MutantTests(unittest.TestCase):
    def lists(self, *entries, module="Core"):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = pathlib.Path(folder.name)
        text = "".join(
            ENTRY.format(name=name, find=find, replacement=replacement) for name, find, replacement in entries)
        (path / f"{module}.toml").write_text(text)
        return path

    def test_each_mutant_has_its_own_condition(self):
        mutants = read(self.lists(("one", "a < b", "MUTANT ? a > b : a < b"), ("two", "c()", "if !MUTANT { c() }")))
        texts = plant(mutants, lambda _: "if a < b { c() }")
        self.assertEqual(
            texts["Sources/Core/A.swift"],
            "if (activeMutant == 0) ? a > b : a < b { if !(activeMutant == 1) { c() } }")
        self.assertIn("let activeMutant", texts["Sources/Core/ActiveMutant.swift"])

    def test_a_fragment_occurs_exactly_once(self):
        mutants = read(self.lists(("one", "a", "MUTANT ? b : a")))
        for text, count in (("a a", 2), ("b", 0)):
            with self.assertRaisesRegex(InvalidList, f"one: .* {count} times"):
                plant(mutants, lambda _: text)

    def test_two_mutants_never_change_the_same_code(self):
        mutants = read(self.lists(("one", "a < b", "MUTANT || a < b"), ("two", "b {", "MUTANT {")))
        with self.assertRaisesRegex(InvalidList, "two and one change the same code"):
            plant(mutants, lambda _: "if a < b { }")

    def test_a_list_names_its_faults(self):
        for entries, module, message in (
            ([("one", "a", "b")], "Core", "does not contain MUTANT"),
            ([("one", "a", "MUTANT"), ("one", "b", "MUTANT")], "Core", "used twice"),
            ([("one", "a", "MUTANT")], "Other", "is not a file of Other"),
        ):
            with self.assertRaisesRegex(InvalidList, message):
                read(self.lists(*entries, module=module))


if __name__ == "__main__":
    unittest.main()
