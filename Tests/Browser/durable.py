"""Durable jobs for the tests: updates of a journal, and a job with each type of operation."""


def start(kind, id, name, parent=None, input=None, output=None, **options):
    """Starts an operation."""
    update = {"id": id, "type": kind, "name": name, "action": "start", "parent_id": parent, "input": input,
              "output": output, "options": options}
    return {field: value for field, value in update.items() if value not in (None, {})}


def succeed(kind, id, name, output=None):
    """Ends a step or a group with an output."""
    return {"id": id, "type": kind, "name": name, "action": "succeed", "output": output}


def fail(id, name, kind, message, retry_after=None):
    """Fails a step; with `retry_after`, it is tried again after this number of seconds."""
    update = {"id": id, "type": "step", "name": name, "action": "fail", "error": {"type": kind, "message": message}}
    if retry_after is not None:
        update |= {"action": "retry", "options": {"delay_seconds": retry_after}}
    return update


def step(id, name, output=None, parent=None, input=None):
    """Starts a step and ends it."""
    return [start("step", id, name, parent, input), succeed("step", id, name, output)]


def order(server, queue="orders", timeout=259_000):
    """An order that waits for the signal `confirmed`. Returns its ID."""
    job = server.submit("order.process", queue=queue, payload={"order": 1207})
    lease = server.lease(queue)[0]
    server.update(lease, start("marker", "0", "uuid", output="7d0c"),
                  start("step", "1", "reserve stock", input={"items": ["book", "lamp"]}))
    server.update(lease, succeed("step", "1", "reserve stock", {"reservation": 88}),
                  start("group", "2", "payment"), start("step", "2.0", "charge card", "2", {"amount": 4200}))
    server.update(lease, fail("2.0", "charge card", "CardError", "the bank did not answer", retry_after=0))
    server.update(lease, *step("2.0", "charge card", {"receipt": "r-12"}), *step("2.1", "write invoice", parent="2"),
                  succeed("group", "2", "payment"), *step("3", "ask for approval"))
    server.update(lease, start("job", "4", "mail customer", job={"kind": "mail.send", "queue": f"{queue}-mail"}),
                  start("signal", "5", "confirmed", timeout_seconds=timeout), start("timer", "6", "reminder", seconds=86_400))
    server.suspend(lease, "5", "6")
    return job


def waiting(server, count, kind, name, **options):
    """Suspends jobs that wait for an operation. Returns their IDs."""
    jobs = server.submit_many([{"kind": "flow", "queue": "flows"}] * count)
    for _ in range(count):
        lease = server.lease("flows")[0]
        server.update(lease, start(kind, "0", name, **options))
        server.suspend(lease, "0")
    return jobs
