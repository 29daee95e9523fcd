#!/usr/bin/python3
"""primes FILE - have primed test the integers in a file, one a line, and print the primes.

Needs nothing but Python. PRIMED_URL says where the service is, PRIMED_TOKEN holds its token, if it asks for one.
"""

import http.client
import json
import os
import random
import sys
import time
import urllib.error
import urllib.request
import uuid

URL = os.environ.get("PRIMED_URL", "http://127.0.0.1:8080")
PATIENCE_S = 60  # how long to try again
SILENCE_S = 90  # who says nothing for so long is not there; waits and streams are shorter, or never silent


class Refused(Exception):
    """The service says no, and why."""


def explain(status, body):
    """What an answer with an error says, in one line."""
    try:
        problem = json.loads(body)
    except ValueError:
        return f"status {status}"
    details = [f"{error.get('pointer', '')} {error['detail']}".strip() for error in problem.get("errors", [])]
    return ": ".join([problem["title"], "; ".join(details) or problem["detail"]])


def call(method, path, body=None, headers=None):
    """The answer to a call, which is made again while nobody answers or the service is busy."""
    request = urllib.request.Request(URL + path, body, headers or {}, method=method)
    if os.environ.get("PRIMED_TOKEN"):
        request.add_header("Authorization", "Bearer " + os.environ["PRIMED_TOKEN"])
    pause, deadline = 0.1, time.monotonic() + PATIENCE_S
    while True:
        after = None
        try:
            return urllib.request.urlopen(request, timeout=SILENCE_S)
        except urllib.error.HTTPError as answer:
            after = answer.headers["Retry-After"]
            failure = Refused(explain(answer.code, answer.read()))
            # 409 with Retry-After: the first request with this key is still being worked on.
            if answer.code not in (429, 502, 503, 504) and not (answer.code == 409 and after):
                raise failure from None
        except (OSError, http.client.HTTPException) as error:
            failure = error
        wait = max(float(after or 0), pause * random.uniform(0.5, 1))
        if time.monotonic() + wait > deadline:
            raise failure
        time.sleep(wait)
        pause = min(2 * pause, 5)


def submit(path):
    """Hand in a file. The key makes sure that it is one batch, however often it is sent."""
    with open(path, "rb") as file:
        headers = {"Content-Type": "text/plain", "Idempotency-Key": str(uuid.uuid4())}
        with call("POST", "/v1/batches", file.read(), headers) as answer:
            return json.load(answer)


def follow(batch):
    """Show the progress of a batch until it has ended, by its server-sent events."""
    with call("GET", batch["links"]["self"] + "/events") as events:
        for line in events:
            if line.startswith(b"data: "):
                now = json.loads(line[len(b"data: "):])
                print(f"\r{now['progress']:4.0%} of {now['counts']['total']} numbers", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)


def primes(batch):
    """The primes among the numbers of a batch, in their order, as they come."""
    with call("GET", batch["links"]["results"] + "?format=ndjson&only=prime") as lines:
        for line in lines:
            yield int(json.loads(line)["n"])


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: primes.py FILE")
    if hasattr(sys, "set_int_max_str_digits"):
        sys.set_int_max_str_digits(0)  # else 4,300 digits are the most
    try:
        batch = submit(sys.argv[1])
        follow(batch)
        count, largest = 0, None
        for prime in primes(batch):
            print(prime)
            count, largest = count + 1, max(prime, largest or 0)
        print(f"{count} primes, the largest {largest}", file=sys.stderr)
    except (OSError, http.client.HTTPException, Refused) as error:
        sys.exit(f"primes: {error}")


if __name__ == "__main__":
    main()
