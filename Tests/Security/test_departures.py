"""Clients that disconnect, or send nothing while the server stops."""

import signal
import time
import unittest

from harness import Server, eventually


class DepartureTests(unittest.TestCase):
    def test_a_disconnected_client_is_no_server_error(self):
        with Server() as server:
            job = server.submit()
            token = server.lease()[0]["token"]
            poll = '{"worker": {"id": "w2"}, "queues": ["empty"], "wait_seconds": 30}'
            requests = [
                f"GET /v1/jobs/{job['id']}?wait_seconds=30 HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "POST /v1/jobs?wait_seconds=30 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 18\r\n\r\n{\"kind\": \"waiting\"}",
                f"POST /v1/leases HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(poll)}\r\n\r\n{poll}",
                f"PUT /v1/leases/{token}/artifacts/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000\r\n\r\nabc",
                "POST /v1/jobs/batch HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000\r\n\r\n{",
            ]
            requests[1] = requests[1].replace("18", str(len(requests[1].partition("\r\n\r\n")[2])))
            departures = lambda: server.metric("longhaul_http_request_seconds_count", status="499") or 0
            for request in requests:
                self.leave(server, request.encode(), departures)
            self.assertEqual(server.call("GET", "/v1/jobs?kind=waiting").json["items"][0]["state"], "pending")
            for status in ("500", "503"):
                self.assertIsNone(server.metric("longhaul_http_request_seconds_count", status=status))
            self.assertEqual(server.metric("longhaul_submissions_rejected_total"), 0)
            log = server.log()
            self.assertNotIn("error", log)
            self.assertNotIn("warning", log)
            self.assertNotIn(token, log)

    def leave(self, server, request, departures):
        """Sends a request and disconnects before the answer, until the server counts it. The server counts only requests
        whose handler has started, so the pause grows with each try."""
        before = departures()
        for pause in (0.2, 0.5, 1, 2, 4, 8, 16):
            with server.raw() as connection:
                connection.sendall(request)
                time.sleep(pause)
            try:
                return eventually(lambda: departures() > before, "the departure is counted", 2)
            except AssertionError:
                continue
        self.fail(f"not counted: {request[:40]!r}")

    def test_lease_tokens_stay_out_of_problems(self):
        with Server() as server:
            server.submit()
            token = server.lease()[0]["token"]
            for method, path in (("POST", "complete"), ("POST", "fail"), ("PUT", "steps/a"), ("POST", "nothing"), ("GET", "complete"),
                                 ("PUT", "artifacts/.."), ("GET", "steps/none")):
                with self.subTest(path):
                    answer = server.call(method, f"/v1/leases/{token}/{path}", b"{" if method != "GET" else None)
                    self.assertGreaterEqual(answer.status, 400)
                    self.assertNotIn(token, answer.body.decode())
                    self.assertEqual(answer.json["instance"], f"/v1/leases/***/{path}")


class StopTests(unittest.TestCase):
    def stop(self, server, *requests):
        opened = [server.raw() for _ in requests]
        for connection, request in zip(opened, requests):
            connection.sendall(request)
        eventually(lambda: server.metric("longhaul_http_connections") >= len(requests), "the connections are open")
        # The server has read the heads.
        time.sleep(0.3)
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        self.assertEqual(server.process.wait(60), 0)
        for connection in opened:
            connection.close()
        return time.monotonic() - began

    def test_an_incomplete_head_does_not_delay_a_stop(self):
        with Server() as server:
            # The server waits 20 s for a head while it runs.
            self.assertLess(self.stop(server, b"", b"GET /v1", b"GET /healthz HTTP/1.1\r\nHost: loc"), 15)

    def test_an_incomplete_body_gets_five_seconds(self):
        head = b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n{"
        with Server("--body-timeout-seconds", "600") as server:
            self.assertLess(self.stop(server, head % 100, head % 100_000), 60)

    def test_a_hangup_does_not_end_the_server(self):
        with Server() as server:
            for _ in range(3):
                server.process.send_signal(signal.SIGHUP)
            eventually(lambda: "SIGHUP" in server.log(), "the signal is logged")
            self.assertEqual(server.call("GET", "/healthz").status, 200)
            self.assertIsNone(server.process.poll())


if __name__ == "__main__":
    unittest.main()
