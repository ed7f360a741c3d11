#!/usr/bin/env python3
"""Measures the throughput through Kafka while a consumer joins or leaves the group each second.

Two servers over one PostgreSQL, with workers over HTTP, get a steady load. In the second half of the run, a further server
with a worker starts, or one is ended (SIGTERM and SIGKILL by turns), each second. The exit code is 1 if a job is lost or
completed twice, or if the second half completes less than half as many jobs per second as the first one.
"""

import argparse
import http.client
import json
import os
import random
import signal
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../Tests/Torture"))
# pylint: disable=wrong-import-position
from backends import Postgres  # noqa: E402
from child import Child, free_port  # noqa: E402
from kafka import Kafka  # noqa: E402
from place import Place, enter_namespaces  # noqa: E402

BINARY = os.path.join(HERE, "../.build/release/longhaul")
BATCH = 50
WORKERS = 2
LEASE_SECONDS = 10
END_SECONDS = 120


class Client:
    """A connection to a server, which is opened again after an error."""

    def __init__(self, port):
        self.port = port
        self.connection = None

    def call(self, method, path, body=None):
        """Returns status and content; None if the server does not answer."""
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            self.connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
            answer = self.connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        except (OSError, http.client.HTTPException, ValueError):
            if self.connection is not None:
                self.connection.close()
            self.connection = None
            return None


class Run:
    """The jobs of a run, with the times of their submission and of each accepted completion."""

    def __init__(self, ports):
        self.ports = ports
        self.submitted = {}
        self.completed = {}
        self.doubled = []
        self.lock = threading.Lock()
        self.stop = threading.Event()

    def submit(self, rate, until):
        """Submits batches at the right time each, or at once if it is late."""
        client = Client(self.ports[0])
        at = time.monotonic()
        while at < until:
            time.sleep(max(0, at - time.monotonic()))
            answer = client.call("POST", "/v1/jobs/batch", {"jobs": [{"kind": "storm", "queue": "storm"}] * BATCH})
            if answer is None or answer[0] != 202:
                raise SystemExit(f"a batch was refused: {answer}")
            now = time.monotonic()
            self.submitted.update((entry["job"]["id"], now) for entry in answer[1]["jobs"])
            at += BATCH / rate

    def work(self, port, name, is_over):
        """Leases jobs from one server until `is_over`, and completes them at a server that stays."""
        source, sink = Client(port), Client(random.choice(self.ports))
        request = {"worker": {"id": name}, "queues": ["storm"], "kinds": ["storm"], "max_jobs": 50,
                   "lease_seconds": LEASE_SECONDS, "wait_seconds": 2}
        while not is_over():
            answer = source.call("POST", "/v1/leases", request)
            if answer is None or answer[0] != 200:
                time.sleep(0.05)
                continue
            leases = answer[1]["leases"]
            if leases:
                self.complete(sink, leases)

    def complete(self, client, leases):
        """Completes jobs; repeats the call until it is answered."""
        body = {"completions": [{"token": lease["token"], "result": None} for lease in leases]}
        while (answer := client.call("POST", "/v1/leases/complete", body)) is None or answer[0] != 200:
            time.sleep(0.05)
        now = time.monotonic()
        with self.lock:
            for lease, entry in zip(leases, answer[1]["completions"], strict=True):
                if entry["status"] == 200:
                    job = lease["job"]["id"]
                    if job in self.completed:
                        self.doubled.append(job)
                    self.completed[job] = now

    def figures(self, start, end):
        """The completed jobs per second, and the median and p99 of the times from submission to completion."""
        with self.lock:
            times = sorted(at - self.submitted.get(job, at) for job, at in self.completed.items() if start <= at < end)
        pick = (lambda share: times[int(share * (len(times) - 1))]) if times else (lambda _: 0.0)
        return len(times) / (end - start), pick(0.5), pick(0.99)


class Storm:
    """The servers of a run."""

    def __init__(self, options, place):
        self.options = options
        self.place = place
        self.backends = [Postgres(place), Kafka(place)]
        self.count = 0
        self.servers = [self.server() for _ in range(2)]
        self.guests = []

    def server(self):
        """A further server with its own way to the broker."""
        self.count += 1
        name, port = f"server-{self.count}", free_port()
        postgres, kafka = self.backends
        link = kafka.link()
        kafka.children[0].start()
        child = Child(name, [
            os.path.abspath(self.options.binary), "serve", "--listen", f"127.0.0.1:{port}", "--store",
            postgres.url(postgres.port), "--queue", kafka.url(link.port), "--artifacts",
            f"file:{self.place.file('artifacts')}", "--shutdown-grace", "5"], self.place.file(f"{name}.log"))
        child.port = port
        return child

    def start(self):
        """Starts the backends and the servers that stay."""
        for backend in self.backends:
            backend.start()
            if not backend.await_answer():
                raise SystemExit(f"{backend.name} does not start: {backend.children[-1].log_tail()}")
        for server in self.servers:
            server.start()
            client = Client(server.port)
            while (answer := client.call("GET", "/readyz")) is None or answer[0] != 200:
                if not server.is_running:
                    raise SystemExit(server.log_tail())
                time.sleep(0.1)

    def disturb(self, run, until):
        """Each second, starts a server with a worker, or ends the oldest one."""
        second = 0
        while time.monotonic() < until:
            if second % 2 == 0:
                guest = self.server()
                guest.start()
                threading.Thread(target=run.work, args=(
                    guest.port, guest.name, lambda guest=guest: not guest.is_running or run.stop.is_set())).start()
                self.guests.append(guest)
            elif len(self.guests) > 1:
                self.guests.pop(0).signal(signal.SIGTERM if second % 4 == 1 else signal.SIGKILL)
            second += 1
            time.sleep(1)
        while self.guests:
            self.guests.pop().signal(signal.SIGTERM)
        return second

    def stop(self):
        """Ends everything."""
        for server in [*self.servers, *self.guests]:
            server.signal(signal.SIGKILL)
        for backend in self.backends:
            backend.stop()


def measure(options, place):
    """Runs both halves; returns true if nothing was lost and the throughput suffices."""
    storm = Storm(options, place)
    storm.start()
    run = Run([server.port for server in storm.servers])
    threads = [
        threading.Thread(target=run.work, args=(port, f"steady-{port}-{number}", run.stop.is_set))
        for port in run.ports for number in range(WORKERS)]
    begin = time.monotonic() + 5
    middle, end = begin + options.seconds, begin + 2 * options.seconds
    threads.append(threading.Thread(target=run.submit, args=(options.rate, end)))
    for thread in threads:
        thread.start()
    time.sleep(max(0, middle - time.monotonic()))
    changes = storm.disturb(run, end)
    threads.pop().join()
    deadline = time.monotonic() + END_SECONDS
    while len(run.completed) < len(run.submitted) and time.monotonic() < deadline:
        time.sleep(0.2)
    drained = time.monotonic() - end
    _, queue = Client(run.ports[0]).call("GET", "/v1/queues/storm")
    run.stop.set()
    for thread in threads:
        thread.join()
    storm.stop()
    lost = len(run.submitted) - len(run.completed)
    rates = []
    for name, (start, stop) in {"undisturbed": (begin, middle), "storm": (middle, end)}.items():
        rate, median, p99 = run.figures(start, stop)
        rates.append(rate)
        print(f"{name:<12} {rate:7.0f} jobs/s  median {1000 * median:6.0f} ms  p99 {1000 * p99:6.0f} ms")
    print(f"{changes} changes of the group in {options.seconds:g} s; {len(run.submitted)} jobs submitted, the last one "
          f"completed {drained:.1f} s after the end; states: {json.dumps(queue.get('counts'))}")
    print(f"lost {lost}, completed twice {len(run.doubled)}, throughput {rates[1] / rates[0]:.2f} of the undisturbed one")
    return lost == 0 and not run.doubled and rates[1] >= rates[0] / 2


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=float, default=60, help="the length of each half (default: 60)")
    parser.add_argument("--rate", type=float, default=1000, help="submitted jobs per second (default: 1000)")
    parser.add_argument("--binary", default=BINARY, help="the longhaul to measure")
    options = parser.parse_args()
    if not os.access(options.binary, os.X_OK):
        sys.exit(f"There is no {options.binary}; run: make build")
    enter_namespaces()
    place = Place()
    try:
        return 0 if measure(options, place) else 1
    finally:
        place.remove()


if __name__ == "__main__":
    sys.exit(main())
