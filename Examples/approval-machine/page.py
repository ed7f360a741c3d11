#!/usr/bin/python3
"""The page behind the link in the mail: it shows a purchase, and reports the decision with the task token.

    LONGHAUL_SERVER=http://127.0.0.1:8080 page.py

Listens on a free port of 127.0.0.1, and prints its address as a line of JSON. A mail program may open the link to
check it, so only the buttons of the page decide. With boto3, `report` would be one call of send_task_success.
"""

import html
import http.server
import json
import os
import urllib.error
import urllib.parse
import urllib.request

FORM = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Approve a purchase</title>
<h1>{item}, {amount}</h1>
<form method="post"><input type="hidden" name="token" value="{token}">
<label>Your name <input name="by" required></label>
<button name="decision" value="approve">Approve</button> <button name="decision" value="refuse">Refuse</button></form></html>
"""


def report(operation, **members):
    """Calls an operation of the Step Functions API. Returns None, or the type of the error."""
    # A server with API keys wants a signature: see docs/state-machines.md, Credentials.
    request = urllib.request.Request(os.environ["LONGHAUL_SERVER"], json.dumps(members).encode(), headers={
        "X-Amz-Target": f"AWSStepFunctions.{operation}", "Content-Type": "application/x-amz-json-1.0"})
    try:
        urllib.request.urlopen(request, timeout=30).close()
    except urllib.error.HTTPError as error:
        return json.load(error)["__type"]
    return None


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        names = {name: html.escape(query.get(name, "")) for name in ("item", "amount", "token")}
        self.answer(200, FORM.format(**names))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = dict(urllib.parse.parse_qsl(body))
        person = form.get("by", "")
        if form.get("decision") == "approve":
            error = report("SendTaskSuccess", taskToken=form["token"], output=json.dumps({"by": person}))
        else:
            error = report("SendTaskFailure", taskToken=form["token"], error="Refused", cause=f"{person} refused it.")
        if error:
            self.answer(409, f"The purchase was decided before, or the time is over ({html.escape(error)}).\n")
        else:
            self.answer(200, "Thank you.\n")

    def answer(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
print(json.dumps({"listening": f"http://127.0.0.1:{server.server_port}"}), flush=True)
server.serve_forever()
