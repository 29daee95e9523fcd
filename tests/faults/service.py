"""A real primed, its processes and its memory; killed with whoever started it."""

import ctypes
import http.client
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PATIENCE = 60  # seconds no machine should need
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None, use_errno=True)


class Unanswered(Exception):
    """A request that came to nothing: whether it was heard is unknown."""


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)


class Client:
    """One connection to a service, opened again when it breaks; over TLS with an SSL context."""

    def __init__(self, port, timeout=PATIENCE, tls=None):
        self.port, self.timeout, self.tls, self.connection = port, timeout, tls, None

    def connect(self):
        if self.tls:
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=self.timeout, context=self.tls)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)

    def request(self, method, path, body=None, headers=()):
        """The answer, or Unanswered."""
        try:
            if self.connection is None:
                self.connection = self.connect()
            self.connection.request(method, path, body, dict(headers))
            answer = self.connection.getresponse()
            read = Answer(answer.status, answer.headers, answer.read())
            if answer.will_close:
                self.close()
            return read
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Unanswered(repr(error)) from error

    def get(self, path):
        return self.request("GET", path)

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


def wait_for(condition, what, patience=PATIENCE, every=0.005):
    """The first true value of condition(); an error if there is none."""
    deadline = time.monotonic() + patience
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited in vain for {what}")
        time.sleep(every)
    return value


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def stat(pid):
    """Name, state, parent and group of a process; None if there is none."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    name = text[text.index("(") + 1:text.rindex(")")]
    state, parent, group = text[text.rindex(")") + 2:].split()[:3]
    return name, state, int(parent), int(group)


class Service:
    """The service at a port and a directory of its own; it may be started again and again.

    With `base`, its data lie in a directory made there. `prepare` is called in the child before it
    becomes primed. With `tls`, an SSL context, it is asked over TLS.
    """

    def __init__(self, primed, *options, base=None, environment=None, prepare=None, memory=False, tls=None):
        self.primed, self.options = primed, options
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="primed-faults.", dir=base))
        self.data = self.directory / "data"
        self.log = self.directory / "log"
        self.environment = environment or {}
        self.prepare = prepare
        self.tls = tls
        self.port = free_port()
        self.process = None
        self.stores = ["--store=memory"] if memory else [f"--data-dir={self.data}"]

    # --- start and end ---

    def _become(self):
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if self.prepare:
            self.prepare()

    def launch(self):
        """Start it, and do not wait."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.primed, f"--listen=127.0.0.1:{self.port}", *self.stores, *self.options], stderr=log,
                env={**os.environ, **self.environment}, start_new_session=True, preexec_fn=self._become)
        return self

    def start(self):
        self.launch()
        self.await_ready()
        return self

    def await_ready(self):
        """Wait until it is ready; a service that has ended is started again."""
        def ready():
            self.revive()
            try:
                return self.client(5).get("/readyz").status == 200
            except Unanswered:
                return False
        wait_for(ready, "a service that is ready")

    def has_ended(self):
        return self.process.poll() is not None

    def revive(self):
        """Start it again if its supervisor is dead; true if so."""
        if not self.has_ended():
            return False
        self.expect_nobody()
        self.launch()
        return True

    def expect_nobody(self):
        wait_for(lambda: not self.group(), "the end of every process of the service", every=0.02)

    def stop(self, status=0):
        """Drain it; it must end with that status, and leave nobody."""
        self.process.send_signal(signal.SIGTERM)
        self.expect_end(status)

    def expect_end(self, status):
        ended = self.process.wait(PATIENCE)
        if ended != status:
            raise AssertionError(f"the service ended with {ended}, not {status}:\n{self.tail()}")
        self.expect_nobody()

    def remove(self):
        """Kill what is left of it and remove what it has written."""
        if self.process and not self.has_ended():
            self.kill_all()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

    # --- processes ---

    def group(self):
        """Every living process of the service."""
        return [int(entry) for entry in os.listdir("/proc")
                if entry.isdigit() and is_alive(entry) and (process := stat(entry)) and process[3] == self.process.pid]

    def processes(self, name):
        """The living children of the supervisor of that name, by pid."""
        pid = self.process.pid
        try:
            children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except OSError:
            return []
        return sorted(int(child) for child in children
                      if is_alive(child) and (process := stat(child)) and process[0] == name)

    def workers(self):
        return self.processes("primed-worker")

    def await_workers(self, count):
        return wait_for(lambda: len(found := self.workers()) == count and found, f"{count} workers")

    def front(self):
        return wait_for(lambda: self.processes("primed-front"), "a front")[0]

    def kill_all(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait(PATIENCE)
        self.expect_nobody()

    def pss(self, pid):
        """The memory of a process in bytes: its own, and its share of what it shares."""
        rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        return int(re.search(r"^Pss:\s+(\d+) kB", rollup, re.M)[1]) * 1024

    # --- what it says ---

    def client(self, timeout=PATIENCE):
        return Client(self.port, timeout, self.tls)

    def metric(self, name, client=None):
        text = (client or self.client()).get("/metrics").body.decode()
        return float(re.search(rf"^{re.escape(name)} (\S+)$", text, re.M)[1])

    def logged(self, text):
        return self.log.exists() and text in self.log.read_text(errors="replace")

    def await_log(self, text):
        wait_for(lambda: self.logged(text), f"{text!r} in the log")

    def tail(self, lines=15):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def signal_all(pids, number):
    """Send a signal to those that are still there; how many."""
    sent = 0
    for pid in pids:
        try:
            os.kill(pid, number)
            sent += 1
        except ProcessLookupError:
            pass
    return sent


def is_alive(pid):
    process = stat(pid)
    return process is not None and process[1] not in "ZX"


def set_limit(pid, which, soft):
    """Change the soft limit of a running process."""
    hard = resource.prlimit(pid, which)[1]
    resource.prlimit(pid, which, (soft, hard))
