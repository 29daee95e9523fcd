"""The referee: batches whose right verdicts are known, and what became of those that were accepted.

A batch is handed in as JSON with a tag of its own in its metadata, so that the referee knows each
one it finds in the service, also where the answer to the upload was lost. It is right when it is
completed, its counts add up, and each of its numbers has the one right verdict.
"""

import itertools
import json
import pathlib
import sys
import threading

from service import Unanswered, wait_for

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "contract"))
import primes  # the contract's independent test of primality

sys.set_int_max_str_digits(0)

COMPOSITE, PRIME, PROBABLE, FAILED, TIMEOUT, CANCELED = range(6)  # application/octet-stream
TWO_64 = 2**64

SIEVE = primes.sieve(1_000_000)
POISON = 982451653  # a prime; fault builds with PRIMED_POISON of this die of it

# Numbers of more than 64 bits and their right verdicts: up to some 20 ms of work each.
BIG = [(n, PROBABLE) for n in primes.BIG_PRIMES if n > TWO_64]
BIG += [(p * q, COMPOSITE) for (p, _), (q, _) in itertools.pairwise(BIG)]
BIG += [(-97, COMPOSITE), (2**1279 - 1, PROBABLE), (2**1283 - 1, COMPOSITE), (2**64 + 1, COMPOSITE)]

# Edges of what fits a word.
EDGES = [(n, PRIME if primes.is_prime(n) else COMPOSITE) for n in primes.EDGES if n < TWO_64]


def small(random):
    """A few numbers."""
    first = random.randrange(len(SIEVE) - 100)
    return [(n, SIEVE[n]) for n in range(first, first + random.randrange(100))]


def large(random):
    """Many small numbers: several chunks."""
    count = random.choice((5000, 20000, 60000))
    first = random.randrange(len(SIEVE) - count)
    return [(n, SIEVE[n]) for n in range(first, first + count)]


def mixed(random):
    """Numbers of all sizes, in any order."""
    numbers = random.choices(BIG, k=random.randrange(1, 12)) + random.choices(EDGES, k=30) + small(random)
    random.shuffle(numbers)
    return numbers


def big(random):
    """Numbers that keep a worker busy for a while each."""
    return random.choices(BIG, k=random.randrange(1, 20))


def poison(random):
    """A few numbers among many that kill their worker."""
    numbers = large(random)[:5000]
    for _ in range(random.randrange(1, 3)):
        numbers.insert(random.randrange(len(numbers)), (POISON, FAILED))
    return numbers


KINDS = {"small": small, "large": large, "mixed": mixed, "big": big}


class Wrong(AssertionError):
    """What the referee has found."""


class Ledger:
    """All batches that were sent, by tag; any thread may write."""

    def __init__(self):
        self.lock = threading.Lock()
        self.tags = itertools.count(1)
        self.sent = {}  # tag: right verdicts
        self.accepted = {}  # tag: id
        self.refused = {}  # status: how many
        self.loose = set()  # tags of those that were canceled or deleted, or may have been
        self.kinds = {}  # kind: how many accepted
        self.numbers = 0  # verified

    def post(self, client, numbers, kind, query=""):
        """Hand in a batch: its tag if it was accepted, None if it was refused, or Unanswered."""
        tag, body = self.announce(numbers)
        answer = client.request("POST", f"/v1/batches{query}", body, {"Content-Type": "application/json"})
        return self.note(tag, answer, kind)

    def announce(self, numbers):
        """A batch is about to be sent: its tag, and its body."""
        with self.lock:
            tag = str(next(self.tags))
            self.sent[tag] = bytes(verdict for _, verdict in numbers)
        return tag, json.dumps({"numbers": [n if -TWO_64 < n < TWO_64 else str(n) for n, _ in numbers],
                                "metadata": {"tag": tag}})

    def withdraw(self, tag):
        """What was sent of it, or will be, is no batch."""
        with self.lock:
            del self.sent[tag]

    def note(self, tag, answer, kind):
        """What came of a batch that was announced: its tag, or None."""
        with self.lock:
            if answer.status not in (200, 202):
                del self.sent[tag]
                self.refused[answer.status] = self.refused.get(answer.status, 0) + 1
                return None
            self.accepted[tag] = answer.json["id"]
            self.kinds[kind] = self.kinds.get(kind, 0) + 1
        return tag

    def await_end(self, service, client, tag):
        """Wait for the end of an accepted batch, whatever dies meanwhile; the batch."""
        def ended():
            service.revive()
            try:
                answer = client.get(f"/v1/batches/{self.accepted[tag]}?wait=20")
            except Unanswered:
                return None
            if answer.status in (503, 507):
                return None
            if answer.status != 200:
                raise Wrong(f"batch {tag} was accepted, and is now {answer.status}: {answer.body[:200]!r}")
            check_counts(answer.json)
            return answer.json if answer.json["status"] in ("completed", "canceled") else None
        return wait_for(ended, f"the end of batch {tag}")

    def verify(self, service, client, tag):
        """Wait for the end of an accepted batch; it must be right."""
        batch = self.await_end(service, client, tag)
        right = self.sent[tag]
        counts = {"total": len(right), "pending": 0, "prime": right.count(PRIME) + right.count(PROBABLE),
                  "composite": right.count(COMPOSITE), "failed": right.count(FAILED), "canceled": 0}
        verdicts = client.get(f"/v1/batches/{batch['id']}/results?format=octets").body
        loose = tag in self.loose
        if verdicts == right:
            right = verdicts = b""  # nothing to look for
        for index, (came, wanted) in enumerate(itertools.zip_longest(verdicts, right)):
            if came != wanted and not (loose and came == CANCELED):
                raise Wrong(f"batch {tag}, number {index}: verdict {came}, not {wanted}")
        if not loose and (batch["status"] != "completed" or batch["counts"] != counts):
            raise Wrong(f"batch {tag} is {batch['status']} with {batch['counts']}, not {counts}")
        with self.lock:
            self.numbers += counts["total"]

    def verify_all(self, service):
        """Every accepted batch is right, none is there twice, and none that nobody sent."""
        client = service.client()
        for tag in list(self.accepted):
            self.verify(service, client, tag)
        listed = [batch for page in pages(client) for batch in page]
        tags = [batch["metadata"].get("tag") for batch in listed]
        if len(set(tags)) != len(tags):
            raise Wrong("a batch is there twice")
        for tag, batch in zip(tags, listed):
            if tag not in self.sent:
                raise Wrong(f"batch {batch['id']} was sent by nobody, or was refused")
            if tag not in self.accepted:  # its answer was lost: it is a batch like any other
                self.accepted[tag] = batch["id"]
                self.verify(service, client, tag)
        if missing := set(self.accepted) - set(tags):
            raise Wrong(f"{len(missing)} accepted batches are not listed")

    def cancel(self, client, tag):
        """Cancel a batch: what has a verdict keeps it, the rest may be canceled."""
        self.loose.add(tag)
        client.request("POST", f"/v1/batches/{self.accepted[tag]}/cancel", b"")

    def delete(self, client, tag):
        """Delete a batch, which may outlast that if its service dies."""
        self.loose.add(tag)
        client.request("DELETE", f"/v1/batches/{self.accepted.pop(tag)}")


def check_counts(batch):
    counts = batch["counts"]
    if sum(counts.values()) != 2 * counts["total"]:
        raise Wrong(f"the counts do not add up: {counts}")


def pages(client):
    """All batches there are, page by page."""
    target = "/v1/batches?limit=500"
    while target:
        page = client.get(target).json
        yield page["batches"]
        target = page["next"]


def expect_rest(service):
    """With nothing to do, no number is pending, no request open, and every block is home."""
    client = service.client()
    away = [(f'primed_blocks{{state="{state}"}}', 0) for state in ("orphaned", "queued", "running", "done")]
    for name, value in (("primed_queue_numbers", 0), *away, ("primed_http_requests_in_flight", 1)):
        wait_for(lambda: service.metric(name, client) == value, f"{name} to be {value}")
