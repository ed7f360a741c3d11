"""Parts that need no server: payloads, encoding, log buffers, the order of outcomes, interrupts, streams."""

import asyncio
import dataclasses
import datetime as dt
import enum
import os
import threading
import time
import unittest
import uuid
from unittest import mock

from longhaul import Longhaul, PermanentError, TimeLimitExceeded
from longhaul.durable.order import Candidate, DeliveryOrder, Difference
from longhaul.encoding import encode, moment, timestamp
from longhaul.execution import InterruptibleCall
from longhaul.functions import Arguments
from longhaul.logs import CAPACITY, LogBuffer
from longhaul.messages import path
from longhaul.settings import read_settings
from longhaul.streams import Parser
from longhaul.worker.pools import Room


class ArgumentsTests(unittest.TestCase):
    def test_functions_without_names_for_all_arguments_are_refused(self):
        for function in (lambda *args: None, eval("lambda a, /: None")):
            with self.assertRaises(TypeError):
                Arguments(function, 0, False)
        with self.assertRaises(TypeError):
            Arguments(lambda a, b: None, 0, True)

    def test_two_functions_of_a_kind_are_refused(self):
        app = Longhaul()
        app.job("a")(lambda: None)
        with self.assertRaises(ValueError):
            app.job("a")(lambda: None)

    def test_payload_and_call_are_inverse(self):
        arguments = Arguments(lambda a, b=2, **rest: None, 0, False)
        payload = arguments.payload((1,), {"c": 3})
        self.assertEqual(payload, {"a": 1, "c": 3})
        self.assertEqual(arguments.call(payload), ((), payload))
        with self.assertRaises(PermanentError):
            arguments.call({"b": 1})


class EncodingTests(unittest.TestCase):
    def test_values_beyond_json(self):
        @dataclasses.dataclass
        class Point:
            x: int
            at: dt.date

        class Color(enum.Enum):
            RED = "red"

        value = [Point(1, dt.date(2026, 1, 2)), Color.RED, uuid.UUID(int=1), {3, 1}, dt.timedelta(minutes=1)]
        self.assertEqual(
            encode(value), ('[{"x":1,"at":"2026-01-02"},"red","00000000-0000-0000-0000-000000000001",[1,3],60.0]')
        )
        for wrong in (object(), float("inf")):
            with self.assertRaises((TypeError, ValueError)):
                encode(wrong)

    def test_times(self):
        self.assertEqual(timestamp(moment("2026-11-24T09:15:00.123Z")), "2026-11-24T09:15:00.123Z")

    def test_paths_are_escaped(self):
        self.assertEqual(
            path("jobs", "a/b", tag=["x:1", "y:2"], follow=True, cursor=None),
            "/v1/jobs/a%2Fb?tag=x%3A1&tag=y%3A2&follow=true",
        )


class SettingsTests(unittest.TestCase):
    def test_arguments_come_before_the_environment(self):
        with mock.patch.dict(os.environ, {"LONGHAUL_SERVER": "http://a:1", "LONGHAUL_API_KEY": "from environment"}):
            self.assertEqual(read_settings(None, None, None, None, None).host_header, "a:1")
            settings = read_settings("https://b/prefix/", "given", None, None, None)
            self.assertEqual(
                (settings.host_header, settings.prefix, settings.port, settings.api_key), ("b", "/prefix", 443, "given")
            )
            self.assertEqual(read_settings("http://[::1]:9", None, None, None, None).host_header, "[::1]:9")


class LogBufferTests(unittest.TestCase):
    def test_the_oldest_lines_are_dropped_with_a_note(self):
        buffer = LogBuffer()
        buffer.add("info", "\n".join(str(number) for number in range(CAPACITY + 5)), 0)
        batch = buffer.take()
        self.assertIn("5 lines of the log were lost", batch[0]["message"])
        self.assertEqual(batch[1]["message"], "5")

    def test_lines_that_were_not_sent_come_first_again(self):
        buffer = LogBuffer()
        buffer.add("info", "first", 0)
        batch = buffer.take()
        buffer.add("info", "second", 0)
        buffer.restore(batch)
        self.assertEqual([line["message"] for line in buffer.take()], ["first", "second"])
        self.assertFalse(buffer)

    def test_lines_are_cut_at_a_whole_character(self):
        buffer = LogBuffer()
        buffer.add("info", "ä" * 10_000 + "\udc80", 0)
        message = buffer.take()[0]["message"]
        self.assertLessEqual(len(message.encode()), 16_384)
        self.assertTrue(message.endswith("ä…"))


class OrderTests(unittest.TestCase):
    def test_a_choice_out_of_order_is_recorded_and_replayed(self):
        order = DeliveryOrder([])
        waits = [Candidate(1, "a", "2026-01-01T00:00:02Z"), Candidate(2, "b", "2026-01-01T00:00:01Z")]
        self.assertEqual(order.choose(waits, 1, False).id, "b")
        marker = order.take_marker()
        self.assertEqual((marker["id"], marker["output"]), ("order/1", [[0, "b"]]))
        self.assertIsNone(order.take_marker())
        replayed = DeliveryOrder([{**marker, "number": 1}])
        self.assertEqual(replayed.choose(waits, 1, True).id, "b")
        self.assertEqual(replayed.choose(waits[:1], 1, True).id, "a")
        self.assertIsInstance(DeliveryOrder([marker]).choose(waits[:1], 1, True), Difference)


class InterruptTests(unittest.TestCase):
    def test_interrupts_never_reach_code_after_the_call(self):
        for _ in range(300):
            call = InterruptibleCall()
            started = threading.Event()

            def work():
                started.set()
                return sum(range(50))

            def stop():
                started.wait()
                call.stop(TimeLimitExceeded)

            thread = threading.Thread(target=stop)
            thread.start()
            try:
                call.run(work)
            except TimeLimitExceeded:
                pass
            thread.join()
            for _ in range(20):
                time.perf_counter()


class RoomTests(unittest.TestCase):
    def test_short_jobs_are_leased_ahead_and_long_ones_are_not(self):
        room = Room(4, 500)
        self.assertEqual(room.wanted(), 4)
        room.add(4)
        self.assertEqual(room.wanted(), 0)
        for _ in range(200):
            room.ended(0.001)
            room.add(1)
        self.assertGreater(room.wanted(), 400)
        for _ in range(200):
            room.ended(1)
            room.add(1)
        self.assertEqual(room.wanted(), 0)
        room.ended(1)
        self.assertEqual(room.wanted(), 1)


class ParserTests(unittest.TestCase):
    def test_events_in_pieces(self):
        text = b': comment\n\nid: 1\nevent: state\ndata: {"state":\ndata: "pending"}\n\nid: 2\ndata: 5\r\n\r\n'
        parser = Parser()
        events = [event for index in range(len(text)) for event in parser.feed(text[index : index + 1])]
        self.assertEqual(
            [(event.type, event.data, event.id) for event in events],
            [("state", {"state": "pending"}, "1"), ("message", 5, "2")],
        )
        self.assertEqual(parser.request("/v1/events").headers["Last-Event-ID"], "2")


class FlowAwaitTests(unittest.TestCase):
    def test_event_loop_code_cannot_run_in_a_flow(self):
        with self.assertRaises(RuntimeError):
            asyncio.sleep(1).send(None)


if __name__ == "__main__":
    unittest.main()
