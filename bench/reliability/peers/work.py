"""What a job is for every peer: 20 numbers of 1,024 bits to test, half of them prime."""

import os
import random

import gmpy2

PRIME = (1 << 1024) - 105
JOB_NUMBERS = 20


def numbers_of(job):
    """The numbers of that job, the same each time."""
    source = random.Random(job)
    return [source.choice((PRIME, source.getrandbits(1024) | 1)) for _ in range(JOB_NUMBERS)]


def right_answer(job):
    """A letter a number. Of the random ones none is prime but with a chance of 1 in 350: tested here."""
    return "".join("P" if n == PRIME or gmpy2.is_prime(n) else "c" for n in numbers_of(job))


def test(job):
    """What a worker does: note that it has begun, in a file given by the environment, and test."""
    with open(os.environ["RUNS_FILE"], "a") as runs:
        runs.write(f"{job}\n")
    return "".join("P" if gmpy2.is_prime(n) else "c" for n in numbers_of(job))
