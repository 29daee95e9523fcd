"""An independent test of primality, and the numbers that are hard on others."""

import random

SMALL = [p for p in range(2, 1000) if all(p % d for d in range(2, int(p**0.5) + 1))]

# The first 13 primes as bases decide every number below this (Sorenson and Webster, 2015).
DECIDED = 3317044064679887385961981
ROUNDS = 12  # with random bases, above

known = {}


def is_prime(n):
    if n not in known:
        known[n] = test(n)
    return known[n]


def test(n):
    """Miller and Rabin's test."""
    if n < 2:
        return False
    for p in SMALL:
        if n % p == 0:
            return n == p
    bases = SMALL[:13] if n < DECIDED else [random.randrange(2, n - 1) for _ in range(ROUNDS)]
    d = n - 1
    s = (d & -d).bit_length() - 1
    return all(passes(n, a, d >> s, s) for a in bases)


def passes(n, a, d, s):
    x = pow(a, d, n)
    if x in (1, n - 1):
        return True
    for _ in range(s - 1):
        x = x * x % n
        if x == n - 1:
            return True
    return False


def sieve(limit):
    """For each number below the limit, 1 if it is prime, else 0."""
    flags = bytearray([1]) * limit
    flags[:2] = b"\0\0"
    for p in range(2, int(limit**0.5) + 1):
        if flags[p]:
            flags[p * p::p] = bytes(len(range(p * p, limit, p)))
    return flags


CLASSIC = [2, 142702110479723, 299593572317531, 3333333333333301, 3333333333333333, 3333335652092209,
           4444444444444423, 4444444444444444, 4444444488888889, 5555553133149889, 5555555555555503,
           5555555555555555,
           6666666666666666, 6666666666666719, 6666667141414921, 7777777536340681, 7777777777777753,
           7777777777777777,
           9999999999999917, 9999999999999999]

# The greatest prime below a power of two.
BIG_PRIMES = [2**64 - 59, 2**127 - 1, 2**128 - 159, 2**256 - 189, 2**512 - 569, 2**521 - 1, 2**1024 - 105,
              2**2048 - 1942289]
GREATEST = 2**4096 - 2549

# The least prime of ten thousand digits, as text.
GREAT_DIGITS = 10000
GREAT = "1" + "0" * 9994 + "33603"

# Composites that pass one famous test or another.
PSEUDOPRIMES = {
    "Carmichael": [561, 1105, 1729, 2465, 294409, 56052361, 118901521, 172947529],
    "strong, base 2": [2047, 3277, 4033, 1373653, 25326001, 3215031751, 2152302898747, 3474749660383,
                       341550071728321],
    "strong, first 9 and 12 and 13 primes": [3825123056546413051, 318665857834031151167461,
                                             3317044064679887385961981],
    "Lucas and strong Lucas": [323, 377, 1159, 1829, 5459, 5777, 10877, 16109, 18971],
    "Fermat, above 2^64": [2**128 + 1, 2**67 - 1, 2**101 - 1, 2**137 - 1],
    "squares and products of great primes": [4294967291**2, (2**61 - 1) ** 2, (2**127 - 1) * (2**107 - 1),
                                             (2**256 - 189) ** 2, (2**521 - 1) * (2**512 - 569)],
}

EDGES = sorted({2**k + d for k in (0, 1, 8, 16, 31, 32, 52, 53, 62, 63, 64, 65, 127, 128, 192) for d in (-2,
                                                                                                         -1,
                                                                                                         0, 1,
                                                                                                         2,
                                                                                                         3)})
