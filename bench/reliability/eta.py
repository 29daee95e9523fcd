"""How far off the service's own estimate of a batch's end is, on batches of mixed sizes.

Composites and primes from 64 to 4,096 bits, in a random order, and sorted, where what comes first says little
about what comes last. The estimate is asked for during the run, and held against the time it then really took.
"""

import random
import time

import integers
import report
import service

COUNTS = {64: 20000, 128: 20000, 512: 4000, 1024: 1500, 2048: 300, 4096: 100}
PRIMES_SHARE = 0.3
INTERVAL = 0.03  # seconds between two looks


def mixed(source):
    """Numbers of each size, three in ten of them prime."""
    small_primes = integers.primes_64(500)
    return [(source.choice(small_primes) if bits == 64 else integers.big_prime(bits)) if source.random() < PRIMES_SHARE
            else source.getrandbits(bits) | 1 << (bits - 1)
            for bits, count in COUNTS.items() for _ in range(count)]


def errors(server, numbers):
    """The errors of the estimates between 10 and 90 % of the run, as parts of the true time left."""
    client = server.client()
    began = time.monotonic()
    batch = client.post("\n".join(map(str, numbers)).encode())
    looks = []
    while batch["status"] != "completed":
        time.sleep(INTERVAL)
        batch = client.get(batch["id"])
        looks.append((time.monotonic(), batch["eta_seconds"]))
    ended = looks.pop()[0]
    length = ended - began
    return length, [abs(eta - (ended - when)) / (ended - when) for when, eta in looks
                    if began + 0.1 * length <= when <= began + 0.9 * length and eta is not None]


def measure(primed, rounds=3):
    source = random.Random(3)
    orders = {"random": lambda numbers: source.sample(numbers, len(numbers)), "small first": lambda numbers: sorted(orders["random"](numbers), key=int.bit_length),
              "big first": lambda numbers: sorted(orders["random"](numbers), key=int.bit_length, reverse=True)}
    found = {name: [] for name in orders}
    lengths = {name: [] for name in orders}
    with service.serving(primed, "memory", "--max-digits", "2000") as server:
        for _ in range(rounds):
            numbers = mixed(source)
            for name, order in orders.items():
                length, part = errors(server, order(numbers))
                lengths[name].append(length)
                found[name] += part
    report.table(f"Error of eta_seconds between 10 and 90 % of the run, {sum(COUNTS.values())} mixed numbers",
                 ["order", "seconds", "estimates", "median", "p90", "within 20 %"],
                 [[name, f"{report.median(lengths[name]):.1f}", len(part), f"{report.median(part):.0%}",
                   f"{report.percentile(part, 90):.0%}", f"{sum(e <= 0.2 for e in part) / len(part):.0%}"]
                  for name, part in found.items()])
