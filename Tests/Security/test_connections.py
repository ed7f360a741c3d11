"""Clients that hold connections, memory or time of the server."""

import contextlib
import http.client
import json
import socket
import time
import unittest

from harness import Server, allow_descriptors, eventually

HEARTBEAT = {"worker": {"id": "w1"}, "leases": []}


@contextlib.contextmanager
def connections(server, count, request=b"", receive_buffer=None):
    """Opens connections that send the request and read nothing."""
    opened = []
    try:
        for _ in range(count):
            connection = server.raw(receive_buffer=receive_buffer)
            opened.append(connection)
            with contextlib.suppress(OSError):
                connection.sendall(request)
        yield opened
    finally:
        for connection in opened:
            connection.close()


def fill(server, opened, request):
    """Opens connections with a waiting request until a submission is refused. Returns that answer."""
    def refused():
        opened.append(server.raw())
        opened[-1].sendall(request)
        # The server must read the request first; otherwise the next connection replaces it as idle.
        time.sleep(0.05)
        answer = server.call("POST", "/v1/jobs", {"kind": "test"})
        return answer if answer.status != 202 else None
    return eventually(refused, "the connections are used up")


class ConnectionTests(unittest.TestCase):
    def test_thousands_of_idle_connections_do_not_block_clients(self):
        allow_descriptors(20_000)
        with Server() as server, connections(server, 4_200):
            for _ in range(20):
                self.assertEqual(server.call("GET", "/healthz").status, 200)
                server.submit()
            self.assertEqual(server.lease()[0]["attempt"], 1)
            self.assertGreater(server.metric("longhaul_http_connections_evicted_total"), 0)

    def test_connections_with_incomplete_heads_are_evicted(self):
        with Server("--max-connections", "50") as server:
            with connections(server, 300, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: "):
                # A connection cannot be evicted before the server has read its bytes, so the first calls may be refused.
                for _ in range(20):
                    eventually(lambda: server.call("POST", "/v1/jobs", {"kind": "test"}).status == 202, "a job is accepted")
                self.assertGreater(server.metric("longhaul_http_connections_evicted_total"), 0)

    def test_busy_connections_leave_a_reserve_for_health_and_workers(self):
        with Server("--max-connections", "40") as server:
            job = server.submit(delay_seconds=3600)
            wait = f"GET /v1/jobs/{job['id']}?wait_seconds=60 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
            with connections(server, 0) as opened:
                answer = fill(server, opened, wait)
                self.assertEqual((answer.status, answer.code), (503, "system_busy"))
                self.assertEqual(answer.headers["Connection"], "close")
                self.assertTrue(1 <= int(answer.headers["Retry-After"]) <= 5)
                self.assertEqual(server.call("GET", "/healthz").status, 200)
                self.assertEqual(server.call("POST", "/v1/leases/heartbeat", HEARTBEAT).status, 200)
                self.assertGreaterEqual(server.metric("longhaul_http_refused_total", reason="connections"), 1)
                self.assertGreaterEqual(server.metric("longhaul_submissions_rejected_total", reason="system_busy"), 1)
            eventually(lambda: server.call("POST", "/v1/jobs", {"kind": "test"}).status == 202, "there is room again")

    def test_one_address_has_a_limit_of_connections(self):
        with Server("--max-connections-per-address", "20") as server:
            job = server.submit(delay_seconds=3600)
            wait = f"GET /v1/jobs/{job['id']}?wait_seconds=60 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
            with connections(server, 0) as opened:
                self.assertEqual(fill(server, opened, wait).status, 503)
                self.assertLess(len(opened), 100)
                # Another address of this machine.
                other = http.client.HTTPConnection("127.0.0.1", server.port, source_address=("127.0.0.2", 0))
                other.request("POST", "/v1/jobs", json.dumps({"kind": "test"}), {"Content-Type": "application/json"})
                self.assertEqual(other.getresponse().status, 202)
                other.close()


class MemoryTests(unittest.TestCase):
    def test_unfinished_bodies_have_a_budget(self):
        size = 15 << 20
        head = (f"POST /v1/jobs/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                f"Content-Length: {size}\r\n\r\n").encode()
        with Server() as server:
            before = server.memory_mib()
            with connections(server, 16, head) as opened:
                refused = 0
                for connection in opened:
                    connection.settimeout(5)
                    try:
                        connection.sendall(b" " * (size - 1))
                    except OSError:
                        refused += 1
                self.assertGreaterEqual(refused, 4)
                self.assertLess(server.memory_mib() - before, 200)
                self.assertLessEqual(server.metric("longhaul_http_body_bytes"), 128 << 20)
                self.assertGreaterEqual(server.metric("longhaul_http_refused_total", reason="body_memory")
                                        + server.metric("longhaul_submissions_rejected_total", reason="system_busy"), 1)
                server.submit()
            eventually(lambda: server.metric("longhaul_http_body_bytes") == 0, "the memory is returned")

    def test_a_batch_has_a_limit(self):
        with Server() as server:
            head = "POST /v1/jobs/batch HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n"
            self.assertIn(b" 413 ", server.exchange(head.format((16 << 20) + 1).encode()).split(b"\r\n")[0])

    def test_clients_that_read_nothing_use_bounded_memory(self):
        with Server() as server:
            jobs = [{"kind": "test", "payload": "x" * 250_000} for _ in range(30)]
            for _ in range(2):
                self.assertEqual(server.call("POST", "/v1/jobs/batch", {"jobs": jobs}).status, 202)
            request = b"GET /v1/jobs?limit=500 HTTP/1.1\r\nHost: localhost\r\n\r\n"
            # Otherwise the buffers of the kernel can take all answers, each of 4 MB, before the budget is used up.
            with connections(server, 48, request, receive_buffer=4096):
                eventually(lambda: (server.metric("longhaul_http_refused_total", reason="answer_memory") or 0) >= 1,
                           "the budget of answers is used up")
                self.assertLessEqual(server.metric("longhaul_http_answer_bytes"), 64 << 20)
                self.assertLess(server.memory_mib(), 400)
                server.submit()
                self.assertEqual(server.call("GET", "/v1/jobs?limit=1").status, 200)
            eventually(lambda: server.metric("longhaul_http_answer_bytes") == 0, "the memory is returned")


    def test_full_answer_memory_keeps_the_answers_of_finished_writes(self):
        with Server("--max-answer-memory-bytes", str(1 << 20)) as server:
            body = json.dumps({"jobs": [{"kind": "test", "payload": "x" * 250_000} for _ in range(60)]})
            head = f"POST /v1/jobs/batch HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
            with connections(server, 1, (head + body).encode()) as opened:
                eventually(lambda: server.metric("longhaul_http_answer_bytes") > 1 << 20, "the answer waits for its client")
                refused = server.call("POST", "/v1/jobs", {"kind": "test"})
                self.assertEqual((refused.status, refused.code), (503, "system_busy"))
                self.assertEqual(server.call("POST", "/v1/leases/heartbeat", HEARTBEAT).status, 200)
                self.assertEqual(server.call("GET", "/v1/queues").status, 200)
                self.assertTrue(opened[0].recv(64).startswith(b"HTTP/1.1 202 "))
            eventually(lambda: server.metric("longhaul_http_answer_bytes") == 0, "the memory is returned")
            self.assertEqual(server.call("GET", "/v1/queues/default").json["counts"]["pending"], 60)
            server.submit()


class PaceTests(unittest.TestCase):
    def test_a_slow_body_ends_with_408(self):
        with Server("--body-timeout-seconds", "2") as server, server.raw() as connection:
            connection.sendall(b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 70000\r\n\r\n")
            connection.settimeout(0.2)
            deadline = time.monotonic() + 60
            answer = b""
            while not answer and time.monotonic() < deadline:
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    connection.sendall(b" ")
                with contextlib.suppress(socket.timeout, ConnectionResetError):
                    answer = connection.recv(65536)
            self.assertTrue(answer.startswith(b"HTTP/1.1 408 "), answer)
            self.assertGreaterEqual(server.metric("longhaul_http_refused_total", reason="slow_request"), 1)

    def test_an_address_has_a_rate_limit(self):
        with Server("--request-rate", "5") as server:
            answers = [server.call("GET", "/v1/queues") for _ in range(30)]
            limited = [answer for answer in answers if answer.status == 429]
            self.assertTrue(limited)
            self.assertEqual(limited[0].code, "rate_limited")
            self.assertEqual(limited[0].headers["Retry-After"], "1")
            self.assertEqual(server.call("POST", "/v1/leases/heartbeat", HEARTBEAT).status, 200)
            self.assertEqual(server.call("GET", "/healthz").status, 200)
            self.assertEqual(server.metric("longhaul_http_refused_total", reason="rate_limited"), len(limited))
            eventually(lambda: server.call("GET", "/v1/queues").status == 200, "the rate allows more")


if __name__ == "__main__":
    unittest.main()
