"""What all peers have in common: processes of their own in a directory of their own, ended at the end."""

import contextlib
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "support"))

import redis  # noqa: E402

import service  # noqa: E402

WORKERS = 2


def children_of(pid):
    try:
        return list(map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
    except OSError:
        return []


class Peer:
    """
    A queue with two workers. The subclasses know how to start() it, submit(job), see the result(job), None so far,
    and which processes do the testing(); kill_all() is followed by start() in the same directory.
    """

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.runs = self.directory / "runs"
        self.runs.touch()
        self.port = service.free_port()
        self.processes = []

    def spawn(self, *command):
        environment = dict(os.environ, RUNS_FILE=str(self.runs), BROKER_PORT=str(self.port), PYTHONPATH=str(HERE),
                           PYTHONDONTWRITEBYTECODE="1")
        with open(self.directory / "log", "a") as log:
            process = subprocess.Popen(command, cwd=self.directory, env=environment, stdout=log, stderr=log,
                                       start_new_session=True)
        self.processes.append(process)
        return process

    def await_port(self):
        def answers():
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return True
        service.wait_until(answers, "the broker does not answer")

    def kill_worker(self):
        """Kill one of the processes that test; whether there was one."""
        candidates = self.testing()
        if candidates:
            with contextlib.suppress(ProcessLookupError):
                os.kill(random.choice(candidates), signal.SIGKILL)
        return bool(candidates)

    def kill_all(self):
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        for process in self.processes:
            process.wait()
        self.processes = []

    def run_twice(self):
        """Jobs begun more than once."""
        begun = self.runs.read_text().split()
        return len(begun) - len(set(begun))


class RedisPeer(Peer):
    def start_redis(self):
        self.spawn("redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.directory),
                   "--appendonly", "yes", "--appendfsync", "always", "--save", "")
        self.redis = redis.Redis(port=self.port)
        service.wait_until(self.has_loaded, "redis does not answer")

    def has_loaded(self):
        with contextlib.suppress(redis.RedisError):
            return self.redis.ping()
