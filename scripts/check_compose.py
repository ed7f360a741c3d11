#!/usr/bin/env python3
"""Checks deploy/docker/compose.yaml against its own parts, the files of the repository and the command. Compose itself is not
installed everywhere.

    scripts/check_compose.py BINARY

It needs the package PyYAML.
"""

import json
import pathlib
import re
import subprocess
import sys

import yaml

FOLDER = pathlib.Path("deploy/docker")


def help_of(binary, command):
    return subprocess.run([binary, "help", command], capture_output=True, text=True, check=False).stdout


def volume_faults(volume, volumes):
    """The faults of one mount: SOURCE:TARGET."""
    source = volume.split(":")[0]
    if not source.startswith("."):
        if source not in volumes:
            yield f"there is no volume {source}"
    elif not (FOLDER / source).exists():
        yield f"{source} does not exist"


def service_faults(service, document, binary):
    """The faults of one service."""
    image = service["image"]
    if "build" not in service and not re.search(r":v?\d+\.\d+(\.\d+)?", image):
        yield f"the image {image} has no full version"
    for secret in service.get("secrets", []):
        if secret not in document["secrets"]:
            yield f"there is no secret {secret}"
    for volume in service.get("volumes", []):
        yield from volume_faults(volume, document["volumes"])
    for needed in service.get("depends_on", []):
        if needed not in document["services"]:
            yield f"there is no service {needed}"
    if "build" not in service:
        return
    known = help_of(binary, service["command"][0])
    for name, value in service["environment"].items():
        if not re.search(rf"\b{name}\b", known):
            yield f"{name} is not a setting of longhaul {service['command'][0]}"
        secret = re.fullmatch(r"/run/secrets/(.+)", str(value))
        if secret and secret.group(1) not in service.get("secrets", []):
            yield f"{name} names the secret {secret.group(1)}, which the service does not get"
    grace = float(service["environment"]["LONGHAUL_SHUTDOWN_GRACE"])
    if float(service["stop_grace_period"].removesuffix("s")) < grace + 15:
        yield "stop_grace_period is less than LONGHAUL_SHUTDOWN_GRACE and 15 seconds"


def main():
    document = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    faults = [f"{name}: {fault}" for name, service in document["services"].items()
              for fault in service_faults(service, document, sys.argv[1])]
    guide = pathlib.Path("docs/deployment.md").read_text()
    faults += [f"docs/deployment.md does not mention the secret {name}" for name in document["secrets"]
               if f"`{name}`" not in guide]
    for path in FOLDER.glob("grafana/provisioning/*/*.yaml"):
        yaml.safe_load(path.read_text())
    json.loads(pathlib.Path("deploy/grafana/longhaul.json").read_text())
    for fault in faults:
        print(f"deployment: {FOLDER}/compose.yaml: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
