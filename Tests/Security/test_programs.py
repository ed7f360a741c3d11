"""Programs as handlers: the restrictions of payloads and programs."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest

from harness import BINARY, Server, end, environment, eventually
from programs import FINAL, Programs, shell


class Environment(Programs):
    def test_a_program_gets_a_clean_environment(self):
        self.start({
            "env": shell("env", env={"FROM_HANDLER": "1"}, pass_env=["PASSED"]),
        }, AWS_SECRET_ACCESS_KEY="hidden-secret", LONGHAUL_API_TOKEN="hidden-secret", PASSED="yes", TZ="Europe/Paris")
        lines = self.lines(self.run_job("env"))
        names = {line.split("=")[0] for line in lines if "=" in line}
        self.assertNotIn("hidden-secret", "\n".join(lines))
        self.assertIn("FROM_HANDLER=1", lines)
        self.assertIn("PASSED=yes", lines)
        self.assertIn("TZ=Europe/Paris", lines)
        allowed = {"PATH", "HOME", "LANG", "TZ", "TMPDIR", "FROM_HANDLER", "PASSED", "PWD", "SHLVL", "_", "OLDPWD"}
        self.assertEqual([name for name in names - allowed if not name.startswith("LONGHAUL_")], [])

    def test_a_program_cannot_read_the_environment_of_its_worker(self):
        script = "tr '\\0' '\\n' < /proc/$PPID/environ; tr '\\0' '\\n' < /proc/$PPID/task/$PPID/environ; exit 0"
        worker = self.start({"spy": shell(script)}, AWS_SECRET_ACCESS_KEY="hidden-secret")
        job = self.run_job("spy")
        self.assertEqual(job["state"], "completed", job)
        self.assertNotIn("hidden-secret", "\n".join(self.lines(job)))
        with open(f"/proc/{worker.process.pid}/environ", "rb") as file:
            self.assertNotIn(b"hidden-secret", file.read())
        # The worker is not dumpable: its files in /proc belong to root, also if it runs as another user.
        self.assertEqual(os.stat(f"/proc/{worker.process.pid}/mem").st_uid, 0)

    @unittest.skipUnless(os.getuid() == 0 and shutil.which("setpriv"), "needs root, to become another user")
    def test_the_memory_of_an_unprivileged_worker_is_closed_to_its_programs(self):
        folder = tempfile.mkdtemp(prefix="longhaul-security-")
        self.addCleanup(shutil.rmtree, folder, True)
        binary = shutil.copy(BINARY, folder)
        os.chmod(folder, 0o755)
        handlers = os.path.join(folder, "handlers.json5")
        with open(handlers, "w", encoding="ascii") as file:
            json.dump({"handlers": {"peek": shell("cat /proc/$PPID/environ >/dev/null && echo readable; exit 0")}}, file)
        process = subprocess.Popen(
            ["setpriv", "--reuid", "65534", "--clear-groups", binary, "worker", "--server", self.server.address,
             "--handlers", handlers], env=environment(), cwd="/", stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(end, process)
        job = self.run_job("peek")
        self.assertEqual(job["state"], "completed", job)
        self.assertNotIn("readable", self.lines(job))


class Arguments(Programs):
    def setUp(self):
        show = 'for a in "$@"; do echo "[$a]"; done'
        self.start({
            "plain": shell(show, "{payload.x}"),
            "options": shell(show, "{payload.x}", allow_options=True),
            **{kind: shell(show, f"{{payload.x:{kind}}}") for kind in ("int", "number", "bool", "path", "url")},
            "within": shell(show, "{payload.x:path}", paths_within=[self.server.folder]),
        })

    def refused(self, kind, value):
        job = self.run_job(kind, {"x": value}, attempts=4)
        self.assertEqual((job["state"], job["attempt"]), ("failed", 1), (kind, value, job))
        self.assertEqual(job["error"]["type"], "invalid_payload")
        self.assertIn("payload.x", job["error"]["message"])

    def accepted(self, kind, value, argument):
        job = self.run_job(kind, {"x": value})
        self.assertEqual(job["state"], "completed", job["error"])
        self.assertEqual(self.lines(job), [f"[{argument}]"])

    def test_a_value_cannot_become_an_option(self):
        for value in ("-la", "--output=/etc/passwd", "-"):
            self.refused("plain", value)
        self.refused("plain", -5)
        self.accepted("plain", "a-b", "a-b")
        self.accepted("options", "-la", "-la")

    def test_typed_references_accept_only_their_type(self):
        for kind, value in [
                ("int", "5"), ("int", 1.5), ("int", "1; rm"), ("number", "1"), ("bool", 1), ("bool", "true"),
                ("path", "../etc/passwd"), ("path", "/srv/../etc/passwd"), ("path", ""), ("path", 7), ("path", "a\nb"),
                ("url", "file:///etc/hostname"), ("url", "http://"), ("url", "https://h/[1-9]"), ("url", "http://h/a b"),
                ("url", "gopher://h/"), ("url", "-o http://h/")]:
            self.refused(kind, value)
        for kind, value, argument in [
                ("int", 640, "640"), ("number", 1.5, "1.5"), ("bool", True, "true"),
                ("path", "/srv/cat.jpg", "/srv/cat.jpg"), ("path", "msl:cat.jpg", "./msl:cat.jpg"),
                ("path", "-rf", "./-rf"), ("url", "HTTPS://example.org/a?b=c", "HTTPS://example.org/a?b=c")]:
            self.accepted(kind, value, argument)

    def test_a_path_can_be_kept_within_folders(self):
        inside = os.path.join(self.server.folder, "server.log")
        self.accepted("within", inside, inside)
        link = os.path.join(self.server.folder, "link")
        os.symlink("/etc/hostname", link)
        for value in ("/etc/hostname", link, "server.log", self.server.folder + "x"):
            self.refused("within", value)


class HandlersFiles(unittest.TestCase):
    def refused(self, text):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "handlers.json5")
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
            run = subprocess.run(
                [BINARY, "worker", "--server", "http://127.0.0.1:1", "--handlers", path], env=environment(),
                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(run.returncode, 2, run.stderr)
        return run.stderr

    def test_a_job_cannot_choose_the_program(self):
        self.assertIn(
            "/handlers/a/command/0", self.refused('{handlers: {a: {command: ["{payload.program}", "x"]}}}'))

    def test_an_unknown_type_is_named(self):
        self.assertIn("/handlers/a/command/1", self.refused('{handlers: {a: {command: ["ls", "{payload.x:file}"]}}}'))

    def test_a_file_without_handlers_is_refused(self):
        self.assertIn("/handlers", self.refused("{handlers: {}}"))


class Output(Programs):
    def setUp(self):
        big = "dd if=/dev/zero of=$LONGHAUL_RESULT bs=1M count=700 2>/dev/null"
        self.worker = self.start({
            "folder": shell("mkdir $LONGHAUL_RESULT"), "fifo": shell("mkfifo $LONGHAUL_RESULT"),
            "device": shell("ln -s /dev/zero $LONGHAUL_RESULT"), "link": shell("ln -s \"$0\" $LONGHAUL_RESULT"),
            "socket": {"command": ["python3", "-c", "import os, socket; os.chdir(os.path.dirname(os.environ["
                       "'LONGHAUL_RESULT'])); socket.socket(socket.AF_UNIX).bind('result.json')"]},
            "huge": shell(big), "good": shell("echo '{\"a\": 1}' > $LONGHAUL_RESULT"),
            "stolen": shell(f"ln -s {self.secret()} $LONGHAUL_RESULT"),
            "cwd": shell("echo thumb > thumb.png"),
            "subfolder": shell("mkdir -p sub/deep; echo a > sub/deep/file"), "empty": shell("mkdir -p a/b; echo x > f"),
            "pipe": shell("mkfifo pipe"), "symlink": shell("ln -s /etc/hostname link"),
            "latin": {"command": ["python3", "-c", "open(b'caf\\xe9.txt', 'w').close()"]},
            "gone": shell("rm -rf \"$LONGHAUL_ARTIFACTS\""), "scratch": shell("echo x > $TMPDIR/scratch"),
        })

    def secret(self):
        path = os.path.join(self.server.folder, "secret.json")
        with open(path, "w", encoding="ascii") as file:
            file.write('{"stolen": true}')
        return path

    def test_only_a_regular_file_becomes_the_result(self):
        for kind in ("folder", "fifo", "device", "socket", "stolen", "link"):
            with self.subTest(kind):
                job = self.run_job(kind, attempts=4)
                self.assertEqual(job["state"], "failed", job)
                self.assertEqual((job["error"]["type"], job["attempt"]), ("invalid_result", 1), job)
                self.assertIn("LONGHAUL_RESULT", job["error"]["message"])
        self.assertEqual(self.run_job("good")["result"], {"a": 1})

    def test_a_huge_result_does_not_fill_the_memory_of_the_worker(self):
        job = self.run_job("huge")
        self.assertEqual((job["state"], job["error"]["type"]), ("failed", "invalid_result"), job["error"])
        with open(f"/proc/{self.worker.process.pid}/status", encoding="ascii") as file:
            peak = next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1024
        self.assertLess(peak, 300)

    def test_files_in_the_working_folder_become_artifacts(self):
        for kind, name in (("cwd", "thumb.png"), ("empty", "f")):
            job = self.run_job(kind)
            self.assertEqual([a["name"] for a in job["artifacts"]], [name], job)
        for kind in ("gone", "scratch"):
            job = self.run_job(kind)
            self.assertEqual((job["state"], job["artifacts"]), ("completed", []), job)

    def test_output_that_cannot_become_an_artifact_fails_the_job(self):
        for kind, word in (("subfolder", "sub"), ("pipe", "FIFO"), ("symlink", "link"), ("latin", "UTF-8")):
            with self.subTest(kind):
                job = self.run_job(kind, attempts=4)
                self.assertEqual(job["state"], "failed", job)
                self.assertEqual((job["error"]["type"], job["attempt"]), ("invalid_artifact", 1), job)
                self.assertIn(word, job["error"]["message"])


class Limits(Programs):
    def test_resource_limits_hold(self):
        python = ["python3", "-c"]
        self.start({
            "memory": {"command": [*python, "x = bytearray(600 << 20)"], "limits": {"memory_bytes": 200 << 20}},
            "file": {"command": ["dd", "if=/dev/zero", "of=big", "bs=1M", "count=64"],
                     "limits": {"file_bytes": 8 << 20}},
            "cpu": {"command": ["sh", "-c", "while :; do :; done"], "limits": {"cpu_seconds": 1}},
            "descriptors": {"command": [*python, "f = [open('/dev/null') for _ in range(100)]"],
                            "limits": {"open_files": 50}},
            "core": shell("ulimit -c; ulimit -n", limits={"open_files": 64}),
        })
        jobs = {kind: self.server.submit(kind, max_attempts=1) for kind in ("memory", "file", "cpu", "descriptors")}
        for kind, job in jobs.items():
            with self.subTest(kind):
                self.assertEqual(self.ended(job)["state"], "failed", job)
        self.assertIn("MemoryError", "\n".join(self.lines(jobs["memory"])))
        self.assertEqual(self.lines(self.run_job("core")), ["0", "64"])


class FirstExample(unittest.TestCase):
    def test_the_example_of_the_readme_keeps_its_thumbnail(self):
        convert = shutil.which("convert") or shutil.which("convert-im6.q16") or shutil.which("convert-im7.q16")
        if not convert or "ImageMagick" not in subprocess.run(
                [convert, "-version"], capture_output=True, text=True, check=False).stdout:
            self.fail("ImageMagick is not installed; run: make bootstrap")
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        with open(os.path.join(root, "README.md"), encoding="utf-8") as file:
            example = file.read().split("```json5\n")[1].split("```")[0]
        with Server() as server:
            cat = os.path.join(server.folder, "cat.jpg")
            subprocess.run([convert, "-size", "64x48", "xc:red", cat], check=True)
            path = os.path.join(server.folder, "readme.json5")
            with open(path, "w", encoding="utf-8") as file:
                file.write(example.replace('"convert"', json.dumps(convert)))
            process = subprocess.Popen(
                [BINARY, "worker", "--server", server.address, "--handlers", path], env=environment(),
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.addCleanup(end, process)
            job = server.submit("image.thumbnail", queue="images", payload={"source": cat, "width": 32}, max_attempts=1)
            ended = eventually(lambda: (now := server.job(job["id"]))["state"] in FINAL and now, "the example ends")
            self.assertEqual(ended["state"], "completed", ended["error"])
            self.assertEqual([a["name"] for a in ended["artifacts"]], ["thumb.png"])


if __name__ == "__main__":
    unittest.main()
