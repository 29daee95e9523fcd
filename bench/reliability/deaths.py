"""What a worker's death costs its batch: the same batch over and over, undisturbed and with a worker killed."""

import contextlib
import os
import random
import signal
import threading
import time

import integers
import report
import service

KILLS = 200


def run(client, primes, server=None, delay=0):
    """Post a batch and wait for its end, killing a worker that long after; the seconds."""
    def kill():
        time.sleep(delay)
        with contextlib.suppress(ProcessLookupError):
            os.kill(random.choice(server.workers()), signal.SIGKILL)

    thread = threading.Thread(target=kill) if server else None
    began = time.perf_counter()
    if thread:
        thread.start()
    batch = client.post_packed(primes, 128, "?wait=30")
    seconds = time.perf_counter() - began
    if thread:
        thread.join()
    if batch["counts"]["prime"] != batch["counts"]["total"]:
        raise RuntimeError(f"wrong or missing verdicts: {batch['counts']}")
    client.delete(batch["id"])
    return seconds


def measure(primed, rounds=3):
    primes = integers.primes_64(4096)
    rows = []
    for store in ("memory", "sqlite"):
        with service.serving(primed, store) as server:
            client = server.client()
            length = report.median(run(client, primes) for _ in range(10))
            undisturbed, killed = [], []
            while len(killed) < KILLS:
                undisturbed.append(run(client, primes))
                service.wait_until(lambda: len(server.workers()) == os.cpu_count(), "a worker is missing")
                killed.append(run(client, primes, server, random.uniform(0.2, 0.9) * length))
            usual = report.median(undisturbed)
            extra = [seconds - usual for seconds in killed]
            spread = [seconds - usual for seconds in undisturbed]
            for name, each in (("a worker killed", extra), ("undisturbed", spread)):
                rows.append([store, name, len(each), *(report.ms(report.percentile(each, p)) for p in (50, 90, 100))])
    report.table(f"524,288 64-bit primes: time beyond the undisturbed median of {report.ms(usual)} ms, ms",
                 ["store", "", "batches", "p50", "p90", "max"], rows)
