#!/usr/bin/env python3
"""Runs orders as durable jobs, over plain HTTP: stock, approval, payment, invoice, shipping.

LONGHAUL_SERVER is the address of the server, ORDER_FOLDER the folder that stands for the other systems.
"""
import json
import os
import pathlib
import urllib.request

SERVER = os.environ["LONGHAUL_SERVER"]
FOLDER = pathlib.Path(os.environ["ORDER_FOLDER"])


class Stop(Exception):
    """Ends the attempt with the call and the body in its arguments."""


# Completing a job whose cancellation was requested makes it cancelled.
CANCELLED = Stop("complete", {})


def failure(message):
    return Stop("fail", {"error": {"type": "order_failed", "message": message, "retryable": False}})


def call(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(SERVER + path, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read() or "null")


class Flow:
    """One attempt of a durable job. The identifier of an operation is its number in the order of the code."""

    def __init__(self, lease):
        self.path, self.cancelling = f"/v1/leases/{lease['token']}", lease["job"].get("cancelling", False)
        self.count, self.compensations, page = 0, [], lease["journal"]
        self.recorded = {entry["id"]: entry for entry in page["operations"]}
        while page["next_cursor"]:  # The lease has the first 100 operations only.
            page = call("GET", f"{self.path}/journal?cursor={page['next_cursor']}")
            self.recorded.update((entry["id"], entry) for entry in page["items"])

    def update(self, action, type, id, name, **fields):
        update = {"id": id, "type": type, "name": name, "action": action, **fields}
        return call("POST", f"{self.path}/journal", {"updates": [update]})["operations"][0]

    def start(self, type, name, id=None, **fields):
        if id is None:
            self.count += 1
        entry = self.recorded.get(id or str(self.count))
        if entry and (entry["type"], entry["name"]) == (type, name):
            return entry
        if self.cancelling and not id:
            raise CANCELLED
        # If the journal has another operation here, the server pauses the job.
        return self.update("start", type, id or str(self.count), name, **fields)

    def end(self, entry):
        if entry["status"] == "waiting":
            raise CANCELLED if self.cancelling else Stop("suspend", {"on": [entry["id"]]})
        if entry["status"] == "failed" and entry["type"] == "job":
            raise failure(entry["error"]["message"])
        return entry["output"]

    def step(self, name, work, id=None):
        entry = self.start("step", name, id)
        if entry["status"] == "started":
            entry = self.update("succeed", "step", entry["id"], name, output=work())
        return entry["output"]

    def compensate(self, name, work):
        self.compensations.append((name, work))
        self.start("marker", name, f"compensation/{len(self.compensations)}")

    def undo(self):
        for number, (name, work) in reversed(list(enumerate(self.compensations, 1))):
            self.step(name, work, f"compensate/{number}")


def effect(system, line):
    """Appends a line to a file that stands for another system. Returns the number of its lines."""
    with (FOLDER / system).open("a+") as file:
        file.write(line + "\n")
        file.seek(0)
        return len(file.readlines())


def process(flow, order, key):
    number, amount = order["id"], order["amount"]
    flow.step("reserve stock", lambda: effect("stock", f"reserve {number}"))
    flow.compensate("release stock", lambda: effect("stock", f"release {number}"))
    if amount > 100:
        approval = flow.start("signal", "approved", options={"timeout_seconds": order["approve_within"]})
        link = f"{SERVER}/v1/signals/{approval.get('signal_token')}"
        flow.step("ask for approval", lambda: effect("mail", f"{number} {link}"))
        if not (flow.end(approval) or {}).get("approved"):
            raise failure("the order was not approved")
    payment = flow.step("charge", lambda: effect("bank", f"charge {number} {amount} {key}"))
    flow.compensate("refund", lambda: effect("bank", f"refund {number}"))
    job = {"kind": "invoice", "queue": "invoices", "max_attempts": 1, "payload": order}
    invoice = flow.end(flow.start("job", "invoice", options={"job": job}))
    flow.end(flow.start("timer", "sleep", options={"seconds": order["pickup_after"]}))
    flow.step("ship", lambda: effect("parcels", f"ship {number}"))
    return {"payment": payment, "invoice": invoice["invoice"]}


def run(lease):
    flow, job = Flow(lease), lease["job"]
    try:
        end, body = "complete", {"result": process(flow, job["payload"], job["id"])}
    except Stop as stop:
        end, body = stop.args
        if end != "suspend":
            flow.undo()
    if call("POST", f"{flow.path}/{end}", body).get("ready"):
        call("POST", f"{flow.path}/release", {})  # Another lease has the outcome.


worker = {"id": f"orders-{os.getpid()}", "name": "orders"}
while True:
    request = {"worker": worker, "queues": ["orders"], "kinds": ["order"], "wait_seconds": 10}
    for lease in call("POST", "/v1/leases", request)["leases"]:
        run(lease)
