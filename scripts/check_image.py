#!/usr/bin/env python3
"""Runs the steps of deploy/docker/Dockerfile without a container: in an empty folder, with the files that it copies and the
environment that it sets.

    scripts/check_image.py BINARY [--build]

The build stage gets exactly the files that .dockerignore and COPY let through, and SwiftPM must find all targets there. With
--build the binary is built there, which takes long; otherwise BINARY stands for it. Then the command of the image starts with
the image's environment, the health check of the image must succeed, and the stop signal must end the server.
"""

import fnmatch
import json
import os
import pathlib
import re
import select
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

# The maximum time for a start and for a stop.
DEADLINE_SECONDS = 60
DOCKERFILE = pathlib.Path("deploy/docker/Dockerfile")
# The folders of the image that a server writes to.
WRITTEN = ("/var/lib/longhaul", "/tmp/")


class Fault(Exception):
    """A step that fails."""


def instructions():
    """The instructions of each stage, as words."""
    text = re.sub(r"^\s*#.*\n", "", DOCKERFILE.read_text(), flags=re.M).replace("\\\n", " ")
    stages = []
    for line in filter(None, map(str.strip, text.splitlines())):
        name, rest = line.split(maxsplit=1)
        if name == "FROM":
            stages.append([])
        stages[-1].append((name, rest))
    return stages


def is_ignored(path, patterns):
    """Whether .dockerignore leaves a file out of the build context. The last pattern that matches decides."""
    parts = path.split("/")
    ignored = False
    for pattern in patterns:
        wanted = pattern.lstrip("!").strip("/").split("/")
        if wanted[0] == "**":
            hit = any(fnmatch.fnmatchcase(part, wanted[1]) for part in parts)
        else:
            hit = len(parts) >= len(wanted) and all(map(fnmatch.fnmatchcase, parts, wanted))
        if hit:
            ignored = not pattern.startswith("!")
    return ignored


def copy_context(stage, folder):
    """Copies what the COPY instructions of a stage let through."""
    patterns = [line.strip() for line in pathlib.Path(".dockerignore").read_text().splitlines()]
    patterns = [line for line in patterns if line and not line.startswith("#")]
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate"], capture_output=True, text=True,
        check=True).stdout.splitlines()
    context = [path for path in listed if os.path.isfile(path) and not is_ignored(path, patterns)]
    for name, rest in stage:
        if name != "COPY":
            continue
        source, target = rest.split()
        files = [path for path in context if path == source or path.startswith(source.rstrip("/") + "/")]
        if not files:
            raise Fault(f"COPY {source}: .dockerignore leaves nothing of it")
        for path in files:
            inside = os.path.relpath(path, source) if path != source else ""
            base = os.path.join(target, os.path.basename(source)) if target.endswith("/") and path == source else target
            place = os.path.normpath(os.path.join(folder, base, inside))
            os.makedirs(os.path.dirname(place), exist_ok=True)
            shutil.copy2(path, place)


def build(stage, folder, completely):
    """Lets SwiftPM plan the build, or builds the binary. Returns the path of the binary, or None."""
    command = next(rest for name, rest in stage if name == "RUN" and "swift build" in rest)
    words = shlex.split(re.search(r"swift build[^&]*", command).group())
    if completely:
        subprocess.run([*words, "--disable-sandbox"], cwd=folder, check=True)
        return os.path.join(folder, ".build/release/longhaul")
    result = subprocess.run(
        ["swift", "package", "describe", "--type", "json"], cwd=folder, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise Fault(f"SwiftPM finds no package in the copied files: {result.stderr.strip()}")
    product = words[words.index("--product") + 1]
    if product not in [one["name"] for one in json.loads(result.stdout[result.stdout.index("{"):])["products"]]:
        raise Fault(f"the copied package has no product {product}")
    return None


def environment(stage, folder):
    """The variables of the image. Its folders are below `folder`, and a free port is in place of the fixed one."""
    variables = {}
    for name, rest in stage:
        if name == "ENV":
            variables |= dict(word.split("=", 1) for word in shlex.split(rest))
    for place in WRITTEN:
        os.makedirs(folder + place, exist_ok=True)
    variables = {name: inside(folder, value) for name, value in variables.items()}
    variables["LONGHAUL_LISTEN"] = variables["LONGHAUL_LISTEN"].replace(":8080", ":0")
    return {name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in os.environ} | variables


def inside(folder, text):
    """A text with the paths of the image below `folder`."""
    return re.sub("|".join(WRITTEN), lambda place: folder + place.group(), text)


def words_of(stage, instruction):
    """The words of the exec form of an instruction."""
    rest = next(rest for name, rest in stage if name == instruction)
    return json.loads(rest[rest.index("["):])


class Server:
    """The command of the image."""

    def __init__(self, binary, arguments, variables, folder):
        self.log = os.path.join(folder, "log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [binary, *arguments], env=variables, cwd=folder + WRITTEN[0], stdout=subprocess.PIPE, stderr=log)
        ready, _, _ = select.select([self.process.stdout], [], [], DEADLINE_SECONDS)
        line = self.process.stdout.readline() if ready else b""
        self.addresses = json.loads(line).get("addresses", []) if line else []

    def text(self):
        return pathlib.Path(self.log).read_text(encoding="utf-8", errors="replace")

    def stop(self, number):
        self.process.send_signal(number)
        try:
            return self.process.wait(DEADLINE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def call(address, path, key):
    request = urllib.request.Request(address.replace("0.0.0.0", "127.0.0.1") + path)
    if key:
        request.add_header("Authorization", f"Bearer {key}")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, None


def start(stage, binary, folder):
    """Starts the image's command and uses it as a container engine and a user do."""
    variables = environment(stage, folder)
    # ENTRYPOINT is the binary.
    arguments = words_of(stage, "CMD")
    server = Server(binary, arguments, variables, folder)
    code = None
    try:
        if not server.addresses:
            raise Fault(f"the image's command does not start: {server.text()}")
        check = [inside(folder, word) for word in words_of(stage, "HEALTHCHECK")]
        health = subprocess.run([binary, *check[1:]], env=variables, capture_output=True, text=True, check=False)
        if health.returncode != 0:
            raise Fault(f"the health check fails: {health.stderr} {server.text()}")
        # The first start with an address of other machines prints a key.
        key = re.search(r"\blh_[A-Za-z0-9_]+", server.text())
        for path, field in scaler_call():
            status, answer = call(server.addresses[0], path, key and key.group())
            if status != 200 or field not in answer:
                raise Fault(f"GET {path} answers {status}: {answer} {server.text()}")
            if key and call(server.addresses[0], path, None)[0] != 401:
                raise Fault(f"GET {path} needs no key")
    finally:
        stop = next(rest for name, rest in stage if name == "STOPSIGNAL")
        code = server.stop(signal.Signals[stop])
    if code != 0:
        raise Fault(f"{stop} ended the server with {code}: {server.text()}")


def scaler_call():
    """The path that KEDA reads, and the field of the answer that it uses."""
    text = pathlib.Path("deploy/kubernetes/scaling.yaml").read_text()
    path = re.search(r"^\s*url: https://[^/]+(/\S+)", text, flags=re.M).group(1)
    return [(path.replace("queue=default&", ""), re.search(r"valueLocation: (\w+)", text).group(1))]


def main():
    binary, completely = os.path.abspath(sys.argv[1]), "--build" in sys.argv[2:]
    build_stage, image_stage = instructions()
    with tempfile.TemporaryDirectory(prefix="longhaul-image-") as folder:
        try:
            source = os.path.join(folder, "src")
            copy_context(build_stage, source)
            binary = build(build_stage, source, completely) or binary
            start(image_stage, binary, os.path.join(folder, "root"))
        except Fault as fault:
            print(f"deployment: {DOCKERFILE}: {fault}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
