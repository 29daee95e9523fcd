/*
 * mont64 - arithmetic modulo an odd 64-bit number in Montgomery form, one number at a time.
 *
 * A residue x is held as x * 2^64 mod n, always fully reduced (below n), for any odd n > 1 up to
 * 2^64 - 1: nothing here needs a spare bit. P. L. Montgomery, "Modular multiplication without trial
 * division", Math. Comp. 44 (1985).
 */
#ifndef PRIMALITY_MONT64_H
#define PRIMALITY_MONT64_H

#include <stdint.h>

__extension__ typedef unsigned __int128 mont64_wide;

/* The inverse of odd n modulo 2^64: (3n)^2 is right to 5 bits, each Newton step doubles them. */
static inline uint64_t mont64_inverse(uint64_t n)
{
    uint64_t x = (3 * n) ^ 2;
    x *= 2 - n * x;
    x *= 2 - n * x;
    x *= 2 - n * x;
    x *= 2 - n * x;
    return x;
}

/* 1 in Montgomery form: 2^64 mod n. */
static inline uint64_t mont64_one(uint64_t n)
{
    return (0 - n) % n;
}

/* a * b / 2^64 mod n, for a * b < 2^64 * n (in particular a, b < n). inverse = mont64_inverse(n).
 */
static inline uint64_t mont64_mul(uint64_t a, uint64_t b, uint64_t n, uint64_t inverse)
{
    mont64_wide product = (mont64_wide)a * b;
    uint64_t quotient = (uint64_t)product * inverse;
    uint64_t high = (uint64_t)(product >> 64);
    uint64_t subtrahend = (uint64_t)(((mont64_wide)quotient * n) >> 64);
    return high - subtrahend + (high < subtrahend ? n : 0);
}

/* a - b mod n. */
static inline uint64_t mont64_sub(uint64_t a, uint64_t b, uint64_t n)
{
    return a - b + (a < b ? n : 0);
}

/* a + b mod n. */
static inline uint64_t mont64_add(uint64_t a, uint64_t b, uint64_t n)
{
    return mont64_sub(a, n - b, n);
}

/* a / 2 mod n. */
static inline uint64_t mont64_half(uint64_t a, uint64_t n)
{
    return (a >> 1) + ((0 - (a & 1)) & ((n >> 1) + 1));
}

/* A small k in Montgomery form, one = mont64_one(n). */
static inline uint64_t mont64_small(uint32_t k, uint64_t one, uint64_t n)
{
    uint64_t sum = 0;
    for (; k > 0; k--)
        sum = mont64_add(sum, one, n);
    return sum;
}

/* Where the top bit of `which` is set, b, else a: without a branch, for unpredictable bits. */
static inline uint64_t mont64_choose(uint64_t a, uint64_t b, uint64_t which)
{
    return a ^ ((a ^ b) & (0 - (which >> 63)));
}

#endif
