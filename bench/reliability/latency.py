"""How long batches of 20 numbers take, alone and while other work keeps all workers busy.

The load is posted by a process of its own, again and again: one batch of 10^8 64-bit primes as packed octets,
or one of 4,096-bit primes. Samples count for the phase in which they began and ended: while such a batch runs, or
while it comes in. The client is one thread for all its connections and reads answers without parsing them,
since on a small machine it takes its time from the service.
"""

import contextlib
import multiprocessing
import random
import select
import socket
import time

import integers
import report
import service

IDLE, ARRIVING, RUNNING = range(3)

BULK_PRIMES = 4096  # of which the bulk batch is made
SAMPLES = 2000
SAMPLES_SECONDS = 6  # a slow case has fewer samples
PATIENCE_SECONDS = 60  # until the load has come in


def bulk(client, phase, primes, total):
    """One round of the load: a batch comes in, runs, and is forgotten."""
    phase.value = ARRIVING
    batch = client.post_packed(primes, total // len(primes))
    phase.value = RUNNING
    client.wait(batch["id"])
    phase.value = IDLE
    client.delete(batch["id"])


def big(client, phase, primes, total):
    phase.value = ARRIVING
    batch = client.post("\n".join([str(primes[0])] * total).encode())
    phase.value = RUNNING
    client.wait(batch["id"])
    phase.value = IDLE
    client.delete(batch["id"])


def keep_loading(load, host, port, phase, primes, total):
    client = service.Client(host, port)
    while True:
        load(client, phase, primes, total)


@contextlib.contextmanager
def loaded(server, load, primes, total):
    """Keep the service under that load; the phase it is in."""
    phase = multiprocessing.Value("i", IDLE, lock=False)
    process = multiprocessing.Process(target=keep_loading, args=(load, server.host, server.port, phase, primes, total))
    process.start()
    try:
        service.wait_until(lambda: phase.value != IDLE, "the load does not begin")
        yield phase
    finally:
        process.kill()
        process.join()
        client = server.client()
        for batch in client.list_unfinished():
            client.delete(batch["id"])


class Asker:
    """A connection that posts small batches, one after the other."""

    def __init__(self, server, requests):
        self.socket = socket.create_connection((server.host, server.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.requests = requests
        self.next = random.randrange(len(requests))

    def ask(self, phase):
        request, self.expected = self.requests[self.next % len(self.requests)]
        self.next += 1
        self.phase = phase
        self.began = time.perf_counter()
        self.socket.sendall(request)

    def read(self):
        """Read the answer, which comes in one piece; the seconds since it was asked for."""
        answer = self.socket.recv(65536)
        seconds = time.perf_counter() - self.began
        if not answer.startswith(b"HTTP/1.1 200") or self.expected not in answer:
            raise RuntimeError(f"a wrong answer: {answer[:600]!r}")
        return seconds


def request(server, numbers, primes):
    """A request for these numbers, and what its answer must hold."""
    body = "\n".join(map(str, numbers)).encode()
    head = (f"POST /v1/batches?wait=30 HTTP/1.1\r\nHost: {server.host}\r\nContent-Type: text/plain\r\n"
            f"Content-Length: {len(body)}\r\n\r\n")
    return head.encode() + body, b'"pending":0,"prime":%d,"composite":%d' % (primes, len(numbers) - primes)


def small_requests(server, bits, count=300):
    """Requests for 20 random numbers of at most that many bits, up to 81."""
    source = random.Random(7)
    batches = ([source.getrandbits(bits) for _ in range(20)] for _ in range(count))
    return [request(server, numbers, sum(map(integers.is_prime, numbers))) for numbers in batches]


def sample(server, requests, clients, phase, samples=SAMPLES):
    """Latencies by phase, {phase: [seconds]}: until there are enough while the load runs, or for a time."""
    askers = [Asker(server, requests) for _ in range(clients)]
    by_socket = {asker.socket.fileno(): asker for asker in askers}
    poll = select.epoll()
    for descriptor in by_socket:
        poll.register(descriptor, select.EPOLLIN)
    found = {IDLE: [], ARRIVING: [], RUNNING: []}
    wanted = RUNNING if phase else IDLE
    now = phase or multiprocessing.Value("i", IDLE, lock=False)
    give_up = time.monotonic() + PATIENCE_SECONDS
    deadline = give_up
    for asker in askers:
        asker.ask(now.value)
    while len(found[wanted]) < samples and time.monotonic() < deadline:
        if now.value == wanted:
            deadline = min(deadline, time.monotonic() + SAMPLES_SECONDS)
        for descriptor, _ in poll.poll():
            asker = by_socket[descriptor]
            seconds = asker.read()
            if asker.phase == now.value:
                found[asker.phase].append(seconds)
            asker.ask(now.value)
    for asker in askers:
        asker.read()
        asker.socket.close()
    return found


def measure(primed, rounds=3, total=10**8, stores=("memory", "sqlite")):
    primes = integers.primes_64(BULK_PRIMES)
    loads = {"10^8 numbers": (bulk, primes, total), "4,096-bit numbers": (big, [integers.big_prime(4096)], 200)}
    rows = []
    for store in stores:
        with service.serving(primed, store, "--max-store", "8G") as server:
            requests = small_requests(server, 64)
            for clients in (1, 4):
                results = {}
                for _ in range(rounds):
                    results.setdefault("alone", []).append(sample(server, requests, clients, None)[IDLE])
                    for name, (load, numbers, count) in loads.items():
                        with loaded(server, load, numbers, count) as phase:
                            found = sample(server, requests, clients, phase)
                        results.setdefault(f"{name} run", []).append(found[RUNNING])
                        if load is bulk:
                            results.setdefault(f"{name} come in", []).append(found[ARRIVING])
                alone = report.median(report.percentile(each, 99) for each in results["alone"])
                for name, rounds_found in results.items():
                    p99 = report.median(report.percentile(each, 99) for each in rounds_found)
                    rows.append([store, clients, name, min(map(len, rounds_found)),
                                 *(report.ms(report.median(report.percentile(each, p) for each in rounds_found))
                                   for p in (50, 99, 100)), f"{p99 / alone:.1f}"])
    report.table("Batches of 20 numbers, ms from the POST to the verdicts, medians of the rounds",
                 ["store", "clients", "while", "samples", "p50", "p99", "max", "p99 to alone"], rows)
