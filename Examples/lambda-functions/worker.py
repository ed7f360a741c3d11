#!/usr/bin/python3
"""Runs AWS Lambda handlers as the jobs of state machines.

    LONGHAUL_SERVER=http://127.0.0.1:8080 worker.py reserve-stock=functions.reserve charge=functions.charge

Each argument names a function and its handler: NAME=MODULE.HANDLER. The modules are found in the current folder. One job runs at
a time: start more workers for more.
"""

import importlib
import json
import os
import sys
import threading
import types
import urllib.request

SERVER = os.environ["LONGHAUL_SERVER"]
WORKER = {"id": f"lambda-{os.getpid()}", "name": "lambda"}


def call(path, body):
    headers = {"Content-Type": "application/json"}
    if "LONGHAUL_API_KEY" in os.environ:
        headers["Authorization"] = f"Bearer {os.environ['LONGHAUL_API_KEY']}"
    request = urllib.request.Request(SERVER + path, json.dumps(body).encode(), headers, method="POST")
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read() or "null")


def handler(place):
    module, _, name = place.rpartition(".")
    return getattr(importlib.import_module(module), name)


def send_heartbeats(lease, is_over):
    while not is_over.wait(lease["heartbeat_seconds"]):
        call("/v1/leases/heartbeat", {"worker": WORKER, "leases": [{"token": lease["token"]}]})


def run(lease, function):
    job = lease["job"]
    is_over = threading.Event()
    threading.Thread(target=send_heartbeats, args=(lease, is_over), daemon=True).start()
    context = types.SimpleNamespace(function_name=job["kind"], aws_request_id=job["id"])
    try:
        end, body = "complete", {"result": function(job["payload"], context)}
    except Exception as error:  # The name of its class is the name of the error in Retry and Catch, as in Lambda.
        end, body = "fail", {"error": {"type": type(error).__name__, "message": str(error)}, "retryable": False}
    is_over.set()
    call(f"/v1/leases/{lease['token']}/{end}", body)


sys.path.insert(0, os.getcwd())
functions = {name: handler(place) for name, place in (argument.split("=") for argument in sys.argv[1:])}
while True:
    request = {"worker": WORKER, "queues": ["default"], "kinds": list(functions), "wait_seconds": 10}
    for lease in call("/v1/leases", request)["leases"]:
        run(lease, functions[lease["job"]["kind"]])
