"""moto's SQS behind a gate: signatures are verified, calls run one at a time, and long polls wait.

moto loses messages when calls change a queue at the same time. So each call has a lock, and a long poll is a series of
calls that do not wait. A message that arrives while the caller of a long poll is gone stays in the queue.
"""

import io
import json
import select
import socket
import threading
import time

from gate_parts import Cut, REGION, Refused, SECRETS, SignedFields, answer_json, close_connection
from moto.sqs.models import sqs_backends

TARGET = "AmazonSQS."


class SQSGate:
    """A WSGI application for the requests of SQS in front of moto's.

    A fault of the plan matches the text `/sqs/ACTION?queue=NAME&wait=SECONDS&entries=COUNT`. `refuse` answers that the first
    entry of a batch was refused.
    """

    def __init__(self, gate):
        self.gate = gate
        self.changed = threading.Condition()

    def __call__(self, environ, start):
        action = environ["HTTP_X_AMZ_TARGET"].removeprefix(TARGET)
        raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        body = json.loads(raw)
        name = (body.get("QueueUrl") or body.get("QueueName") or "").rsplit("/", 1)[-1]
        query = {"queue": name, "wait": str(body.get("WaitTimeSeconds", "")),
                 "entries": str(len(body.get("Entries", [])))}
        fault = self.gate.fault_for("POST", f"/sqs/{action}", query)
        self.gate.record("POST", f"/sqs/{action}", query, len(raw), fault, {})
        kind = fault and fault["do"]
        try:
            if kind == "error":
                raise Refused(fault.get("status", 503), fault["code"], fault.get("message", "A planned error."))
            if kind == "cut":
                raise Cut
            if kind == "hang":
                threading.Event().wait(fault["seconds"])
            self.verify(environ, raw)
            status, headers, answer = self.serve(environ, action, body)
            if kind == "lose_answer":
                raise Cut
            if kind == "refuse":
                return answer_json(start, refusing_first(json.loads(answer)))
            start(status, headers)
            return [answer]
        except Refused as refused:
            return refused.answer_json(start)
        except Cut:
            close_connection(environ)
            start("500 cut", [("Content-Length", "0")])
            return [b""]

    def verify(self, environ, raw):
        """Checks what AWS checks."""
        fields = SignedFields(environ, "sqs")
        if fields.key not in SECRETS:
            raise Refused(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
        if fields.token == "expired":
            raise Refused(403, "ExpiredToken", "The security token included in the request is expired.")
        if fields.region != REGION:
            raise Refused(403, "InvalidSignatureException", "Credential should be scoped to a valid region.")
        if not fields.is_right_for("POST", raw):
            raise Refused(
                403, "InvalidSignatureException",
                "The request signature we calculated does not match the signature you provided.")
        if fields.key == "AKIDDENIED":
            raise Refused(400, "AccessDeniedException", "User is not authorized to perform this action.")

    def serve(self, environ, action, body):
        """Calls moto until there is an answer with messages, or the wait is over."""
        waits = action == "ReceiveMessage"
        end = time.monotonic() + (body.get("WaitTimeSeconds", 0) if waits else 0)
        call = dict(body, WaitTimeSeconds=0) if waits else body
        with self.changed:
            while True:
                if waits and is_gone(environ["werkzeug.socket"]):
                    raise Cut
                status, headers, answer = self.call(environ, call)
                if not waits:
                    self.changed.notify_all()
                left = end - time.monotonic()
                if left <= 0 or not status.startswith("200") or b'"Messages"' in answer:
                    return status, headers, answer
                # A hidden message becomes visible without a call.
                self.changed.wait(min(left, 0.25))

    def lose(self, is_deleted):
        """Deletes all messages, or all queues."""
        with self.changed:
            for region in sqs_backends["123456789012"].values():
                for queue in list(region.queues.values()):
                    queue._messages = []
                if is_deleted:
                    region.queues.clear()

    def call(self, environ, body):
        raw = json.dumps(body).encode()
        heads = []
        own = dict(environ, CONTENT_LENGTH=str(len(raw)))
        own["wsgi.input"] = io.BytesIO(raw)
        answer = b"".join(self.gate.app(own, lambda status, headers, *_: heads.append((status, headers))))
        return heads[0][0], heads[0][1], answer


def refusing_first(answer):
    """The answer to a batch whose first entry was refused."""
    first, *others = answer["Successful"]
    failed = {"Id": first["Id"], "SenderFault": False, "Code": "InternalError"}
    return {"Successful": others, "Failed": [failed]}


def is_gone(connection):
    """Whether the other side has closed the connection."""
    try:
        return bool(select.select([connection], [], [], 0)[0]) and not connection.recv(1, socket.MSG_PEEK)
    except OSError:
        return True
