/*
 * avx2_wide - arithmetic modulo four numbers below 2^64 a vector.
 *
 * Residues are in Montgomery form, x * 2^64 mod n, fully reduced. AVX2 multiplies 32 by 32 bits, so
 * a product is made of three or four partial ones, and the reduction takes two steps of 32 bits:
 * nine multiplications for a squaring. Every partial sum below fits 64 bits for any n < 2^64,
 * because (2^32 - 1)^2 + 2 (2^32 - 1) = 2^64 - 1.
 *
 * Vector and general registers have multipliers of their own: the users of this file keep both busy
 * by testing a few numbers of a block in general registers (mont64.h), between the vectors' steps.
 */
#ifndef PRIMALITY_AVX2_WIDE_H
#define PRIMALITY_AVX2_WIDE_H

#include "worker/primality/avx2.h"

/* Vectors in flight: enough chains to cover the multiplier's latency. */
enum { WIDE_VECTORS = 4, WIDE_SCALARS = 6 };

struct wide_modulus {
    __m256i n;       /* n, whose low halves are the low digit */
    __m256i high;    /* n >> 32 */
    __m256i inverse; /* n^-1 mod 2^32 in the low halves */
};

AVX2_INLINE __m256i low_half(__m256i a)
{
    return _mm256_blend_epi32(a, _mm256_setzero_si256(), 0xaa);
}

AVX2_INLINE __m256i high_half(__m256i a)
{
    return _mm256_srli_epi64(a, 32);
}

/* The product of the low halves. */
AVX2_INLINE __m256i mul(__m256i a, __m256i b)
{
    return _mm256_mul_epu32(a, b);
}

AVX2_INLINE __m256i add(__m256i a, __m256i b)
{
    return _mm256_add_epi64(a, b);
}

AVX2_INLINE __m256i sub(__m256i a, __m256i b)
{
    return _mm256_sub_epi64(a, b);
}

/* Where the top bit of `which` is set, b, else a. */
AVX2_INLINE __m256i choose(__m256i a, __m256i b, __m256i which)
{
    return _mm256_castpd_si256(avx2_choose(_mm256_castsi256_pd(a), _mm256_castsi256_pd(b), which));
}

/* a - b mod n: n is added where a < b, an unsigned comparison made of a signed one. */
AVX2_INLINE __m256i sub_mod(__m256i a, __m256i b, __m256i n)
{
    const __m256i sign = _mm256_set1_epi64x(INT64_MIN);
    __m256i borrow = _mm256_cmpgt_epi64(_mm256_xor_si256(b, sign), _mm256_xor_si256(a, sign));
    return add(sub(a, b), _mm256_and_si256(borrow, n));
}

/*
 * (top * 2^64 + low 32 bits of middle * 2^32 + low 32 bits of bottom) / 2^64 mod n: what
 * exceeds the low halves has been carried into `top` already. The quotient q of two digits makes q
 * * n agree with the low 64 bits, so the difference of the high ones is exact.
 */
AVX2_INLINE __m256i reduce(__m256i top, __m256i middle, __m256i bottom,
                           const struct wide_modulus *m)
{
    __m256i q = mul(bottom, m->inverse);
    __m256i u = add(mul(q, m->high), high_half(mul(q, m->n)));
    q = mul(sub(middle, u), m->inverse);
    __m256i w = add(mul(q, m->n), low_half(u));
    q = add(add(mul(q, m->high), high_half(u)), high_half(w));
    return sub_mod(top, q, m->n);
}

AVX2_INLINE __m256i square(__m256i a, const struct wide_modulus *m)
{
    __m256i bottom = mul(a, a);
    __m256i cross = mul(a, high_half(a));
    __m256i top = mul(high_half(a), high_half(a));
    __m256i middle = add(low_half(add(cross, cross)), high_half(bottom));
    top = add(add(top, _mm256_srli_epi64(cross, 31)), high_half(middle));
    return reduce(top, middle, bottom, m);
}

/* a * b */
AVX2_INLINE __m256i multiply(__m256i a, __m256i b, const struct wide_modulus *m)
{
    __m256i bottom = mul(a, b);
    __m256i cross = add(mul(a, high_half(b)), high_half(bottom));
    __m256i middle = add(mul(high_half(a), b), low_half(cross));
    __m256i top = mul(high_half(a), high_half(b));
    top = add(add(top, high_half(cross)), high_half(middle));
    return reduce(top, middle, bottom, m);
}

/* a / 2 mod n: a / 2 + (n + 1) / 2 <= n never overflows. */
AVX2_INLINE __m256i half(__m256i a, __m256i n)
{
    const __m256i one = _mm256_set1_epi64x(1);
    __m256i odd = sub(_mm256_setzero_si256(), _mm256_and_si256(a, one));
    __m256i half_n = add(_mm256_srli_epi64(n, 1), one);
    return add(_mm256_srli_epi64(a, 1), _mm256_and_si256(odd, half_n));
}

/* (3n)^2 is n^-1 to 5 bits, and Newton's step doubles them: 10, 20, 40. */
AVX2_INLINE struct wide_modulus wide_modulus(const uint64_t *numbers)
{
    const __m256i two = _mm256_set1_epi64x(2);
    struct wide_modulus m;
    m.n = _mm256_loadu_si256((const __m256i *)numbers);
    m.high = high_half(m.n);
    m.inverse = _mm256_xor_si256(add(m.n, add(m.n, m.n)), two);
    for (int step = 0; step < 3; step++)
        m.inverse = mul(m.inverse, sub(two, mul(m.inverse, m.n)));
    return m;
}

#endif
