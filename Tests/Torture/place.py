"""The environment of a run: a folder, a small disk, and namespaces that are removed with it."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from clock_step import Clock, compiler

DISK_BYTES = 1 << 30
INSIDE = "TORTURE_INSIDE"

PR_SET_CHILD_SUBREAPER = 36


def enter_namespaces():
    """Runs this program again in its own mount, process and IPC namespaces, if the system allows it.

    The end of the program, also by `kill -9`, then removes its processes and mounts. Returns if namespaces are unavailable.
    """
    if os.environ.get(INSIDE):
        return
    for more in ([], ["--user", "--map-root-user"]):
        command = ["unshare", *more, "--mount", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc"]
        if shutil.which("unshare") and subprocess.run(
            [*command, "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            os.environ[INSIDE] = "1"
            os.execvp(command[0], [*command, sys.executable, *sys.argv])


class Place:
    """The folder of one run. `disk` is a small file system in it, if one can be mounted."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="longhaul-torture-")
        self.disk = os.path.join(self.folder, "disk")
        os.mkdir(self.disk)
        self.skipped = []
        is_inside = bool(os.environ.get(INSIDE))
        self.has_disk = is_inside and mount(self.disk, f"size={DISK_BYTES}")
        if not self.has_disk:
            self.skipped.append("full disk: cannot mount a file system (needs root or user namespaces)")
        # The clock of a worker.
        self.clock = Clock(self.folder) if compiler() else None
        if not self.clock:
            self.skipped.append("clock steps: need a C compiler")
        # When the disk was last full, by the monotonic clock; 0 for never.
        self.full_at = 0.0
        self._is_full = False
        self._lock = threading.Lock()
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def file(self, name):
        """The path of a file in the folder."""
        return os.path.join(self.folder, name)

    def fill(self, room):
        """Shrinks the disk to `room` free bytes; true if it succeeded."""
        with self._lock:
            for _ in range(20):
                status = os.statvfs(self.disk)
                used = (status.f_blocks - status.f_bfree) * status.f_frsize
                if mount(self.disk, f"remount,size={used + room}"):
                    self._is_full, self.full_at = True, time.monotonic()
                    return True
            return False

    def empty(self):
        """Restores the size of the disk."""
        with self._lock:
            if self.has_disk:
                mount(self.disk, f"remount,size={DISK_BYTES}")
            if self._is_full:
                self._is_full, self.full_at = False, time.monotonic()

    @property
    def was_full_recently(self):
        """Whether the disk is full, or was a moment ago."""
        with self._lock:
            return self._is_full or bool(self.full_at) and time.monotonic() - self.full_at < 10

    def remove(self):
        """Kills every descendant of this process, and removes the mount and the folder."""
        self.empty()
        for _ in range(100):
            left = descendants()
            if not left:
                break
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            reap()
            time.sleep(0.02)
        if self.has_disk:
            subprocess.run(["umount", self.disk], stderr=subprocess.DEVNULL, check=False)
        if self.clock:
            self.clock.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def mount(path, options):
    """Mounts or remounts a tmpfs; true if it succeeded."""
    command = ["mount", "-t", "tmpfs", "-o", options, "longhaul-torture", path]
    return subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0


def reap():
    """Reaps ended children."""
    try:
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        pass


def descendants(root=None):
    """The running descendants of a process; of this process by default."""
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            parents[int(name)] = int(fields[1])
    found, below = [], {root or os.getpid()}
    while below:
        below = {pid for pid, parent in parents.items() if parent in below}
        found += below
    return found
