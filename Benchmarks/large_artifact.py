#!/usr/bin/env python3
"""Measures the memory of server, worker and client while one large file goes to S3 and back.

A program writes the file, `longhaul worker` uploads it through `longhaul serve` to a bucket of moto, and a client downloads it
twice: from the bucket, by the redirect, and through the server. The exit code is 1 if a process needs more than --limit MiB
above its memory after a small file, or if the file is different at the end.

moto needs twice the size of the file as memory for a moment, when the parts are joined. Run nothing else at the same time.
"""

import argparse
import hashlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
BINARY = os.path.join(ROOT, ".build/release/longhaul")
MIB = 1 << 20
# Encrypted zeros: the same bytes each time, and no two parts of the file are equal.
BYTES = "openssl enc -aes-128-ctr -K 0123456789abcdef0123456789abcdef -iv 0 -in /dev/zero 2>/dev/null"
HANDLER = BYTES + ' | head -c "$1" >"$LONGHAUL_ARTIFACTS/file"'
SMALL_BYTES = 1000


def digest(size):
    """The SHA-256 of the file that the handler writes."""
    found = hashlib.sha256()
    program = subprocess.Popen(["sh", "-c", f"{BYTES} | head -c {size}"], stdout=subprocess.PIPE)
    while piece := program.stdout.read(MIB):
        found.update(piece)
    program.wait()
    return found.hexdigest()


class Process:
    """A process that runs during the measurement, and the peak of its memory."""

    def __init__(self, name, command, folder, environment):
        self.name = name
        with open(os.path.join(folder, f"{name}.log"), "wb") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, cwd=folder, env=environment)
        self.base = 0

    def _status(self, field):
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as file:
            return next(int(line.split()[1]) for line in file if line.startswith(field)) / 1024

    def reset(self):
        """Starts a new peak at the present memory, in MiB."""
        with open(f"/proc/{self.process.pid}/clear_refs", "w", encoding="utf-8") as file:
            file.write("5")
        self.base = self._status("VmRSS")

    def growth(self):
        """How far the peak since the reset was above the memory at the reset, in MiB."""
        return self._status("VmHWM") - self.base

    def stop(self):
        """Ends the process."""
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Measurement:
    """The processes, and the steps between which their memory is read."""

    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.failures = []
        environment = os.environ | {
            "AWS_ACCESS_KEY_ID": "AKIDTEST", "AWS_SECRET_ACCESS_KEY": "test-secret", "TMPDIR": folder,
            "MOTO_S3_DEFAULT_KEY_BUFFER_SIZE": str(MIB)}
        self.environment = environment
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = listener.getsockname()[1]
        python = subprocess.run(
            [os.path.join(ROOT, "scripts/moto-venv.sh")], check=True, capture_output=True, text=True).stdout.strip()
        gate = os.path.join(ROOT, "Tests/LonghaulTestServers/aws_server.py")
        self.moto = Process("moto", [python, "-B", gate, str(port)], folder, environment)
        await_port(port)
        self.server = Process("server", [
            options.binary, "serve", "--listen", "127.0.0.1:0", "--store", f"sqlite:{folder}/longhaul.db", "--artifacts",
            f"s3://files/bench?region=us-east-1&endpoint=http://127.0.0.1:{port}&style=path"], folder, environment)
        self.address = json.loads(self.server.process.stdout.readline())["listening"]
        handlers = os.path.join(folder, "handlers.json5")
        with open(handlers, "w", encoding="utf-8") as file:
            json.dump({"handlers": {"bench.file": {
                "command": ["sh", "-c", HANDLER, "sh", "{payload.size}"], "timeout_seconds": 3600}}}, file)
        self.worker = Process(
            "worker", [options.binary, "worker", "--server", self.address, "--handlers", handlers], folder, environment)

    def stop(self):
        """Ends all processes."""
        for process in (self.worker, self.server, self.moto):
            process.stop()

    def command(self, *words):
        """Runs the command as a client. Returns its output and its peak in MiB."""
        process = subprocess.Popen(
            [self.options.binary, *words, "--server", self.address], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=self.environment, cwd=self.folder)
        output = process.stdout.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit(f"longhaul {' '.join(words)} ended with {process.returncode}: {output}")
        return output, usage.ru_maxrss / 1024

    def upload(self, size):
        """Runs a job with a file of this size. Returns the job."""
        payload = json.dumps({"size": str(size)})
        return json.loads(self.command("submit", "bench.file", "--payload", payload, "--wait", "--json")[0])

    def download(self, job):
        """Downloads the file from the bucket. Returns its SHA-256 and the peak of the client."""
        target = os.path.join(self.folder, "downloaded")
        _, peak = self.command("artifacts", job["id"], "--download", target)
        with open(os.path.join(target, "file"), "rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        shutil.rmtree(target)
        return found, peak

    def read(self, job):
        """Reads the file through the server. Returns its SHA-256."""
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.address).netloc, timeout=600)
        connection.request("GET", job["artifacts"][0]["url"] + "?redirect=false")
        answer = connection.getresponse()
        found = hashlib.sha256()
        while piece := answer.read(MIB):
            found.update(piece)
        connection.close()
        return found.hexdigest()

    def check(self, name, growth):
        """Prints a figure, and records one that is too high."""
        print(f"  {name:<44}{growth:6.1f} MiB", flush=True)
        if growth > self.options.limit:
            self.failures.append(name)

    def expect(self, what, found, expected):
        """Records a file that is different."""
        if found != expected:
            self.failures.append(f"{what}: the file has the SHA-256 {found}, not {expected}")

    def run(self):
        """Measures."""
        size = self.options.size
        expected = digest(size)
        small = self.upload(SMALL_BYTES)
        _, client_base = self.download(small)
        self.read(small)
        for process in (self.server, self.worker):
            process.reset()
        began = time.monotonic()
        job = self.upload(size)
        seconds = time.monotonic() - began
        if job["state"] != "completed":
            raise SystemExit(f"the job ended as {job['state']}: {job['error']}")
        artifact = job["artifacts"][0]
        print(f"  {size / MIB:,.0f} MiB written and uploaded in {seconds:.0f} s, {size / MIB / seconds:.0f} MiB/s", flush=True)
        self.expect("upload", artifact["sha256"], expected)
        self.check("server, upload", self.server.growth())
        self.check("worker, upload", self.worker.growth())
        self.server.reset()
        found, peak = self.download(job)
        self.expect("download from the bucket", found, expected)
        self.check("client, download from the bucket", peak - client_base)
        self.check("server, while a client reads the bucket", self.server.growth())
        self.server.reset()
        self.expect("download through the server", self.read(job), expected)
        self.check("server, download through it", self.server.growth())


def await_port(port, seconds=60):
    """Waits until a server listens."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"nothing listens on port {port}")


def main():
    """Measures, and returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--size", type=int, default=5 << 30, help="the size of the file in bytes (default: 5 GiB)")
    parser.add_argument("--limit", type=float, default=64, help="the maximum growth of a process in MiB (default: 64)")
    parser.add_argument("--binary", default=BINARY, help="the longhaul to measure")
    options = parser.parse_args()
    options.binary = os.path.abspath(options.binary)
    # Not in /tmp, which may be memory.
    os.makedirs(os.path.join(ROOT, ".run"), exist_ok=True)
    folder = tempfile.mkdtemp(prefix="large-artifact-", dir=os.path.abspath(os.path.join(ROOT, ".run")))
    measurement = None
    try:
        measurement = Measurement(options, folder)
        measurement.run()
    finally:
        if measurement:
            measurement.stop()
        shutil.rmtree(folder, ignore_errors=True)
    for failure in measurement.failures:
        print(f"  MISSED  {failure}")
    return 1 if measurement.failures else 0


if __name__ == "__main__":
    sys.exit(main())
