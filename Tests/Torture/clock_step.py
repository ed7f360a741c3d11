"""A real-time clock of chosen processes that tests set forward and back. Their monotonic clocks and timers go on."""

import os
import shutil
import struct
import subprocess

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "clock_step.c")


class Clock:
    """The clock of all processes that are started with its variables."""

    def __init__(self, folder):
        """Compiles the library into the folder. Other users must be able to read the folder if they run the processes."""
        self.library = os.path.join(folder, "clock_step.so")
        self.path = os.path.join(folder, "clock")
        subprocess.run(
            [compiler(), "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o", self.library, SOURCE], check=True)
        self.file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self.set(0)

    def set(self, seconds):
        """Sets the clock `seconds` ahead of the real one, or back if negative."""
        os.pwrite(self.file, struct.pack("=q", seconds), 0)

    @property
    def variables(self):
        """The environment of the processes."""
        return {"LD_PRELOAD": self.library, "CLOCK_STEP_FILE": self.path}

    def close(self):
        """Closes the file. The processes keep the last offset."""
        os.close(self.file)


def compiler():
    """The C compiler; None if there is none."""
    return shutil.which("cc") or shutil.which("clang")
