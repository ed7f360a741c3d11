"""Requests from pages of other sites, and names that resolve to this machine (DNS rebinding)."""

import subprocess
import tempfile
import unittest

from harness import BINARY, Server, environment

JOB = {"kind": "test"}


class HostTests(unittest.TestCase):
    def test_only_loopback_names_are_served(self):
        with Server() as server:
            for host in ("evil.example", f"evil.example:{server.port}", "127.0.0.1.evil.example", "localhost.evil.example",
                         "0.0.0.0", "[::]", "169.254.169.254", "127.0.0.1@evil.example", "evil.example, localhost", ""):
                for method, path in (("GET", "/v1/jobs"), ("GET", "/"), ("GET", "/metrics"), ("GET", "/healthz"),
                                     ("POST", "/v1/leases"), ("OPTIONS", "/v1/jobs"), ("GET", "/nothing")):
                    with self.subTest(host=host, path=path):
                        answer = server.call(method, path, headers={"Host": host, "Sec-Fetch-Site": "same-origin"})
                        self.assertEqual((answer.status, answer.code), (421, "misdirected_request"))
                        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
                        self.assertIn("localhost", answer.json["detail"])
            for host in ("localhost", "LOCALHOST:1", "127.0.0.1", f"127.0.0.1:{server.port}", "127.8.9.1", "[::1]", "[::1]:1"):
                with self.subTest(host=host):
                    self.assertEqual(server.call("GET", "/healthz", headers={"Host": host}).status, 200)

    def test_the_authority_of_an_absolute_target_counts_too(self):
        with Server() as server:
            request = "GET http://{}/healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            self.assertIn(b" 421 ", server.exchange(request.format("evil.example").encode()).split(b"\r\n")[0])
            self.assertIn(b" 200 ", server.exchange(request.format("127.0.0.1").encode()).split(b"\r\n")[0])

    def test_origins_are_compared_by_scheme_host_and_port(self):
        with Server() as server:
            own = f"127.0.0.1:{server.port}"
            for origin in ("null", "", f"http://evil/{own}", f"https://{own}", "http://127.0.0.1:1", f"http://u@{own}",
                           f"http://localhost:{server.port}", f"ftp://{own}", own):
                with self.subTest(origin):
                    answer = server.call("POST", "/v1/jobs", JOB, {"Host": own, "Origin": origin})
                    self.assertEqual((answer.status, answer.code), (403, "forbidden"))
            self.assertEqual(server.call("POST", "/v1/jobs", JOB, {"Host": own, "Origin": f"http://{own}"}).status, 202)
            self.assertEqual(len(server.call("GET", "/v1/jobs").json["items"]), 1)

    def test_an_invalid_address_is_refused(self):
        for place in ("127.evil.example:0", "nothing.invalid:0"):
            with self.subTest(place), tempfile.TemporaryDirectory() as folder:
                done = subprocess.run(
                    [BINARY, "serve", "--listen", place, "--store", f"sqlite:{folder}/x.db", "--artifacts",
                     f"file:{folder}/files"], capture_output=True, text=True, env=environment(), timeout=60, check=False)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn("listen", done.stderr)


if __name__ == "__main__":
    unittest.main()
