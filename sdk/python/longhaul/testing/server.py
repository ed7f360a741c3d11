"""A server in memory, with the calls that the SDK makes."""

from __future__ import annotations

import contextlib
import functools
import json
import re
from typing import Any, AsyncIterator, Callable, Dict, Iterator, List, Optional, Tuple
from urllib.parse import parse_qs, unquote, urlsplit

from ..app import Longhaul
from ..encoding import Duration, encode
from ..errors import LeaseEnded
from ..messages import Request, Response
from ..records import JobRecord
from .journal import FakeJournals
from .running import Runs
from .store import FakeJob, FakeStore, problem, related

Query = Dict[str, List[str]]
Answer = Any


class FakeServer:
    """A server in memory for tests. `jobs` are the submitted jobs; `run` runs those that are due."""

    def __init__(self, app: Longhaul, is_eager: bool = False) -> None:
        self._app = app
        self._is_eager = is_eager
        self._store = FakeStore()
        self._journals = FakeJournals(self._store)
        self._runs = Runs(app, self, self._store, self._journals)
        self._schedules: Dict[str, Any] = {}
        self._commits = 0
        self._crash: Optional[Tuple[int, bool]] = None
        self._routes: List[Tuple[str, re.Pattern[str], Callable[..., Answer]]] = [
            (method, re.compile(f"/v1/{pattern}$".replace("*", "([^/]+)")), body)
            for method, pattern, body in (
                ("POST", "jobs", self._submit),
                ("POST", "jobs/batch", self._submit_batch),
                ("GET", "jobs", self._list),
                ("GET", "jobs/*", self._get),
                ("DELETE", "jobs/*", self._delete),
                ("POST", "jobs/*/cancel", self._cancel),
                ("POST", "jobs/*/retry", self._retry),
                ("POST", "jobs/*/signals/*", self._signal),
                ("POST", "signals/*", self._signal_token),
                ("GET", "jobs/*/logs", self._logs),
                ("GET", "jobs/*/journal", self._read_journal),
                ("GET", "jobs/*/artifacts/*", self._artifact),
                ("GET", "dead-letters", self._dead_letters),
                ("GET", "schedules/*", self._schedule),
                ("PUT", "schedules/*", self._set_schedule),
                ("GET", "schedules", self._list_schedules),
                ("POST", "schedules/*/run", self._run_schedule),
                ("DELETE", "schedules/*", self._delete_schedule),
                ("POST", "leases/*/logs", self._add_logs),
                ("PUT", "leases/*/artifacts/*", self._put_artifact),
                ("GET", "leases/*/steps/*", self._step),
                ("PUT", "leases/*/steps/*", self._put_step),
                ("POST", "leases/*/journal", self._update_journal),
                ("POST", "leases/*/suspend", self._suspend),
                ("POST", "leases/*/complete", self._continue_as_new),
            )
        ]
        #: The same server for asyncio code.
        self.for_asyncio = _AsyncFakeServer(self)

    # For tests

    @property
    def jobs(self) -> List[JobRecord]:
        """The submitted jobs, oldest first."""
        return [JobRecord.of(job.fields) for job in self._store.jobs.values()]

    def submitted(self, kind: str) -> List[JobRecord]:
        """The submitted jobs of a kind, oldest first."""
        return [job for job in self.jobs if job.kind == kind]

    def run(self) -> int:
        """Runs the jobs that are due, and those that become due with them; returns the number of attempts."""
        return self._runs.run_due()

    def advance(self, duration: Duration) -> int:
        """Moves the clock, and runs the jobs that are due then; returns the number of attempts."""
        return self._runs.advance(duration)

    def run_until_idle(self) -> int:
        """Runs all jobs, and moves the clock to each delay, retry and timer; returns the number of attempts."""
        return self._runs.run_until_idle()

    def crash_at(self, commit: int, is_after: bool) -> None:
        """Ends the attempt that makes the call with this number, from 1, before or after the call takes effect."""
        self._crash = (commit, is_after)

    @property
    def has_crashed(self) -> bool:
        """Whether the call of `crash_at` was made."""
        return self._crash is not None and self._commits >= self._crash[0]

    def commit(self, effect: Callable[[], Answer]) -> Answer:
        """Makes a call of an attempt take effect, unless the worker crashes before it."""
        self._commits += 1
        if self._crash == (self._commits, False):
            raise LeaseEnded()
        answer = effect()
        if self._crash == (self._commits, True):
            raise LeaseEnded()
        return answer

    # The transport

    def call(self, request: Request) -> Response:
        """Answers a request."""
        parts = urlsplit(request.path)
        for method, pattern, body in self._routes:
            match = pattern.match(parts.path)
            if method == request.method and match:
                names = [unquote(text) for text in match.groups()]
                effect = functools.partial(body, *names, query=parse_qs(parts.query), request=request)
                answer = self.commit(effect) if parts.path.startswith("/v1/leases") and method != "GET" else effect()
                if self._is_eager and method == "POST" and parts.path.startswith(("/v1/jobs", "/v1/sig", "/v1/sch")):
                    self._runs.run_until_idle()
                    answer = self._again(answer)
                return Response(200, {}, answer if isinstance(answer, bytes) else encode(answer).encode())
        raise NotImplementedError(f"the fake server has no {request.method} {parts.path}")

    @contextlib.contextmanager
    def stream(self, request: Request) -> Iterator[Iterator[bytes]]:
        """Answers a request with a stream, which ends at once."""
        parts = urlsplit(request.path).path.split("/")
        job = self._store.find(parts[3])
        if parts[4] == "artifacts":
            yield iter([self._artifact(parts[3], unquote(parts[5]))])
            return
        after = int(request.headers.get("Last-Event-ID", 0))
        name, items = ("line", job.logs) if parts[4] == "logs" else ("state", job.history)
        yield iter(
            [
                f"id: {number}\nevent: {name}\ndata: {json.dumps(item)}\n\n".encode()
                for number, item in enumerate(items, 1)
                if number > after
            ]
        )

    def close(self) -> None:
        """Nothing: there are no connections."""

    # Jobs

    def _again(self, answer: Answer) -> Answer:
        """An answer with the jobs as they are now."""
        if isinstance(answer, dict) and "jobs" in answer:
            return {
                name: [self._again(entry) for entry in value] if isinstance(value, list) else self._again(value)
                for name, value in answer.items()
                if value
            }
        if isinstance(answer, dict) and "job" in answer:
            return {**answer, "job": self._again(answer["job"])}
        if isinstance(answer, dict) and answer.get("id") in self._store.jobs:
            return self._store.jobs[answer["id"]].fields
        return answer

    def _submit(self, request: Request, **_: Any) -> Answer:
        return self._store.submit(_body(request)).fields

    def _submit_batch(self, request: Request, **_: Any) -> Answer:
        body = _body(request)
        made = self._store.submit_batch(body["jobs"], body.get("parent"))
        entries = [{"status": 202, "job": job.fields} for job in made]
        parent = entries.pop() if body.get("parent") else None
        return {"jobs": entries, **({"parent": parent} if parent else {})}

    def _list(self, query: Query, **_: Any) -> Answer:
        return _page([job.fields for job in self._store.filtered(query)])

    def _dead_letters(self, query: Query, **_: Any) -> Answer:
        return _page([job.fields for job in self._store.filtered({**query, "state": ["failed"]})])

    def _get(self, id: str, **_: Any) -> Answer:
        job = self._store.find(id)
        children = [related(entry)["id"] for entry in self._store.jobs.values() if entry.fields["parent_id"] == id]
        return {**job.fields, "children": children}

    def _delete(self, id: str, **_: Any) -> Answer:
        if not self._store.find(id).has_ended:
            raise problem(409, "conflict", "the job has not ended")
        del self._store.jobs[id]
        return {}

    def _cancel(self, id: str, **_: Any) -> Answer:
        job = self._store.find(id)
        if job.has_ended:
            raise problem(409, "conflict", "the job has ended")
        has_compensations = any(name.startswith("compensation/") for name in job.operations)
        if has_compensations and not job.fields.get("cancelling"):
            self._store.change(job, "pending", cancelling=True)
        else:
            self._store.change(job, "cancelled")
        return job.fields

    def _retry(self, id: str, **_: Any) -> Answer:
        job = self._store.find(id)
        if job.state not in ("failed", "cancelled", "retrying"):
            raise problem(409, "conflict", f"the job is {job.state}")
        self._store.change(job, "pending", attempt=0, error=None, finished_at=None)
        return job.fields

    def _signal(self, id: str, name: str, request: Request, **_: Any) -> Answer:
        job = self._store.find(id)
        if job.has_ended:
            raise problem(409, "conflict", "the job has ended")
        self._journals.signal(job, name, _body(request))
        return {"status": "accepted"}

    def _signal_token(self, token: str, request: Request, **_: Any) -> Answer:
        job = self._store.find(token.rpartition(".")[0])
        for operation in job.operations.values():
            if operation.get("signal_token") == token and operation["status"] == "waiting":
                self._journals.resolve(job, operation, "succeeded", output=_body(request))
                return {"status": "accepted"}
        raise problem(409, "conflict", "the token was used, or has expired")

    def _logs(self, id: str, **_: Any) -> Answer:
        return _page(self._store.find(id).logs)

    def _read_journal(self, id: str, **_: Any) -> Answer:
        return _page(list(self._store.find(id).operations.values()))

    def _artifact(self, id: str, name: str, **_: Any) -> bytes:
        job = self._store.find(id)
        if name not in job.files:
            raise problem(404, "not_found", f"the job has no file {name}")
        return job.files[name]

    # Schedules

    def _set_schedule(self, name: str, request: Request, **_: Any) -> Answer:
        self._schedules[name] = {"name": name, **_body(request)}
        return self._schedules[name]

    def _schedule(self, name: str, **_: Any) -> Answer:
        if name not in self._schedules:
            raise problem(404, "not_found", f"there is no schedule {name}")
        return self._schedules[name]

    def _list_schedules(self, **_: Any) -> Answer:
        return _page(list(self._schedules.values()))

    def _run_schedule(self, name: str, **_: Any) -> Answer:
        return self._store.submit(self._schedule(name)["job"]).fields

    def _delete_schedule(self, name: str, **_: Any) -> Answer:
        self._schedules.pop(name, None)
        return {}

    # Attempts

    def _add_logs(self, token: str, request: Request, **_: Any) -> Answer:
        job = self._store.leased(token)
        for line in _body(request)["lines"]:
            job.logs.append({**line, "number": len(job.logs) + 1, "attempt": job.fields["attempt"]})
        return {}

    def _put_artifact(self, token: str, name: str, request: Request, **_: Any) -> Answer:
        job, body = self._store.leased(token), request.body or b""
        content = body if isinstance(body, bytes) else body.read() if hasattr(body, "read") else b"".join(body)
        job.files[name] = content
        artifact = {"name": name, "size_bytes": len(content), "content_type": request.headers["Content-Type"]}
        job.fields["artifacts"] = [*(entry for entry in job.fields["artifacts"] if entry["name"] != name), artifact]
        return artifact

    def _step(self, token: str, name: str, **_: Any) -> Answer:
        job = self._store.leased(token)
        if name not in job.steps:
            raise problem(404, "not_found", "the job has no step of this name yet")
        return {"output": job.steps[name]}

    def _put_step(self, token: str, name: str, request: Request, **_: Any) -> Answer:
        return {"output": self._store.leased(token).steps.setdefault(name, _body(request)["output"])}

    def _update_journal(self, token: str, request: Request, **_: Any) -> Answer:
        return {"operations": self._journals.update(self._store.leased(token), _body(request)["updates"])}

    def _suspend(self, token: str, request: Request, **_: Any) -> Answer:
        job = self._store.leased(token)
        ready = self._journals.suspend(job, _body(request)["on"])
        return job.fields if ready is None else {"ready": ready}

    def _continue_as_new(self, token: str, request: Request, **_: Any) -> Answer:
        job = self._store.leased(token)
        job.operations = {}
        self._store.change(job, "pending", payload=_body(request)["continue_as_new"]["payload"], attempt=0)
        return job.fields


class _AsyncFakeServer:
    """The fake server for asyncio code."""

    def __init__(self, server: FakeServer) -> None:
        self._server = server

    async def call(self, request: Request) -> Response:
        """Answers a request."""
        return self._server.call(request)

    @contextlib.asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[AsyncIterator[bytes]]:
        """Answers a request with a stream."""
        with self._server.stream(request) as parts:
            yield _asynchronous(parts)

    async def close(self) -> None:
        """Nothing: there are no connections."""


async def _asynchronous(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def _body(request: Request) -> Any:
    return json.loads(request.body) if isinstance(request.body, bytes) else None


def _page(items: List[Any], next_cursor: Optional[str] = None) -> Answer:
    return {"items": items, "next_cursor": next_cursor}


__all__ = ["FakeJob", "FakeServer"]
