/*
 * trial - trial division without dividing.
 *
 * Odd p divides n < 2^k exactly when n * p^-1 mod 2^k is at most (2^k - 1) / p: the multiples of p
 * are the images of 0, 1, ..., floor((2^k - 1) / p) under multiplication by p, which is a bijection
 * (T. Granlund, P. L. Montgomery, "Division by invariant integers using multiplication", PLDI
 * 1994). Every constant below is a constant expression of p, so the table needs no generator.
 *
 * The limits are where one more prime costs as much as the tests it saves, found by measurement
 * with bench/primality; no proof rests on them, except that the exceptions below 2^32
 * (exceptions.h) are those that survive the primes up to 61.
 */
#ifndef PRIMALITY_TRIAL_H
#define PRIMALITY_TRIAL_H

#include "worker/primality/kernel.h"

#include <stdint.h>

struct trial_prime {
    /* Residues modulo p of 1 and 2^16, and of 2^32 and 2^48, in [-p/2, p/2], for pairs of 16-bit
       digits. */
    int16_t low_weights[2];
    int16_t high_weights[2];
    uint32_t inverse; /* p^-1 mod 2^32 */
    uint32_t offset;  /* see avx2_sift.c */
    uint32_t limit;   /* (2^32 - 1) / p */
    uint64_t inverse64;
    uint64_t limit64;
};

/* The primes from 17 to 229; those before are the wheel's. */
enum { TRIAL_PRIMES = 44 };
extern const struct trial_prime trial_primes[TRIAL_PRIMES];

/* How many of them each class of numbers is tried by. */
extern const uint8_t trial_count[KERNEL_CLASSES];

#endif
