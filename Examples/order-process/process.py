#!/usr/bin/env python3
"""Runs orders as durable jobs over plain HTTP. ORDER_FOLDER is a folder that stands for the other systems."""
import json
import os
import pathlib
import urllib.error
import urllib.request

SERVER = os.environ["LONGHAUL_SERVER"]
FOLDER = pathlib.Path(os.environ["ORDER_FOLDER"])


class Stop(Exception):
    """Ends the attempt with the call and the body in its arguments."""


CANCELLED = Stop("complete", {})  # The server makes the job cancelled then.


def failure(message):
    return Stop("fail", {"error": {"type": "order_failed", "message": message}, "retryable": False})


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
        self.count += id is None
        entry = self.recorded.get(id or str(self.count))
        if entry and (entry["type"], entry["name"]) == (type, name):
            return entry
        if self.cancelling and not id:
            raise CANCELLED
        return self.update("start", type, id or str(self.count), name, **fields)  # Other code: pauses the job.

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


def effect(system, line):
    with (FOLDER / system).open("a") as file:
        return file.write(line + "\n")


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
    payment = flow.step("charge", lambda: effect("bank", f"charge {number} {amount} {key}") and f"payment-{number}")
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
        if flow.cancelling:  # It came after the last operation.
            raise CANCELLED
    except Stop as stop:
        end, body = stop.args
        if end != "suspend":
            for number, (name, work) in reversed(list(enumerate(flow.compensations, 1))):
                flow.step(name, work, f"compensate/{number}")
    if call("POST", f"{flow.path}/{end}", body).get("ready"):
        call("POST", f"{flow.path}/release", {})  # Another lease has the outcome.


WORKER = {"id": f"orders-{os.getpid()}", "name": "orders"}
REQUEST = {"worker": WORKER, "queues": ["orders"], "kinds": ["order"], "wait_seconds": 10}
while True:
    for lease in call("POST", "/v1/leases", REQUEST)["leases"]:
        try:
            run(lease)
        except urllib.error.HTTPError as error:  # Such as a lost lease, or a job that the server has paused.
            print(f"{lease['job']['id']}: {error.read().decode()}", flush=True)
