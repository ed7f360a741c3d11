#!/usr/bin/env python3
"""Makes the files of Sources/CServiceModels from botocore's service models.

    pip install botocore==1.41.2
    scripts/service_models.py answers > Sources/CServiceModels/models.json
    pip install botocore==1.44.5
    scripts/service_models.py requests > Sources/CServiceModels/requests.json

`models.json` has, for each service, the shapes of its operations' answers. TestState checks mocked results with them.
`requests.json` has the shapes of the requests of Step Functions. The server checks requests with them.
A shape is an object: its type; for a structure its members and the required ones; for others their limits.
"""
import json
import sys

import botocore.session

ANSWERED = ["dynamodb", "events", "kms", "lambda", "s3", "secretsmanager", "sns", "sqs", "stepfunctions"]
REQUESTED = "stepfunctions"
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
    else:
        sys.exit(__doc__)
    print(json.dumps(models, separators=(",", ":"), sort_keys=True))


if __name__ == "__main__":
    main()
