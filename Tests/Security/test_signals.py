"""Durable jobs under attack: guessed signal tokens, oversized and foreign signals, and the approval page."""

import concurrent.futures
import json
import random
import unittest
import urllib.parse

from harness import Server, eventually
from stores import EachStore
from test_keys import bearer, make_key

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def waiting_job(server, name="go", headers=None, **options):
    """A job that is suspended until the signal, with the token of its operation."""
    job = server.call("POST", "/v1/jobs", {"kind": "flow"}, headers).json["id"]
    lease = server.call("POST", "/v1/leases", {"worker": {"id": "w1"}, "wait_seconds": 10}, headers).json["leases"][0]
    update = {"id": "0", "type": "signal", "name": name, "action": "start", "options": options}
    answer = server.call("POST", f"/v1/leases/{lease['token']}/journal", {"updates": [update]}, headers)
    assert answer.status == 200, answer
    suspended = server.call("POST", f"/v1/leases/{lease['token']}/suspend", {"on": ["0"]}, headers)
    assert suspended.json["state"] == "suspended", suspended
    return job, answer.json["operations"][0]["signal_token"]


def output(server, job):
    return server.call("GET", f"/v1/jobs/{job}/journal").json["items"][0]["output"]


class Tokens(EachStore):
    def on_each_store(self, test):
        for store in self.stores():
            with self.subTest(store=store or "sqlite"), Server(store=store) as server:
                test(server)

    def test_a_guessed_token_sends_no_signal(self):
        def test(server):
            job, token = waiting_job(server)
            generator = random.Random(7)
            for bit in range(256):
                digits = f"{int(token[4:], 16) ^ 1 << bit:064x}"
                answer = server.call("POST", f"/v1/signals/lhs_{digits}", {"a": 1})
                # A token that is almost right tells no more than a random one.
                self.assertEqual((answer.status, answer.code), (404, "not_found"), digits)
                self.assertEqual(answer.json["detail"], "there is no such signal token")
            for text in ("..%2Fjobs", "%00", token.upper(), token + "0", "lhs_" + "g" * 64, "x" * 8000,
                         f"lhs_{generator.getrandbits(256):064x}"):
                self.assertIn(server.call("POST", f"/v1/signals/{text}", {"a": 1}).status, (400, 404, 414, 431), text)
                self.assertIn(server.call("GET", f"/v1/signals/{text}").status, (400, 404, 414, 431), text)
            self.assertEqual(server.job(job)["state"], "suspended")
            self.assertNotIn(token, server.log())

        self.on_each_store(test)

    def test_of_many_answers_at_once_one_counts(self):
        def test(server):
            job, token = waiting_job(server)
            with concurrent.futures.ThreadPoolExecutor(16) as pool:
                answers = list(pool.map(
                    lambda n: server.call("POST", f"/v1/signals/{token}", {"n": n}), range(32)))
            accepted = [n for n, answer in enumerate(answers) if answer.status == 202]
            self.assertEqual(len(accepted), 1, answers)
            self.assertTrue(all(a.status == 409 for n, a in enumerate(answers) if n not in accepted), answers)
            self.assertEqual(output(server, job), {"n": accepted[0]})

        self.on_each_store(test)

    def test_invalid_signals_are_refused(self):
        def test(server):
            job, token = waiting_job(server)
            for path in (f"/v1/signals/{token}", f"/v1/jobs/{job}/signals/go"):
                big = server.call("POST", path, "x" * 262_144)
                self.assertEqual((big.status, big.code), (413, "payload_too_large"), path)
                deep = json.loads("[" * 40 + "]" * 40)
                self.assertEqual(server.call("POST", path, deep).status, 400, path)
                text = server.call("POST", path, 1, {"Content-Type": "text/plain"})
                self.assertEqual(text.status, 415, path)
            for name in ("x" * 201, "%00"):
                self.assertEqual(server.call("POST", f"/v1/jobs/{job}/signals/{name}", 1).status, 400, name)
            self.assertEqual(server.job(job)["state"], "suspended")

        self.on_each_store(test)

    def test_kept_signals_are_bounded(self):
        def test(server):
            job = server.submit("flow")["id"]
            statuses = [server.call("POST", f"/v1/jobs/{job}/signals/s", "x" * 250_000).status for _ in range(18)]
            self.assertEqual(statuses.count(202), 16, statuses)
            self.assertEqual(set(statuses[16:]), {409})
            self.assertEqual(server.call("POST", f"/v1/jobs/{job}/cancel").status, 200)
            self.assertEqual(server.call("POST", f"/v1/jobs/{job}/signals/s", 1).status, 409)

        self.on_each_store(test)


class Keys(unittest.TestCase):
    def test_only_callers_with_the_right_signal_a_job(self):
        with Server() as server:
            admin = make_key(server, "boss", ["admin"])
            other = make_key(server, "other", ["jobs:write"], admin, queues=["mail"])
            reader = make_key(server, "reader", ["jobs:read"], admin)
            job, token = waiting_job(server, headers=bearer(admin))
            path = f"/v1/jobs/{job}/signals/go"
            self.assertEqual(server.call("POST", path, 1).status, 401)
            self.assertEqual(server.call("POST", path, 1, bearer(reader)).status, 403)
            self.assertEqual(server.call("POST", path, 1, bearer(other)).status, 404)
            for call in ("pause", "resume", "restart", "fork"):
                body = {"from": "0"} if call in ("restart", "fork") else None
                self.assertEqual(server.call("POST", f"/v1/jobs/{job}/{call}", body, bearer(other)).status, 404, call)
            journal = server.call("GET", f"/v1/jobs/{job}/journal", headers=bearer(reader))
            self.assertNotIn("signal_token", journal.json["items"][0])
            # The token needs no key, not even on a server with keys.
            self.assertEqual(server.call("POST", f"/v1/signals/{token}", 1).status, 202)

    def test_guesses_are_limited_by_address(self):
        with Server("--request-rate", "5") as server:
            statuses = [server.call("POST", f"/v1/signals/lhs_{number:064x}", 1).status for number in range(60)]
            self.assertIn(429, statuses)
            self.assertLessEqual(set(statuses), {404, 429})

    def test_another_host_gets_no_page(self):
        with Server() as server:
            _, token = waiting_job(server)
            answer = server.call("GET", f"/v1/signals/{token}", headers={"Host": "evil.example"})
            self.assertEqual(answer.status, 421, answer)


class Page(unittest.TestCase):
    def test_a_page_of_another_site_cannot_show_or_script_the_page(self):
        with Server() as server:
            job, token = waiting_job(server, name="</title><script>alert(1)</script>", timeout_seconds=600)
            path = f"/v1/signals/{token}"
            for _ in range(5):
                page = server.call("GET", path, headers={"Sec-Purpose": "prefetch"})
                self.assertEqual(page.status, 200)
            text = page.body.decode()
            self.assertNotIn("<script", text)
            self.assertIn("&lt;script&gt;", text)
            policy = page.headers["Content-Security-Policy"]
            for part in ("default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"):
                self.assertIn(part, policy)
            self.assertNotIn("unsafe", policy)
            self.assertEqual(page.headers["Referrer-Policy"], "no-referrer")
            self.assertEqual(page.headers["X-Frame-Options"], "DENY")
            self.assertEqual(server.job(job)["state"], "suspended")

    def test_only_the_two_answers_of_the_form_are_accepted(self):
        with Server() as server:
            job, token = waiting_job(server)
            path = f"/v1/signals/{token}"

            def post(text):
                return server.call("POST", path, text.encode(), FORM).status

            for text in ("", "approved", "approved=TRUE", "approved=true&x=1", urllib.parse.quote("approved=true"),
                         "approved=true" * 200):
                self.assertIn(post(text), (400, 413), text)
            self.assertEqual(server.job(job)["state"], "suspended")
            self.assertEqual(post("approved=true"), 200)
            self.assertEqual(post("approved=false"), 410)
            eventually(lambda: output(server, job) == {"approved": True}, "the answer is recorded")


if __name__ == "__main__":
    unittest.main()
