"""The numbers that are tested, and what the right verdicts are, from a primality test of our own."""

import random
import sys

# The largest primes below powers of two: {bits: what they lack}.
PRIME_GAPS = {128: 159, 256: 189, 512: 569, 1024: 105, 2048: 1557, 4096: 2549}

# 2^n - 1 for this n is prime (a Mersenne number), of 13,395 digits.
HUGE_PRIME_BITS = 44497
sys.set_int_max_str_digits(0)

# These bases decide every number below 3.3e24 (Sorenson and Webster, 2015).
BASES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41)


def big_prime(bits):
    return (1 << bits) - PRIME_GAPS[bits]


def is_prime(n):
    """Decides every n below 3.3e24."""
    if n < 2 or any(n % p == 0 for p in BASES):
        return n in BASES
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in BASES:
        x = pow(base, odd, n)
        if x in (1, n - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def primes_64(count, seed=1):
    """So many random 64-bit primes: the 64-bit numbers that cost most."""
    source = random.Random(seed)
    found = []
    while len(found) < count:
        n = source.getrandbits(64) | 1 << 63 | 1
        if is_prime(n):
            found.append(n)
    return found

