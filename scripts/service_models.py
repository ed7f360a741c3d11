#!/usr/bin/env python3
"""Makes the files of Sources/CServiceModels from botocore's service models.

    pip install botocore==1.41.2
    scripts/service_models.py answers > Sources/CServiceModels/models.json
    pip install botocore==1.44.5
    scripts/service_models.py requests > Sources/CServiceModels/requests.json
    scripts/service_models.py calls > Sources/CServiceModels/calls.json

`models.json` has, for each service, the shapes of its operations' answers. TestState checks mocked results with them.
`requests.json` has the shapes of the requests of Step Functions. The server checks requests with them.
`calls.json` has the services that tasks may call: protocols, operations, errors and shapes, with their places in requests.
A shape is an object: its type; for a structure its members and the required ones; for others their limits.
"""
import json
import sys

import botocore.session

ANSWERED = ["dynamodb", "events", "kms", "lambda", "s3", "secretsmanager", "sns", "sqs", "stepfunctions"]
REQUESTED = "stepfunctions"
# A service that is added here is also added to ServiceCatalog.
CALLED = [name for name in ANSWERED if name != REQUESTED]
LIMITS = ["min", "max", "enum"]
REQUEST_LIMITS = LIMITS + ["pattern", "sensitive"]


def pascal(name):
    return name[:1].upper() + name[1:]


class Service:
    """Collects the shapes that the operations of one service use."""

    def __init__(self, model, name_of_member, limits):
        self.model = model
        self.name_of_member = name_of_member
        self.limits = limits
        self.shapes = {}

    def operations(self, part):
        """The shapes of a part of each operation: its input or its output."""
        names = {}
        for name, operation in self.model["operations"].items():
            if part in operation:
                names[name] = operation[part]["shape"]
                self.collect(names[name])
        return {"operations": names, "shapes": self.shapes}

    def collect(self, name):
        if name in self.shapes:
            return
        shape = self.model["shapes"][name]
        entry = self.shapes[name] = {"type": shape["type"]}
        if shape["type"] == "structure":
            members = shape.get("members", {})
            entry["members"] = {self.name_of_member(key): value["shape"] for key, value in members.items()}
            if shape.get("required"):
                entry["required"] = [self.name_of_member(key) for key in shape["required"]]
            for value in members.values():
                self.collect(value["shape"])
        elif shape["type"] in ("list", "map"):
            entry["of"] = (shape.get("member") or shape["value"])["shape"]
            self.collect(entry["of"])
        entry.update({limit: shape[limit] for limit in self.limits if limit in shape})


class CalledService:
    """The model of a service whose operations tasks call. Only what differs from the default is written."""

    SCALARS = {"character": "string", "short": "integer", "long": "integer", "bigInteger": "integer", "double": "float",
               "bigDecimal": "float"}

    def __init__(self, model):
        self.model = model
        self.shapes = {}

    def described(self):
        metadata = self.model["metadata"]
        operations = {name: self.operation(value) for name, value in self.model["operations"].items()}
        errors = {}
        for name, shape in self.model["shapes"].items():
            if shape.get("exception"):
                errors[shape.get("error", {}).get("code", name)] = name
        service = {
            "id": metadata["serviceId"], "protocol": metadata["protocol"], "version": metadata["apiVersion"],
            "signing_name": metadata.get("signingName", metadata["endpointPrefix"]), "endpoint": metadata["endpointPrefix"],
            "operations": operations, "errors": errors, "shapes": self.shapes,
        }
        if "targetPrefix" in metadata:
            service.update(target=metadata["targetPrefix"], json_version=metadata["jsonVersion"])
        if "xmlNamespace" in metadata:
            service["namespace"] = self.namespace(metadata["xmlNamespace"])
        return service

    def operation(self, model):
        entry = {}
        http = model.get("http", {})
        if (http.get("method", "POST"), http.get("requestUri", "/")) != ("POST", "/"):
            entry.update(method=http["method"], uri=http["requestUri"])
        for part in ("input", "output"):
            if part in model:
                entry[part] = self.reference(model[part])
        if "resultWrapper" in model.get("output", {}):
            entry["wrapper"] = model["output"]["resultWrapper"]
        if model.get("httpChecksumRequired") or model.get("httpChecksum", {}).get("requestChecksumRequired"):
            entry["needs_checksum"] = True
        return entry

    @staticmethod
    def namespace(value):
        return value["uri"] if isinstance(value, dict) else value

    def reference(self, reference):
        """The name of a shape, or `:TYPE` for a type without members."""
        name = reference["shape"]
        shape = self.model["shapes"][name]
        if shape["type"] in ("structure", "list", "map"):
            self.collect(name, shape)
            return name
        return ":" + self.SCALARS.get(shape["type"], shape["type"])

    def collect(self, name, shape):
        if name in self.shapes:
            return
        entry = self.shapes[name] = {"type": shape["type"]}
        if shape["type"] == "structure":
            entry["members"] = {key: self.member(value) for key, value in shape.get("members", {}).items()}
            entry.update({key: shape[key] for key in ("required", "payload") if shape.get(key)})
        elif shape["type"] == "list":
            entry["of"] = self.reference(shape["member"])
            if "locationName" in shape["member"]:
                entry["name"] = shape["member"]["locationName"]
        else:
            entry["of"] = self.reference(shape["value"])
            for part in ("key", "value"):
                if "locationName" in shape[part]:
                    entry[part] = shape[part]["locationName"]
        if shape.get("flattened"):
            entry["flattened"] = True

    def member(self, member):
        shape = self.reference(member)
        entry = {}
        if "location" in member:
            entry["location"] = member["location"]
        if "locationName" in member:
            entry["name"] = member["locationName"]
        for trait in ("flattened", "xmlAttribute", "idempotencyToken"):
            if member.get(trait):
                entry[trait] = True
        if "xmlNamespace" in member:
            entry["namespace"] = self.namespace(member["xmlNamespace"])
        return {"shape": shape, **entry} if entry else shape


def main():
    loader = botocore.session.get_session().get_component("data_loader")

    def load(name):
        return loader.load_service_model(name, "service-2")

    if sys.argv[1:] == ["answers"]:
        models = {name: Service(load(name), pascal, LIMITS).operations("output") for name in ANSWERED}
    elif sys.argv[1:] == ["requests"]:
        model = load(REQUESTED)
        models = Service(model, str, REQUEST_LIMITS).operations("input")
        models["target"] = model["metadata"]["targetPrefix"]
        models["signing_name"] = model["metadata"].get("signingName", model["metadata"]["endpointPrefix"])
    elif sys.argv[1:] == ["calls"]:
        models = {name: CalledService(load(name)).described() for name in CALLED}
    else:
        sys.exit(__doc__)
    print(json.dumps(models, separators=(",", ":"), sort_keys=True))


if __name__ == "__main__":
    main()
