import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from longhaul import command


class CommandTests(unittest.TestCase):
    def test_the_command_runs_the_binary_with_its_arguments_and_its_exit_code(self):
        with tempfile.TemporaryDirectory() as folder:
            binary = Path(folder) / "longhaul"
            binary.write_text('#!/bin/sh\necho "$@"\nexit 5\n')
            binary.chmod(0o755)
            program = (
                "import pathlib, sys; from longhaul import command; "
                "command.BINARY = pathlib.Path(sys.argv[1]); command.main(sys.argv[2:])"
            )
            ended = subprocess.run(
                [sys.executable, "-c", program, str(binary), "get", "a b"],
                capture_output=True,
                text=True,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
        self.assertEqual((ended.stdout, ended.stderr, ended.returncode), ("get a b\n", "", 5))

    def test_an_installation_without_the_binary_says_what_to_install(self):
        with mock.patch.object(command, "BINARY", Path("/nowhere/longhaul")):
            with self.assertRaisesRegex(FileNotFoundError, "/nowhere/longhaul does not exist"):
                command.find_binary()
            with self.assertRaisesRegex(SystemExit, "^longhaul: .*Install a wheel for your platform"):
                command.main([])
