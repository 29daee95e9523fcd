"""What part of the machine each priority gets: ten equal batches, one of each, until the first has ended."""

import json
import time

import integers
import report
import service

NUMBERS = 800  # in each batch, of 1,024 bits: their bodies are small, so all are there almost at once


def shares(server):
    """The part of the work each priority's batch got, from when all were there until one had ended."""
    client = server.client()
    ids = []
    for priority in range(10):
        body = {"priority": priority, "numbers": [str(integers.big_prime(1024))] * NUMBERS}
        ids.append(client.post(json.dumps(body).encode(), media="application/json")["id"])
    start = end = [finished(client.get(batch_id)) for batch_id in ids]
    while max(now := [finished(client.get(batch_id)) for batch_id in ids]) < NUMBERS:
        end = now
        time.sleep(0.02)
    for batch_id in ids:
        client.delete(batch_id)
    got = [after - before for before, after in zip(start, end)]
    return [each / sum(got) for each in got]


def finished(batch):
    return batch["counts"]["total"] - batch["counts"]["pending"]


def measure(primed, rounds=3):
    with service.serving(primed, "memory") as server:
        found = [shares(server) for _ in range(rounds)]
    rows = []
    for priority in range(10):
        due = (priority + 1) / 55
        got = report.median(each[priority] for each in found)
        rows.append([priority, f"{due:.1%}", f"{got:.1%}", f"{got / due:.2f}"])
    report.table(f"Ten batches of {NUMBERS} 1,024-bit primes at once, until the first has ended",
                 ["priority", "due by weight", "got", "got to due"], rows)
