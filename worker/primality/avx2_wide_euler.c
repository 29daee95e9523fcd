/* avx2_wide_euler - Euler tests for 2^50 < n < 2^64: see avx2_wide.h for the arithmetic. */
#include "worker/primality/kernel.h"

#if defined(__x86_64__)

#include "worker/primality/avx2_wide.h"
#include "worker/primality/mont64.h"

enum { VECTORS = WIDE_VECTORS, SCALARS = WIDE_SCALARS, LANES = 4 * VECTORS + SCALARS };

/*
 * Where the powers of a block start. 2^-v in Montgomery form is the plain number 2^(64-v), a valid
 * start as long as its square is below 2^64 n; the few numbers much shorter than the longest of the
 * block, which have a small v, get theirs by a division.
 */
static inline void start_powers(uint64_t *start, const uint64_t *n, int shift)
{
    for (int i = 0; i < LANES; i++) {
        uint64_t v = n[i] >> shift;
        if (2 * v > (uint64_t)__builtin_clzll(n[i])) {
            start[i] = UINT64_C(1) << (64 - v);
            continue;
        }
        start[i] = mont64_one(n[i]);
        for (; v > 0; v--)
            start[i] = mont64_half(start[i], n[i]);
    }
}

/*
 * 2^-((n - 1) / 2), which is 1 or -1 exactly when the positive power is. Negative, because its six
 * leading bits are then free, and a halving costs less than a doubling. The exponents are those of
 * n / 2, aligned to the longest of the block.
 */
AVX2 static void euler_block(const uint64_t *n, uint8_t *passed)
{
    enum { FREE_BITS = 6 };
    uint64_t any = 0;
    for (int i = 0; i < LANES; i++)
        any |= n[i];
    int unused = __builtin_clzll(any);
    uint64_t start[LANES];
    start_powers(start, n, 64 - FREE_BITS - unused);

    struct wide_modulus m[VECTORS];
    __m256i x[VECTORS];
    __m256i exponent[VECTORS];
    EACH (i, VECTORS) {
        m[i] = wide_modulus(n + 4 * i);
        x[i] = _mm256_loadu_si256((const __m256i *)start + i);
        exponent[i] = _mm256_slli_epi64(m[i].n, unused + FREE_BITS);
    }
    const uint64_t *n1 = n + 4 * VECTORS; /* those in general registers: n1, x1, ... */
    uint64_t *x1 = start + 4 * VECTORS;
    uint64_t inverse1[SCALARS];
    uint64_t exponent1[SCALARS];
    EACH (i, SCALARS) {
        inverse1[i] = mont64_inverse(n1[i]);
        exponent1[i] = n1[i] << (unused + FREE_BITS);
    }
    for (int step = 63 - FREE_BITS - unused; step > 0; step--) {
        EACH (i, VECTORS) {
            x[i] = square(x[i], &m[i]);
            x[i] = choose(x[i], half(x[i], m[i].n), exponent[i]);
            exponent[i] = add(exponent[i], exponent[i]);
        }
        EACH (i, SCALARS) {
            x1[i] = mont64_mul(x1[i], x1[i], n1[i], inverse1[i]);
            x1[i] = mont64_choose(x1[i], mont64_half(x1[i], n1[i]), exponent1[i]);
            exponent1[i] += exponent1[i];
        }
    }
    EACH (i, VECTORS)
        _mm256_storeu_si256((__m256i *)start + i, x[i]);
    for (int i = 0; i < LANES; i++) {
        uint64_t power = mont64_mul(start[i], 1, n[i], mont64_inverse(n[i]));
        passed[i] = power == ((n[i] ^ n[i] >> 1) & 2 ? n[i] - 1 : 1); /* (2/n) */
    }
}

void avx2_wide_euler(const uint64_t *n, size_t count, uint8_t *passed)
{
    for (size_t i = 0; i < count; i += LANES)
        euler_block(n + i, passed + i);
}

#endif
