"""Kills at random, under load, with a referee: what is lost is found."""

import random
import signal
import statistics
import threading
import time

import ledger as referee
from check import check
from ledger import Ledger, expect_rest
from service import Service, Unanswered, signal_all

CLIENTS = 4
OPEN_MAX = 8  # batches a client leaves unfinished before it waits for one


def kill_worker(service, generator):
    workers = service.workers()
    return signal_all(generator.sample(workers, min(1, len(workers))), signal.SIGKILL)


def kill_workers(service, _):
    return signal_all(service.workers(), signal.SIGKILL)


def kill_front(service, _):
    return signal_all(service.processes("primed-front"), signal.SIGKILL)


def kill_supervisor(service, _):
    return signal_all([service.process.pid], signal.SIGKILL)


def kill_everything(service, _):
    service.kill_all()
    return 1


def replace_workers(service, _):
    return signal_all([service.process.pid], signal.SIGHUP)


# What is done to the service, and how often in comparison.
DEEDS = {"a worker": (kill_worker, 8), "all workers": (kill_workers, 4), "the front": (kill_front, 2),
         "the supervisor": (kill_supervisor, 1), "everything": (kill_everything, 1),
         "(rolling restart)": (replace_workers, 1)}


class Chaos:
    """A service, its clients, its pulse, and a killer; all that is random comes of the seed."""

    def __init__(self, service, seed):
        self.service = service
        self.random = random.Random(seed)
        self.ledger = Ledger()
        self.stopping = threading.Event()
        self.errors = []
        self.beats = []  # times at which a small batch has come back completed
        self.recovery = {deed: [] for deed in DEEDS}
        self.done = dict.fromkeys(DEEDS, 0)

    # --- the clients ---

    def run_thread(self, body, *arguments):
        def guarded():
            try:
                body(*arguments)
            except Exception as error:
                self.errors.append(error)
                self.stopping.set()
        thread = threading.Thread(target=guarded, daemon=True)
        thread.start()
        return thread

    def be_client(self, seed):
        """Hand in batches of all kinds; now and then wait for one, cancel or delete one."""
        generator = random.Random(seed)
        client = self.service.client()
        unfinished = []
        kinds = [*referee.KINDS.values()] * 4 + [referee.poison]
        while not self.stopping.is_set():
            try:
                if len(unfinished) >= OPEN_MAX:
                    tag = unfinished.pop(0)
                    answer = client.get(f"/v1/batches/{self.ledger.accepted[tag]}?wait=5")
                    if answer.status == 200 and answer.json["status"] not in ("completed", "canceled"):
                        unfinished.append(tag)
                    continue
                kind = generator.choice(kinds)
                tag = self.ledger.post(client, kind(generator), kind.__name__)
                if tag and generator.random() < 0.03:
                    self.ledger.cancel(client, tag)
                elif tag:
                    unfinished.append(tag)
            except Unanswered:
                time.sleep(0.005)

    def be_pulse(self):
        """Note each time a batch of one number has come back completed."""
        client = self.service.client(5)
        while not self.stopping.is_set():
            try:
                answer = client.request("POST", "/v1/batches?wait=5", b'{"numbers":[97],"metadata":{"tag":"pulse"}}')
                if answer.status == 200:
                    self.beats.append(time.monotonic())
                    client.request("DELETE", answer.headers["Location"])
            except Unanswered:
                pass
            time.sleep(0.002)

    # --- the killer ---

    def kill(self):
        """One deed, and the time until the pulse beats again."""
        deed = self.random.choices([*DEEDS], [weight for _, weight in DEEDS.values()])[0]
        self.done[deed] += DEEDS[deed][0](self.service, self.random)
        began = time.monotonic()
        before = len(self.beats)
        while len(self.beats) == before and not self.stopping.is_set():
            if self.service.process.poll() is not None:
                self.service.expect_nobody()
                self.service.launch()
            if time.monotonic() - began > 30:
                raise referee.Wrong(f"no pulse 30 s after killing {deed}:\n{self.service.tail()}")
            time.sleep(0.001)
        if len(self.beats) > before:
            self.recovery[deed].append(self.beats[before] - began)

    def run(self, seconds):
        """Kill for so long, then let it come to rest and look at everything."""
        threads = [self.run_thread(self.be_client, self.random.random()) for _ in range(CLIENTS)]
        threads.append(self.run_thread(self.be_pulse))
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self.stopping.is_set():
            time.sleep(self.random.uniform(0.05, 0.8))
            self.kill()
        self.stopping.set()
        for thread in threads:
            thread.join()
        if self.errors:
            raise self.errors[0]
        self.service.await_ready()
        self.remove_pulses()
        self.ledger.verify_all(self.service)
        expect_rest(self.service)
        self.service.stop()

    def remove_pulses(self):
        """Delete what the pulse has left behind where its answers were lost."""
        client = self.service.client()
        for batch in [batch for page in referee.pages(client) for batch in page]:
            if batch["metadata"].get("tag") == "pulse":
                client.request("DELETE", batch["links"]["self"])

    # --- figures ---

    def line(self):
        kills = ", ".join(f"{count} {deed}" for deed, count in self.done.items() if count)
        return f"{len(self.ledger.accepted)} batches, {self.ledger.numbers} numbers; {kills}"

    def table(self):
        """The figures, as text."""
        rows = [f"{'killed':<20}{'times':>7}{'recovery, median':>19}{'maximum':>11}"]
        for deed, times in self.recovery.items():
            if times:
                rows.append(f"{deed:<20}{self.done[deed]:>7}{statistics.median(times) * 1000:>16.1f} ms"
                            f"{max(times) * 1000:>8.0f} ms")
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.ledger.kinds.items()))
        refused = ", ".join(f"{count} times {status}" for status, count in self.ledger.refused.items())
        rows += ["", f"batches accepted   {len(self.ledger.accepted)} ({kinds})",
                 f"numbers verified   {self.ledger.numbers}", f"refused            {refused or 'none'}"]
        return "\n".join(rows)


def storm(primed, seed, seconds, workers=3):
    """Kills for so long on a service of its own; the Chaos it was."""
    environment = {"PRIMED_POISON": str(referee.POISON)}
    with Service(primed, f"--workers={workers}", environment=environment) as service:
        chaos = Chaos(service.start(), seed)
        chaos.run(seconds)
        return chaos


@check
def nothing_is_lost_in_kills_at_random(context):
    return storm(context.fault_primed, context.seed, 8).line()
