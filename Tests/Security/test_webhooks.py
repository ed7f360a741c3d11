"""Webhooks: a receiver that verifies them with the library of the Standard Webhooks specification, and attempts to lead the
server to addresses in its own network."""

import base64
import ctypes
import http.server
import json
import os
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

from harness import REPOSITORY, Server, eventually

SECRETS = ["whsec_" + base64.b64encode(bytes([number] * 32)).decode() for number in (1, 2)]
VERSION = "1.0.1"


class Receiver:
    """An HTTP server on a free port that records what arrives."""

    def __init__(self, address="127.0.0.1", port=0, status=200, certificate=None):
        received = self.received = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received.append((dict(self.headers), body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer((address, port), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def reported(server, url):
    """Submits a job and cancels it; returns its ID."""
    job = server.submit("k", callback_url=url)["id"]
    assert server.call("POST", f"/v1/jobs/{job}/cancel").status == 200
    return job


def deliveries(server, job):
    return server.call("GET", f"/v1/jobs/{job}/deliveries").json["items"]


def attempts(server, job):
    """The attempts of the job's webhook, once there is one."""
    return eventually(lambda: deliveries(server, job)[0]["attempts"], "an attempt is recorded")


def library():
    """A Python with the package `standardwebhooks`, installed from PyPI into .run once."""
    script = os.path.join(REPOSITORY, "scripts/venv.sh")
    folder = subprocess.run(
        [script, "standardwebhooks", f"standardwebhooks=={VERSION}"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    return os.path.join(folder, "bin/python")


VERIFY = """
import json, sys
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
for line in sys.stdin:
    case = json.loads(line)
    try:
        print(Webhook(case["secret"]).verify(case["body"], case["headers"])["type"])
    except WebhookVerificationError as error:
        print("refused:", error)
"""


class Signatures(unittest.TestCase):
    """The package `standardwebhooks` verifies what the server sends."""

    def test_are_verified_by_the_library_of_the_specification(self):
        python = library()
        with Receiver() as receiver, Server(
                "--webhook-allow", "http://127.0.0.0/8", LONGHAUL_WEBHOOK_SECRET=",".join(SECRETS)) as server:
            reported(server, f"http://127.0.0.1:{receiver.port}/")
            eventually(lambda: receiver.received, "a webhook arrives")
            headers, body = receiver.received[0]
            text = body.decode()
            other = "whsec_" + base64.b64encode(b"3" * 32).decode()
            cases = [(secret, text) for secret in [*SECRETS, other]] + [(SECRETS[0], text.replace("cancelled", "completed"))]
            lines = "".join(
                json.dumps({"secret": secret, "body": body, "headers": headers}) + "\n" for secret, body in cases)
            done = subprocess.run([python, "-c", VERIFY], input=lines, capture_output=True, text=True, check=True)
            answers = done.stdout.splitlines()
            self.assertEqual(answers[:2], ["job.cancelled", "job.cancelled"])
            self.assertEqual(["refused" in answer for answer in answers[2:]], [True, True], answers)


class Certificates(unittest.TestCase):
    """The server sends a webhook only to a receiver whose certificate it trusts."""

    def test_are_checked(self):
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "receiver.pem")
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                 "-subj", "/CN=receiver", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", file, "-out", file + ".crt"],
                check=True, capture_output=True)
            with open(file, "a", encoding="utf-8") as both, open(file + ".crt", encoding="utf-8") as certificate:
                both.write(certificate.read())
            with Receiver(certificate=file) as receiver:
                for trusted, is_delivered in (([], False), (["--webhook-ca-file", file + ".crt"], True)):
                    with Server("--webhook-allow", "127.0.0.1", *trusted, LONGHAUL_WEBHOOK_SECRET=SECRETS[0]) as server:
                        attempt = attempts(server, reported(server, f"https://127.0.0.1:{receiver.port}/"))[0]
                        self.assertEqual(attempt["status"] == 200, is_delivered, attempt)
                self.assertEqual(len(receiver.received), 1)


class Nameserver:
    """Answers each question for an A record with the next address of a list, again and again, with no time to live."""

    def __init__(self, addresses):
        self.addresses = addresses
        self.asked = 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.53", 53))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            question, client = self.socket.recvfrom(512)
            end = question.index(b"\0", 12) + 5
            is_a = question[end - 4:end - 2] == b"\0\1"
            head = question[:2] + struct.pack(">HHHHH", 0x8180, 1, 1 if is_a else 0, 0, 0)
            answer = head + question[12:end]
            if is_a:
                address = self.addresses[self.asked % len(self.addresses)]
                self.asked += 1
                answer += b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 0, 4) + socket.inet_aton(address)
            self.socket.sendto(answer, client)


# A public address that only exists in the network namespace of the test.
PUBLIC = "11.22.33.44"


def enter_namespaces(folder):
    """Puts this process, and what it starts, into a network of its own, where names are resolved by 127.0.0.53."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(0x40000000 | 0x00020000) != 0:
        raise unittest.SkipTest("needs the right to make network and mount namespaces: " + os.strerror(ctypes.get_errno()))
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    for name, text in [("resolv.conf", "nameserver 127.0.0.53\n"), ("nsswitch.conf", "hosts: dns\n")]:
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        subprocess.run(["mount", "--bind", path, f"/etc/{name}"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["ip", "address", "add", f"{PUBLIC}/32", "dev", "lo"], check=True)


def rebind(folder):
    """Runs in a process of its own, because it does not leave the namespaces."""
    enter_namespaces(folder)
    nameserver = Nameserver([PUBLIC, "127.0.0.1"])
    with Receiver(PUBLIC, 80) as public, Receiver("127.0.0.1", 80) as private, Server(
            "--webhook-allow", f"http://{PUBLIC}/32", LONGHAUL_WEBHOOK_SECRET=SECRETS[0]) as server:
        refused = delivered = 0
        for number in range(12):
            # The server remembers the addresses of a name for a while, so each webhook has another name.
            job = reported(server, f"http://host-{number}.example/")
            for attempt in attempts(server, job):
                if attempt["status"] == 200:
                    delivered += 1
                else:
                    refused += 1
                    assert "not allowed" in attempt["error"], attempt
        assert not private.received, "a webhook reached a private address"
        assert refused and delivered, (refused, delivered, nameserver.asked)
        assert len(public.received) >= delivered


class PrivateAddresses(unittest.TestCase):
    """No URL and no name leads the server to an address in its own network."""

    def test_are_refused_in_every_notation_at_submission(self):
        with Server(LONGHAUL_WEBHOOK_SECRET=SECRETS[0]) as server:
            for host in ("127.0.0.1", "127.1", "0x7f000001", "0177.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.0.1",
                         "100.64.0.1", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[fd00::1]", "[fe80::1]",
                         "localhost", "a.localhost"):
                answer = server.call("POST", "/v1/jobs", {"kind": "k", "callback_url": f"https://{host}/"})
                self.assertEqual((answer.status, answer.json["errors"][0]["pointer"]), (400, "/callback_url"), host)

    def test_are_not_reached_by_a_name_whose_address_changes(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, "-B", os.path.abspath(__file__), "--rebind", folder], cwd=os.path.dirname(__file__),
                capture_output=True, text=True, timeout=240, check=False)
            if "SkipTest" in done.stderr:
                self.skipTest(done.stderr.strip().splitlines()[-1])
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_are_not_reached_through_a_proxy_of_the_environment(self):
        with Receiver() as proxy, Server(
                "--webhook-timeout-seconds", "2", LONGHAUL_WEBHOOK_SECRET=SECRETS[0],
                http_proxy=f"http://127.0.0.1:{proxy.port}", https_proxy=f"http://127.0.0.1:{proxy.port}",
                ALL_PROXY=f"http://127.0.0.1:{proxy.port}") as server:
            job = reported(server, "https://webhooks.invalid/")
            self.assertIsNone(attempts(server, job)[0]["status"])
            self.assertEqual(proxy.received, [])


if __name__ == "__main__":
    if sys.argv[1:2] == ["--rebind"]:
        rebind(sys.argv[2])
    else:
        unittest.main()
