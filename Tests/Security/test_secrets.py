"""Passwords in the URLs of backends: never in a message, a log, a problem or the list of processes."""

import itertools
import os
import subprocess
import tempfile
import unittest

from harness import BINARY, Server, environment, eventually

# Each URL has SECRET as a part of its password, and is invalid or cannot be reached.
STORES = [
    "postgres://u:pSECRET%zz@h/db", "postgres://u:a@SECRET@127.0.0.1:1/db", "postgres://u:SECRET/db",
    "postgres://u:a/SECRET@127.0.0.1:1/db", "postgres://u:a?SECRET@127.0.0.1:1/db", "postgres://u:SECRET@[::1/db",
    "postgres://u:SECRET@127.0.0.1:1/db", "postgres://u@127.0.0.1:1/db?password=SECRET",
    "postgres://u@127.0.0.1:1/db?pass%77ord=SECRET", "postgres://u@127.0.0.1:1/db?pasword=SECRET",
    "postgres://u:SECRET@127.0.0.1:99999/db", "postgres://u:1:SECRET@127.0.0.1:1/db",
    "postgres://u@127.0.0.1:1/db?longhaul_password=SECRET", "postgres://u@127.0.0.1:1/db?password=x@SECRET",
    "host=127.0.0.1 password=SECRET", "host=127.0.0.1 password=SECRET:x", "postgres:host=127.0.0.1 password=SECRET",
    "postgresq://u:SECRET@127.0.0.1:1/db", "SECRET", "SECRET:x",
]
QUEUES = [
    "redis://u:SECRET@127.0.0.1:1", "redis://u:a@SECRET@127.0.0.1:1", "redis://u:SECRET", "redis://:a/SECRET@127.0.0.1:1",
    "redis://:a?SECRET@127.0.0.1:1", "redis://:a?SECRET=x@127.0.0.1:1", "redis://u:SECRET@127.0.0.1:1/x",
    "redis://127.0.0.1:1?password=SECRET", "rediss://u:SECRET@127.0.0.1:x", "amqp://u:SECRET@127.0.0.1:1",
    "amqp://u:a@SECRET@127.0.0.1:1", "amqp://u:SECRET", "amqp://u:a/SECRET@127.0.0.1:1", "amqp://u:a?SECRET@127.0.0.1:1",
    "amqp://u:SECRET%zz@127.0.0.1:1", "amqps://u:SECRET@127.0.0.1:1/a/b", "amqp://u@127.0.0.1:1?password=SECRET",
    "amqp://u@127.0.0.1:1?SECRET=x", "redis:SECRET", "amq://u:SECRET@h",
]


class Messages(unittest.TestCase):
    def check(self, output, url):
        self.assertNotIn("SECRET", output, url)
        self.assertGreater(len(output.strip()), 0, url)

    def test_no_message_of_a_bad_url_repeats_a_password(self):
        def read(arguments, variables):
            with tempfile.TemporaryDirectory() as folder:
                run = subprocess.run(
                    ["timeout", "60", BINARY, *arguments, "--artifacts", f"file:{folder}/artifacts"], cwd=folder,
                    env=environment(**variables), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
                self.assertNotIn(run.returncode, (0, 124), arguments)
                return run.stdout + run.stderr

        for url in STORES:
            with self.subTest(url):
                self.check(read(["serve", "--listen", "127.0.0.1:0", "--store", url], {}), url)
                self.check(read(["serve", "--listen", "127.0.0.1:0"], {"LONGHAUL_STORE": url}), url)
                self.check(read(["doctor", "--store", url], {}), url)

    def test_no_message_about_a_queue_repeats_a_password(self):
        for url in QUEUES:
            with self.subTest(url), tempfile.TemporaryDirectory() as folder:
                process = subprocess.Popen(
                    [BINARY, "serve", "--listen", "127.0.0.1:0", "--store", f"sqlite:{folder}/jobs.db", "--queue", url,
                     "--artifacts", f"file:{folder}/artifacts"], cwd=folder, env=environment(),
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                line = process.stdout.readline()
                pages, arguments = "", b""
                if line:
                    # The server runs without its broker; /readyz and /metrics report it.
                    address = line.split('"')[3]
                    for path in ("/readyz", "/metrics"):
                        pages += subprocess.run(
                            ["curl", "-s", address + path], capture_output=True, text=True, check=False).stdout
                    with open(f"/proc/{process.pid}/cmdline", "rb") as file:
                        arguments = file.read()
                process.terminate()
                output, errors = process.communicate(timeout=60)
                self.check(line + pages + output + errors, url)
                self.assertNotIn(b"SECRET", arguments, url)


class OddURLs(unittest.TestCase):
    def test_an_invalid_url_ends_the_command_with_a_message(self):
        bases = [("--store", "postgres://u@127.0.0.1:1/d"), ("--queue", "redis://u@127.0.0.1:1"),
                 ("--queue", "rediss+sentinel://127.0.0.1:1/m"), ("--queue", "amqp://u@127.0.0.1:1"),
                 ("--listen", "127.0.0.1:0"), ("--otlp-endpoint", "http://127.0.0.1:1"),
                 ("--dead-letter-alert-url", "http://127.0.0.1:1")]
        tails = ["?=", "?&", "?=&=", "?=x", "?%", ",", "[", "@"]
        with tempfile.TemporaryDirectory() as folder:
            # If the URL is accepted, the missing certificate ends the command.
            options = {"--listen": "127.0.0.1:0", "--store": f"sqlite:{folder}/jobs.db",
                       "--artifacts": f"file:{folder}/files", "--tls-cert": "absent", "--tls-key": "absent"}
            for (option, base), tail in itertools.product(bases, tails):
                arguments = [f"{name}={value}" for name, value in (options | {option: base + tail}).items()]
                run = subprocess.run(
                    [BINARY, "serve", *arguments], cwd=folder, env=environment(), stdin=subprocess.DEVNULL,
                    capture_output=True, text=True, timeout=60, check=False)
                self.assertIn(run.returncode, (1, 2), f"{option}={base}{tail}: {run.stderr}")


class Arguments(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def file(self, text):
        path = os.path.join(self.folder.name, "url")
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        return path

    def test_a_password_on_the_command_line_is_hidden_with_a_warning(self):
        with Server(queue="redis://u:SECRET@127.0.0.1:1") as server:
            with open(f"/proc/{server.process.pid}/cmdline", "rb") as file:
                arguments = file.read()
            self.assertIn(b"redis://u:******@127.0.0.1:1", arguments)
            eventually(lambda: "--queue-file" in server.log(), "a warning")
            self.assertNotIn("SECRET", server.log())

    def test_urls_come_from_files(self):
        path = self.file(f"sqlite:{self.folder.name}/other.db\n")
        for options, variables in ((["--store-file", path], {}), ([], {"LONGHAUL_STORE_FILE": path})):
            process = subprocess.Popen(
                [BINARY, "serve", "--listen", "127.0.0.1:0", "--artifacts", f"file:{self.folder.name}/files", *options],
                cwd=self.folder.name, env=environment(**variables), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL)
            self.assertIn(b"listening", process.stdout.readline())
            self.assertTrue(os.path.exists(f"{self.folder.name}/other.db"))
            process.terminate()
            self.assertEqual(process.wait(60), 0)
            process.stdout.close()
            os.remove(f"{self.folder.name}/other.db")

    def test_a_bad_file_is_named_and_not_shown(self):
        for text, options in (
                ("postgres://u:SECRET%zz@h/db\n", []), ("a\nSECRET\n", []), ("", []), ("SECRET", []),
                (f"sqlite:{self.folder.name}/x.db", ["--store", "sqlite:y.db"])):
            path = self.file(text)
            run = subprocess.run(
                [BINARY, "serve", "--listen", "127.0.0.1:0", "--artifacts", f"file:{self.folder.name}/files",
                 "--store-file", path, *options], cwd=self.folder.name, env=environment(), stdin=subprocess.DEVNULL,
                capture_output=True, text=True, timeout=60, check=False)
            self.assertNotEqual(run.returncode, 0)
            self.assertNotIn("SECRET", run.stdout + run.stderr)
            self.assertNotIn("unknown option", run.stderr)
            if not text.startswith("postgres"):
                self.assertEqual(run.returncode, 2, run.stderr)
                self.assertIn("--store-file", run.stderr)

    def test_a_url_and_a_file_exclude_each_other_in_every_command(self):
        path = self.file("postgres://u@127.0.0.1:1/db")
        run = subprocess.run(
            [BINARY, "migrate", "--from", f"sqlite:{self.folder.name}/x.db", "--to", "postgres://u@127.0.0.1:1/other",
             "--to-file", path], env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
            check=False)
        self.assertEqual(run.returncode, 2, run.stderr)
        self.assertIn("--to and --to-file exclude each other", run.stderr)


if __name__ == "__main__":
    unittest.main()
