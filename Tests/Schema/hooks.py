"""Rules of the API that schemathesis cannot read from the document: custom formats, and rules between fields.

JSON Schema cannot express these rules, such as a time in the future, or the name of another entry in the same request. If
every field of a rule has a valid value, the hook makes the values consistent. An invalid value stays invalid, so that the
server must refuse it.
"""

import contextlib
import os
import re
import uuid

import schemathesis
from hypothesis import strategies

CRON = ["* * * * *", "0 3 * * *", "*/15 9-17 * * MON-FRI", "0 0 1 JAN *", "@daily", "@hourly", "5,10 0 29 2 *"]
ZONES = ["UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata"]
# The pattern of the document. The server accepts such a URL only if it may call the receiver.
CALLBACK = re.compile(
    r"[Hh][Tt][Tt][Pp][Ss]?://(\[[0-9a-fA-F.]*:[0-9a-fA-F:.]*\]|[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63}){0,3}\.?)"
    r"(:[1-9][0-9]{0,3})?([/?#][!#-;=?-\[\]_a-z~]*)?")
LATER = "2999-01-01T00:00:00Z"

schemathesis.openapi.format("cron", strategies.sampled_from(CRON))
schemathesis.openapi.format("time-zone", strategies.sampled_from(ZONES))


def fit_job(job, refs=(), is_ticking=False):
    """Makes the fields of a submission consistent."""
    if not isinstance(job, dict):
        return
    if isinstance(job.get("expires_at"), str):
        job["expires_at"] = LATER
    if isinstance(job.get("run_at"), str):
        job.pop("delay_seconds", None)
        if isinstance(job.get("expires_at"), str):
            job.pop("run_at")
    if isinstance(job.get("depends_on"), list) and all(isinstance(each, str) for each in job["depends_on"]):
        # A job can depend only on existing jobs.
        job["depends_on"] = sorted("#" + ref for ref in refs if ref != job.get("ref"))[:1]
    if isinstance(job.get("parent_id"), str):
        job.pop("parent_id")
    callback = job.get("callback_url")
    if isinstance(callback, str) and len(callback) <= 2048 and CALLBACK.fullmatch(callback):
        # Nothing listens on this port, so no webhook leaves the machine.
        job["callback_url"] = "https://127.0.0.1:1/"
    join = job.get("join")
    if isinstance(join, dict):
        # wait_for depends on the length of depends_on, and a job that only collects starts at once.
        if is_number(join.get("wait_for")):
            join["wait_for"] = "all"
        if join.get("collect") is True:
            join["collect"] = False
    unique = job.get("unique")
    if isinstance(unique, dict) and isinstance(unique.get("by"), list) and "actor" in unique["by"]:
        if job.get("actor") is None:
            job["actor"] = "someone"
    if isinstance(job.get("idempotency_key"), str) and job["idempotency_key"]:
        # A key of another request is answered 422.
        job.pop("idempotency_key")
    if is_ticking:
        for name in ("run_at", "expires_at", "idempotency_key", "depends_on"):
            job.pop(name, None)
        if isinstance(job.get("tags"), dict) and len(job["tags"]) > 48:
            job["tags"] = {}


def fit_batch(jobs, parent=None):
    """Makes the entries of a batch consistent: each ref is used once, and no entry depends on itself."""
    refs = []
    for job in jobs if isinstance(jobs, list) else []:
        if isinstance(job, dict) and isinstance(job.get("ref"), str) and job["ref"]:
            if job["ref"] in refs:
                job.pop("ref")
        fit_job(job, refs)
        if isinstance(job, dict) and isinstance(job.get("ref"), str):
            refs.append(job["ref"])
    if isinstance(parent, dict):
        parent.pop("ref", None)
        fit_job(parent)


def fit_updates(updates):
    """Makes the child jobs of operations consistent."""
    for update in updates if isinstance(updates, list) else []:
        options = update.get("options") if isinstance(update, dict) else None
        if isinstance(options, dict):
            fit_job(options.get("job"))


def fit_body(operation, body):
    """Makes the fields of a body consistent."""
    if operation in ("submitJob", "copyJob"):
        fit_job(body)
    elif operation == "setQueue":
        # A full queue answers later submissions 503, and a queue for small jobs refuses large ones. Both are correct.
        for name in ("max_depth", "max_waiting", "max_size"):
            if is_number(body.get(name)) and 0 <= body[name] <= 1_000_000_000:
                body[name] = 1_000_000_000
    elif operation == "createKey":
        # A key with all rights cannot be limited.
        if isinstance(body.get("scopes"), list) and "admin" in body["scopes"]:
            body.pop("queues", None)
            body.pop("kinds", None)
        if isinstance(body.get("expires_at"), str):
            body["expires_at"] = LATER
    elif operation == "submitBatch":
        fit_batch(body.get("jobs"), body.get("parent"))
    elif operation == "putSchedule":
        fit_job(body.get("job"), is_ticking=True)
    elif operation == "complete":
        fit_batch(body.get("next"))
    elif operation == "updateJournal":
        fit_updates(body.get("updates"))
    elif operation == "completeMany":
        for entry in body.get("completions") if isinstance(body.get("completions"), list) else []:
            if isinstance(entry, dict):
                fit_batch(entry.get("next"))


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_wait(value):
    """Whether the value is a valid number of seconds to wait, as a number or as the text of a query."""
    with contextlib.suppress(TypeError, ValueError):
        return not isinstance(value, bool) and 0 <= float(value) <= 60
    return False


def fit_query(query):
    """Makes a query consistent: one target only, and bounds in order. Long waits and streams are avoided, because they test
    no more than calls that answer at once."""
    if "jobs_per_worker" in query:
        query.pop("drain_seconds", None)
    if "min_workers" in query:
        query.pop("max_workers", None)
    if is_wait(query.get("wait_seconds")):
        query["wait_seconds"] = 0
    if query.get("follow") in (True, "true"):
        query["follow"] = "false"


def lacks_parameter(case):
    """Whether a call tests that a required parameter is missing."""
    scenario = getattr(getattr(getattr(case.meta, "phase", None), "data", None), "scenario", None)
    return getattr(scenario, "name", None) == "MISSING_PARAMETER"


@schemathesis.hook
def before_call(context, case, kwargs):
    if lacks_parameter(case):
        # After a change of its values, schemathesis would add the key that it means to omit.
        return
    if isinstance(case.query, dict):
        fit_query(case.query)
    if case.path_parameters and case.path_parameters.get("id") == os.environ["SCHEMA_KEY_ID"]:
        # The key of all calls.
        case.path_parameters["id"] = "0" * 16
    if case.headers and 1 <= len(case.headers.get("Idempotency-Key", "")) <= 255:
        # A key of another request is answered 422.
        case.headers["Idempotency-Key"] = uuid.uuid4().hex
    if isinstance(case.body, dict):
        if is_wait(case.body.get("wait_seconds")):
            case.body["wait_seconds"] = 0
        fit_body(case.operation.definition.raw.get("operationId"), case.body)
