#!/usr/bin/env python3
"""Builds the wheel that carries the binary beside the Python SDK, and prints its path.

    scripts/package_wheel.py SDK-WHEEL BINARY OUTPUT-FOLDER

The wheel has the entry point `longhaul`. auditwheel copies the shared libraries that not every Linux system has into the wheel,
and sets the platform tag by the symbols of glibc that they need. Their licences are those of their Debian packages. Needs
auditwheel and patchelf on PATH. SOURCE_DATE_EPOCH is the date of all files.
"""

import base64
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import zipfile

DOCUMENTATION = pathlib.Path("/usr/share/doc")
#: The tag of the wheel before auditwheel has chosen the right one.
LOCAL_TAG = f"py3-none-linux_{os.uname().machine}"
TEXTS = ("LICENSE", "deploy/packages/THIRD-PARTY")


class Wheel:
    """The files of a wheel: for each name the bytes and the mode."""

    def __init__(self, path):
        with zipfile.ZipFile(path) as archive:
            self.files = {
                one.filename: (archive.read(one), 0o755 if (one.external_attr >> 16) & 0o100 else 0o644)
                for one in archive.infolist() if not one.is_dir()}
        self.information = next(name.split("/")[0] for name in self.files if name.endswith(".dist-info/WHEEL"))

    def text(self, name):
        return self.files[f"{self.information}/{name}"][0].decode()

    def add(self, name, content, mode=0o644):
        self.files[name] = (content if isinstance(content, bytes) else content.encode(), mode)

    def add_information(self, name, content):
        self.add(f"{self.information}/{name}", content)

    def write(self, path, level=9):
        """Writes the files in order, with RECORD as the last one. The level is that of the compression."""
        record = f"{self.information}/RECORD"
        self.files.pop(record, None)
        lines = []
        for name, (content, _) in sorted(self.files.items()):
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            lines.append(f"{name},sha256={digest},{len(content)}\n")
        self.add(record, "".join(lines) + f"{record},,\n")
        date = time.gmtime(int(os.environ["SOURCE_DATE_EPOCH"]))[:6]
        with zipfile.ZipFile(path, "w") as archive:
            for name in [*sorted(self.files.keys() - {record}), record]:
                content, mode = self.files[name]
                entry = zipfile.ZipInfo(name, date)
                entry.external_attr = (0o100000 | mode) << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, content, compresslevel=level)


def with_binary(sdk, binary, folder):
    """Writes the wheel of the SDK with the binary and its entry point, and returns its path."""
    wheel = Wheel(sdk)
    wheel.add("longhaul/bin/longhaul", binary.read_bytes(), 0o755)
    points = wheel.text("entry_points.txt")
    wheel.add_information(
        "entry_points.txt", points.replace("[console_scripts]\n", "[console_scripts]\nlonghaul = longhaul.command:main\n"))
    description = re.sub(r"^Root-Is-Purelib: .*$", "Root-Is-Purelib: false", wheel.text("WHEEL"), flags=re.M)
    wheel.add_information("WHEEL", re.sub(r"^Tag: .*$", f"Tag: {LOCAL_TAG}", description, flags=re.M))
    for path in map(pathlib.Path, TEXTS):
        wheel.add_information(f"licenses/{path.name}", path.read_bytes())
    target = folder / (sdk.name.replace("py3-none-any", LOCAL_TAG))
    wheel.write(target, level=0)
    return target


def loaded_libraries(binary):
    """The path of each library that the binary loads, by the name of its file."""
    output = subprocess.run(["ldd", binary], capture_output=True, text=True, check=True).stdout
    paths = re.findall(r"=> (/\S+)", output)
    return {pathlib.Path(path).name: path for path in paths}


def package_of(path):
    """The Debian package of a file: its name, its version, and the name and version of its source."""
    names = [path, os.path.realpath(path), "/usr" + path, "/usr" + os.path.realpath(path)]
    found = subprocess.run(["dpkg-query", "-S", *names], capture_output=True, text=True, check=False).stdout
    if not found:
        raise SystemExit(f"package_wheel: {path} belongs to no Debian package, so its licence is unknown")
    query = "${Package} ${Version} ${source:Package} ${source:Version}"
    return subprocess.run(
        ["dpkg-query", "-W", "-f", query, found.split(": ")[0]], capture_output=True, text=True, check=True).stdout.split()


def add_licences(wheel, libraries):
    """Adds the licence of each library in the wheel, and a list of the libraries with their sources."""
    lines = ["Shared libraries of Debian in this wheel. Source packages: apt-get source NAME=VERSION, or\n",
             "https://snapshot.debian.org.\n\n"]
    bundled = sorted(name for name in wheel.files if name.startswith("longhaul.libs/"))
    if not bundled:
        raise SystemExit("package_wheel: auditwheel added no library")
    for name in bundled:
        # auditwheel inserts a hash before the first dot: libpq-1a2b3c4d.so.5.15 was libpq.so.5.15.
        original = re.sub(r"-[0-9a-f]{8}(?=\.)", "", pathlib.Path(name).name, count=1)
        path = next((path for path in libraries.values()
                     if original in (pathlib.Path(path).name, pathlib.Path(path).resolve().name)), None)
        if path is None:
            raise SystemExit(f"package_wheel: no library of the binary is named {original}")
        package, version, source, source_version = package_of(path)
        lines.append(f"{original}: package {package} {version}, source {source}={source_version}\n")
        wheel.add_information(f"licenses/{package}", (DOCUMENTATION / package / "copyright").read_bytes())
    # The texts to which the files of Debian refer.
    texts = b"".join(content for name, (content, _) in wheel.files.items() if "/licenses/" in name).decode(errors="replace")
    for name in sorted(set(re.findall(r"/usr/share/common-licenses/([A-Za-z0-9.+-]*[A-Za-z0-9])", texts))):
        path = pathlib.Path("/usr/share/common-licenses") / name
        if path.is_file():
            wheel.add_information(f"licenses/common-licenses/{name}", path.read_bytes())
    wheel.add_information("licenses/LIBRARIES", "".join(lines))


def main():
    sdk, binary, output = map(pathlib.Path, sys.argv[1:4])
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        plain = with_binary(sdk, binary, folder)
        subprocess.run(
            ["auditwheel", "repair", "--only-plat", "--zip-compression-level", "0", "--wheel-dir", folder / "repaired", plain],
            check=True, stdout=sys.stderr)
        repaired = next((folder / "repaired").iterdir())
        wheel = Wheel(repaired)
        add_licences(wheel, loaded_libraries(binary))
        wheel.write(output / repaired.name)
    print(output / repaired.name)


if __name__ == "__main__":
    main()
