#!/usr/bin/env python3
"""Checks the manifests in deploy/kubernetes: with the schemas of Kubernetes, and against each other and the command.

    scripts/check_kubernetes.py BINARY

It needs the package kubernetes-validate from PyPI. The schemas of KEDA and of the Prometheus operator are not checked, only
the names to which their resources refer.
"""

import pathlib
import re
import subprocess
import sys

import kubernetes_validate
import yaml

FOLDER = pathlib.Path("deploy/kubernetes")
VERSION = "1.31"
# The time in which a server closes its store, and a worker releases its jobs, after the grace period.
CLOSING_SECONDS = 15
faults = []


def fault(message):
    faults.append(message)


def nodes(value):
    """Every object inside a document, from the outside to the inside."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from nodes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from nodes(inner)


def read():
    """The documents by kind and name."""
    found = {}
    kustomization = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
    for name in kustomization["resources"]:
        if not (FOLDER / name).is_file():
            fault(f"kustomization.yaml names {name}, which does not exist")
    for path in sorted(FOLDER.glob("*.yaml")):
        if path.name == "kustomization.yaml":
            continue
        for document in yaml.safe_load_all(path.read_text()):
            key = (document["kind"], document["metadata"]["name"])
            if key in found:
                fault(f"{path.name}: {key} exists twice")
            found[key] = document
            if "." not in document["apiVersion"].split("/")[0]:
                try:
                    kubernetes_validate.validate(document, VERSION, strict=True)
                except kubernetes_validate.ValidationError as error:
                    fault(f"{path.name}: {key}: {error.message} at {'.'.join(str(part) for part in error.path)}")
    return found, {image["name"] for image in kustomization["images"]}


def secrets(documents):
    """The Secrets that the documents use, with the keys inside them."""
    used = {}
    for document in documents.values():
        for node in nodes(document):
            if "secretName" in node:
                used.setdefault(node["secretName"], set()).update(item["key"] for item in node.get("items", []))
            if set(node) >= {"name", "key"} and set(node) <= {"name", "key", "parameter", "optional"}:
                used.setdefault(node["name"], set()).add(node["key"])
    return used


def check_references(documents):
    guide = pathlib.Path("docs/deployment.md").read_text()
    for name, keys in secrets(documents).items():
        for word in (name, *keys):
            if word not in guide:
                fault(f"docs/deployment.md does not say how to create {word} of the Secret {name}")
    for (kind, name), document in documents.items():
        for node in nodes(document):
            for field, target in (("configMap", "ConfigMap"), ("authenticationRef", "TriggerAuthentication"),
                                  ("scaleTargetRef", "Deployment")):
                if isinstance(node.get(field), dict) and (target, node[field]["name"]) not in documents:
                    fault(f"{kind} {name}: there is no {target} {node[field]['name']}")
            if "claimName" in node and ("PersistentVolumeClaim", node["claimName"]) not in documents:
                fault(f"{kind} {name}: there is no PersistentVolumeClaim {node['claimName']}")


def matches(selector, labels):
    return all(labels.get(key) == value for key, value in selector.items())


def check_services(documents):
    pods = [document["spec"]["template"] for (kind, _), document in documents.items() if kind == "Deployment"]
    for (kind, name), document in documents.items():
        selector = document.get("spec", {}).get("selector", {})
        selector = selector.get("matchLabels", selector)
        if kind == "Service":
            ports = {port["name"] for pod in pods if matches(selector, pod["metadata"]["labels"])
                     for container in pod["spec"]["containers"] for port in container.get("ports", [])}
            for port in document["spec"]["ports"]:
                if port["targetPort"] not in ports:
                    fault(f"Service {name}: no container has the port {port['targetPort']}")
        elif kind in ("PodDisruptionBudget", "Deployment"):
            if not any(matches(selector, pod["metadata"]["labels"]) for pod in pods):
                fault(f"{kind} {name} selects no pod")
        elif kind == "ServiceMonitor":
            services = [one for (kind, _), one in documents.items() if kind == "Service"]
            chosen = [one for one in services if matches(selector, one["metadata"]["labels"])]
            ports = {port["name"] for one in chosen for port in one["spec"]["ports"]}
            for endpoint in document["spec"]["endpoints"]:
                if endpoint["port"] not in ports:
                    fault(f"ServiceMonitor {name}: no Service has the port {endpoint['port']}")


def help_of(binary, command):
    return subprocess.run([binary, "help", command], capture_output=True, text=True, check=False).stdout


def check_containers(documents, images, binary):
    for (kind, name), document in documents.items():
        if kind != "Deployment":
            continue
        pod = document["spec"]["template"]["spec"]
        for container in pod["containers"]:
            if container["image"] not in images:
                fault(f"Deployment {name}: kustomization.yaml does not name the image {container['image']}")
            settings = {variable["name"]: variable["value"] for variable in container["env"]}
            text = help_of(binary, container["args"][0]) + help_of(binary, "health")
            for setting in settings:
                if not re.search(rf"\b{setting}\b", text):
                    fault(f"Deployment {name}: {setting} is not a setting of longhaul {container['args'][0]}")
            grace = float(settings["LONGHAUL_SHUTDOWN_GRACE"]) + CLOSING_SECONDS
            if pod.get("terminationGracePeriodSeconds", 30) < grace:
                fault(f"Deployment {name}: terminationGracePeriodSeconds is less than {grace}")
            for node in nodes(container):
                for word in node.get("exec", {}).get("command", []) if isinstance(node.get("exec"), dict) else []:
                    if word.startswith("--") and word not in text:
                        fault(f"Deployment {name}: longhaul health has no option {word}")
                    if word.startswith("unix:") and word not in settings["LONGHAUL_LISTEN"]:
                        fault(f"Deployment {name}: a probe uses {word}, on which the server does not listen")
            mounted = [mount["mountPath"] for mount in container["volumeMounts"]]
            for setting, value in settings.items():
                if value.startswith("/") and not any(value.startswith(path + "/") for path in mounted):
                    fault(f"Deployment {name}: {setting} names {value}, and no volume is mounted there")
            volumes = {volume["name"] for volume in pod["volumes"]}
            for mount in container["volumeMounts"]:
                if mount["name"] not in volumes:
                    fault(f"Deployment {name}: there is no volume {mount['name']}")


def main():
    binary = sys.argv[1]
    documents, images = read()
    # The other checks expect manifests that fit the schemas.
    if not faults:
        check_references(documents)
        check_services(documents)
        check_containers(documents, images, binary)
    for message in faults:
        print(f"deployment: deploy/kubernetes: {message}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
