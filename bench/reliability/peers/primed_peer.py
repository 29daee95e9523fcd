"""primed with its durable store; a job is a batch."""

import os

import peer
import service
import work


class Primed(peer.Peer):
    name = "primed"
    settings = "sqlite store, as it comes"

    def start(self):
        self.server = service.Service(os.environ["PRIMED"], "sqlite", str(self.directory / "data"),
                                      ["--workers", str(peer.WORKERS)])
        self.processes = [self.server.process]
        self.client = self.server.client()
        self.ids = getattr(self, "ids", {})

    def submit(self, job):
        self.ids[job] = self.client.post("\n".join(map(str, work.numbers_of(job))).encode())["id"]

    def result(self, job):
        if self.client.get(self.ids[job])["status"] != "completed":
            return None
        return "".join("c" if verdict == 0 else "P" for verdict in self.client.verdicts(self.ids[job]))

    def testing(self):
        return self.server.workers()

    def run_twice(self):
        return None  # a block is resumed behind its last finished number: none is tested twice but the one in hand
