"""A primed started for a measurement, and a plain client of it."""

import array
import contextlib
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import threading
import time

PATIENCE = 60  # seconds nothing here should take


def wait_until(condition, what):
    """Poll until it holds; its value."""
    deadline = time.monotonic() + PATIENCE
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.002)
    return value


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Service:
    """A service in a directory of its own, which outlives its processes: start() again resumes."""

    def __init__(self, primed, store, directory, options=()):
        self.primed, self.store, self.directory, self.options = primed, store, directory, options
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [self.primed, "--listen", "127.0.0.1:0", "--store", self.store, "--data-dir", self.directory, *self.options],
            stderr=subprocess.PIPE, text=True, start_new_session=True)
        for line in self.process.stderr:
            if " listening " in line:
                self.host, port = line.split("address=")[1].split()[0].rsplit(":", 1)
                self.port = int(port)
            if " ready " in line:
                break
        else:
            raise RuntimeError(f"{self.primed} ended with {self.process.wait()} before it was ready")
        # Somebody must read the log, or the service would wait for room in the pipe.
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        """Drain it; its exit status."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def kill(self):
        """Kill every process of it at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)

    def workers(self):
        """The pids of its workers."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(pid) for pid in children if name_of(pid) == "primed-worker"]

    def client(self):
        return Client(self.host, self.port)


def name_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return None


@contextlib.contextmanager
def serving(primed, store, *options):
    """A service for the length of a with statement, drained at its end."""
    with tempfile.TemporaryDirectory(prefix="primed-bench.") as directory:
        service = Service(primed, store, directory, options)
        try:
            yield service
        finally:
            service.stop()


class Client:
    """One connection that is kept open."""

    def __init__(self, host, port):
        self.connection = http.client.HTTPConnection(host, port, timeout=PATIENCE + 30)

    def call(self, method, target, body=None, media="text/plain"):
        """The status and body of the answer; a refusal is an error."""
        self.connection.request(method, target, body, {"Content-Type": media} if body is not None else {})
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {target}: {answer.status} {content[:300]!r}")
        return answer.status, content

    def post(self, body, query="", media="text/plain"):
        """Post a batch, lines of text or packed octets; what the service says of it."""
        return json.loads(self.call("POST", f"/v1/batches{query}", body, media)[1])

    def post_packed(self, numbers, repeats, query=""):
        """Post `numbers` (64-bit), that many times over, as one batch of octets streamed in."""
        piece = array.array("Q", numbers).tobytes()
        self.connection.putrequest("POST", f"/v1/batches{query}")
        self.connection.putheader("Content-Type", "application/octet-stream")
        self.connection.putheader("Content-Length", str(len(piece) * repeats))
        self.connection.endheaders()
        for _ in range(repeats):
            self.connection.sock.sendall(piece)
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"POST of {repeats} times {len(numbers)} numbers: {answer.status} {content[:300]!r}")
        return json.loads(content)

    def get(self, batch_id, query=""):
        return json.loads(self.call("GET", f"/v1/batches/{batch_id}{query}")[1])

    def list_unfinished(self):
        return [batch for status in ("queued", "running", "canceling")
                for batch in json.loads(self.call("GET", f"/v1/batches?status={status}")[1])["batches"]]

    def wait(self, batch_id):
        """Wait until it has ended; how it ended."""
        while True:
            batch = self.get(batch_id, "?wait=30")
            if batch["status"] in ("completed", "canceled"):
                return batch

    def verdicts(self, batch_id):
        """One octet a number."""
        return self.call("GET", f"/v1/batches/{batch_id}/results?format=octets")[1]

    def cancel(self, batch_id):
        return json.loads(self.call("POST", f"/v1/batches/{batch_id}/cancel", b"")[1])

    def delete(self, batch_id):
        self.call("DELETE", f"/v1/batches/{batch_id}")
