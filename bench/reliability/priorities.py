"""What part of the machine each priority gets: ten equal batches, one of each, until the first has ended."""

import integers
import report
import service

NUMBERS = 4096
REPEATS = 2000


def shares(server, primes):
    """The part of the work each priority's batch got, from when all were there until one had ended."""
    client = server.client()
    ids = [client.post_packed(primes, REPEATS, f"?priority={priority}")["id"] for priority in range(10)]
    start = [finished(client.get(batch_id)) for batch_id in ids]
    client.wait(ids[9])
    end = [finished(client.get(batch_id)) for batch_id in ids]
    for batch_id in ids:
        client.delete(batch_id)
    got = [after - before for before, after in zip(start, end)]
    return [each / sum(got) for each in got]


def finished(batch):
    return batch["counts"]["total"] - batch["counts"]["pending"]


def measure(primed, rounds=3):
    primes = integers.primes_64(NUMBERS)
    with service.serving(primed, "memory", "--max-store", "8G") as server:
        found = [shares(server, primes) for _ in range(rounds)]
    rows = []
    for priority in range(10):
        due = (priority + 1) / 55
        got = report.median(each[priority] for each in found)
        rows.append([priority, f"{due:.1%}", f"{got:.1%}", f"{got / due:.2f}"])
    report.table(f"Ten batches of {NUMBERS * REPEATS:,} 64-bit primes at once, until the first has ended",
                 ["priority", "due by weight", "got", "got to due"], rows)
