"""Reports how attempts ended: completions in batches, other reports one by one."""

from __future__ import annotations

import json
import logging
import queue
import threading
import time
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

from ..attempt import Attempt
from ..backoff import Backoff
from ..errors import LeaseEnded, LeaseLost, LonghaulError, api_error, is_transient
from ..messages import Repeat, json_request, path, request
from ..outcomes import Completed, Failed, Nothing, Outcome, Released

if TYPE_CHECKING:
    from .worker import Worker

log = logging.getLogger("longhaul.worker")
MAX_BATCH = 1000
MAX_BATCH_BYTES = 8 << 20
Entry = Tuple[Attempt, Outcome]


class Reporter:
    """A thread that sends reports until each is answered, or its lease is lost."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._queue: queue.SimpleQueue[Optional[Entry]] = queue.SimpleQueue()
        self._backoff = Backoff()
        self._thread = threading.Thread(target=self._run, name="longhaul-reports", daemon=True)
        self._thread.start()

    def add(self, attempt: Attempt, outcome: Outcome) -> bool:
        """Reports an attempt once; false if it was reported before."""
        is_first = attempt.claim_report()
        if is_first:
            self._queue.put((attempt, outcome))
        return is_first

    def stop(self, deadline: float) -> None:
        """Waits until all reports are sent, until a time by the monotonic clock."""
        self._queue.put(None)
        self._thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self) -> None:
        waiting: List[Entry] = []
        is_stopping = False
        while not is_stopping or waiting:
            if not waiting:
                entry = self._queue.get()
                if entry is None:
                    return
                waiting.append(entry)
            while True:
                try:
                    entry = self._queue.get_nowait()
                except queue.Empty:
                    break
                if entry is None:
                    is_stopping = True
                else:
                    waiting.append(entry)
            try:
                waiting = self._send(waiting)
            except Exception:
                log.exception("reports could not be sent; they are repeated")
            if waiting:
                time.sleep(self._backoff.next())
            else:
                self._backoff.reset()

    def _send(self, entries: List[Entry]) -> List[Entry]:
        """Sends reports; returns those that must be repeated."""
        batch: List[Entry] = []
        rest: List[Entry] = []
        for entry in entries:
            attempt, outcome = entry
            if self._is_over(attempt, outcome):
                self._worker.forget(attempt)
            elif attempt.logs and not self._send_logs(attempt):
                rest.append(entry)
            elif isinstance(outcome, Completed):
                batch.append(entry)
            elif not self._send_one(attempt, outcome):
                rest.append(entry)
        while batch:
            part = _part(batch)
            batch = batch[len(part) :]
            rest += self._complete(part)
        return rest

    def _is_over(self, attempt: Attempt, outcome: Outcome) -> bool:
        return isinstance(outcome, Nothing) or attempt.interrupt is LeaseEnded or self._worker.is_lost(attempt)

    def _send_logs(self, attempt: Attempt) -> bool:
        try:
            attempt.send_logs()
        except LonghaulError as error:
            if is_transient(error):
                return False
            attempt.logs.take()
            log.warning("lines of the log of the job %s are lost: %s", attempt.job["id"], error)
        return True

    def _send_one(self, attempt: Attempt, outcome: Outcome) -> bool:
        """Sends a failure or a release; false if it must be repeated."""
        try:
            if isinstance(outcome, Released):
                self._worker.transport.call(request("POST", attempt.path("release"), repeat=Repeat.NEVER))
            elif isinstance(outcome, Failed):
                self._fail(attempt, outcome)
        except LonghaulError as error:
            if is_transient(error):
                return False
            self._note(attempt, error)
        self._worker.forget(attempt)
        return True

    def _fail(self, attempt: Attempt, outcome: Failed) -> None:
        body: Dict[str, Any] = {"error": outcome.error, "retryable": outcome.retryable}
        if outcome.retry_after is not None:
            body["retry_in_seconds"] = max(0.0, outcome.retry_after)
        log.info(
            "the attempt %s of the job %s failed: %s: %s",
            attempt.number,
            attempt.job["id"],
            outcome.error["type"],
            outcome.error["message"],
        )
        try:
            self._worker.transport.call(request("POST", attempt.path("fail"), body, repeat=Repeat.NEVER))
        except (LonghaulError, ValueError, TypeError) as error:
            if is_transient(error) or isinstance(error, LeaseLost):
                raise
            # Such as details that are nested too deeply. Without them, the error is accepted.
            body["error"] = {
                "type": str(outcome.error["type"])[:100].encode("ascii", "ignore").decode() or "error",
                "message": f"{ascii(outcome.error['message'])[:500]} (the full error was refused: {str(error)[:500]})",
            }
            self._worker.transport.call(request("POST", attempt.path("fail"), body, repeat=Repeat.NEVER))

    def _complete(self, entries: List[Entry]) -> List[Entry]:
        """Completes attempts; returns those that must be repeated."""
        body = '{"completions":[' + ",".join(_completion(*entry) for entry in entries) + "]}"
        try:
            call = json_request("POST", path("leases", "complete") + "?fields=status", body, repeat=Repeat.NEVER)
            answers = self._worker.transport.call(call).json()["completions"]
        except LonghaulError as error:
            if is_transient(error):
                return entries
            if len(entries) == 1:
                self._refused(entries[0][0], error)
                return []
            # One entry made the server refuse all. The halves find it.
            half = len(entries) // 2
            return self._complete(entries[:half]) + self._complete(entries[half:])
        rest = entries[len(answers) :]
        for entry, answer in zip(entries, answers):
            if answer["status"] == 200:
                self._worker.forget(entry[0])
                continue
            problem = api_error(answer["status"], answer.get("problem"))
            if is_transient(problem):
                rest.append(entry)
            else:
                self._refused(entry[0], problem)
        return rest

    def _refused(self, attempt: Attempt, error: LonghaulError) -> None:
        self._note(attempt, error)
        if not isinstance(error, LeaseLost):
            # Another attempt would have the same result.
            failure = Failed({"type": "invalid_result", "message": str(error)}, retryable=False)
            if not self._send_one(attempt, failure):
                self._queue.put((attempt, failure))
            return
        self._worker.forget(attempt)

    @staticmethod
    def _note(attempt: Attempt, error: LonghaulError) -> None:
        log.warning("the end of the attempt %s of the job %s was refused: %s", attempt.number, attempt.job["id"], error)


def _part(entries: List[Entry]) -> List[Entry]:
    size = 0
    for count, (_, outcome) in enumerate(entries[:MAX_BATCH]):
        size += len(outcome.result) + len(outcome.next_jobs)
        if size > MAX_BATCH_BYTES:
            return entries[: max(count, 1)]
    return entries[:MAX_BATCH]


def _completion(attempt: Attempt, outcome: Completed) -> str:
    text = f'{{"token":"{attempt.token}","result":{outcome.result}'
    if outcome.next_jobs:
        text += f',"next":{outcome.next_jobs}'
    if attempt.progress:
        text += f',"progress":{json.dumps(attempt.progress)}'
    return text + "}"
