"""The figures that a soak measures of a server and its store."""

import contextlib
import os
import sqlite3
import time

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


class SQLite:
    """Reads a SQLite store beside the server."""

    name = "sqlite"

    def __init__(self, path):
        self.path = path
        self.tables = []

    def measure(self):
        """Rows by table, unfinished jobs, bytes of the database and of its log."""
        with contextlib.closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=30)) as database:
            if not self.tables:
                query = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
                self.tables = [row[0] for row in database.execute(query)]
            rows = {table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in self.tables}
            unfinished = database.execute("SELECT count(*) FROM jobs WHERE state NOT IN (5, 6, 7)").fetchone()[0]
        sizes = [os.path.getsize(self.path + end) if os.path.exists(self.path + end) else 0 for end in ("", "-wal")]
        return rows, unfinished, *sizes


class Postgres:
    """Reads a PostgreSQL store by SQL. `sql` runs a statement and returns what psql prints."""

    name = "postgres"

    def __init__(self, sql):
        self.sql = sql
        self.tables = []

    def measure(self):
        if not self.tables:
            self.tables = self.sql(
                "SELECT relname FROM pg_class WHERE relnamespace = 'longhaul'::regnamespace AND relkind = 'r' ORDER BY 1").split()
        parts = [f"SELECT '{table}', count(*) FROM longhaul.{table}" for table in self.tables]
        parts += [
            "SELECT '*unfinished', count(*) FROM longhaul.jobs WHERE state NOT IN (5, 6, 7)",
            "SELECT '*size', pg_database_size(current_database())", "SELECT '*log', sum(size) FROM pg_ls_waldir()"]
        rows = {}
        for line in self.sql(" UNION ALL ".join(parts)).splitlines():
            name, value = line.split("|")
            rows[name] = int(value)
        return {k: v for k, v in rows.items() if k[0] != "*"}, rows["*unfinished"], rows["*size"], rows["*log"]


class Process:
    """Reads a process's counters from /proc."""

    def __init__(self, pid):
        self.pid = pid

    def status(self, field):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith(field + ":"))

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))


def files_below(folder):
    """The number of files in a folder, and their bytes."""
    count = size = 0
    for path, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                size += os.path.getsize(os.path.join(path, name))
                count += 1
    return count, size


def percentile(values, share):
    """A percentile, or None without values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else None


class Sampler:
    """Takes samples: a dictionary of figures each, with the time since the start under "at"."""

    def __init__(self, server, store, load, outcomes, client):
        self.server, self.store, self.load, self.outcomes, self.client = server, store, load, outcomes, client
        self.process = Process(server.process.pid)
        self.started = time.monotonic()
        self.last = (self.process.cpu_seconds(), outcomes.answered)
        self.samples = []
        # The number of accepted jobs at each time, for the bounds.
        self.accepted = []

    def take(self):
        rows, unfinished, size, log = self.store.measure()
        files, bytes_of_files = files_below(os.path.join(self.server.folder, "artifacts"))
        at = time.monotonic() - self.started
        sample = {
            "at": at, "memory, MiB": self.process.status("VmRSS") / 1024, "descriptors": self.process.descriptors(),
            "threads": self.process.status("Threads"), "database, MiB": size / 2**20, "log of the database, MiB": log / 2**20,
            "artifact files": files, "artifacts, MiB": bytes_of_files / 2**20, "unfinished jobs": unfinished}
        sample |= {f"rows of {table}": count for table, count in rows.items()}
        self.accepted.append((at, self.load.accepted))
        cpu, answered = self.process.cpu_seconds(), self.outcomes.answered
        if answered > self.last[1]:
            sample["CPU per request, ms"] = (cpu - self.last[0]) * 1000 / (answered - self.last[1])
        self.last = (cpu, answered)
        seconds = self.outcomes.take_submit_seconds()
        if seconds:
            sample["submit p50, ms"] = percentile(seconds, 0.5) * 1000
            sample["submit p99, ms"] = percentile(seconds, 0.99) * 1000
        scrape = self.client.call("GET", "/metrics")
        if scrape is not None and scrape.status == 200:
            sample["metric series"] = sum(1 for line in scrape.body.splitlines() if line and not line.startswith(b"#"))
            sample["scrape, KiB"] = len(scrape.body) / 1024
        self.samples.append(sample)
        return sample

    def accepted_within(self, at, seconds):
        """The maximum number of jobs accepted in the seconds before a time."""
        before = [count for moment, count in self.accepted if moment <= at - seconds]
        until = [count for moment, count in self.accepted if moment <= at]
        return (until[-1] if until else 0) - (before[-1] if before else 0)
