"""The files of a new PostgreSQL server, and the user that may run it."""

import glob
import os
import shutil
import subprocess


def find_programs():
    """The folder of the newest PostgreSQL's programs; None if none is installed."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[-2]))
    return found[-1] if found else None


class Cluster:
    """A cluster in a folder, created by initdb. PostgreSQL does not run as root. For root, the user of Debian's package runs
    it, or another user of a new user namespace."""

    def __init__(self, folder, programs):
        self.programs = programs
        self.data = os.path.join(folder, "data")
        self.prefix = self._become_another(folder) if os.getuid() == 0 else []
        self.run("initdb", "-U", "longhaul", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")

    @staticmethod
    def _become_another(folder):
        real = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--init-groups"]
        if subprocess.run([*real, "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            shutil.chown(folder, "postgres")
            return real
        return ["unshare", "--user", "--map-user=1000", "--map-group=1000"]

    def run(self, program, *arguments):
        """Runs a program of PostgreSQL's on the cluster."""
        return subprocess.run(
            [*self.prefix, f"{self.programs}/{program}", "-D", self.data, *arguments],
            cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)

    def command(self, *arguments, variables=()):
        """The command that runs the server, with further variables in its environment."""
        assigned = [f"{name}={value}" for name, value in dict(variables).items()]
        return [*self.prefix, *(["env", *assigned] if assigned else []), f"{self.programs}/postgres", "-D", self.data,
                *arguments]
