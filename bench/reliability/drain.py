"""How long a graceful stop takes under full load, and that the rest goes on at the next start."""

import signal
import time

import integers
import report
import service


def drain(primed, load, rounds):
    """Stop it under that load and start it again; seconds to stop, numbers left, seconds to be ready."""
    stops, lefts, starts = [], [], []
    for _ in range(rounds):
        with service.serving(primed, "sqlite") as server:
            client = server.client()
            batches = [load(client) for _ in range(3)]
            time.sleep(0.3)
            began = time.monotonic()
            server.signal(signal.SIGTERM)
            status = server.process.wait()
            stops.append(time.monotonic() - began)
            if status != 0:
                raise RuntimeError(f"the drain ended with {status}")
            began = time.monotonic()
            server.start()
            starts.append(time.monotonic() - began)
            client = server.client()
            lefts.append(sum(client.get(batch["id"])["counts"]["pending"] for batch in batches))
            for batch in batches:
                counts = client.wait(batch["id"])["counts"]
                if counts["prime"] != batch["counts"]["total"]:
                    raise RuntimeError(f"wrong or missing verdicts: {counts}")
    return stops, lefts, starts


def measure(primed, rounds=3):
    primes = integers.primes_64(4096)
    loads = {"3 batches of 4,096,000 64-bit primes": lambda client: client.post_packed(primes, 1000),
             "3 batches of 40 4,096-bit primes":
                 lambda client: client.post("\n".join([str(integers.big_prime(4096))] * 40).encode())}
    rows = []
    for name, load in loads.items():
        stops, lefts, starts = drain(primed, load, rounds)
        rows.append([name, report.ms(report.median(stops)), report.ms(max(stops)), report.median(lefts),
                     report.ms(report.median(starts))])
    report.table("TERM under full load, sqlite; all of it has its verdicts after the next start; ms",
                 ["load", "to exit 0", "max", "numbers resumed", "next start to ready"], rows)
