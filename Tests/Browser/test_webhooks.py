"""The page of a job shows its webhooks and sends them again."""

import base64
import http.server
import threading

from browser import BrowserTest

SECRET = "whsec_" + base64.b64encode(bytes(32)).decode()


class WebhookTests(BrowserTest):
    server_options = ("--webhook-secret", SECRET, "--webhook-allow", "http://127.0.0.1")

    def setUp(self):
        super().setUp()
        statuses = self.statuses = [410]
        received = self.received = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                received.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(statuses[0])
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        self.addCleanup(receiver.server_close)
        self.addCleanup(receiver.shutdown)
        self.url = f"http://127.0.0.1:{receiver.server_address[1]}/"

    def test_a_failed_webhook_is_shown_and_sent_again(self):
        job = self.server.submit("a.b", callback_url=self.url)
        self.server.call("POST", f"/v1/jobs/{job}/cancel")
        self.wait(lambda: self.server.call("GET", "/v1/deliveries")["items"], "the failed delivery")
        self.open("/")
        self.see("A webhook failed")
        self.open(f"/jobs/{job}")
        self.see("The receiver answered 410")
        self.see("job.cancelled")
        self.check_views("job-webhooks")
        self.statuses[0] = 204
        self.click("button", "Send again")
        self.see("The webhook is sent again.", "#notices")
        self.see("The receiver answered 204")
        self.assertEqual(len(self.received), 2)
        self.assertEqual(self.received[0], self.received[1])
