"""The bound of each figure, from the load and the settings of the server."""

from verdict import Bound

# The maximum delay of a job's removal after its retention.
LATE_SECONDS = 15
# The time for which a worker without polls keeps its queues.
GONE_SECONDS = 10
# Names that always exist, and tolerance.
SLACK = 60
# The maximum number of rows of one job, by table; nine for other tables.
ROWS_PER_JOB = {"jobs": 1, "payloads": 1, "faults": 3, "submission_keys": 1, "logs": 15, "steps": 1, "dead_letters": 1,
                "dead_letter_groups": 1, "pending": 1, "agenda": 1, "artifacts": 3, "dependencies": 9, "tags": 2}
# Tables that do not depend on the number of jobs.
FIXED_ROWS = {"schedules": 4, "routing_rules": 1, "meta": 1, "servers": 4}


class Bounds:
    """The bounds of one run. Times are in seconds."""

    def __init__(self, sampler, settings, queue_seconds):
        self.sampler, self.settings, self.queue_seconds = sampler, settings, queue_seconds

    def jobs(self, sample):
        """The maximum number of stored jobs: those that have not ended, and those accepted within the retention."""
        kept = self.sampler.accepted_within(sample["at"], self.settings.kept_seconds + LATE_SECONDS)
        return kept + sample["unfinished jobs"] + SLACK

    def lanes(self, sample):
        """The maximum number of lanes: about one per job, until the lane has been empty for the configured time."""
        window = self.settings.lane_seconds + LATE_SECONDS
        return 1.4 * (self.sampler.accepted_within(sample["at"], window) + sample["unfinished jobs"]) + SLACK

    def queues(self, sample):
        """The maximum number of queues: those with jobs, and those that are not removed yet."""
        window = self.settings.kept_seconds + LATE_SECONDS + self.settings.queue_seconds + GONE_SECONDS + 10
        return min(sample["at"], window) / self.queue_seconds + SLACK / 2

    def all_queues(self, sample):
        return sample["at"] / self.queue_seconds + SLACK

    def of(self, figure):
        """The bound of a figure."""
        if figure.startswith("rows of "):
            return self.rows(figure.removeprefix("rows of "))
        return {
            "memory, MiB": Bound("400 MiB", lambda _: 400, 0.1, 10, explains=False),
            "descriptors": Bound("clients + 60", lambda _: 160, 0.15, 8, explains=False),
            "threads": Bound("40", lambda _: 40, 0.1, 2, explains=False),
            "CPU per request, ms": Bound("flat", None, 0.25, 0.3, explains=False),
            "database, MiB": Bound("64 MiB", lambda _: 64, 0.25, 6, explains=False),
            "log of the database, MiB": Bound("256 MiB", lambda _: 256, 0.25, 16),
            "artifact files": Bound("3 per job kept", lambda sample: 3 * self.jobs(sample), 0.3, 50),
            "artifacts, MiB": Bound("90 KiB per job kept", lambda sample: self.jobs(sample) * 90 / 1024, 0.3, 5),
            "unfinished jobs": Bound("jobs of 90 s", lambda sample: self.sampler.accepted_within(sample["at"], 90) + SLACK, 0.3, 60),
            "metric series": Bound(*self.settings.series_bound, 0.1, 500, explains=False),
            "scrape, KiB": Bound(*self.settings.scrape_bound, 0.1, 50, explains=False),
            "submit p50, ms": Bound("1 s", lambda _: 1000, 0.5, 20, explains=False),
            "submit p99, ms": Bound("10 s", lambda _: 10_000, 1.0, 300, explains=False),
        }[figure]

    def rows(self, table):
        if table in FIXED_ROWS:
            return Bound(f"{FIXED_ROWS[table]}", lambda _: FIXED_ROWS[table])
        if table == "queues":
            return Bound("queues in use, and not yet removed", self.queues, 0.2, 30)
        if table == "queue_counts":
            # A row per transaction and queue, added up by maintenance.
            return Bound("until added up", lambda _: 4_000, 0.5, 1000)
        if table == "lanes":
            return Bound("one per job of the last 25 s", self.lanes, 0.3, 150)
        if "sample" in table:
            # A day of history: a line per queue and minute in which something happened.
            return Bound("queue-minutes of a day", lambda sample: 3 * self.all_queues(sample) + 8 * sample["at"] / 60 + SLACK)
        if table == "workers":
            return Bound("workers of a day", lambda _: len(self.sampler.load.workers_seen) + 12)
        factor = ROWS_PER_JOB.get(table, 9)
        return Bound(f"{factor} per job kept", lambda sample: factor * self.jobs(sample), 0.3, 100 * factor)
