"""nginx and HAProxy in front of the server: no request is smuggled past them.

Each proxy refuses everything below /v1/jobs, as one that checks who may submit would. A job that exists afterwards was
smuggled.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import unittest

from harness import DEADLINE_SECONDS, Server, end, eventually
from test_framing import CHUNKED, CORPUS, LENGTH, SMUGGLED, post

NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    upstream longhaul {{ server 127.0.0.1:{port}; keepalive 8; }}
    server {{
        listen 127.0.0.1:{listen};
        ignore_invalid_headers off; underscores_in_headers on; merge_slashes off;
        location /v1/jobs {{ return 403; }}
        location / {{
            proxy_pass http://longhaul; proxy_http_version 1.1;
            proxy_set_header Host localhost; proxy_set_header Connection "";
            proxy_request_buffering {buffering};
        }}
    }}
}}
"""

HAPROXY = """
global
    maxconn 256
defaults
    mode http
    timeout connect 30s
    timeout client 30s
    timeout server 30s
    option accept-invalid-http-request
    http-reuse always
frontend front
    bind 127.0.0.1:{listen}
    http-request deny deny_status 403 if {{ path_beg /v1/jobs }}
    http-request set-header Host localhost
    default_backend longhaul
backend longhaul
    server longhaul 127.0.0.1:{port}
"""

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
# Requests for the tests with a proxy, which might forward them.
MORE = {
    "plain": post("Content-Length: 2\r\n", "{}"),
    "plain chunks": post(CHUNKED, "2\r\n{}\r\n0\r\n\r\n"),
    "trailer": post(CHUNKED, "2\r\n{}\r\n0\r\nX: y\r\n\r\n"),
    "chunk size with zeros": post(CHUNKED, "0000000000000002\r\n{}\r\n0\r\n\r\n"),
    "absolute target": post("Content-Length: 2\r\n", "{}", path="http://localhost/v1/leases/heartbeat"),
    "absolute target of another host": post("Content-Length: 2\r\n", "{}", path="http://other/v1/leases/heartbeat"),
    "encoding of another case": post("tRANSFER-eNCODING: CHUNKED\r\n", "2\r\n{}\r\n0\r\n\r\n"),
    "encoding with tabs": post("Transfer-Encoding:\tchunked\t\r\n", "2\r\n{}\r\n0\r\n\r\n"),
    "encoding with an underscore": post(f"Transfer_Encoding: chunked\r\nContent-Length: {LENGTH}\r\n"),
    "request in a body": post(f"Content-Length: {LENGTH}\r\n"),
    "request in a chunk": post(CHUNKED, f"{LENGTH:x}\r\n{SMUGGLED}\r\n0\r\n\r\n"),
    "GET with a body": f"GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: {LENGTH}\r\n\r\n",
    "expectation": post(f"Expect: 100-continue\r\nContent-Length: {LENGTH}\r\n"),
    "hidden by Connection": post(f"Connection: Content-Length\r\nContent-Length: {LENGTH}\r\n"),
    "upgrade": post(f"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: {LENGTH}\r\n"),
}


class Proxy:
    """A proxy process with a configuration in its own folder."""

    def __init__(self, program, configuration, server, **values):
        path = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin")
        if not path:
            raise AssertionError(f"{program} is not installed; run: make bootstrap")
        self.folder = tempfile.mkdtemp(prefix="longhaul-security-proxy-")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        file = os.path.join(self.folder, "configuration")
        with open(file, "w", encoding="utf-8") as out:
            out.write(configuration.format(folder=self.folder, port=server.port, listen=self.port, **values))
        options = ["-p", self.folder, "-c", file] if program == "nginx" else ["-db", "-q", "-f", file]
        self.process = subprocess.Popen(
            [path, *options], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        eventually(lambda: b" 200 " in self.exchange(HEALTH), "the proxy serves")
        return self

    def exchange(self, request, silence=DEADLINE_SECONDS):
        """Sends bytes on a new connection. Returns all received bytes until the proxy closes the connection or sends nothing for
        some seconds."""
        received = b""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=silence) as connection:
            connection.sendall(request)
            while chunk := connection.recv(65536):
                received += chunk
        return received

    def __exit__(self, *_):
        end(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)


class ProxyTests(unittest.TestCase):
    def attack(self, program, configuration, **values):
        with Server() as server, Proxy(program, configuration, server, **values) as proxy:
            self.assertIn(b" 403 ", proxy.exchange(SMUGGLED.replace("\r\n", "\r\nConnection: close\r\n", 1).encode()))
            for name, request in (CORPUS | MORE).items():
                with self.subTest(name):
                    proxy.exchange((request + SMUGGLED).encode("latin-1"), silence=0.1)
                    # The next caller gets its own answer over the remaining connection to the server.
                    for _ in range(2):
                        answer = proxy.exchange(HEALTH)
                        self.assertTrue(answer.startswith(b"HTTP/1.1 200 "), answer)
                        self.assertTrue(answer.endswith(b'{"status":"ok"}'), answer)
            self.assertEqual(server.call("GET", "/v1/jobs").json["items"], [])

    def test_nginx_with_buffered_bodies(self):
        self.attack("nginx", NGINX, buffering="on")

    def test_nginx_with_streamed_bodies(self):
        self.attack("nginx", NGINX, buffering="off")

    def test_haproxy(self):
        self.attack("haproxy", HAPROXY)


if __name__ == "__main__":
    unittest.main()
