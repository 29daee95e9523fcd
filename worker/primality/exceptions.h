/*
 * exceptions - the composites from 2^16 to 2^32 that would pass for primes: no prime up to 61
 * divides them, and they are Euler-Jacobi pseudoprimes to base 2.
 *
 * All of them were found by testing every odd n < 2^32 against a sieve; generate/exceptions.c
 * repeats that in minutes and writes exceptions_table.c. Most primes are cleared by one look at a
 * bitmap of hashes.
 */
#ifndef PRIMALITY_EXCEPTIONS_H
#define PRIMALITY_EXCEPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EXCEPTIONS = 3051, EXCEPTIONS_FILTER_WORDS = 1024 };

extern const uint32_t exceptions[EXCEPTIONS]; /* ascending */

/* Bit exceptions_hash(n) is set for every exception n. */
extern const uint64_t exceptions_filter[EXCEPTIONS_FILTER_WORDS];

static inline uint32_t exceptions_hash(uint32_t n)
{
    return n * UINT32_C(0x9e3779b1) >> 16;
}

static inline bool exceptions_contain(uint32_t n)
{
    uint32_t bit = exceptions_hash(n);
    if ((exceptions_filter[bit / 64] >> (bit % 64) & 1) == 0)
        return false;
    size_t low = 0;
    size_t high = EXCEPTIONS;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (exceptions[middle] <= n)
            low = middle;
        else
            high = middle;
    }
    return exceptions[low] == n;
}

#endif
