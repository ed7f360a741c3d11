#!/usr/bin/env python3
"""Makes Sources/CServiceModels/models.json from botocore's service models.

    pip install botocore==1.41.2
    scripts/service_models.py > Sources/CServiceModels/models.json

The file has, for each service, the shapes of its operations' answers. TestState checks mocked results with them.
A shape is a list: its type; for a structure its members and the required ones; for others their limits.
"""
import json

import botocore.session

SERVICES = ["dynamodb", "events", "kms", "lambda", "s3", "secretsmanager", "sns", "sqs", "stepfunctions"]
LIMITS = ["min", "max", "enum"]


def pascal(name):
    return name[:1].upper() + name[1:]


class Service:
    """Collects the shapes that the answers of one service use."""

    def __init__(self, model):
        self.model = model
        self.shapes = {}

    def operations(self):
        answers = {}
        for name, operation in self.model["operations"].items():
            if "output" in operation:
                answers[name] = operation["output"]["shape"]
                self.collect(answers[name])
        return {"operations": answers, "shapes": self.shapes}

    def collect(self, name):
        if name in self.shapes:
            return
        shape = self.model["shapes"][name]
        entry = self.shapes[name] = {"type": shape["type"]}
        if shape["type"] == "structure":
            members = shape.get("members", {})
            entry["members"] = {pascal(key): value["shape"] for key, value in members.items()}
            if shape.get("required"):
                entry["required"] = [pascal(key) for key in shape["required"]]
            for value in members.values():
                self.collect(value["shape"])
        elif shape["type"] in ("list", "map"):
            entry["of"] = (shape.get("member") or shape["value"])["shape"]
            self.collect(entry["of"])
        entry.update({limit: shape[limit] for limit in LIMITS if limit in shape})


def main():
    loader = botocore.session.get_session().get_component("data_loader")
    models = {name: Service(loader.load_service_model(name, "service-2")).operations() for name in SERVICES}
    print(json.dumps(models, separators=(",", ":"), sort_keys=True))


if __name__ == "__main__":
    main()
