"""A Longhaul server for one test, and the calls of its HTTP API."""

import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("LONGHAUL", os.path.join(REPOSITORY, ".build/release/longhaul"))
START_SECONDS = 60
#: Sends requests to the server itself, also if the environment names a proxy.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def environment():
    """The environment of the tests without settings of Longhaul."""
    return {k: v for k, v in os.environ.items() if not k.startswith("LONGHAUL")}


def end(process):
    """Stops a process with SIGTERM, and kills it if it does not end in time."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class ProblemAnswer(Exception):
    """The API answered with a problem."""

    def __init__(self, status, body):
        super().__init__(f"{status} {body}")
        self.status = status


class Worker:
    """A `longhaul worker` for one kind, whose jobs run until the server's folder is deleted."""

    def __init__(self, server, name, kind, queue):
        handlers = os.path.join(server.folder, f"{name}.json5")
        with open(handlers, "w", encoding="utf-8") as file:
            json.dump({"handlers": {kind: {"command": [
                "sh", "-c", f"while [ -d '{server.folder}' ]; do sleep 0.1; done"]}}}, file)
        self.process = subprocess.Popen(
            [BINARY, "worker", "--server", server.address, "--handlers", handlers, "--queues", f"{queue}=1",
             "--name", name, "--shutdown-grace", "0"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment())

    def stop(self):
        """Stops the process with SIGSTOP, as a debugger or a machine without memory does."""
        self.process.send_signal(signal.SIGSTOP)

    def close(self):
        self.process.send_signal(signal.SIGCONT)
        end(self.process)


class Server:
    """A `longhaul serve` on a free port with its own folder; `close` stops it and deletes the folder."""

    def __init__(self, *options):
        self.options = options
        self.key = None
        self.folder = tempfile.mkdtemp(prefix="longhaul-browser-")
        self.address = None
        self.process = None
        self.start()

    def start(self):
        """Starts the process; again on the same port after `kill`."""
        listen = urllib.parse.urlsplit(self.address).netloc if self.address else "127.0.0.1:0"
        with open(os.path.join(self.folder, "server.log"), "ab") as log:
            self.process = subprocess.Popen(
                [BINARY, "serve", "--listen", listen, "--store", f"sqlite:{self.folder}/longhaul.db",
                 "--artifacts", f"file:{self.folder}/artifacts", *self.options],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=environment())
        ready, _, _ = select.select([self.process.stdout], [], [], START_SECONDS)
        line = self.process.stdout.readline() if ready else b""
        if not line:
            self.kill()
            raise RuntimeError("the server did not start: " + self.log())
        self.address = json.loads(line)["listening"]

    def log(self):
        with open(os.path.join(self.folder, "server.log"), encoding="utf-8", errors="replace") as file:
            return file.read()[-2000:]

    def kill(self):
        """Kills the process."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def close(self):
        end(self.process)
        if not self.process.stdout.closed:
            self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # The API.

    def call_step_functions(self, operation, members):
        """Performs an operation of the Step Functions API."""
        target = {"X-Amz-Target": f"AWSStepFunctions.{operation}"}
        return self.call("POST", "/", members, "application/x-amz-json-1.0", target)

    def call(self, method, path, body=None, content_type="application/json", fields=None):
        """Sends a request; `body` is sent as JSON unless it is bytes. Returns the parsed answer, if there is one."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        headers = dict(fields or {}) | ({} if data is None else {"Content-Type": content_type})
        if self.key is not None:
            headers["Authorization"] = f"Bearer {self.key}"
        request = urllib.request.Request(self.address + path, method=method, data=data, headers=headers)
        try:
            with OPENER.open(request, timeout=90) as answer:
                text = answer.read()
        except urllib.error.HTTPError as problem:
            raise ProblemAnswer(problem.code, problem.read().decode()) from None
        return json.loads(text) if text else None

    def make_key(self, name, *scopes, **fields):
        """Creates an API key; returns its text."""
        return self.call("POST", "/v1/keys", {"name": name, "scopes": scopes, **fields})["key"]

    def submit(self, kind, **fields):
        """Submits a job; returns its ID."""
        return self.call("POST", "/v1/jobs", {"kind": kind, **fields})["id"]

    def submit_many(self, jobs):
        """Submits jobs in batches; returns their IDs."""
        answers = []
        for start in range(0, len(jobs), 1000):
            answers += self.call("POST", "/v1/jobs/batch", {"jobs": jobs[start:start + 1000]})["jobs"]
        return [answer["job"]["id"] for answer in answers]

    def lease(self, queue="default", count=1, seconds=60, worker="worker-1", heartbeat_seconds=None, **labels):
        """Leases jobs like a worker, and waits until there is one."""
        heartbeat = {} if heartbeat_seconds is None else {"heartbeat_interval_seconds": heartbeat_seconds}
        body = {"worker": {"id": worker, "name": worker, "labels": labels, **heartbeat}, "queues": [queue],
                "max_jobs": count, "lease_seconds": seconds, "wait_seconds": 30}
        return self.call("POST", "/v1/leases", body)["leases"]

    def beat(self, lease, percent, message, worker="worker-1"):
        progress = {"percent": percent, "message": message}
        self.call("POST", "/v1/leases/heartbeat",
                  {"worker": {"id": worker}, "leases": [{"token": lease["token"], "progress": progress}]})

    def complete(self, lease, result=None, **fields):
        return self.call("POST", f"/v1/leases/{lease['token']}/complete", {"result": result, **fields})

    def fail(self, lease, kind, message, retryable=False):
        error = {"type": kind, "message": message}
        return self.call(
            "POST", f"/v1/leases/{lease['token']}/fail", {"error": error, "retryable": retryable})

    def update(self, lease, *updates):
        """Changes the journal of a leased job; returns the operations."""
        return self.call("POST", f"/v1/leases/{lease['token']}/journal", {"updates": updates})["operations"]

    def suspend(self, lease, *operations):
        """Suspends a leased job until one of its operations has ended."""
        answer = self.call("POST", f"/v1/leases/{lease['token']}/suspend", {"on": operations})
        if answer.get("state") != "suspended":
            raise RuntimeError(f"the job is not suspended: {answer}")
        return answer

    def write_log(self, lease, *messages, level="info"):
        at = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
        lines = [{"at": at, "level": level, "message": message} for message in messages]
        self.call("POST", f"/v1/leases/{lease['token']}/logs", {"lines": lines})

    def put_artifact(self, lease, name, content, content_type):
        path = f"/v1/leases/{lease['token']}/artifacts/{urllib.parse.quote(name)}"
        self.call("PUT", path, content, content_type=content_type)
