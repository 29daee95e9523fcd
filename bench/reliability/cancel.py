"""How long a cancellation takes to be over: inside one huge number, and in a batch of 10^8."""

import random
import time

import integers
import report
import service


def cancel(client, batch_id, delay):
    """Cancel the batch that long after it has begun to run; the seconds until it is canceled."""
    service.wait_until(lambda: client.get(batch_id)["status"] == "running", "it does not run")
    time.sleep(delay)
    began = time.perf_counter()
    batch = client.cancel(batch_id)
    while batch["status"] == "canceling":
        batch = client.get(batch_id, "?wait=10")
    seconds = time.perf_counter() - began
    if batch["status"] != "canceled" or batch["counts"]["canceled"] == 0:
        raise RuntimeError(f"the batch had ended before: {batch}")
    client.delete(batch_id)
    return seconds


def measure(primed, rounds=3):
    primes = integers.primes_64(4096)
    huge = str(2**integers.HUGE_PRIME_BITS - 1).encode()
    source = random.Random(5)
    rows = []
    for store in ("memory", "sqlite"):
        with service.serving(primed, store, "--max-store", "8G", "--max-digits", "20000",
                             "--number-timeout", "0") as server:
            client = server.client()
            found = [cancel(client, client.post(huge)["id"], source.uniform(0, 0.2)) for _ in range(20 * rounds)]
            rows.append([store, "one number of 13,395 digits", len(found), *figures(found)])
            found = [cancel(client, client.post_packed(primes, 10**8 // 4096)["id"], source.uniform(0, 0.2))
                     for _ in range(rounds)]
            rows.append([store, "10^8 numbers", len(found), *figures(found)])
    report.table("From POST cancel to status canceled, ms", ["store", "batch", "times", "p50", "p90", "max"], rows)


def figures(found):
    return [report.ms(report.percentile(found, percent)) for percent in (50, 90, 100)]
