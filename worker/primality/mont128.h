/*
 * mont128 - arithmetic modulo an odd number of two limbs in Montgomery form.
 *
 * A residue x is held as x * 2^128 mod n, fully reduced, for any odd n from 2^64 to 2^128 - 1. See
 * mont64.h for the same with one limb.
 */
#ifndef PRIMALITY_MONT128_H
#define PRIMALITY_MONT128_H

#include "worker/primality/mont64.h"

typedef mont64_wide mont128;

static inline uint64_t mont128_low(mont128 a)
{
    return (uint64_t)a;
}

static inline uint64_t mont128_high(mont128 a)
{
    return (uint64_t)(a >> 64);
}

/* 1 in Montgomery form: 2^128 mod n. */
static inline mont128 mont128_one(mont128 n)
{
    return (0 - n) % n;
}

static inline mont128 mont128_sub(mont128 a, mont128 b, mont128 n)
{
    return a - b + (a < b ? n : 0);
}

static inline mont128 mont128_add(mont128 a, mont128 b, mont128 n)
{
    return mont128_sub(a, n - b, n);
}

/*
 * (top * 2^128 + bottom) / 2^128 mod n, for top < n. The quotient is found a limb at a time: q0 * n
 * agrees with the lowest limb, then (q1 * 2^64 + q0) * n with the two lowest, so that the
 * difference of the high halves is exact. inverse = mont64_inverse(low limb of n).
 */
static inline mont128 mont128_reduce(mont128 top, mont128 bottom, mont128 n, uint64_t inverse)
{
    uint64_t n0 = mont128_low(n);
    uint64_t n1 = mont128_high(n);
    uint64_t q0 = mont128_low(bottom) * inverse;
    mont128 u = (mont128)q0 * n1 + mont128_high((mont128)q0 * n0);
    uint64_t rest = mont128_high(bottom) - mont128_low(u);
    uint64_t carry = mont128_high(bottom) < mont128_low(u);
    uint64_t q1 = rest * inverse;
    mont128 w = (mont128)q1 * n1 + mont128_high((mont128)q1 * n0);
    return mont128_sub(top, w + mont128_high(u) + carry, n);
}

static inline mont128 mont128_mul(mont128 a, mont128 b, mont128 n, uint64_t inverse)
{
    mont128 bottom = (mont128)mont128_low(a) * mont128_low(b);
    mont128 cross = (mont128)mont128_low(a) * mont128_high(b) + mont128_high(bottom);
    mont128 other = (mont128)mont128_high(a) * mont128_low(b) + mont128_low(cross);
    mont128 top = (mont128)mont128_high(a) * mont128_high(b) + mont128_high(cross);
    return mont128_reduce(top + mont128_high(other), other << 64 | mont128_low(bottom), n, inverse);
}

static inline mont128 mont128_square(mont128 a, mont128 n, uint64_t inverse)
{
    mont128 bottom = (mont128)mont128_low(a) * mont128_low(a);
    mont128 cross = (mont128)mont128_low(a) * mont128_high(a);
    mont128 top = (mont128)mont128_high(a) * mont128_high(a) + (cross >> 63);
    mont128 sum = bottom + (cross << 65);
    return mont128_reduce(top + (sum < bottom), sum, n, inverse);
}

/* A small k in Montgomery form, one = mont128_one(n): doubling and adding. */
static inline mont128 mont128_small(uint32_t k, mont128 one, mont128 n)
{
    mont128 sum = 0;
    for (uint32_t bit = UINT32_C(1) << 31; bit > 0; bit >>= 1) {
        sum = mont128_add(sum, sum, n);
        if (k & bit)
            sum = mont128_add(sum, one, n);
    }
    return sum;
}

#endif
