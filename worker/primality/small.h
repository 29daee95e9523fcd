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

/*
 * At n mod 840: the parameter P of the Lucas test (lucas64.h) where that is 3, 4, 5 or 6, else 0,
 * for n without factors below 11. The discriminants are 5, 12, 21 and 32, and whether they are
 * residues of n depends on n modulo 5, 12, 21 and 8.
 */
enum { SMALL_LUCAS = 840 };
extern const uint8_t small_lucas[SMALL_LUCAS];

/* Is n < SMALL_BOUND prime? Without a branch, which random n would make unpredictable. */
static inline bool small_is_prime(uint64_t n)
{
    return (n == 2) | (n & small_odd_primes[n / 128] >> (n / 2 % 64) & 1);
}

/* Is n free of the wheel's primes? */
static inline bool small_passes_wheel(uint64_t n)
{
    uint64_t residue = n % SMALL_WHEEL;
    return small_wheel[residue / 64] >> (residue % 64) & 1;
}

#endif
