/*
 * avx2_wide - arithmetic modulo four numbers below 2^64 a vector, for a block of vectors in step.
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
enum { WIDE_VECTORS = 4, WIDE_SCALARS = 4 };

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
 * a = (top * 2^64 + low 32 bits of middle * 2^32 + low 32 bits of bottom) / 2^64 mod n: what
 * exceeds the low halves has been carried into `top` already. The quotient q of two digits makes q
 * * n agree with the low 64 bits, so the difference of the high ones is exact.
 */
AVX2_INLINE void reduce(__m256i *a, const __m256i *top, const __m256i *middle,
                        const __m256i *bottom, const struct wide_modulus *m)
{
    __m256i q[WIDE_VECTORS];
    __m256i u[WIDE_VECTORS];
    __m256i w[WIDE_VECTORS];
    EACH (i, WIDE_VECTORS)
        q[i] = mul(bottom[i], m[i].inverse);
    EACH (i, WIDE_VECTORS)
        u[i] = add(mul(q[i], m[i].high), high_half(mul(q[i], m[i].n)));
    EACH (i, WIDE_VECTORS)
        q[i] = mul(sub(middle[i], u[i]), m[i].inverse);
    EACH (i, WIDE_VECTORS)
        w[i] = add(mul(q[i], m[i].n), low_half(u[i]));
    EACH (i, WIDE_VECTORS)
        q[i] = add(add(mul(q[i], m[i].high), high_half(u[i])), high_half(w[i]));
    EACH (i, WIDE_VECTORS)
        a[i] = sub_mod(top[i], q[i], m[i].n);
}

AVX2_INLINE void square(__m256i *a, const struct wide_modulus *m)
{
    __m256i bottom[WIDE_VECTORS];
    __m256i cross[WIDE_VECTORS];
    __m256i middle[WIDE_VECTORS];
    __m256i top[WIDE_VECTORS];
    EACH (i, WIDE_VECTORS) {
        bottom[i] = mul(a[i], a[i]);
        cross[i] = mul(a[i], high_half(a[i]));
        top[i] = mul(high_half(a[i]), high_half(a[i]));
    }
    EACH (i, WIDE_VECTORS)
        middle[i] = add(low_half(add(cross[i], cross[i])), high_half(bottom[i]));
    EACH (i, WIDE_VECTORS)
        top[i] = add(add(top[i], _mm256_srli_epi64(cross[i], 31)), high_half(middle[i]));
    reduce(a, top, middle, bottom, m);
}

/* a = a * b */
AVX2_INLINE void multiply(__m256i *a, const __m256i *b, const struct wide_modulus *m)
{
    __m256i bottom[WIDE_VECTORS];
    __m256i cross[WIDE_VECTORS];
    __m256i middle[WIDE_VECTORS];
    __m256i top[WIDE_VECTORS];
    EACH (i, WIDE_VECTORS)
        bottom[i] = mul(a[i], b[i]);
    EACH (i, WIDE_VECTORS)
        cross[i] = add(mul(a[i], high_half(b[i])), high_half(bottom[i]));
    EACH (i, WIDE_VECTORS)
        middle[i] = add(mul(high_half(a[i]), b[i]), low_half(cross[i]));
    EACH (i, WIDE_VECTORS)
        top[i] = add(add(mul(high_half(a[i]), high_half(b[i])), high_half(cross[i])),
                     high_half(middle[i]));
    reduce(a, top, middle, bottom, m);
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
