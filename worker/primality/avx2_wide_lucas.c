/* avx2_wide_lucas - Lucas tests for 2^50 < n < 2^64: see avx2_wide.h for the arithmetic. */
#include "worker/primality/kernel.h"

#if defined(__x86_64__)

#include "worker/primality/avx2_wide.h"
#include "worker/primality/lucas64.h"
#include "worker/primality/mont64.h"

/* A step has two products: half as many numbers fill the vectors. */
enum { VECTORS = WIDE_VECTORS, PAIRS = VECTORS / 2, SCALARS = WIDE_SCALARS };
enum { VECTOR_LANES = 4 * PAIRS, LANES = VECTOR_LANES + SCALARS };

/* See lucas64.h for the test, struct avx2_ladder for the order of v and w. */
AVX2 static void lucas_block(const uint64_t *n, const uint32_t *p, uint8_t *passed)
{
    struct avx2_ladder ladder;
    avx2_ladder_set(&ladder, n, LANES);
    uint64_t two[LANES]; /* 2, p, n^-1, and in the end V_d */
    uint64_t parameter[LANES];
    uint64_t inverse[LANES];
    uint64_t result[LANES];
    for (int i = 0; i < LANES; i++) {
        uint64_t one = mont64_one(n[i]);
        two[i] = mont64_add(one, one, n[i]);
        parameter[i] = mont64_small(p[i], one, n[i]);
        inverse[i] = mont64_inverse(n[i]);
    }

    struct wide_modulus m[VECTORS];
    __m256i minus[VECTORS]; /* 2 from the squares, p from the other products */
    __m256i v[PAIRS];
    __m256i w[PAIRS];
    __m256i swap[PAIRS];
    EACH (i, PAIRS) {
        m[i] = m[i + PAIRS] = wide_modulus(n + 4 * i);
        v[i] = minus[i] = _mm256_loadu_si256((const __m256i *)two + i);
        w[i] = minus[i + PAIRS] = _mm256_loadu_si256((const __m256i *)parameter + i);
        swap[i] = _mm256_loadu_si256((const __m256i *)ladder.swap + i);
    }
    uint64_t v1[SCALARS]; /* the same for those in general registers */
    uint64_t w1[SCALARS];
    EACH (i, SCALARS) {
        v1[i] = two[VECTOR_LANES + i];
        w1[i] = parameter[VECTOR_LANES + i];
    }
    for (int bit = ladder.bits; bit > 0; bit--) {
        EACH (i, PAIRS) {
            __m256i squared = choose(v[i], w[i], swap[i]);
            w[i] = sub_mod(multiply(v[i], w[i], &m[i]), minus[i + PAIRS], m[i].n);
            v[i] = sub_mod(square(squared, &m[i]), minus[i], m[i].n);
            swap[i] = add(swap[i], swap[i]);
        }
        EACH (i, SCALARS) {
            int lane = VECTOR_LANES + i;
            uint64_t squared = mont64_choose(v1[i], w1[i], ladder.swap[lane]);
            w1[i] = mont64_mul(v1[i], w1[i], n[lane], inverse[lane]);
            w1[i] = mont64_sub(w1[i], parameter[lane], n[lane]);
            v1[i] = mont64_mul(squared, squared, n[lane], inverse[lane]);
            v1[i] = mont64_sub(v1[i], two[lane], n[lane]);
            ladder.swap[lane] <<= 1;
        }
    }
    EACH (i, PAIRS)
        _mm256_storeu_si256((__m256i *)result + i, w[i]);
    EACH (i, SCALARS)
        result[VECTOR_LANES + i] = w1[i];
    for (int i = 0; i < LANES; i++)
        passed[i] = lucas64_end(result[i], (int)ladder.s[i], two[i], n[i], inverse[i]);
}

void avx2_wide_lucas(const uint64_t *n, const uint32_t *p, size_t count, uint8_t *passed)
{
    for (size_t i = 0; i < count; i += LANES)
        lucas_block(n + i, p + i, passed + i);
}

#endif
