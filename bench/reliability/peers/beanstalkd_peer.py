"""beanstalkd with a binlog that is synced at each put; results are jobs in a tube of their own.

As a module it is the peer; run, it is a worker, which a loop of the shell starts again when it dies.
"""

import os
import socket

import peer
import work

TTR = 60  # seconds; a worker that dies gives its job back at once, since its connection ends


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.lines = self.socket.makefile("rb")

    def call(self, command, body=None):
        """The words of the answer, and the body behind it where there is one."""
        self.socket.sendall(command.encode() + b"\r\n" + (body.encode() + b"\r\n" if body is not None else b""))
        words = self.lines.readline().decode().split()
        content = self.lines.read(int(words[2]) + 2)[:-2].decode() if words[0] == "RESERVED" else None
        return words, content

    def put(self, tube, body):
        self.call(f"use {tube}")
        words, _ = self.call(f"put 1024 0 {TTR} {len(body)}", body)
        if words[0] != "INSERTED":
            raise RuntimeError(words)

    def take(self, timeout):
        """Reserve a job: its id and body, or None."""
        words, body = self.call("reserve" if timeout is None else f"reserve-with-timeout {timeout}")
        return (words[1], body) if words[0] == "RESERVED" else None


class Beanstalkd(peer.Peer):
    name = "beanstalkd"
    settings = f"-b, -f0 (fsync at each put); TTR {TTR} s"

    def start(self):
        binlog = self.directory / "binlog"
        binlog.mkdir(exist_ok=True)
        self.spawn("beanstalkd", "-l", "127.0.0.1", "-p", str(self.port), "-b", str(binlog), "-f0")
        self.await_port()
        self.loops = [self.spawn("sh", "-c", f"while :; do /usr/bin/python3 {__file__}; done")
                      for _ in range(peer.WORKERS)]
        self.client = Connection(self.port)
        self.client.call("watch results")
        self.found = getattr(self, "found", {})

    def submit(self, job):
        self.client.put("jobs", str(job))

    def result(self, job):
        while job not in self.found and (taken := self.client.take(0)):
            done, verdicts = taken[1].split()
            self.found[int(done)] = verdicts
            self.client.call(f"delete {taken[0]}")
        return self.found.get(job)

    def testing(self):
        return [pid for loop in self.loops for pid in peer.children_of(loop.pid)]


def serve():
    connection = Connection(int(os.environ["BROKER_PORT"]))
    connection.call("watch jobs")
    while True:
        job_id, body = connection.take(None)
        connection.put("results", f"{body} {work.test(int(body))}")
        connection.call(f"delete {job_id}")


if __name__ == "__main__":
    serve()
