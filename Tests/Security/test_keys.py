"""API keys: refused before the body, ended at once, and never stored in clear text."""

import glob
import os
import unittest

from harness import Server

JOB = {"kind": "test"}


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


def make_key(server, name, scopes, admin=None, **fields):
    answer = server.call("POST", "/v1/keys", {"name": name, "scopes": scopes, **fields}, bearer(admin) if admin else None)
    assert answer.status == 201, answer
    return answer.json["key"]


class KeyTests(unittest.TestCase):
    def test_a_request_without_a_key_is_refused_before_its_body(self):
        with Server() as server:
            admin = make_key(server, "boss", ["admin"])
            reader = make_key(server, "reader", ["jobs:read"], admin)
            for key, status in ((None, b" 401 "), ("lh_live_x", b" 401 "), (reader, b" 403 ")):
                field = f"Authorization: Bearer {key}\r\n" if key else ""
                head = (f"POST /v1/jobs/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{field}"
                        "Content-Length: 10000000\r\n\r\n")
                with self.subTest(status=status), server.raw() as connection:
                    connection.sendall(head.encode())
                    answer = b""
                    # The server closes the connection without a byte of the body.
                    while True:
                        piece = connection.recv(65_536)
                        if not piece:
                            break
                        answer += piece
                    self.assertIn(status, answer.split(b"\r\n")[0])
            self.assertEqual(server.metric("longhaul_http_refused_total", reason="unauthorized", headers=bearer(admin)), 2)

    def test_a_revoked_key_ends_its_event_stream(self):
        with Server() as server:
            admin = make_key(server, "boss", ["admin"])
            reader = make_key(server, "reader", ["jobs:read"], admin)
            with server.raw() as connection:
                head = f"GET /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {reader}\r\n\r\n"
                connection.sendall(head.encode())
                self.assertIn(b" 200 ", connection.recv(65_536))
                answer = server.call("DELETE", f"/v1/keys/{reader.split('_')[2]}", headers=bearer(admin))
                self.assertEqual(answer.status, 204)
                received = connection.recv(65_536)
                while received and not received.endswith(b"0\r\n\r\n"):
                    received = connection.recv(65_536)
            self.assertEqual(server.call("GET", "/v1/jobs", headers=bearer(reader)).status, 401)

    def test_the_rate_of_one_key_does_not_limit_another(self):
        with Server("--request-rate", "2") as server:
            admin = make_key(server, "boss", ["admin"])
            one = make_key(server, "one", ["jobs:read"], admin)
            other = make_key(server, "other", ["jobs:read"], admin)
            answers = [server.call("GET", "/v1/jobs", headers=bearer(one)) for _ in range(30)]
            limited = [answer for answer in answers if answer.status == 429]
            self.assertTrue(limited, answers)
            self.assertEqual(limited[0].code, "rate_limited")
            self.assertGreaterEqual(int(limited[0].headers["Retry-After"]), 1)
            self.assertEqual(server.call("GET", "/v1/jobs", headers=bearer(other)).status, 200)

    def test_the_store_has_no_key_in_clear_text(self):
        with Server() as server:
            admin = make_key(server, "boss", ["admin"])
            self.assertEqual(server.call("GET", "/v1/jobs", headers=bearer(admin)).status, 200)
            server.call("POST", "/v1/session", headers=bearer(admin))
            files = glob.glob(os.path.join(server.folder, "longhaul.db*"))
            self.assertTrue(files)
            for path in files:
                with open(path, "rb") as file:
                    self.assertNotIn(admin.rsplit("_", 1)[1].encode(), file.read())
            self.assertNotIn(admin.rsplit("_", 1)[1], server.log())

    def test_a_list_of_keys_shows_no_secret(self):
        with Server() as server:
            admin = make_key(server, "boss", ["admin"])
            text = str(server.call("GET", "/v1/keys", headers=bearer(admin)).json)
            self.assertIn(admin.split("_")[2], text)
            self.assertNotIn(admin.rsplit("_", 1)[1][:10], text)
            self.assertNotIn("digest", text)


if __name__ == "__main__":
    unittest.main()
