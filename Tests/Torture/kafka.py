"""Kafka as a backend: Tansu, a broker that speaks its protocol, in memory."""

import os
import subprocess
import sys

from backends import Backend
from child import Child, free_port
from proxy import Proxy

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "Tests", "Kafka"))
import topics  # noqa: E402  pylint: disable=wrong-import-position


class Kafka(Backend):
    """A broker in memory: a kill loses all topics, offsets and groups."""

    name, part = "Kafka", "queue"
    loss_name = "topics of Kafka emptied or deleted"

    def __init__(self, place):
        super().__init__(place)
        tansu = subprocess.run(
            [os.path.join(ROOT, "scripts", "kafka.sh")], check=True, capture_output=True, text=True).stdout.strip()
        address = f"tcp://127.0.0.1:{self.port}"
        self.children = [Child(self.name, [
            tansu, "broker", "--silent", "--listener-url", address, "--advertised-listener-url", address,
            "--storage-engine", "memory://tansu/"], place.file("kafka.log"))]

    def url(self, port):
        return f"kafka://127.0.0.1:{port}?session=6&partitions=2"

    def link(self):
        """A link whose clients find the broker behind the link only: a process changes the address in its answers."""
        link = Proxy(free_port())
        self.children.insert(0, Child("the front of Kafka", [
            sys.executable, "-B", os.path.join(ROOT, "Tests", "Kafka", "front.py"), str(link.target), str(self.port),
            "--public-port", str(link.port)], self.place.file("front.log")))
        return link

    def answers(self):
        return topics.topics(self.port) is not None

    def lose_data(self, random):
        """Deletes all messages or all topics; true if there were topics."""
        return random.choice([topics.empty, topics.delete])(self.port)
