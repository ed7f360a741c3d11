"""Clients that generators make from the OpenAPI document, in Python and TypeScript, against the real server."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "Browser"))
from server import Server  # noqa: E402

TOOLS = os.path.dirname(sys.executable)


def run(*command, **options):
    """Runs a program. Raises its output if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f"{command[0]} ended with {done.returncode}: {(done.stdout + done.stderr)[-4000:]}")
    return done.stdout + done.stderr


class ClientTests(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)
        folder = tempfile.TemporaryDirectory(prefix="longhaul-openapi-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.document = os.path.join(self.folder, "openapi.json")
        with open(self.document, "w", encoding="utf-8") as file:
            json.dump(self.server.call("GET", "/openapi.json"), file)

    def expect_work_done(self):
        """The client has submitted a job, completed it and sent an artifact."""
        jobs = self.server.call("GET", "/v1/jobs?state=completed&kind=mail.send")["items"]
        self.assertEqual([job["result"] for job in jobs], [{"message_id": "m-1"}])
        self.assertEqual([artifact["name"] for artifact in jobs[0]["artifacts"]], ["note.txt"])

    def test_python_client(self):
        # The generator formats its output with ruff if it is there.
        output = run(
            os.path.join(TOOLS, "openapi-python-client"), "generate", "--path", self.document, "--output-path",
            os.path.join(self.folder, "python"), "--meta", "none", cwd=self.folder)
        for word in ("WARNING", "Unable to process"):
            self.assertNotIn(word, output, output[:2000])
        os.rename(os.path.join(self.folder, "python"), os.path.join(self.folder, "longhaul_client"))
        environment = {**os.environ, "PYTHONPATH": self.folder}
        run(sys.executable, os.path.join(HERE, "client.py"), self.server.address, env=environment)
        self.expect_work_done()

    def test_typescript_client(self):
        generator = os.path.join(TOOLS, "..", "lib", f"python3.{sys.version_info.minor}", "site-packages",
                                 "openapi_generator_cli", "openapi-generator.jar")
        client = os.path.join(self.folder, "client")
        run("java", "-XX:TieredStopAtLevel=1", "-jar", generator, "generate", "-g", "typescript-fetch", "-i", self.document,
            "-o", client, "--global-property", "apiDocs=false,modelDocs=false", cwd=self.folder)
        program = os.path.join(self.folder, "program.ts")
        with open(os.path.join(HERE, "client.ts"), encoding="utf-8") as source, open(program, "w", encoding="utf-8") as copy:
            copy.write(source.read())
        # Debian's compiler is older than the generator expects: it does not narrow `object` by `in`.
        options = {"target": "es2020", "module": "commonjs", "lib": ["es2020", "dom"], "strict": True, "types": [],
                   "suppressImplicitAnyIndexErrors": True, "outDir": "built"}
        with open(os.path.join(self.folder, "tsconfig.json"), "w", encoding="utf-8") as file:
            json.dump({"compilerOptions": options, "files": ["program.ts"]}, file)
        run("tsc", "-p", self.folder)
        run("node", os.path.join(self.folder, "built", "program.js"), self.server.address)
        self.expect_work_done()


if __name__ == "__main__":
    unittest.main()
