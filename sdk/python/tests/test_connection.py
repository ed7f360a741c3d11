"""Connections against a scripted server: unusual answers, broken connections, and bodies that are refused early."""

import asyncio
import io
import json
import socket
import threading
import unittest

import longhaul
from longhaul import Longhaul
from longhaul.messages import Repeat, Request, path, request
from longhaul.transport import HTTPTransport

PROBLEM = json.dumps({"code": "lease_lost", "detail": "the lease has ended"}).encode()


class ScriptedServer:
    """Answers each connection with the next of the given texts, and closes it."""

    def __init__(self, *answers):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.requests = []
        self._answers = list(answers)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        for answer in self._answers:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                text = b""
                while b"\r\n\r\n" not in text:
                    part = connection.recv(65536)
                    if not part:
                        break
                    text += part
                self.requests.append(text)
                connection.sendall(answer)
                connection.shutdown(socket.SHUT_WR)

    def close(self):
        """Closes the listener."""
        self._listener.close()
        self._thread.join(5)


class AnswerTests(unittest.TestCase):
    def start(self, *answers):
        server = ScriptedServer(*answers)
        self.addCleanup(server.close)
        app = Longhaul(server.url, retry_seconds=5)
        self.addCleanup(app.close)
        return server, app

    def both(self, answer):
        """The bodies of a call from a thread and from asyncio code."""
        _, app = self.start(answer, answer)
        call = request("GET", path("jobs"))

        async def from_asyncio():
            body = (await app.async_transport.call(call)).body
            await app.close_async()
            return body

        return app.transport.call(call).body, asyncio.run(from_asyncio())

    def test_bodies_of_each_form(self):
        for answer in (
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            b"HTTP/1.1 200 OK\r\ncontent-length:5\r\nConnection: close\r\n\r\nhello",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n",
            b"HTTP/1.0 200 OK\r\n\r\nhello",
        ):
            with self.subTest(answer):
                self.assertEqual(self.both(answer), (b"hello", b"hello"))
        self.assertEqual(self.both(b"HTTP/1.1 204 No Content\r\n\r\n"), (b"", b""))

    def test_broken_answers_are_repeated(self):
        whole = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
        for broken in (
            b"",
            b"garbage\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Le",
            b"HTTP/1.1 200 OK\r\nwrong\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxx\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nshort",
        ):
            with self.subTest(broken):
                _, app = self.start(broken, whole, broken, whole)
                call = request("GET", path("jobs"))
                self.assertEqual(app.transport.call(call).json(), {})
                self.assertEqual(asyncio.run(app.async_transport.call(call)).json(), {})

    def test_submission_without_a_key_is_not_repeated(self):
        server, app = self.start(b"", b"")
        with self.assertRaises(longhaul.ServerUnreachable) as caught:
            app.submit("a")
        self.assertTrue(caught.exception.was_sent)
        with self.assertRaises(longhaul.ServerUnreachable):
            asyncio.run(app.submit_async("a"))
        self.assertEqual(len(server.requests), 2)

    def test_answers_that_are_no_problem_have_an_error_by_their_status(self):
        _, app = self.start(*[b"HTTP/1.1 502 Bad\r\nRetry-After: 7\r\nContent-Length: 6\r\n\r\n<html>"])
        with self.assertRaises(longhaul.Unavailable) as caught:
            app.transport.call(request("GET", path("jobs"), repeat=Repeat.NEVER))
        self.assertEqual(caught.exception.retry_after, 7)

    def test_problem_before_the_end_of_a_body_is_read(self):
        answer = b"HTTP/1.1 409 Conflict\r\nContent-Length: %d\r\n\r\n%b" % (len(PROBLEM), PROBLEM)
        for body in (io.BytesIO(bytes(20_000_000)), (bytes(65536) for _ in range(300))):
            with self.subTest(type(body)):
                _, app = self.start(answer)
                # The rest of the body may break the connection before the answer is read.
                with self.assertRaises((longhaul.APIError, longhaul.ServerUnreachable)):
                    app.transport.call(Request("PUT", path("leases", "t", "artifacts", "a"), body, repeat=Repeat.NEVER))

    def test_abort_ends_a_waiting_call(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        app = Longhaul(f"http://127.0.0.1:{listener.getsockname()[1]}")
        transport = app.new_transport(retry_seconds=0)
        self.assertIsInstance(transport, HTTPTransport)
        errors = []

        def wait():
            try:
                transport.call(request("POST", path("leases"), {}, repeat=Repeat.NEVER, timeout=60))
            except longhaul.ServerUnreachable as error:
                errors.append(error)

        thread = threading.Thread(target=wait)
        thread.start()
        connection, _ = listener.accept()
        connection.recv(65536)
        transport.abort()
        thread.join(10)
        connection.close()
        self.assertEqual(len(errors), 1)
        with self.assertRaises(longhaul.ServerUnreachable):
            transport.call(request("GET", path("jobs"), repeat=Repeat.NEVER))

    def test_headers_with_line_breaks_are_refused(self):
        server, _ = self.start(b"")
        app = Longhaul(server.url, "key\r\nX: y", retry_seconds=0)
        with self.assertRaises(ValueError):
            app.submit("a")
        with self.assertRaises(ValueError):
            asyncio.run(app.submit_async("a"))
        socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))).close()
