/*
 * portable - the kernel in plain C, for any 64-bit processor.
 *
 * One code for all sizes: Montgomery arithmetic on 64-bit words, a few numbers in step, so that the
 * multiplier works on one while the others wait for their result.
 */
#include "worker/primality/bpsw64.h"
#include "worker/primality/kernel.h"
#include "worker/primality/mont64.h"
#include "worker/primality/trial.h"

#include <stdbool.h>

#define EACH(i, count) _Pragma("GCC unroll 8") for (int i = 0; i < (count); i++)

enum { CHAINS = 4 };

static bool divisible(uint64_t n, size_t primes)
{
    for (size_t i = 0; i < primes; i += 4) {
        const struct trial_prime *p = trial_primes + i;
        bool found = false;
        EACH (k, 4)
            found |= n * p[k].inverse64 <= p[k].limit64;
        if (found)
            return true;
    }
    return false;
}

static size_t sift(enum kernel_class size, uint64_t *n, uint16_t *index, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        bool composite = divisible(n[i], trial_count[size]);
        n[kept] = n[i];
        index[kept] = index[i];
        kept += !composite;
    }
    return kept;
}

/* 2^-((n - 1) / 2): see avx2_wide.c, whose steps these are. */
static void euler_block(const uint64_t *n, uint8_t *passed)
{
    uint64_t x[CHAINS];
    uint64_t inverse[CHAINS];
    uint64_t exponent[CHAINS];
    int bits = 0;
    EACH (i, CHAINS) {
        int length = 64 - __builtin_clzll(n[i]);
        bits = length > bits ? length : bits;
    }
    EACH (i, CHAINS) {
        x[i] = mont64_one(n[i]);
        inverse[i] = mont64_inverse(n[i]);
        exponent[i] = n[i] << (64 - bits);
    }
    for (int step = bits - 1; step > 0; step--) {
        EACH (i, CHAINS) {
            x[i] = mont64_mul(x[i], x[i], n[i], inverse[i]);
            uint64_t halved = mont64_half(x[i], n[i]);
            x[i] = exponent[i] >> 63 ? halved : x[i];
            exponent[i] <<= 1;
        }
    }
    EACH (i, CHAINS) {
        x[i] = mont64_mul(x[i], 1, n[i], inverse[i]);
        passed[i] = x[i] == ((n[i] ^ n[i] >> 1) & 2 ? n[i] - 1 : 1); /* (2/n) */
    }
}

static void euler(const uint64_t *n, size_t count, uint8_t *passed)
{
    for (size_t i = 0; i < count; i += CHAINS)
        euler_block(n + i, passed + i);
}

static void lucas(const uint64_t *n, const uint32_t *p, size_t count, uint8_t *passed)
{
    for (size_t i = 0; i < count; i++)
        passed[i] = bpsw64_lucas_with(n[i], p[i]);
}

const struct kernel kernel_portable = {
    .name = "portable",
    .sift = sift,
    .euler = {euler, euler, euler},
    .lucas = {NULL, lucas, lucas},
};
