#!/usr/bin/env python3
"""Makes what recorded executions find at AWS: functions, objects, tables, queues, topics, and an API of API Gateway.

    "$(scripts/moto-venv.sh)" Tests/StepFunctions/recorded_services.py CASES LAMBDA_URL MOTO_URL PORT

PORT gets a gate to moto, which answers as AWS where moto differs. CASES is a file of recorded executions: `{"cases": [{"id", "needs", "calls", "expect"}]}`. What a function does is taken from
the recording: it fails, waits, or returns its input. The API is served at the addresses that the executions name, until the
script is stopped. It prints `ready` when all is made.
"""

import http.client
import io
import json
import re
import sys
import threading
import urllib.parse
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
from botocore.config import Config

ECHO = "def handler(event, context):\n    return event\n"
EXCEPTION = 'def handler(event, context):\n    raise Exception("Some exception was raised.")\n'
CUSTOM = "\n\n\n\nclass CustomException(Exception):\n    pass\n\ndef handler(event, context):\n    raise CustomException()\n"
SLOW = "import time\n\ndef handler(event, context):\n    time.sleep(30)\n    return event\n"
BYTES = "def handler(event, context):\n    return b'\"HelloWorld!\"'\n"
LARGE = 'def handler(event, context):\n    return "\\u00e9" * 300000\n'

ROWS = ["Value1,Value2,Value3", "Value4,Value5,Value6", ",,,", "true,1,'HelloWorld'", "Null,None,", "   ,"]
COLUMNS = "Col1,Col2\nValue1,Value2\nValue3,Value4\nValue5,Value6\nValue7,Value8\n"
FILES = {
    "csv_headers_decl": "\n".join(ROWS),
    "first_row_extra_fields": "\n".join(["H1,", *ROWS[1:]]),
    "first_row_typed_headers": "\n".join(["0,True,{}", *ROWS[1:]]),
    "csv_max_items": COLUMNS,
    "json_with_items_path": json.dumps([["from-bucket-item-0"]]),
}
ZONE = {"region_name": "us-east-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}


def file_text(case):
    """The text of the file that an execution reads: JSON items are those that it returns, and one more."""
    for part, text in FILES.items():
        if part in case["id"]:
            return text
    output = case["expect"][0]["events"][-1].get("executionSucceededEventDetails", {}).get("output")
    items = json.loads(output) if isinstance(output, str) else output
    more = [{}] if "max_items" in case["id"] else []
    return json.dumps(items + more) if isinstance(items, list) else COLUMNS


def source(case):
    """The source of the functions of an execution."""
    events = json.dumps(case["expect"])
    if "BYTES" in case["id"].upper():
        return BYTES
    if "large_utf8" in case["id"]:
        return LARGE
    if "CustomException" in events:
        return CUSTOM
    if "Some exception was raised." in events:
        return EXCEPTION
    if "TaskTimedOut" in events:
        return SLOW
    return ECHO


def package(text):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("handler.py", text)
    return file.getvalue()


class Gateway(BaseHTTPRequestHandler):
    """An API with two resources, and the header fields that API Gateway adds."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        resource = self.path.split("?")[0].rsplit("/", 1)[-1]
        if resource == "id_func":
            self.answer(200, json.loads(body))
        elif resource == "get_constant":
            self.answer(200, {})
        else:
            self.answer(403, {"message": "Missing Authentication Token"})

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response_only(status)
        fields = {
            "Connection": "keep-alive", "Content-Length": str(len(body)), "Content-Type": "application/json",
            "Date": self.date_time_string(), "Via": "1.1 test", "x-amz-apigw-id": "id", "X-Amz-Cf-Id": "id",
            "X-Amz-Cf-Pop": "pop", "x-amzn-RequestId": "id", "X-Amzn-Trace-Id": "id", "X-Cache": "Miss from cloudfront",
        }
        for name, field in fields.items():
            self.send_header(name, field)
        self.end_headers()
        self.wfile.write(body)


class Gate(BaseHTTPRequestHandler):
    """Passes requests on to moto, and answers as AWS where moto differs."""

    protocol_version = "HTTP/1.1"
    moto = ""

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        operation = self.headers.get("X-Amz-Target", "").rsplit(".", 1)[-1]
        request = json.loads(body) if operation else {}
        refused = self.error_of(operation, request)
        if refused:
            return self.answer(refused[0], [("Content-Type", "application/x-amz-json-1.1")], json.dumps(refused[1]).encode())
        address = urllib.parse.urlsplit(self.moto)
        connection = http.client.HTTPConnection(address.hostname, address.port)
        connection.request(self.command, self.path, body, dict(self.headers))
        answer = connection.getresponse()
        text = answer.read().replace(b"Endpoint does not exist", b"Topic does not exist")
        connection.close()
        if operation == "UpdateItem" and "ReturnConsumedCapacity" not in request:
            text = json.dumps({name: value for name, value in json.loads(text).items() if name != "ConsumedCapacity"}).encode()
        size = answer.getheader("Content-Length") if self.command == "HEAD" else None
        fields = [field for field in answer.getheaders() if field[0].lower() != "content-length"]
        return self.answer(answer.status, fields, text, size)

    do_GET = do_PUT = do_DELETE = do_HEAD = do_POST

    @staticmethod
    def error_of(operation, request):
        if operation == "CreateSecret" and not re.fullmatch(r"[\w/+=.@-]+", request.get("Name", "")):
            message = "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"
            return 400, {"__type": "ValidationException", "Message": message}
        if operation == "PutEvents" and any(not entry["Detail"].startswith("{") for entry in request["Entries"]):
            refused = {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
            return 200, {"Entries": [refused for _ in request["Entries"]], "FailedEntryCount": len(request["Entries"])}
        return None

    def answer(self, status, fields, body, size=None):
        self.send_response_only(status)
        for name, field in [*fields, ("x-amzn-RequestId", "recorded"), ("Content-Length", size or str(len(body)))]:
            self.send_header(name, field)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def strings(value):
    """All texts in a value, also in texts that are JSON."""
    if isinstance(value, str):
        yield value
        if value[:1] in "{[":
            try:
                yield from strings(json.loads(value))
            except ValueError:
                pass
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def make(case, clients):
    texts = list(strings([call["in"] for call in case["calls"]]))
    names = {match for text in texts for match in re.findall(r"(?:^|function:)((?:lambda_|fn-)[\w-]+)$", text)}
    if "lambda" in case["needs"]:
        for name in names:
            clients["lambda"].create_function(
                FunctionName=name, Runtime="python3.11", Role="arn:aws:iam::000000000000:role/any", Timeout=60,
                Handler="handler.handler", Code={"ZipFile": package(source(case))})
    for text in texts:
        if re.fullmatch(r"test-bucket-\w+|result-bucket", text):
            clients["s3"].create_bucket(Bucket=text)
            for key in ("file.csv", "file.json"):
                clients["s3"].put_object(Bucket=text, Key=key, Body=file_text(case).encode())
        elif re.fullmatch(r"sfn_test_table_\w+", text):
            clients["dynamodb"].create_table(
                TableName=text, KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], BillingMode="PAY_PER_REQUEST")
        elif re.fullmatch(r"https?://.*/queue/.*", text):
            clients["sqs"].create_queue(QueueName=text.rsplit("/", 1)[-1])
        elif text.startswith("arn:aws:sns:") and "error" not in case["id"]:
            clients["sns"].create_topic(Name=text.rsplit(":", 1)[-1])
        elif "/restapis/" in text and text.startswith("http"):
            yield urllib.parse.urlsplit(text).port


def main():
    path, functions, services, gate = sys.argv[1:]
    Gate.moto = services
    once = Config(retries={"total_max_attempts": 1})
    clients = {name: boto3.client(name, endpoint_url=services, config=once, **ZONE) for name in ("s3", "dynamodb", "sqs", "sns")}
    clients["lambda"] = boto3.client("lambda", endpoint_url=functions, config=once, **ZONE)
    with open(path, encoding="utf-8") as file:
        cases = [case for case in json.load(file)["cases"] if case["needs"] and "mockfile" not in case["needs"]]
    servers = {port: Gateway for case in cases for port in make(case, clients)} | {int(gate): Gate}
    for port, handler in servers.items():
        threading.Thread(target=ThreadingHTTPServer(("127.0.0.1", port), handler).serve_forever, daemon=True).start()
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
