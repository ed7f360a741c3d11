"""Clients that a server with certificates must refuse, many of them, and Unix sockets of other users."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest

from certificates import Certificates
from harness import Server, eventually


def status(server, context):
    """The status of /healthz over TLS; None if the server refuses the connection."""
    request = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    try:
        with context.wrap_socket(server.raw(), server_hostname="127.0.0.1") as connection:
            connection.sendall(request)
            answer = connection.recv(65536)
            return int(answer.split()[1]) if answer else None
    except (ssl.SSLError, ConnectionError):
        return None


class RefusedClientTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.certificates = Certificates()

    @classmethod
    def tearDownClass(cls):
        cls.certificates.folder.cleanup()

    def test_refused_handshakes_and_reloads_leave_nothing_behind(self):
        with Server(*self.certificates.options()) as server:
            good, anonymous = self.certificates.context("client"), self.certificates.context()
            wrong = self.certificates.context("server")

            def round_of_clients(count):
                for _ in range(count):
                    server.process.send_signal(signal.SIGHUP)
                    self.assertIsNone(status(server, anonymous))
                    self.assertIsNone(status(server, wrong))
                    self.assertEqual(status(server, good), 200)
                eventually(lambda: server.descriptors() <= idle, "all connections are closed")

            idle = server.descriptors() + 2
            round_of_clients(20)
            before = server.memory_mib()
            round_of_clients(100)
            self.assertLess(server.memory_mib() - before, 10)
            self.assertNotIn("error", server.log())

    def test_a_client_that_speaks_no_tls_gets_no_answer(self):
        with Server(*self.certificates.options()) as server:
            self.assertNotIn(b"HTTP/1.1 2", server.exchange(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"))
            self.assertEqual(status(server, self.certificates.context("client")), 200)


class UnixSocketTests(unittest.TestCase):
    connecting = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"

    @unittest.skipUnless(os.geteuid() == 0, "only root can run a program as another user")
    def test_another_user_connects_only_if_the_mode_allows_it(self):
        for mode, is_allowed in (("0600", False), ("0660", False), ("0666", True)):
            with self.subTest(mode), tempfile.TemporaryDirectory(prefix="longhaul-socket-") as folder:
                os.chmod(folder, 0o755)
                path = os.path.join(folder, "server.sock")
                with Server("--listen", f"unix:{path}", "--socket-mode", mode, umask=0) as server:
                    self.assertEqual(oct(os.stat(path).st_mode & 0o777), oct(int(mode, 8)))
                    result = subprocess.run(
                        [sys.executable, "-c", self.connecting, path], user=65534, group=65534, extra_groups=[],
                        capture_output=True, text=True, check=False)
                    self.assertEqual(result.returncode == 0, is_allowed, result.stderr)
                    if not is_allowed:
                        self.assertIn("PermissionError", result.stderr)
                    with socket.socket(socket.AF_UNIX) as connection:
                        connection.connect(path)
                        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                        self.assertTrue(connection.recv(65536).startswith(b"HTTP/1.1 200 "), server.log())


if __name__ == "__main__":
    unittest.main()
