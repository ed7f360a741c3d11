"""Requests that two servers could delimit differently (request smuggling)."""

import json
import unittest

from harness import Server

MARKER = json.dumps({"kind": "smuggled"})
SMUGGLED = (f"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(MARKER)}\r\n\r\n{MARKER}")


def post(fields, body="", path="/v1/leases/heartbeat"):
    return f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n{body}"


LENGTH = len(SMUGGLED)
CHUNKED = "Transfer-Encoding: chunked\r\n"
# SMUGGLED follows each of these requests and must not run.
CORPUS = {
    "space before the colon": post(f"Content-Length : {LENGTH}\r\n"),
    "tab before the colon": post(f"Content-Length\t: {LENGTH}\r\n"),
    "folded length": post(f"Content-Length:\r\n {LENGTH}\r\n"),
    "folded field": post("X: a\r\n b\r\n"),
    "CR in a value": post(f"X: a\rContent-Length: {LENGTH}\r\n"),
    "NUL in a value": post("X: a\0b\r\n"),
    "control byte in a value": post("X: a\x01b\r\n"),
    "NUL in a name": post(f"Content-Length\0: {LENGTH}\r\n"),
    "control byte in a name": post(f"\x0bContent-Length: {LENGTH}\r\n"),
    "no token": post("X(y): a\r\n"),
    "bare LF after a field": post("X: a\n"),
    "bare LF at the end": post("X: a\r\n")[:-2] + "\n",
    "two lengths, the same": post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"),
    "two lengths": post(f"Content-Length: 3\r\nContent-Length: {LENGTH + 3}\r\n", "abc"),
    "two lengths in a field": post("Content-Length: 3, 3\r\n", "abc"),
    "length with a sign": post("Content-Length: +3\r\n", "abc"),
    "length that is no number": post("Content-Length: many\r\n"),
    "length and chunks": post("Content-Length: 5\r\n" + CHUNKED, "0\r\n\r\n"),
    "chunks and length": post(CHUNKED + "Content-Length: 5\r\n", "0\r\n\r\n"),
    "xchunked": post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"),
    "chunked, identity": post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"),
    "chunked with a control byte": post("Transfer-Encoding: chunked\x0b\r\n", "0\r\n\r\n"),
    "two encodings": post(CHUNKED + CHUNKED, "0\r\n\r\n"),
    "HTTP/1.0 with chunks": post(CHUNKED, "0\r\n\r\n").replace("HTTP/1.1", "HTTP/1.0"),
    "chunk extension": post(CHUNKED, "2;a=b\r\n{}\r\n0\r\n\r\n"),
    "bare LF after a chunk size": post(CHUNKED, "2\n{}\r\n0\r\n\r\n"),
    "bare LF in a chunk extension": post(CHUNKED, "2;\n{}\r\n0\r\n\r\n"),
    "bare LF after a chunk": post(CHUNKED, "1\r\n{\n1\r\n}\r\n0\r\n\r\n"),
    "chunk size that is no number": post(CHUNKED, "zz\r\n{}\r\n0\r\n\r\n"),
    "chunk size beyond 64 bits": post(CHUNKED, "fffffffffffffffff\r\n{}\r\n0\r\n\r\n"),
    "chunks, then a request": post(CHUNKED, "2\r\n{}\r\n0\r\n\r\n"),
    "NUL in the target": "GET /healthz\0x HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "two spaces": "GET  /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "another version": "GET /healthz HTTP/9.9\r\nHost: localhost\r\n\r\n",
    "body shorter than its length": post(f"Content-Length: {LENGTH + 3}\r\n", "{} "),
}


class FramingTests(unittest.TestCase):
    def test_no_byte_after_an_ambiguous_request_is_read_as_another(self):
        with Server() as server:
            for name, request in CORPUS.items():
                with self.subTest(name):
                    answer = server.exchange((request + SMUGGLED).encode("latin-1"))
                    self.assertEqual(answer.count(b"HTTP/1.1 "), 1, answer)
                    self.assertRegex(answer, rb"^HTTP/1\.1 [45]\d\d ")
                    self.assertNotIn(b"\nHTTP/1.1 202", answer)
            self.assertEqual(server.call("GET", "/v1/jobs?kind=smuggled").json["items"], [])
            self.assertGreater(server.metric("longhaul_http_refused_total", reason="malformed"), 10)

    def test_each_answer_is_one_problem_document(self):
        with Server() as server:
            for name in ("space before the colon", "NUL in a value", "two lengths in a field", "another version",
                         "chunk extension"):
                with self.subTest(name):
                    answer = server.exchange(CORPUS[name].encode("latin-1"))
                    head, _, body = answer.partition(b"\r\n\r\n")
                    self.assertIn(b"application/problem+json", head)
                    self.assertEqual(json.loads(body)["code"], "invalid_request")

    def test_an_encoded_body_is_refused(self):
        with Server() as server:
            answer = server.call("POST", "/v1/jobs", {"kind": "x"}, {"Content-Encoding": "gzip"})
            self.assertEqual((answer.status, answer.code), (415, "unsupported_media_type"))
            self.assertEqual(server.call("POST", "/v1/jobs", {"kind": "x"}, {"Content-Encoding": "identity"}).status, 202)


if __name__ == "__main__":
    unittest.main()
