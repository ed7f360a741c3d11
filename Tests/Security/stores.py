"""The stores for the tests in this folder: a PostgreSQL, and a test case that runs on both stores."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import unittest

from harness import DEADLINE_SECONDS, eventually

from child import free_port
from cluster import Cluster, find_programs


class Postgres:
    """A PostgreSQL server in a temporary folder, with a fresh database for each call of `url`.

    `variables` are added to the environment of the server alone.
    """

    def __init__(self, **variables):
        self.programs = find_programs()
        if self.programs is None:
            raise unittest.SkipTest("PostgreSQL is not installed; run: make bootstrap")
        self.folder = tempfile.mkdtemp(prefix="longhaul-security-postgres-")
        os.chmod(self.folder, 0o755)
        cluster = Cluster(self.folder, self.programs)
        self.port = free_port()
        self.command = cluster.command(
            "-p", str(self.port), "-h", "127.0.0.1", "-k", "", "-c", "dynamic_shared_memory_type=mmap",
            "-c", "max_connections=200", variables=variables)
        self.databases = 0
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            self.command, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually(lambda: self._psql("postgres", "select 1").returncode == 0, "PostgreSQL answers")

    def _psql(self, database, sql, role="longhaul"):
        return subprocess.run(
            [f"{self.programs}/psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p",
             str(self.port), "-U", role, "-d", database, "-c", sql], capture_output=True, text=True, check=False)

    def url(self):
        """The URL of a new database."""
        self.databases += 1
        name = f"test{self.databases}"
        made = self._psql("postgres", f"create database {name}")
        assert made.returncode == 0, made.stderr
        return f"postgres://longhaul@127.0.0.1:{self.port}/{name}"

    def sql(self, url, sql, role="longhaul"):
        """Runs SQL in the database of this URL and returns what psql prints; raises AssertionError with the error."""
        done = self._psql(url.rsplit("/", 1)[1], sql, role)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def signal(self, number):
        """Sends a signal to the server and all its processes."""
        children = subprocess.run(
            ["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False).stdout.split()
        for pid in [self.process.pid, *map(int, children)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def close(self):
        self.signal(signal.SIGCONT)
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(DEADLINE_SECONDS)
            except subprocess.TimeoutExpired:
                self.signal(signal.SIGKILL)
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class EachStore(unittest.TestCase):
    """A test case that runs on both stores: a subclass writes tests over `self.stores()`.

        for store in self.stores():
            with self.subTest(store=store or "sqlite"), Server(store=store) as server:
                …
    """

    postgres = None

    @classmethod
    def setUpClass(cls):
        cls.postgres = Postgres()

    @classmethod
    def tearDownClass(cls):
        cls.postgres.close()

    def stores(self):
        """None for a new SQLite store, then the URL of a new PostgreSQL database."""
        yield None
        yield self.postgres.url()
