/*
 * small - what is looked up instead of computed. The tables in small.c are written by
 * generate/tables.c, and tests/unit/primality_tables.c computes them anew.
 */
#ifndef PRIMALITY_SMALL_H
#define PRIMALITY_SMALL_H

#include <stdbool.h>
#include <stdint.h>

/* Numbers below this bound are looked up. */
enum { SMALL_BOUND = 1 << 16 };

/* Bit n / 2: odd n is prime. */
extern const uint64_t small_odd_primes[SMALL_BOUND / 128];

/* Bit n: none of 2, 3, 5, 7, 11, 13 divides n. */
enum { SMALL_WHEEL = 2 * 3 * 5 * 7 * 11 * 13 };
extern const uint64_t small_wheel[SMALL_WHEEL / 64 + 1];

/* Is n < SMALL_BOUND prime? */
static inline bool small_is_prime(uint64_t n)
{
    return n == 2 || (n & (small_odd_primes[n / 128] >> (n / 2 % 64)) & 1);
}

/* Is n free of the wheel's primes? */
static inline bool small_passes_wheel(uint64_t n)
{
    uint64_t residue = n % SMALL_WHEEL;
    return small_wheel[residue / 64] >> (residue % 64) & 1;
}

#endif
