/*
 * avx2_small - Euler and Lucas tests for n < 2^50 in floating point, four numbers a vector.
 *
 * Residues are integers in doubles, balanced around 0, and a product a * b is reduced exactly by
 * fused multiply-adds:
 *
 *     h = fl(a b),  l = a b - h (exact),  q = fl(h / n) rounded to an integer,  r = (h - q n) + l.
 *
 * Bound. Let |a b| <= k n^2. q is h times the rounded 1 / n, rounded once to an integer by adding
 * and taking away 1.5 * 2^52, so it misses a b / n by at most 1/2 + k n e, where
 * e = 2^-52 + 2^-106 covers the roundings of h and 1 / n. Hence |r| <= n (1/2 + k n e). With
 * |residues| <= c n, the Euler test's products have k = 2 c^2 (a doubling is folded in), the Lucas
 * test's k = c^2. For n < 2^50, n e < (1 - 2^-50) / 4 + 2^-56, and c = 1 - 2^-27 satisfies
 * 1/2 + 2 c^2 n e <= c (equality without the small terms is c = 1, with slack 2^-50 / 2 at least
 * against a loss of (1 - c)^2 / 2), so every residue stays below n - 1 in size and 1 and -1 have
 * one representation each. h - q n is an integer below 2^52 in size, as is the sum with l, so both
 * are exact; l is exact as no product underflows; and |q| < 2^51.
 */
#include "worker/primality/kernel.h"

#if defined(__x86_64__)

#include "worker/primality/avx2.h"

struct modulus {
    __m256d n;
    __m256d reciprocal; /* 1 / n, rounded */
};

/* Vectors in flight in the two tests; the Lucas test has two products a step. */
enum { VECTORS = 16, LANES = 4 * VECTORS, LUCAS_VECTORS = 8, LUCAS_LANES = 4 * LUCAS_VECTORS };

/* Integers below 2^52 as doubles: or in the bits of 2^52, then subtract it. */
AVX2_INLINE __m256d to_double(__m256i integers)
{
    const __m256d bias = _mm256_set1_pd(0x1p52);
    return _mm256_sub_pd(_mm256_or_pd(_mm256_castsi256_pd(integers), bias), bias);
}

AVX2_INLINE struct modulus modulus_set(__m256i n)
{
    struct modulus m = {.n = to_double(n)};
    m.reciprocal = _mm256_div_pd(_mm256_set1_pd(1.0), m.n);
    return m;
}

/* a * b - c modulo n, balanced; c is a small integer. */
AVX2_INLINE __m256d multiply(__m256d a, __m256d b, __m256d c, const struct modulus *m)
{
    const __m256d rounder = _mm256_set1_pd(0x1.8p52);
    __m256d h = _mm256_mul_pd(a, b);
    __m256d l = _mm256_sub_pd(_mm256_fmsub_pd(a, b, h), c);
    __m256d q = _mm256_sub_pd(_mm256_fmadd_pd(h, m->reciprocal, rounder), rounder);
    return _mm256_add_pd(_mm256_fnmadd_pd(q, m->n, h), l);
}

AVX2_INLINE __m256i equal(__m256d a, __m256d b)
{
    return _mm256_castpd_si256(_mm256_cmp_pd(a, b, _CMP_EQ_OQ));
}

AVX2_INLINE __m256d absolute(__m256d a)
{
    return _mm256_andnot_pd(_mm256_set1_pd(-0.0), a);
}

/* The four 64-bit lanes of a comparison as octets 0 or 1. */
AVX2_INLINE void store_flags(uint8_t *flags, __m256i comparison)
{
    int mask = _mm256_movemask_pd(_mm256_castsi256_pd(comparison));
    for (int lane = 0; lane < 4; lane++)
        flags[lane] = (uint8_t)((mask >> lane) & 1);
}

/* The top bit of each lane: the Jacobi symbol (2/n) is -1, that is n = 3 or 5 modulo 8. */
AVX2_INLINE __m256i jacobi_sign(__m256i n)
{
    __m256i differ = _mm256_xor_si256(n, _mm256_srli_epi64(n, 1));
    return _mm256_slli_epi64(_mm256_srli_epi64(_mm256_slli_epi64(differ, 62), 63), 63);
}

/*
 * 2^((n - 1) / 2) left to right. The exponents are those of n / 2, aligned to the longest of the
 * block; their leading four bits v are free, 2^v being far below n.
 */
AVX2 static void euler_block(const uint64_t *n, uint8_t *passed)
{
    enum { FREE_BITS = 4, DOUBLE_BIAS = 1023, DOUBLE_FRACTION = 52 };
    uint64_t any = 0;
    for (int i = 0; i < LANES; i++)
        any |= n[i];
    int unused = __builtin_clzll(any);

    struct modulus m[VECTORS];
    __m256d x[VECTORS];
    __m256i exponent[VECTORS];
    EACH (i, VECTORS) {
        __m256i integers = _mm256_loadu_si256((const __m256i *)n + i);
        __m256i v = _mm256_srli_epi64(integers, 64 - FREE_BITS - unused);
        v = _mm256_add_epi64(v, _mm256_set1_epi64x(DOUBLE_BIAS));
        m[i] = modulus_set(integers);
        x[i] = _mm256_castsi256_pd(_mm256_slli_epi64(v, DOUBLE_FRACTION));
        exponent[i] = _mm256_slli_epi64(integers, unused + FREE_BITS);
    }
    for (int step = 63 - FREE_BITS - unused; step > 0; step--) {
        EACH (i, VECTORS) {
            __m256d twice = _mm256_add_pd(x[i], x[i]);
            __m256d y = avx2_choose(x[i], twice, exponent[i]);
            x[i] = multiply(x[i], y, _mm256_setzero_pd(), &m[i]);
            exponent[i] = _mm256_add_epi64(exponent[i], exponent[i]);
        }
    }
    EACH (i, VECTORS) {
        __m256i sign = jacobi_sign(_mm256_loadu_si256((const __m256i *)n + i));
        __m256d expected = _mm256_or_pd(_mm256_set1_pd(1.0), _mm256_castsi256_pd(sign));
        store_flags(passed + 4 * i, equal(x[i], expected));
    }
}

void avx2_small_euler(const uint64_t *n, size_t count, uint8_t *passed)
{
    for (size_t i = 0; i < count; i += LANES)
        euler_block(n + i, passed + i);
}

/* See lucas64.h for the test, struct avx2_ladder for the order of v and w. */
AVX2 static void lucas_block(const uint64_t *n, const uint32_t *p, uint8_t *passed)
{
    const __m256d two = _mm256_set1_pd(2.0);
    struct avx2_ladder ladder;
    avx2_ladder_set(&ladder, n, LUCAS_LANES);
    struct modulus m[LUCAS_VECTORS];
    __m256d parameter[LUCAS_VECTORS];
    __m256d v[LUCAS_VECTORS];
    __m256d w[LUCAS_VECTORS];
    __m256i swap[LUCAS_VECTORS];
    EACH (i, LUCAS_VECTORS) {
        m[i] = modulus_set(_mm256_loadu_si256((const __m256i *)n + i));
        parameter[i] = _mm256_cvtepi32_pd(_mm_loadu_si128((const __m128i *)p + i));
        v[i] = two;
        w[i] = parameter[i];
        swap[i] = _mm256_loadu_si256((const __m256i *)ladder.swap + i);
    }
    for (int bit = ladder.bits; bit > 0; bit--) {
        EACH (i, LUCAS_VECTORS) {
            __m256d squared = avx2_choose(v[i], w[i], swap[i]);
            w[i] = multiply(v[i], w[i], parameter[i], &m[i]);
            v[i] = multiply(squared, squared, two, &m[i]);
            swap[i] = _mm256_add_epi64(swap[i], swap[i]);
        }
    }
    __m256i good[LUCAS_VECTORS];
    EACH (i, LUCAS_VECTORS) {
        v[i] = w[i];
        good[i] = equal(absolute(w[i]), two);
    }
    for (int r = 0; r < ladder.squares; r++) {
        EACH (i, LUCAS_VECTORS) {
            __m256i s = _mm256_loadu_si256((const __m256i *)ladder.s + i);
            __m256i counts = _mm256_cmpgt_epi64(s, _mm256_set1_epi64x(r + 1));
            __m256i zero = equal(v[i], _mm256_setzero_pd());
            good[i] = _mm256_or_si256(good[i], _mm256_and_si256(counts, zero));
            v[i] = multiply(v[i], v[i], two, &m[i]);
        }
    }
    EACH (i, LUCAS_VECTORS)
        store_flags(passed + 4 * i, good[i]);
}

void avx2_small_lucas(const uint64_t *n, const uint32_t *p, size_t count, uint8_t *passed)
{
    for (size_t i = 0; i < count; i += LUCAS_LANES)
        lucas_block(n + i, p + i, passed + i);
}

#endif
