"""The modes of files and folders for other users of the machine, with any umask."""

import os
import shutil
import stat
import subprocess
import tempfile
import unittest

from harness import BINARY, Server, end, environment


def open_paths(root, *besides):
    """The files and folders under `root` that users other than the owner can access."""
    found = []
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            path = os.path.join(folder, name)
            if os.lstat(path).st_mode & 0o077 and not os.path.islink(path) and name not in besides:
                found.append((os.path.relpath(path, root), stat.filemode(os.lstat(path).st_mode)))
    return found


def longhaul(*arguments, umask=0):
    return subprocess.run(
        [BINARY, *arguments], env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
        check=False, umask=umask)


class Modes(unittest.TestCase):
    def setUp(self):
        self.server = Server(umask=0, store=None)
        self.addCleanup(self.server.close)
        self.server.submit(payload={"secret": True})
        token = self.server.lease()[0]["token"]
        put = self.server.call("PUT", f"/v1/leases/{token}/artifacts/a.bin", b"secret")
        self.assertEqual(put.status, 201, put)
        self.server.call("POST", f"/v1/leases/{token}/complete", {})

    def test_all_files_of_a_server_are_private(self):
        self.assertTrue(os.path.exists(f"{self.server.folder}/longhaul.db-wal"))
        self.assertEqual(open_paths(self.server.folder, "server.log"), [])

    def test_a_backup_is_private(self):
        with tempfile.TemporaryDirectory() as folder:
            done = longhaul(
                "backup", "--store", self.server.store, "--to", f"{folder}/copy.db", "--artifacts",
                f"file:{self.server.folder}/artifacts", "--artifacts-to", f"{folder}/files")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(open_paths(folder), [])

    def test_folders_created_for_a_store_are_private(self):
        with tempfile.TemporaryDirectory() as folder, Server(umask=0, store=f"sqlite:{folder}/a/b/jobs.db"):
            self.assertEqual(open_paths(folder), [])

    def test_the_doctor_reports_and_repairs_modes(self):
        self.server.kill()
        options = ("--store", self.server.store, "--artifacts", f"file:{self.server.folder}/artifacts")
        self.assertEqual(longhaul("doctor", *options).returncode, 0)
        loosened = [f"{self.server.folder}/longhaul.db", f"{self.server.folder}/artifacts"]
        os.chmod(loosened[0], 0o644)
        os.chmod(loosened[1], 0o755)
        found = longhaul("doctor", *options)
        self.assertEqual(found.returncode, 1, found.stdout)
        self.assertRegex(found.stdout, r"modes +2 +0 +problem")
        repaired = longhaul("doctor", "--fix", *options)
        self.assertEqual(repaired.returncode, 0, repaired.stdout)
        self.assertEqual([oct(os.stat(path).st_mode & 0o777) for path in loosened], ["0o600", "0o700"])

    def test_an_open_store_of_an_earlier_version_is_closed_at_the_start(self):
        self.server.kill()
        os.chmod(f"{self.server.folder}/longhaul.db", 0o644)
        self.server.start()
        self.assertEqual(os.stat(f"{self.server.folder}/longhaul.db").st_mode & 0o777, 0o600)

    @unittest.skipIf(os.getuid() != 0, "needs to start a server as another user")
    def test_a_server_warns_of_a_mode_that_it_cannot_change(self):
        with tempfile.TemporaryDirectory() as folder:
            with Server(store=f"sqlite:{folder}/jobs.db"):
                pass
            os.chmod(folder, 0o777)
            for name in os.listdir(folder):
                os.chmod(f"{folder}/{name}", 0o666)
            # The other user may have no access to the folder of the binary.
            binary = shutil.copy(BINARY, folder)
            process = subprocess.Popen(
                [binary, "serve", "--listen", "127.0.0.1:0", "--store", f"sqlite:{folder}/jobs.db", "--queue", "store:",
                 "--artifacts", f"file:{folder}/artifacts"], cwd=folder, env=environment(), stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, user=65534)
            self.addCleanup(end, process)
            self.assertTrue(process.stdout.readline(), "the server did not start")
            process.terminate()
            _, log = process.communicate(timeout=60)
            self.assertIn(f"other users can access {folder}/jobs.db", log)

    def test_the_folders_of_a_worker_are_private(self):
        temporary = tempfile.mkdtemp(prefix="longhaul-security-")
        self.addCleanup(shutil.rmtree, temporary, True)
        script = f"find {temporary} -mindepth 1 -perm /077; echo done"
        with self.server.worker({"look": {"command": ["sh", "-c", script]}}, TMPDIR=temporary):
            job = self.server.call("POST", "/v1/jobs?wait_seconds=30", {"kind": "look"}).json
            log = self.server.call("GET", f"/v1/jobs/{job['id']}/logs").json["items"]
        self.assertEqual([line["message"] for line in log], ["done"])


if __name__ == "__main__":
    unittest.main()
