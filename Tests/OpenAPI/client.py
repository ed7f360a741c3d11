"""Uses the generated Python client: `client.py ADDRESS`, with the client on PYTHONPATH."""

import io
import sys

from longhaul_client import Client
from longhaul_client.api.jobs import get_job, list_jobs, submit_job
from longhaul_client.api.queues import list_queues
from longhaul_client.api.workers import complete, heartbeat, lease_jobs, put_artifact
from longhaul_client.models import (
    Completion,
    Heartbeat,
    JobState,
    LeaseRequest,
    NewJob,
    Problem,
    WorkerInfo,
)
from longhaul_client.types import File


def main(address):
    client = Client(address)
    job = submit_job.sync(client=client, body=NewJob(kind="mail.send", payload={"to": "a@example.com"}))
    assert job.state == JobState.PENDING and job.attempt == 0, job
    assert get_job.sync(job.id, client=client).kind == "mail.send"

    submit_job.sync(client=client, body=NewJob(kind="mail.later", delay_seconds=3600))
    page = list_jobs.sync(client=client, state=[JobState.PENDING, JobState.SCHEDULED], limit=10)
    assert {item.kind for item in page.items} == {"mail.send", "mail.later"} and page.next_cursor is None, page
    page = list_jobs.sync(client=client, state=[JobState.SCHEDULED])
    assert [item.kind for item in page.items] == ["mail.later"], page

    worker = WorkerInfo(id="generated", heartbeat_interval_seconds=5)
    leases = lease_jobs.sync(client=client, body=LeaseRequest(worker=worker, wait_seconds=10)).leases
    assert [lease.job.id for lease in leases] == [job.id] and leases[0].heartbeat_seconds == 10, leases
    token = leases[0].token
    outcome = heartbeat.sync(client=client, body=Heartbeat.from_dict(
        {"worker": {"id": "generated"}, "leases": [{"token": token, "progress": {"percent": 50}}]}))
    assert [lease.token for lease in outcome.renewed] == [token], outcome
    put_artifact.sync(token, "note.txt", client=client, body=File(payload=io.BytesIO(b"a note"), file_name="note.txt"))
    done = complete.sync(token, client=client, body=Completion(result={"message_id": "m-1"}))
    assert done.state == JobState.COMPLETED and done.artifacts[0].size_bytes == 6, done

    problem = submit_job.sync(client=client, body=NewJob(kind=""))
    assert isinstance(problem, Problem) and problem.status == 400 and problem.code == "invalid_request", problem
    assert problem.errors[0].pointer == "/kind", problem
    assert [queue.name for queue in list_queues.sync(client=client).items] == ["default"]


main(sys.argv[1])
