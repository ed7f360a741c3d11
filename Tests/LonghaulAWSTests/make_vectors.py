#!/usr/bin/env python3
"""Writes requests with the signatures that botocore makes for them, and URLs that boto3 presigns.

    "$(scripts/moto-venv.sh)" Tests/LonghaulAWSTests/make_vectors.py

Run it again after a change of the list. The tests read the file, and need no botocore.
"""

import datetime
import json
import pathlib
from unittest import mock
from urllib.parse import quote

import boto3
import botocore.auth
import botocore.config
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

TIME = datetime.datetime(2026, 11, 24, 9, 15, 0, tzinfo=datetime.timezone.utc)
KEYS = ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
TOKEN = "IQoJb3JpZ2luX2VjE//////////wEaCXVzLWVhc3QtMSJ+a=="

# service, method, host, path, query, headers, body, whether the credentials are temporary
SIGNED = [
    ("s3", "GET", "bucket.s3.us-east-1.amazonaws.com", "/key", [], {}, "", False),
    ("s3", "GET", "bucket.s3.us-east-1.amazonaws.com", "/key", [], {}, "", True),
    ("s3", "PUT", "127.0.0.1:5000", "/bucket/prefix/a!20b!C3!BC", [], {"X-Amz-Checksum-Sha256": "abc="}, "hello", False),
    ("s3", "POST", "127.0.0.1:5000", "/bucket/a", [("uploads", "")], {"X-Amz-Checksum-Algorithm": "SHA256"}, "", True),
    ("s3", "PUT", "127.0.0.1:5000", "/bucket/a", [("partNumber", "10"), ("uploadId", "x/y+z=~")], {}, "part", False),
    ("s3", "GET", "s3.eu-west-1.amazonaws.com", "/bucket",
     [("prefix", "a b/ü&="), ("list-type", "2"), ("delimiter", "/"), ("continuation-token", "1+/=")], {}, "", False),
    ("s3", "GET", "bucket.s3.us-east-1.amazonaws.com", "/a b/ü ~*'()!@$&+,;=:.txt", [], {}, "", False),
    ("s3", "GET", "bucket.s3.us-east-1.amazonaws.com", "/a//b/./c/../d", [], {}, "", False),
    ("s3", "PUT", "bucket.s3.us-east-1.amazonaws.com", "/key", [],
     {"x-amz-meta-b": "2", "x-amz-meta-a": "  1   2 ", "Content-Type": "text/plain"}, "x", False),
    ("s3", "GET", "bucket.s3.us-east-1.amazonaws.com", "/key",
     [("a", "2"), ("a", "1"), ("A", "3"), ("a-b", "4"), ("a.b", "5")], {"Range": "bytes=1-2"}, "", False),
    ("sqs", "POST", "sqs.us-east-1.amazonaws.com", "/", [],
     {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.SendMessage"}, '{"QueueUrl":"x"}', True),
    ("sts", "POST", "sts.us-east-1.amazonaws.com", "/", [],
     {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}, "Action=GetCallerIdentity", False),
    ("states", "POST", "127.0.0.1:8080", "/", [],
     {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AWSStepFunctions.ListStateMachines"}, "{}", False),
    ("states", "POST", "sync-jobs.example.com", "/", [],
     {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AWSStepFunctions.StartSyncExecution",
      "amz-sdk-invocation-id": "7f1c", "amz-sdk-request": "attempt=1;  max=5"}, '{"input":"\\"ü\\""}', False),
    ("monitoring", "GET", "monitoring.us-east-1.amazonaws.com", "/a b/ü%2F", [("x", "1 2")], {}, "", False),
]

# service, host, path, query, seconds, whether the credentials are temporary
PRESIGNED = [
    ("s3", "bucket.s3.us-east-1.amazonaws.com", "/key", [], 300, False),
    ("s3", "bucket.s3.us-east-1.amazonaws.com", "/key", [], 3600, True),
    ("s3", "127.0.0.1:5000", "/bucket/prefix/a!20b",
     [("response-content-type", "text/plain; charset=utf-8"),
      ("response-content-disposition", "inline; filename*=UTF-8''%C3%BC.txt")], 60, True),
    ("s3", "bucket.s3.us-east-1.amazonaws.com", "/a b/ü ~*'()!.txt", [("versionId", "x+y/z")], 300, False),
]

# The style of the address, the region, the endpoint, the parameters of boto3's generate_presigned_url, seconds, temporary.
BOTO3 = [
    ("path", "us-east-1", "http://127.0.0.1:5000", {"Bucket": "files", "Key": "p/019aa/3/a!20b.txt"}, 300, True),
    ("virtual", "eu-central-1", None,
     {"Bucket": "files", "Key": "p/019aa/3/report.pdf", "ResponseContentType": "application/pdf"}, 900, False),
    ("virtual", "us-east-1", "https://objects.example:8443", {"Bucket": "files", "Key": "k"}, 60, False),
    ("path", "eu-central-1", None, {"Bucket": "with.dots", "Key": "a/b"}, 60, True),
]


def credentials(is_temporary):
    return Credentials(*KEYS, TOKEN if is_temporary else None)


def address(host, path, query):
    url = f"https://{host}{quote(path, safe='/~')}"
    if query:
        url += "?" + "&".join(f"{quote(n, safe='-_.~')}={quote(v, safe='-_.~')}" for n, v in query)
    return url


def signed(service, method, host, path, query, headers, body, is_temporary):
    url = address(host, path, query)
    request = AWSRequest(method=method, url=url, headers=dict(headers), data=body.encode())
    request.context["payload_signing_enabled"] = True
    signer = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    signer(credentials(is_temporary), service, "us-east-1").add_auth(request)
    return {
        "service": service, "method": method, "host": host, "path": path, "query": query, "headers": headers,
        "body": body, "temporary": is_temporary, "authorization": request.headers["Authorization"],
    }


def presigned(service, host, path, query, seconds, is_temporary):
    url = address(host, path, query)
    request = AWSRequest(method="GET", url=url)
    botocore.auth.S3SigV4QueryAuth(credentials(is_temporary), service, "us-east-1", expires=seconds).add_auth(request)
    return {
        "service": service, "host": host, "path": path, "query": query, "seconds": seconds,
        "temporary": is_temporary, "url": request.url,
    }


def from_boto3(style, region, endpoint, parameters, seconds, is_temporary):
    client = boto3.client(
        "s3", region_name=region, endpoint_url=endpoint, aws_access_key_id=KEYS[0],
        aws_secret_access_key=KEYS[1], aws_session_token=TOKEN if is_temporary else None,
        config=botocore.config.Config(signature_version="s3v4", s3={"addressing_style": style}),
    )
    url = client.generate_presigned_url("get_object", Params=parameters, ExpiresIn=seconds)
    return {
        "style": style, "region": region, "endpoint": endpoint, "bucket": parameters["Bucket"], "key": parameters["Key"],
        "content_type": parameters.get("ResponseContentType"), "seconds": seconds, "temporary": is_temporary,
        "url": url,
    }


def main():
    with mock.patch("botocore.auth.get_current_datetime", lambda remove_tzinfo=True: TIME.replace(tzinfo=None)):
        inputs = {
            "time_ms": int(TIME.timestamp() * 1000), "access_key_id": KEYS[0], "secret_access_key": KEYS[1],
            "session_token": TOKEN,
        }
        write("LonghaulAWSTests", "signatures", inputs | {
            "signed": [signed(*case) for case in SIGNED],
            "presigned": [presigned(*case) for case in PRESIGNED],
        })
        write("LonghaulS3Tests", "presigned", inputs | {"boto3": [from_boto3(*case) for case in BOTO3]})


def write(target, name, vectors):
    path = pathlib.Path(__file__).parent.parent / target / "Vectors" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(vectors, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
