"""The header fields of answers, and the versions of TLS."""

import os
import ssl
import subprocess
import unittest

from harness import Server


class HeaderTests(unittest.TestCase):
    def test_every_answer_has_the_security_headers(self):
        with Server() as server:
            job = server.submit()
            token = server.lease()[0]["token"]
            server.call("PUT", f"/v1/leases/{token}/artifacts/a.html", b"<p>", {"Content-Type": "text/html"})
            server.call("POST", f"/v1/leases/{token}/complete", {"result": 1})
            artifact = f"/v1/jobs/{job['id']}/artifacts/a.html"
            paths = ["/", "/jobs", "/docs", "/healthz", "/readyz", "/metrics", "/openapi.json", "/v1/jobs", f"/v1/jobs/{job['id']}",
                     artifact, "/v1/nothing", "/v1/jobs/%zz", "/v1/jobs?limit=x"]
            for path in paths:
                with self.subTest(path):
                    headers = server.call("GET", path).headers
                    self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
                    self.assertEqual(headers["Cross-Origin-Resource-Policy"], "same-origin")
                    self.assertEqual(headers["Referrer-Policy"], "no-referrer")
                    self.assertIn("frame-ancestors 'none'", headers["Content-Security-Policy"])
                    self.assertIn("no-", headers["Cache-Control"])
                    self.assertEqual(len(headers.get_all("Content-Security-Policy")), 1)
            self.assertEqual(server.call("GET", "/v1/jobs").headers["Cache-Control"], "no-store")
            self.assertIn("sandbox", server.call("GET", artifact).headers["Content-Security-Policy"])

    def test_405_lists_only_the_methods_of_the_path(self):
        with Server() as server:
            for method, path, allow in (
                    ("GET", "/v1/jobs/batch", "OPTIONS, POST"), ("DELETE", "/v1/jobs/batch", "OPTIONS, POST"),
                    ("PATCH", "/v1/leases/heartbeat", "OPTIONS, POST"), ("PUT", "/healthz", "GET, HEAD, OPTIONS")):
                answer = server.call(method, path)
                self.assertEqual((answer.status, answer.code, answer.headers["Allow"]), (405, "method_not_allowed", allow))


class TLSTests(unittest.TestCase):
    def test_old_versions_and_weak_ciphers_are_refused(self):
        with Server() as server:
            certificate, key = os.path.join(server.folder, "cert.pem"), os.path.join(server.folder, "key.pem")
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "2", "-keyout", key,
                 "-out", certificate], check=True, capture_output=True)
            with Server("--tls-cert", certificate, "--tls-key", key) as secure:
                def connect(*options):
                    return subprocess.run(
                        ["openssl", "s_client", "-connect", f"127.0.0.1:{secure.port}", *options], stdin=subprocess.DEVNULL,
                        capture_output=True, text=True, timeout=60, check=False).stdout
                for options in (("-tls1_2",), ("-tls1_3",)):
                    self.assertRegex(connect(*options), r"Cipher is (ECDHE|TLS_)")
                for options in (("-tls1", "-cipher", "ALL:@SECLEVEL=0"), ("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"),
                                ("-tls1_2", "-cipher", "AES128-SHA:AES128-GCM-SHA256:@SECLEVEL=0"),
                                ("-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA:@SECLEVEL=0")):
                    with self.subTest(options):
                        self.assertIn("Cipher is (NONE)", connect(*options))
                context = ssl.create_default_context(cafile=certificate)
                with context.wrap_socket(secure.raw(), server_hostname="localhost") as connection:
                    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    answer = b""
                    while piece := connection.recv(65536):
                        answer += piece
                self.assertTrue(answer.startswith(b"HTTP/1.1 200 "), answer)
                # Browsers would apply the header to every port of localhost.
                self.assertNotIn(b"strict-transport-security", answer.lower())
                with context.wrap_socket(secure.raw(), server_hostname="localhost") as connection:
                    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                    answer = connection.recv(65536)
                self.assertIn(b"strict-transport-security: max-age=31536000\r\n", answer.lower())


if __name__ == "__main__":
    unittest.main()
