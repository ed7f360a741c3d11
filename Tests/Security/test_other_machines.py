"""A server and its clients on two machines: network namespaces with a cable between them."""

import contextlib
import json
import os
import re
import select
import shutil
import subprocess
import tempfile
import unittest

from certificates import Certificates
from harness import BINARY, DEADLINE_SECONDS, end, environment, eventually


class Machines:
    """Two network namespaces, `server` and `client`, with the addresses 198.18.0.1 and 198.18.0.2."""

    server_address = "198.18.0.1"

    def __init__(self):
        self.names = {role: f"longhaul-{os.getpid()}-{role}" for role in ("server", "client")}
        for name in self.names.values():
            self.ip("netns", "add", name)
        self.ip("link", "add", "cable", "netns", self.names["server"], "type", "veth", "peer", "name", "cable", "netns",
                self.names["client"])
        for number, name in enumerate(self.names.values(), 1):
            self.ip("-n", name, "address", "add", f"198.18.0.{number}/24", "dev", "cable")
            for device in ("lo", "cable"):
                self.ip("-n", name, "link", "set", device, "up")

    @staticmethod
    def ip(*arguments):
        subprocess.run(["ip", *arguments], check=True, capture_output=True)

    def command(self, role, *words):
        """A command line that runs words on a machine."""
        return ["ip", "netns", "exec", self.names[role], *words]

    def remove(self):
        for name in self.names.values():
            with contextlib.suppress(subprocess.CalledProcessError):
                self.ip("netns", "delete", name)


@unittest.skipUnless(os.geteuid() == 0 and shutil.which("ip"), "network namespaces need root and the program ip")
class OtherMachineTests(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="longhaul-machines-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.machines = Machines()
        self.addCleanup(self.machines.remove)
        self.certificates = Certificates(Machines.server_address)
        self.addCleanup(self.certificates.folder.cleanup)

    def start(self, role, name, *words, **variables):
        """Starts longhaul on a machine. Its log is NAME.log."""
        with open(os.path.join(self.folder, f"{name}.log"), "wb") as log:
            process = subprocess.Popen(
                self.machines.command(role, BINARY, *words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                cwd=self.folder, env=environment(**variables))
        self.addCleanup(process.stdout.close)
        self.addCleanup(end, process)
        return process

    def log(self, name):
        with open(os.path.join(self.folder, f"{name}.log"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def client(self, *words, key=None, ca="ca.pem"):
        """Runs longhaul on the client's machine."""
        variables = {"LONGHAUL_SERVER": f"https://{Machines.server_address}:8443", "LONGHAUL_CA_FILE": self.certificates.path(ca)}
        if key:
            variables["LONGHAUL_API_KEY"] = key
        return subprocess.run(
            self.machines.command("client", BINARY, *words), env=environment(**variables), capture_output=True, text=True,
            timeout=DEADLINE_SECONDS, check=False, cwd=self.folder)

    def curl(self, path, *options):
        """Calls the server from the client's machine, as a browser does. Returns the body."""
        answer = subprocess.run(
            self.machines.command("client", "curl", "-sS", "--max-time", "30", "--cacert", self.certificates.path("ca.pem"),
                                  *options, f"https://{Machines.server_address}:8443{path}"),
            capture_output=True, text=True, check=False)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        return answer.stdout

    def start_server(self):
        """Starts the server without any key. Returns the key that it creates."""
        server = self.start(
            "server", "server", "serve", "--listen", "0.0.0.0:8443", "--tls-cert", self.certificates.path("server.pem"),
            "--tls-key", self.certificates.path("server.key"), "--store", f"sqlite:{self.folder}/longhaul.db", "--artifacts",
            f"file:{self.folder}/artifacts")
        ready, _, _ = select.select([server.stdout], [], [], DEADLINE_SECONDS)
        line = server.stdout.readline() if ready else b""
        self.assertTrue(line, self.log("server"))
        self.assertEqual(json.loads(line)["listening"], "https://0.0.0.0:8443")
        found = re.search(r"\blh_\w+", self.log("server"))
        self.assertTrue(found, self.log("server"))
        return found.group()

    def test_a_worker_and_a_submit_on_another_machine_need_keys_and_the_authority(self):
        admin = self.start_server()
        refused = self.client("submit", "echo")
        self.assertEqual((refused.returncode, "unauthorized" in refused.stderr), (4, True), refused.stderr)
        self.assertEqual(self.client("health", key=admin, ca="client.pem").returncode, 3)
        worker_key = self.client("keys", "create", "worker", "--scopes", "work", key=admin).stdout.strip()
        self.assertRegex(worker_key, r"^lh_\w+$")
        forbidden = self.client("submit", "echo", key=worker_key)
        self.assertEqual((forbidden.returncode, "jobs:submit" in forbidden.stderr), (4, True), forbidden.stderr)
        self.assertEqual(json.loads(self.client("list", "--json", key=admin).stdout)["items"], [])

        with open(os.path.join(self.folder, "handlers.json5"), "w", encoding="utf-8") as file:
            json.dump({"handlers": {"echo": {"command": ["echo", "{payload.text}"]}}}, file)
        self.start("client", "worker", "worker", "--handlers", "handlers.json5", LONGHAUL_API_KEY=worker_key,
                   LONGHAUL_SERVER=f"https://{Machines.server_address}:8443", LONGHAUL_CA_FILE=self.certificates.path("ca.pem"))
        done = self.client("submit", "echo", "--payload", '{"text": "hello"}', "--wait", key=admin)
        self.assertEqual(done.returncode, 0, done.stderr + self.log("worker") + self.log("server"))
        eventually(lambda: "healthy" in self.client("top", "--once", key=admin).stdout, "the worker is seen")
        self.assertIn("<!doctype html>", self.curl("/").lower())
        self.assertIn("unauthorized", self.curl("/v1/jobs"))
        cookies = os.path.join(self.folder, "cookies")
        self.curl("/v1/session", "-X", "POST", "-H", f"Authorization: Bearer {admin}", "-c", cookies)
        self.assertIn('"items"', self.curl("/v1/jobs", "-b", cookies))


if __name__ == "__main__":
    unittest.main()
