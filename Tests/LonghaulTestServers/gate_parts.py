"""What the gates of aws_server.py and sqs_gate.py share: errors, keys and signatures."""

import json
import re
import socket

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

REGION = "us-east-1"
SECRETS = {"AKIDTEST": "test-secret", "AKIDOTHER": "other-secret", "AKIDDENIED": "denied-secret"}


class Refused(Exception):
    """An error answer."""

    def __init__(self, status, code, message, **extra):
        super().__init__(code)
        self.status, self.code, self.message, self.extra = status, code, message, extra

    def answer_xml(self, start, method):
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

    def answer_json(self, start):
        body = json.dumps({"__type": f"com.amazonaws.sqs#{self.code}", "message": self.message}).encode()
        start(f"{self.status} {self.code}",
              [("Content-Type", "application/x-amz-json-1.0"), ("Content-Length", str(len(body)))])
        return [body]


class Cut(Exception):
    """The connection ends without an answer."""


class SignedFields:
    """The signature in the header fields of a request."""

    def __init__(self, environ, service):
        found = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d+)/([^/]+)/(\w+)/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)",
            environ.get("HTTP_AUTHORIZATION", ""))
        if not found or found[4] != service:
            raise Refused(403, "AccessDenied", "Access Denied")
        self.environ, self.service = environ, service
        self.key, _, self.region, _, self.names, self.signature = found.groups()
        self.token = environ.get("HTTP_X_AMZ_SECURITY_TOKEN")

    def is_right_for(self, method, body):
        """Whether botocore signs the request in the same way."""
        special = ("x-amz-date", "x-amz-security-token", "x-amz-content-sha256")
        headers = {name: header_of(self.environ, name) for name in self.names.split(";") if name not in special}
        request = AWSRequest(method=method, url=url_of(self.environ), headers=headers, data=body)
        request.context["payload_signing_enabled"] = True
        kind = botocore.auth.S3SigV4Auth if self.service == "s3" else botocore.auth.SigV4Auth
        signer = kind(Credentials(self.key, SECRETS[self.key], self.token), self.service, self.region)
        at = self.environ["HTTP_X_AMZ_DATE"]
        request.context["timestamp"] = at
        request.headers["X-Amz-Date"] = at
        if self.service == "s3":
            request.headers["X-Amz-Content-SHA256"] = self.environ.get("HTTP_X_AMZ_CONTENT_SHA256", "")
        if self.token:
            request.headers["X-Amz-Security-Token"] = self.token
        text = signer.string_to_sign(request, signer.canonical_request(request))
        return signer.signature(text, request) == self.signature


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
