"""The checks after the run: what must be true when all jobs have ended."""

import collections
import concurrent.futures
import hashlib
import time

from wire import LOST

ENDED = ("completed", "failed", "cancelled")


class Checks:
    """Reads every job when all have ended, and compares the jobs with the ledger."""

    def __init__(self, wire, ledger, ran):
        self.wire = wire
        self.ledger = ledger
        self.ran = ran
        self.jobs = {}
        # Jobs by their key, and `next` jobs by the nonce of the completion that created them.
        self.by_key = collections.defaultdict(list)
        self.by_nonce = collections.defaultdict(list)

    def await_end(self, seconds):
        """Waits until all jobs have ended. Continues as long as jobs end within `seconds`."""
        began = time.monotonic()
        deadline = began + seconds
        left, max_ended = {}, 0
        while time.monotonic() < deadline:
            try:
                left, ended = self._open_jobs()
                if ended > max_ended:
                    max_ended, deadline = ended, time.monotonic() + seconds
                if not left:
                    return
            except LOST:
                left = {"?": "no answer"}
            time.sleep(0.2)
        self.ledger.report("no end", f"after {time.monotonic() - began:.0f} s these jobs have not ended: {left}")

    def _open_jobs(self):
        """The counts of open jobs by state, and the number of ended jobs."""
        counts = collections.Counter()
        answer = self.wire.call("GET", "/v1/queues")
        if answer.status != 200:
            return {"?": str(answer)}, 0
        for queue in answer.json["items"]:
            counts.update({state: n for state, n in queue["counts"].items() if n})
        return {state: n for state, n in counts.items() if state not in ENDED}, sum(counts[end] for end in ENDED)

    def run(self):
        """Runs every check; violations go to the ledger."""
        self._read_jobs()
        self._check_counts()
        self._check_entries()
        self._check_completions()
        self._check_runs()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(self._check_history, self.jobs.values()))
        with_files = [job for job in self.jobs.values() if job["artifacts"]]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(self._check_files, with_files[:500]))

    def _report(self, rule, job, what):
        story = {key: job[key] for key in ("id", "kind", "state", "attempt", "attempts", "tags", "result", "error")}
        self.ledger.report(rule, f"{what}: {story}")

    def _read_jobs(self):
        cursor = ""
        while cursor is not None:
            page = self.wire.call("GET", f"/v1/jobs?limit=500{cursor and '&cursor=' + cursor}").json
            for job in page["items"]:
                self.jobs[job["id"]] = job
                if "key" in job["tags"]:
                    self.by_key[job["tags"]["key"]].append(job)
                if "nonce" in job["tags"]:
                    self.by_nonce[job["tags"]["nonce"]].append(job)
            cursor = page["next_cursor"]

    def _check_counts(self):
        found = collections.Counter((job["queue"], job["state"]) for job in self.jobs.values())
        reported = collections.Counter()
        for queue in self.wire.call("GET", "/v1/queues").json["items"]:
            reported.update({(queue["name"], state): n for state, n in queue["counts"].items() if n})
        if found != reported:
            self.ledger.report("wrong counts", f"rows {dict(found)}, counts {dict(reported)}")

    def _check_entries(self):
        for entry in self.ledger.entries.values():
            made = self.by_key[entry.key]
            if len(made) > 1:
                self.ledger.report("duplicated", f"{entry.key} made {[job['id'] for job in made]}")
            if entry.ids and not made:
                self.ledger.report("lost", f"{entry.id} ({entry.key}) was acknowledged and does not exist")
            for job in made:
                wanted = {"cancelled"} if entry.cancel == "done" else {"completed"}
                if entry.cancel == "asked":
                    wanted.add("cancelled")
                if job["state"] not in wanted:
                    self._report("lost", job, f"should be {' or '.join(wanted)}")
        for job in self.jobs.values():
            if job["kind"] == "torture.cut":
                self._report("partial request", job, "was created by a request that was never complete")

    def _check_completions(self):
        for job_id, tokens in self.ledger.completed.items():
            job = self.jobs.get(job_id)
            if job is None or job["state"] != "completed" or job["result"]["nonce"] not in tokens.values():
                self.ledger.report("lost", f"{job_id} was acknowledged as completed with {tokens}, and is {job}")
        for job in self.jobs.values():
            if job["kind"] != "torture.manual" or job["state"] != "completed":
                continue
            nonce = (job["result"] or {}).get("nonce")
            if nonce not in self.ledger.sent[job["id"]].values():
                self._report("stale worker", job, "has a result that no worker sent while it held the lease")
            expected = 1 if nonce in self.ledger.parents.get(job["id"], ()) else 0
            created = [child for child in self.jobs.values() if child["parent_id"] == job["id"]] if expected else []
            if len(self.by_nonce[nonce]) != expected or len(created) != expected:
                self._report("chain", job, f"created {len(self.by_nonce[nonce])} next jobs, not {expected}")

    def _check_runs(self):
        with open(self.ran, encoding="utf-8") as file:
            ran = {tuple(line.split()) for line in file}
        for job in self.jobs.values():
            if job["kind"] == "torture.note" and job["state"] == "completed":
                if (job["id"], str((job["result"] or {}).get("attempt"))) not in ran:
                    self._report("never ran", job, "is completed, but its program did not finish")

    def _check_history(self, job):
        text = self.wire.call("GET", f"/v1/jobs/{job['id']}/events").body.decode()
        ends = [state for state in ("completed", "failed", "cancelled")
                for _ in range(text.count(f'"state":"{state}"'))]
        if ends.count("completed") > 1:
            self._report("completed twice", job, f"its history has {ends}")
        elif ends != [job["state"]]:
            self._report("history", job, f"its history has {ends}")

    def check_bucket(self, bucket, seconds=60):
        """Waits until the bucket has the files of the jobs, no other object and no unfinished upload."""
        expected = {
            f"{bucket.prefix}{job['id']}/{artifact['name']}": artifact["size_bytes"]
            for job in self.jobs.values() for artifact in job["artifacts"]}
        deadline = time.monotonic() + seconds
        while True:
            objects, uploads = bucket.contents()
            found = collections.defaultdict(list)
            for key, size in objects.items():
                folder, _, name = key.rpartition("/")
                # The folder of the attempt is part of the key only.
                found[f"{folder.rpartition('/')[0]}/{name}"].append((key, size))
            orphans = [files for name, files in found.items() if name not in expected or len(files) > 1]
            lost = [name for name, size in expected.items() if size not in [size for _, size in found[name]]]
            if not (orphans or uploads) or time.monotonic() > deadline:
                break
            time.sleep(0.2)
        for what, left in (("orphaned object", orphans), ("orphaned upload", list(uploads.values())), ("file lost", lost)):
            for entry in left:
                self.ledger.report(what, f"{entry} in the bucket")

    def _check_files(self, job):
        for artifact in job["artifacts"]:
            answer = self.wire.call("GET", artifact["url"])
            if answer.status != 200 or len(answer.body) != artifact["size_bytes"]:
                self._report("file lost", job, f"{artifact['name']} answers {answer.status}")
            elif hashlib.sha256(answer.body).hexdigest() != artifact["sha256"]:
                self._report("file lost", job, f"{artifact['name']} has another SHA-256")
            elif artifact["name"] == "id.txt" and answer.body.decode() != job["id"]:
                self._report("file lost", job, f"{artifact['name']} holds {answer.body[:80]!r}")
