"""What is left to wait for when a body has come slowly: from its last byte to the last verdict."""

import array
import random
import time

import integers
import report
import service

NUMBERS, PIECES = 10**6, 100


def upload(client, body, media, seconds):
    """Send the body in pieces over that time; the seconds from the last of them to the end of the batch."""
    connection = client.connection
    connection.putrequest("POST", "/v1/batches?wait=30")
    connection.putheader("Content-Type", media)
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders()
    step = -(-len(body) // PIECES)
    began = time.perf_counter()
    for piece in range(PIECES):
        time.sleep(max(0, began + seconds * piece / PIECES - time.perf_counter()))
        connection.sock.sendall(body[piece * step:(piece + 1) * step])
    sent = time.perf_counter()
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise RuntimeError(f"the batch did not end: {answer.status}")
    return time.perf_counter() - sent


def measure(primed, rounds=3):
    source = random.Random(7)
    mixed = [source.getrandbits(63) for _ in range(NUMBERS)]
    lines = "\n".join(map(str, mixed)).encode()
    primes = array.array("Q", integers.primes_64(4096) * (NUMBERS // 4096)).tobytes()
    rows = []
    for store in ("memory", "sqlite"):
        with service.serving(primed, store, "--workers", "2") as server:
            for what, body, media in (("random 63-bit, as lines", lines, "text/plain"),
                                      ("64-bit primes, packed", primes, "application/octet-stream")):
                for seconds in (0, 1):
                    found = [upload(server.client(), body, media, seconds) for _ in range(7 * rounds)]
                    rows.append([store, what, seconds, *(report.ms(report.percentile(found, percent))
                                                         for percent in (50, 90, 100))])
    report.table("From the last byte of a million numbers to their last verdict, ms",
                 ["store", "numbers", "sent within, s", "p50", "p90", "max"], rows)
