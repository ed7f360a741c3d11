#!/usr/bin/env python3
"""moto's S3 server for tests, behind a gate that is as strict as AWS and makes requests fail.

    "$(scripts/moto-venv.sh)" Tests/LonghaulTestServers/s3_server.py PORT

moto accepts any signature and any checksum. The gate verifies the signature with botocore, the region, the payload
hash and the SHA-256 checksums. The bucket "files" exists. `POST /_faults` plans failures, `POST /_age` makes unfinished
uploads older, and `GET /_requests?match=PATTERN` lists what arrived.
"""

import base64
import datetime
import hashlib
import io
import json
import re
import socket
import sys
import threading
import urllib.parse

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.s3.models import s3_backends
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

REGION = "us-east-1"
SECRETS = {"AKIDTEST": "test-secret", "AKIDOTHER": "other-secret", "AKIDDENIED": "denied-secret"}


class Refused(Exception):
    """An error answer in the form of S3."""

    def __init__(self, status, code, message, **extra):
        super().__init__(code)
        self.status, self.code, self.message, self.extra = status, code, message, extra

    def answer(self, start, method):
        extra = "".join(f"<{name}>{value}</{name}>" for name, value in self.extra.items())
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error><Code>{self.code}</Code><Message>{self.message}</Message>{extra}</Error>"
        ).encode()
        headers = [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))]
        if "Region" in self.extra:
            headers.append(("x-amz-bucket-region", self.extra["Region"]))
        start(f"{self.status} {self.code}", headers)
        return [b"" if method == "HEAD" else body]


class Cut(Exception):
    """The connection ends without an answer."""


class Gate:
    """A WSGI application in front of another one."""

    def __init__(self, app):
        self.app = app
        self.lock = threading.Lock()
        self.faults = []
        self.requests = []
        self.started = {}

    def __call__(self, environ, start):
        method = environ["REQUEST_METHOD"]
        path = environ["PATH_INFO"]
        if path == "/_faults":
            return self.plan(environ, start)
        if path == "/_age":
            return self.make_older(environ, start)
        query = dict(urllib.parse.parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
        if path == "/_requests":
            with self.lock:
                listed = [r for r in self.requests if re.search(query.get("match", ""), text_of(r["path"], r["query"]))]
            return answer_json(start, listed)
        length = int(environ.get("CONTENT_LENGTH") or 0)
        fault = self.fault_for(method, path, query)
        with self.lock:
            self.requests.append({"method": method, "path": path, "query": query, "bytes": length,
                                  "fault": fault and fault["do"],
                                  "headers": {n[5:].lower().replace("_", "-"): v for n, v in environ.items()
                                              if n.startswith("HTTP_X_AMZ") or n == "HTTP_RANGE"}})
        try:
            body = self.receive(environ, length, fault)
            if fault and fault["do"] == "corrupt" and body:
                body = bytes([body[0] ^ 1]) + body[1:]
            if fault and fault["do"] == "error":
                raise Refused(fault.get("status", 503), fault["code"], fault.get("message", "A planned error."))
            self.verify(environ, method, query, body)
            environ["wsgi.input"] = io.BytesIO(body)
            return self.forward(environ, start, method, fault)
        except Refused as refused:
            return refused.answer(start, method)
        except Cut:
            close_connection(environ)
            start("500 cut", [("Content-Length", "0")])
            return [b""]

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
        header = environ.get("HTTP_AUTHORIZATION", "")
        found = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d+)/([^/]+)/s3/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)",
            header)
        if not found:
            raise Refused(403, "AccessDenied", "Access Denied")
        key, _, region, names, signature = found.groups()
        self.verify_key(key, region, environ.get("HTTP_X_AMZ_SECURITY_TOKEN"))
        hashed = environ.get("HTTP_X_AMZ_CONTENT_SHA256", "")
        if hashed != hashlib.sha256(body).hexdigest():
            raise Refused(400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match.")
        headers = {name: header_of(environ, name) for name in names.split(";")
                   if name not in ("x-amz-date", "x-amz-security-token", "x-amz-content-sha256")}
        request = AWSRequest(method=method, url=url_of(environ), headers=headers, data=body)
        request.context["payload_signing_enabled"] = True
        token = environ.get("HTTP_X_AMZ_SECURITY_TOKEN")
        signer = botocore.auth.S3SigV4Auth(Credentials(key, SECRETS[key], token), "s3", region)
        at = environ["HTTP_X_AMZ_DATE"]
        request.context["timestamp"] = at
        request.headers["X-Amz-Date"] = at
        request.headers["X-Amz-Content-SHA256"] = hashed
        if token:
            request.headers["X-Amz-Security-Token"] = token
        if signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request) != signature:
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


def text_of(path, query):
    return path + "?" + "&".join(f"{name}={value}" for name, value in query.items())


def url_of(environ, query=None):
    query = environ.get("QUERY_STRING", "") if query is None else query
    return f"http://{environ['HTTP_HOST']}{environ['RAW_URI'].split('?', 1)[0]}" + (f"?{query}" if query else "")


def header_of(environ, name):
    special = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}
    return environ.get(special.get(name, "HTTP_" + name.upper().replace("-", "_")), "")


def close_connection(environ):
    try:
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def answer_json(start, value):
    body = json.dumps(value).encode()
    start("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


class Quiet(WSGIRequestHandler):
    """HTTP/1.1 with connections that are used again, and without a log."""

    protocol_version = "HTTP/1.1"

    def log_request(self, *_):
        pass

    def log(self, *_):
        pass


def main():
    s3_backends["123456789012"]["aws"].create_bucket("files", REGION)
    gate = Gate(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", int(sys.argv[1]), gate, threaded=True, request_handler=Quiet)
    server.serve_forever()


if __name__ == "__main__":
    main()
