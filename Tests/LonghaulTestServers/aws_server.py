#!/usr/bin/env python3
"""moto's servers of S3 and SQS for tests, behind a gate that is as strict as AWS and makes requests fail.

    "$(scripts/moto-venv.sh)" Tests/LonghaulTestServers/aws_server.py PORT

moto accepts any signature and any checksum. The gate verifies the signature with botocore, the region, the payload
hash and the SHA-256 checksums. The bucket "files" exists. `POST /_faults` plans failures, `POST /_age` makes unfinished
uploads older, `POST /_lose` deletes the messages of SQS (`?queues`: the queues as well), `GET /_requests?match=PATTERN` lists
what arrived, and `GET /_contents` lists the objects and the unfinished uploads. sqs_gate.py has the gate of SQS.
"""

import base64
import datetime
import hashlib
import io
import json
import re
import sys
import threading
import urllib.parse

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from gate_parts import Cut, REGION, Refused, SECRETS, SignedFields, answer_json, close_connection, text_of, url_of
from moto.s3.models import s3_backends
from moto.server import DomainDispatcherApplication, create_backend_app
from sqs_gate import TARGET, SQSGate
from werkzeug.serving import WSGIRequestHandler, make_server

ACCOUNT = "123456789012"


class Gate:
    """A WSGI application in front of another one."""

    def __init__(self, app):
        self.app = app
        self.lock = threading.Lock()
        self.faults = []
        self.requests = []
        self.started = {}
        self.sqs = SQSGate(self)

    def __call__(self, environ, start):
        method = environ["REQUEST_METHOD"]
        path = environ["PATH_INFO"]
        if environ.get("HTTP_X_AMZ_TARGET", "").startswith(TARGET):
            return self.sqs(environ, start)
        if path == "/_faults":
            return self.plan(environ, start)
        if path == "/_lose":
            self.sqs.lose(environ.get("QUERY_STRING") == "queues")
            return answer_json(start, {})
        if path == "/_age":
            return self.make_older(environ, start)
        if path == "/_contents":
            return answer_json(start, contents())
        query = dict(urllib.parse.parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
        if path == "/_requests":
            with self.lock:
                listed = [r for r in self.requests if re.search(query.get("match", ""), text_of(r["path"], r["query"]))]
            return answer_json(start, listed)
        length = int(environ.get("CONTENT_LENGTH") or 0)
        fault = self.fault_for(method, path, query)
        fields = {n[5:].lower().replace("_", "-"): v for n, v in environ.items()
                  if n.startswith("HTTP_X_AMZ") or n == "HTTP_RANGE"}
        self.record(method, path, query, length, fault, fields)
        try:
            body = self.receive(environ, length, fault)
            if fault and fault["do"] == "corrupt" and body:
                body = bytes([body[0] ^ 1]) + body[1:]
            if fault and fault["do"] == "error":
                region = {"Region": fault["region"]} if "region" in fault else {}
                raise Refused(fault.get("status", 503), fault["code"], fault.get("message", "A planned error."), **region)
            self.verify(environ, method, query, body)
            environ["wsgi.input"] = io.BytesIO(body)
            return self.forward(environ, start, method, fault)
        except Refused as refused:
            return refused.answer_xml(start, method)
        except Cut:
            close_connection(environ)
            start("500 cut", [("Content-Length", "0")])
            return [b""]

    def record(self, method, path, query, length, fault, fields):
        with self.lock:
            self.requests.append({"method": method, "path": path, "query": query, "bytes": length,
                                  "fault": fault and fault["do"], "headers": fields})

    def plan(self, environ, start):
        """`[{"do", "method", "match", "times", …}]`: extends the plan. `match` is a pattern of `path?query`."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        with self.lock:
            self.faults += [dict(fault, times=fault.get("times", 1)) for fault in json.loads(body)]
        return answer_json(start, {})

    def make_older(self, environ, start):
        """`{"key": PATTERN, "seconds": N}`: the unfinished uploads of matching keys were started N seconds earlier."""
        order = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
        with self.lock:
            for upload, (key, at) in self.started.items():
                if re.search(order["key"], key):
                    self.started[upload] = (key, at - datetime.timedelta(seconds=order["seconds"]))
        return answer_json(start, {})

    def fault_for(self, method, path, query):
        text = text_of(path, query)
        with self.lock:
            for fault in self.faults:
                if fault["times"] > 0 and fault.get("method", method) == method and re.search(
                        fault.get("match", ""), text):
                    fault["times"] -= 1
                    return fault
        return None

    def receive(self, environ, length, fault):
        """Reads the body; a cut ends the connection in its middle."""
        if fault and fault["do"] == "cut":
            environ["wsgi.input"].read(length // 2)
            raise Cut
        if fault and fault["do"] == "hang":
            threading.Event().wait(fault["seconds"])
        return environ["wsgi.input"].read(length) if length else b""

    def forward(self, environ, start, method, fault):
        """Passes the request on. `lose_answer` ends the connection afterwards, `cut_answer` within the body."""
        kind = fault and fault["do"]
        query = environ.get("QUERY_STRING", "")
        lists_uploads = query.startswith("uploads") or "&uploads" in query
        if kind not in ("lose_answer", "cut_answer") and not lists_uploads:
            return self.app(environ, start)
        captured = []
        body = b"".join(self.app(environ, lambda status, headers, *_: captured.append((status, headers))))
        if kind == "lose_answer":
            raise Cut
        status, headers = captured[0]
        if lists_uploads:
            body = self.with_times(environ, body)
            headers = [(n, v) for n, v in headers if n.lower() != "content-length"] + [("Content-Length", str(len(body)))]
            if kind != "cut_answer":
                start(status, headers)
                return [body]
        write = start(status, headers)
        write(body[: len(body) // 2])
        close_connection(environ)
        return [b""]

    def with_times(self, environ, body):
        """Records the start of an upload, and replaces the constant time in moto's list of uploads."""
        now = datetime.datetime.now(datetime.timezone.utc)
        text = body.decode()
        with self.lock:
            if environ["REQUEST_METHOD"] == "POST":
                for upload in re.findall("<UploadId>(.*?)</UploadId>", text):
                    self.started[upload] = (environ["PATH_INFO"], now)
                return body

            def dated(found):
                upload = re.search("<UploadId>(.*?)</UploadId>", found[0])[1]
                at = self.started.get(upload, ("", now))[1]
                return re.sub("<Initiated>.*?</Initiated>", f"<Initiated>{at:%Y-%m-%dT%H:%M:%S.000Z}</Initiated>", found[0])

            return re.sub("(?s)<Upload>.*?</Upload>", dated, text).encode()

    def verify(self, environ, method, query, body):
        """Checks what AWS checks."""
        if "X-Amz-Signature" in query:
            self.verify_presigned(environ, method, query)
        else:
            self.verify_header(environ, method, body)
        digest = hashlib.sha256(body)
        given = environ.get("HTTP_X_AMZ_CHECKSUM_SHA256")
        if given and given != base64.b64encode(digest.digest()).decode():
            raise Refused(400, "BadDigest", "The SHA256 you specified did not match the calculated checksum.")

    def verify_header(self, environ, method, body):
        fields = SignedFields(environ, "s3")
        self.verify_key(fields.key, fields.region, fields.token)
        if environ.get("HTTP_X_AMZ_CONTENT_SHA256", "") != hashlib.sha256(body).hexdigest():
            raise Refused(400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match.")
        if not fields.is_right_for(method, body):
            raise Refused(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.")

    def verify_presigned(self, environ, method, query):
        key, _, region = query["X-Amz-Credential"].split("/")[:3]
        self.verify_key(key, region, query.get("X-Amz-Security-Token"))
        at = datetime.datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
        if datetime.datetime.now(datetime.timezone.utc) > at + datetime.timedelta(seconds=int(query["X-Amz-Expires"])):
            raise Refused(403, "AccessDenied", "Request has expired")
        raw = environ["QUERY_STRING"].rsplit("&X-Amz-Signature=", 1)[0]
        request = AWSRequest(method=method, url=url_of(environ, raw), headers={"host": environ["HTTP_HOST"]})
        request.context["timestamp"] = query["X-Amz-Date"]
        signer = botocore.auth.S3SigV4QueryAuth(Credentials(key, SECRETS[key]), "s3", region)
        canonical = signer.canonical_request(request)
        if signer.signature(signer.string_to_sign(request, canonical), request) != query["X-Amz-Signature"]:
            raise Refused(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.")

    def verify_key(self, key, region, token):
        if key not in SECRETS:
            raise Refused(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
        if token == "expired":
            raise Refused(400, "ExpiredToken", "The provided token has expired.")
        if region != REGION:
            raise Refused(
                400, "AuthorizationHeaderMalformed",
                f"The authorization header is malformed; the region '{region}' is wrong; expecting '{REGION}'",
                Region=REGION)
        if key == "AKIDDENIED":
            raise Refused(403, "AccessDenied", "Access Denied")


def contents():
    """The sizes of all objects by their keys, and the keys of all unfinished uploads by their IDs, as moto has them."""
    bucket = s3_backends[ACCOUNT]["aws"].buckets["files"]
    return {"objects": {key: bucket.keys[key].size for key in list(bucket.keys)},
            "uploads": {name: upload.key_name for name, upload in list(bucket.multiparts.items())}}


class Quiet(WSGIRequestHandler):
    """HTTP/1.1 with connections that are used again, and without a log."""

    protocol_version = "HTTP/1.1"

    def log_request(self, *_):
        pass

    def log(self, *_):
        pass


def main():
    s3_backends[ACCOUNT]["aws"].create_bucket("files", REGION)
    gate = Gate(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", int(sys.argv[1]), gate, threaded=True, request_handler=Quiet)
    server.serve_forever()


if __name__ == "__main__":
    main()
