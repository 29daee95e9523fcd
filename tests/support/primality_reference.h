/*
 * primality_reference - what the tests of the core compare it with: slow, simple and independent of
 * it.
 */
#ifndef PRIMALITY_REFERENCE_H
#define PRIMALITY_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A repeatable sequence of random numbers; start with any state but 0. */
uint64_t reference_random(uint64_t *state);

/*
 * Is n prime? By Miller-Rabin to the first 12 prime bases, which is a proof below 3.1e23 (Sorenson
 * and Webster 2017), with plain 128-bit remainders.
 */
bool reference_is_prime(uint64_t n);

/* Is 2^((n - 1) / 2) = (2/n) modulo odd n > 2? */
bool reference_is_euler(uint64_t n);

/* Is odd n > 2 an almost extra strong Lucas probable prime for the parameter p (see lucas64.h)? */
bool reference_is_lucas(uint64_t n, uint32_t p);

/*
 * Numbers that have fooled primality tests, and primes beside them, up to `capacity`; returns how
 * many: (k + 1)(rk + 1) for r = 2..12 and Chernick's Carmichael numbers of all sizes, strong and
 * Lucas pseudoprimes, squares of primes, products of two primes near 2^32, both sides of every
 * power of two, and random odd numbers above 2^63.
 */
size_t reference_families(uint64_t *numbers, size_t capacity);

#endif
