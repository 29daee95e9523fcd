/*
 * portable - the kernel in plain C, for any 64-bit processor.
 *
 * One code for all sizes: Montgomery arithmetic on 64-bit words, a few numbers in step, so that the
 * multiplier works on one while the others wait for their result.
 */
#include "worker/primality/kernel.h"
#include "worker/primality/lucas64.h"
#include "worker/primality/mont64.h"
#include "worker/primality/small.h"
#include "worker/primality/trial.h"

#include <stdbool.h>

#define EACH(i, count) _Pragma("GCC unroll 8") for (int i = 0; i < (count); i++)

enum { CHAINS = 4 };

static size_t wheel(const uint64_t *numbers, size_t count, struct kernel_candidates *classes,
                    uint16_t *small)
{
    uint16_t left[KERNEL_GROUP];
    size_t small_count = 0;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_small = numbers[i] < SMALL_BOUND;
        small[small_count] = (uint16_t)i;
        small_count += is_small;
        left[kept] = (uint16_t)i;
        kept += small_passes_wheel(numbers[i]) & !is_small;
    }
    for (size_t i = 0; i < kept; i++)
        // NOLINTNEXTLINE(clang-analyzer-core.uninitialized.ArraySubscript): written up to `kept`
        kernel_append(classes, numbers[left[i]], left[i]);
    return small_count;
}

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

/* 2^-((n - 1) / 2): see avx2_wide_euler.c, whose steps these are. */
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
            x[i] = mont64_choose(x[i], halved, exponent[i]);
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

/*
 * Two numbers in step, with two products each. Products are kept second and squares first: `swap`
 * has a bit where a bit of the exponent differs from the one before, as in struct avx2_ladder.
 */
static void lucas_block(const uint64_t *n, const uint32_t *p, uint8_t *passed)
{
    enum { PAIRS = CHAINS / 2 };
    uint64_t inverse[PAIRS];
    uint64_t two[PAIRS];
    uint64_t parameter[PAIRS];
    uint64_t v[PAIRS];
    uint64_t w[PAIRS];
    uint64_t swap[PAIRS];
    int s[PAIRS];
    uint64_t any = 0;
    EACH (i, PAIRS) {
        uint64_t one = mont64_one(n[i]);
        inverse[i] = mont64_inverse(n[i]);
        v[i] = two[i] = mont64_add(one, one, n[i]);
        w[i] = parameter[i] = mont64_small(p[i], one, n[i]);
        s[i] = __builtin_ctzll(n[i] + 1);
        uint64_t d = (n[i] + 1) >> s[i];
        swap[i] = d ^ d >> 1;
        any |= d;
    }
    int unused = __builtin_clzll(any);
    EACH (i, PAIRS)
        swap[i] <<= unused;
    for (int bit = 64 - unused; bit > 0; bit--) {
        EACH (i, PAIRS) {
            uint64_t squared = swap[i] >> 63 ? w[i] : v[i];
            uint64_t product = mont64_mul(v[i], w[i], n[i], inverse[i]);
            uint64_t square = mont64_mul(squared, squared, n[i], inverse[i]);
            w[i] = mont64_sub(product, parameter[i], n[i]);
            v[i] = mont64_sub(square, two[i], n[i]);
            swap[i] <<= 1;
        }
    }
    EACH (i, PAIRS)
        passed[i] = lucas64_end(w[i], s[i], two[i], n[i], inverse[i]);
}

static void lucas(const uint64_t *n, const uint32_t *p, size_t count, uint8_t *passed)
{
    for (size_t i = 0; i < count; i += CHAINS / 2)
        lucas_block(n + i, p + i, passed + i);
}

const struct kernel kernel_portable = {
    .name = "portable",
    .wheel = wheel,
    .sift = sift,
    .euler = {euler, euler, euler},
    .lucas = {NULL, lucas, lucas},
    .multiply = rows_multiply_portable,
    .reduce = rows_reduce_portable,
};
