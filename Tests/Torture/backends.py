"""The backends of a run: real servers on private ports, in the folder of the run."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import time

from child import Child, free_port
from cluster import Cluster, find_programs
from place import descendants
from proxy import Proxy


class Backend:
    """A server that is killed and restarted like every other process."""

    # The name for people, and the name of the component in `/readyz`.
    name = ""
    part = ""

    def __init__(self, place):
        self.place = place
        self.port = free_port()
        self.folder = place.file(type(self).__name__.lower())
        os.mkdir(self.folder)
        self.children = []
        # The variables that its clients need.
        self.client_environment = {}

    def url(self, port):
        """The URL of the server behind `port`."""
        raise NotImplementedError

    def link(self):
        """A new link to the server."""
        return Proxy(self.port)

    def answers(self):
        """Whether the server answers."""
        raise NotImplementedError

    def start(self):
        """Starts all processes."""
        for child in self.children:
            child.start()

    def await_answer(self, seconds=120):
        """Waits until the server answers, and restarts ended processes. Returns false after the deadline."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for child in self.children:
                if not child.is_running and child.may_start:
                    child.start()
            if self.answers():
                return True
            time.sleep(0.05)
        return False

    def kill(self):
        """Kills the server; true if it was running."""
        return self.children[-1].signal(signal.SIGKILL)

    def stop(self):
        """Stops all processes."""
        for child in reversed(self.children):
            child.signal(signal.SIGKILL)
            if child.process is not None:
                child.process.wait(30)

    def exchange(self, message, expected):
        """Sends bytes; returns whether the answer begins with `expected`."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(message)
                return connection.recv(64).startswith(expected)
        except OSError:
            return False


class Postgres(Backend):
    """A PostgreSQL server with its own cluster."""

    name, part = "PostgreSQL", "store"

    def __init__(self, place):
        super().__init__(place)
        programs = find_programs()
        if programs is None:
            raise SystemExit("PostgreSQL is not installed; run: make bootstrap")
        # The server may run as another user, which needs access to its folder.
        os.chmod(place.folder, 0o711)
        self._cluster = Cluster(self.folder, programs)
        settings = {
            "listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": "",
            # In /dev/shm, the shared memory of a killed server would remain.
            "dynamic_shared_memory_type": "mmap", "shared_buffers": "64MB"}
        with open(os.path.join(self._cluster.data, "postgresql.conf"), "a", encoding="utf-8") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        self.children = [Child(self.name, self._cluster.command(), place.file("postgres.log"))]

    def url(self, port):
        return f"postgres://longhaul@127.0.0.1:{port}/postgres"

    def answers(self):
        # A startup message; the server answers with an authentication request.
        text = b"\0\3\0\0user\0longhaul\0database\0postgres\0\0"
        return self.exchange((len(text) + 4).to_bytes(4, "big") + text, b"R")

    def crash(self):
        """Stops the server immediately, like a power cut; true if it was running."""
        if not self.children[0].is_running:
            return False
        self.children[0].is_doomed = True
        try:
            self._cluster.run("pg_ctl", "-m", "immediate", "-W", "stop")
        except subprocess.CalledProcessError:
            return False
        return True

    def kill(self):
        """Kills the server with all its processes, like a service manager. A single remaining process could wait for the
        others forever and prevent the start of a new server."""
        child = self.children[0]
        if not child.signal(signal.SIGSTOP):
            return False
        others = descendants(child.process.pid)
        child.signal(signal.SIGKILL)
        for pid in others:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return True

    def stop(self):
        self.children[0].signal(signal.SIGINT)
        super().stop()


class Redis(Backend):
    """A Redis without persistence: a kill loses all its data."""

    name, part = "Redis", "queue"
    loss_name = "FLUSHALL of Redis"

    def __init__(self, place):
        super().__init__(place)
        self.children = [Child(self.name, [
            "redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
            "--dir", self.folder], place.file("redis.log"))]

    def url(self, port):
        return f"redis://127.0.0.1:{port}"

    def answers(self):
        return self.exchange(b"PING\r\n", b"+PONG")

    def lose_data(self, _random):
        """Deletes all data of the server; true if it succeeded."""
        return self.exchange(b"FLUSHALL\r\n", b"+OK")


class RabbitMQ(Backend):
    """A RabbitMQ with quorum queues, and the port mapper that every Erlang node needs."""

    name, part = "RabbitMQ", "queue"
    loss_name = "queues of RabbitMQ purged or deleted"

    _programs = "/usr/lib/rabbitmq/bin"

    def __init__(self, place):
        super().__init__(place)
        with open(os.path.join(self.folder, "rabbitmq.conf"), "w", encoding="utf-8") as file:
            file.write(f"listeners.tcp.1 = 127.0.0.1:{self.port}\nlog.console = false\n")
        self._environment = {
            "HOME": self.folder, "RABBITMQ_NODENAME": f"torture{self.port}@localhost",
            "RABBITMQ_MNESIA_BASE": self.folder, "RABBITMQ_LOG_BASE": self.folder,
            "RABBITMQ_CONFIG_FILE": os.path.join(self.folder, "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": os.path.join(self.folder, "plugins"),
            "RABBITMQ_DIST_PORT": str(free_port()), "ERL_EPMD_PORT": str(free_port()),
            "ERL_EPMD_ADDRESS": "127.0.0.1"}
        mapper = ["epmd", "-port", self._environment["ERL_EPMD_PORT"], "-address", "127.0.0.1"]
        self.children = [
            Child("epmd", mapper, place.file("epmd.log")),
            Child(self.name, [f"{self._programs}/rabbitmq-server"], place.file("rabbitmq.log"), self._environment,
                  is_group=True)]

    def url(self, port):
        return f"amqp://127.0.0.1:{port}"

    def answers(self):
        # The server answers the protocol header with a frame.
        return self.exchange(b"AMQP\0\0\x09\x01", b"\x01")

    def lose_data(self, random):
        """Purges or deletes all queues; true if it succeeded."""
        action = random.choice(["purge(Q)", "delete(Q, false, false, <<\"torture\">>)"])
        expression = f"[rabbit_amqqueue:{action} || Q <- rabbit_amqqueue:list()], ok."
        # On a busy machine rabbitmqctl takes seconds; the timeout bounds the wait.
        try:
            return subprocess.run(
                [f"{self._programs}/rabbitmqctl", "-q", "eval", expression], timeout=30, check=False,
                env={**os.environ, **self._environment}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL).returncode == 0
        except subprocess.TimeoutExpired:
            return False


class Moto(Backend):
    """moto's server, which keeps everything in memory."""

    def __init__(self, place):
        super().__init__(place)
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        python = subprocess.run(
            [os.path.join(root, "scripts", "moto-venv.sh")], check=True, capture_output=True, text=True).stdout.strip()
        server = os.path.join(root, "Tests", "LonghaulTestServers", "aws_server.py")
        self.client_environment = {"AWS_ACCESS_KEY_ID": "AKIDTEST", "AWS_SECRET_ACCESS_KEY": "test-secret"}
        self.children = [Child(
            self.name, [python, "-B", server, str(self.port)], place.file(f"{self.name.lower()}.log"),
            # Large objects are in files, so that a long run needs little memory.
            {"TMPDIR": self.folder, "MOTO_S3_DEFAULT_KEY_BUFFER_SIZE": "1048576"})]

    def answers(self):
        return self.exchange(b"GET /_requests?match=none HTTP/1.0\r\n\r\n", b"HTTP/1.1 200")

    def post(self, path, body=""):
        """Sends an order to the gate; true if it was accepted."""
        head = f"POST {path} HTTP/1.0\r\nContent-Length: {len(body)}\r\n\r\n"
        return self.exchange((head + body).encode(), b"HTTP/1.1 200")


class SQS(Moto):
    """Queues of SQS: a kill loses all of them with their messages."""

    name, part = "SQS", "queue"
    loss_name = "queues of SQS purged or deleted"

    def url(self, port):
        return f"sqs://?region=us-east-1&endpoint=http://127.0.0.1:{port}"

    def lose_data(self, random):
        """Purges or deletes all queues; true if it succeeded."""
        return self.post("/_lose?" + random.choice(["messages", "queues"]))


class S3(Moto):
    """A bucket of S3. It is not killed, because files must be there at the end."""

    name, part = "S3", "artifacts"
    prefix = "torture/"

    def url(self, port):
        return f"s3://files/{self.prefix.rstrip('/')}?region=us-east-1&endpoint=http://127.0.0.1:{port}&style=path&downloads=proxy"

    def disturb(self, random):
        """Makes the next requests fail; returns how, or None."""
        kind, fault = random.choice([
            ("throttled", {"do": "error", "code": "SlowDown"}),
            ("failing", {"do": "error", "code": "InternalError", "status": 500}),
            ("slow", {"do": "hang", "seconds": random.uniform(0.5, 5)}),
            ("with changed bytes", {"do": "corrupt"}),
            ("cut in mid-body", {"do": "cut"}),
            ("without an answer", {"do": "lose_answer"})])
        return kind if self.plan([{**fault, "times": random.randint(1, 10)}]) else None

    def plan(self, faults):
        """Plans faults of the next requests; true if the gate accepted them."""
        return self.post("/_faults", json.dumps(faults))

    def contents(self):
        """What moto itself has: the size of each object by its key, and the key of each unfinished upload by its ID."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", "/_contents")
            found = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        return found["objects"], found["uploads"]
