"""Event streams: clients that connect and disconnect cannot stop the server, and many readers do not slow submissions."""

import contextlib
import json
import re
import socket
import threading
import time
import unittest

from harness import Server, eventually
from stores import EachStore

STREAM = b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n%s\r\n"


class Stream:
    """An event stream over a plain socket, with the received bytes."""

    def __init__(self, server, path="/v1/events", last_id=None, receive_buffer=None):
        self.connection = socket.socket()
        if receive_buffer:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.connection.settimeout(60)
        self.connection.connect(("127.0.0.1", server.port))
        extra = b"Last-Event-ID: %s\r\n" % last_id.encode() if last_id else b""
        self.connection.sendall(STREAM % (path.encode(), extra))
        self.received = b""

    def read(self, seconds=0.05):
        """Reads available bytes for at most this time. Returns false at the end of the stream."""
        self.connection.settimeout(seconds)
        with contextlib.suppress(TimeoutError, ConnectionError):
            chunk = self.connection.recv(1 << 20)
            self.received += chunk
            return bool(chunk)
        return True

    def wait(self, text, seconds=60):
        """Reads until the text has arrived."""
        eventually(lambda: (self.read(), text.encode() in self.received)[1], f"{text!r} arrives", seconds)

    def begin(self):
        """Waits for the head of the answer. Returns the status."""
        self.wait("\r\n\r\n")
        return int(self.received.split()[1])

    def events(self):
        """The received (id, event, data)."""
        text = re.sub(rb"\r\n[0-9a-f]+\r\n", b"", self.received).decode(errors="replace")
        found = re.findall(r"(?:id: (\S+)\n)?event: (\w+)\ndata: (.*)\n", text)
        return [(i, e, d) for i, e, d in found]

    def close(self):
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class DroppedStreamTests(EachStore):
    def test_disconnecting_clients_do_not_stop_the_server(self):
        """Streams are opened and dropped beside submissions. The server once deadlocked."""
        for store in self.stores():
            with self.subTest(store=store or "sqlite"), Server(store=store) as server:
                self.drop_streams(server, seconds=8)

    def drop_streams(self, server, seconds):
        deadline = time.monotonic() + seconds
        failures = []

        def run(body):
            while time.monotonic() < deadline and not failures:
                try:
                    body()
                except (OSError, AssertionError) as error:
                    failures.append(repr(error))

        def submit():
            server.call("POST", "/v1/jobs/batch", {"jobs": [{"kind": "drop"}] * 20})

        def drop():
            streams = [Stream(server) for _ in range(10)]
            for stream in streams:
                stream.begin()
            for stream in streams:
                stream.close()

        threads = [threading.Thread(target=run, args=[body]) for body in [submit] * 3 + [drop] * 5]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertEqual(server.call("GET", "/healthz").status, 200)
        server.submit("after")
        eventually(lambda: server.metric("longhaul_event_streams") == 0, "every stream is released")


class ManyReaderTests(unittest.TestCase):
    READERS = 1000

    def test_a_batch_beside_a_thousand_readers(self):
        """The batch once took 8–10 s, other submissions waited 6 s, and memory rose from 35 to 715 MB."""
        with Server() as server:
            server.submit("warm")
            before = server.memory_mib()
            readers = [Stream(server) for _ in range(self.READERS)]
            try:
                for reader in readers:
                    self.assertEqual(reader.begin(), 200)
                idle = server.memory_mib()
                worst = []
                stop = threading.Event()

                def submit():
                    while not stop.is_set():
                        began = time.monotonic()
                        server.submit("beside")
                        worst.append(time.monotonic() - began)

                other = threading.Thread(target=submit)
                other.start()
                began = time.monotonic()
                answer = server.call("POST", "/v1/jobs/batch", {"jobs": [{"kind": "many"}] * 1000})
                took = time.monotonic() - began
                self.assertEqual(answer.status, 202)
                last = answer.json["jobs"][-1]["job"]["id"]
                for reader in readers[:: self.READERS // 10]:
                    self.drain(reader, last)
                stop.set()
                other.join()
                after = server.memory_mib()
                print(
                    f"\n{self.READERS} readers, idle {(idle - before) * 1024 / self.READERS:.1f} KiB each; batch of 1,000: "
                    f"{took:.2f} s, slowest other submission {max(worst):.2f} s, memory {before:.0f} → {after:.0f} MiB")
                # The times depend on the load of the machine, so they are only printed.
                self.assertLess(after, 300)
            finally:
                for reader in readers:
                    reader.close()
            eventually(lambda: server.metric("longhaul_event_streams") == 0, "every stream is released")

    def drain(self, reader, job_id):
        """A reader receives all events, or a resync event."""
        eventually(
            lambda: (reader.read(), job_id.encode() in reader.received or b"event: resync" in reader.received)[1],
            "the reader gets the last event")


class ResyncTests(unittest.TestCase):
    def test_a_reader_that_is_too_slow_gets_a_resync_event(self):
        """The server once closed the stream silently."""
        with Server("--event-buffer", "50") as server, Stream(server, receive_buffer=4096) as slow:
            slow.begin()
            for _ in range(60):
                jobs = [{"kind": "slow", "queue": "q" * 100}] * 1000
                self.assertEqual(server.call("POST", "/v1/jobs/batch", {"jobs": jobs}).status, 202)
                if server.metric("longhaul_event_stream_resyncs_total"):
                    break
            slow.wait("event: resync")
            # The stream continues from the present.
            job = server.submit("after")["id"]
            slow.wait(job)
            names = [event for _, event, _ in slow.events()]
            self.assertIn("resync", names)

    def test_a_stream_resumes_or_sends_resync(self):
        with Server("--event-buffer", "10") as server:
            with Stream(server) as first:
                first.begin()
                one = server.submit("one")["id"]
                first.wait(one)
                event_id = first.events()[-1][0]
            two = server.submit("two")["id"]
            with Stream(server, last_id=event_id) as second:
                second.wait(two)
                self.assertNotIn(one.encode(), second.received)
                self.assertNotIn(b"resync", second.received)
            for _ in range(30):
                server.submit("more")
            for last_id in [event_id, "abc-1"]:
                with Stream(server, last_id=last_id) as third:
                    third.wait("event: resync")
                    # The event's ID resumes the stream.
                    place, _, data = third.events()[0]
                    self.assertIn("reason", json.loads(data))
                newest = server.submit("newest")["id"]
                with Stream(server, last_id=place) as fourth:
                    fourth.wait(newest)
                    self.assertNotIn(b"resync", fourth.received)

    def test_the_events_of_one_job_miss_nothing(self):
        with Server("--event-buffer", "10") as server:
            job = server.submit("steps")["id"]
            with Stream(server, f"/v1/jobs/{job}/events") as stream:
                stream.wait('"state":"pending"')
                for _ in range(10):
                    server.call("POST", "/v1/jobs/batch", {"jobs": [{"kind": "noise", "queue": "noise"}] * 100})
                lease = server.lease()[0]
                for _ in range(10):
                    server.call("POST", "/v1/jobs/batch", {"jobs": [{"kind": "noise", "queue": "noise"}] * 100})
                server.call("POST", f"/v1/leases/{lease['token']}/complete", {"result": 1})
                eventually(lambda: (stream.read(), stream.received.endswith(b"\r\n0\r\n\r\n"))[1], "the stream ends")
                states = [json.loads(data)["state"] for _, event, data in stream.events() if event == "state"]
                self.assertEqual(states, ["pending", "processing", "completed"])


class StreamLimitTests(unittest.TestCase):
    def test_more_streams_than_allowed_are_refused(self):
        for option, label in ("--max-event-streams", "total"), ("--max-event-streams-per-client", "client"):
            with self.subTest(option), Server(option, "3") as server:
                streams = [Stream(server) for _ in range(3)]
                for stream in streams:
                    self.assertEqual(stream.begin(), 200)
                for path in "/v1/events", f"/v1/jobs/{server.submit()['id']}/logs?follow=true":
                    answer = server.call("GET", path)
                    self.assertEqual((answer.status, answer.code), (503, "system_busy"), answer)
                    self.assertGreater(int(answer.headers["Retry-After"]), 0)
                self.assertEqual(server.metric("longhaul_event_streams"), 3)
                self.assertEqual(server.metric("longhaul_event_streams_refused_total", limit=label), 2)
                for stream in streams:
                    stream.close()
                eventually(lambda: server.metric("longhaul_event_streams") == 0, "the streams are released")
                with Stream(server) as stream:
                    self.assertEqual(stream.begin(), 200)


if __name__ == "__main__":
    unittest.main()
