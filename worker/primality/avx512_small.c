/*
 * avx512_small - Euler and Lucas tests for n < 2^50, a residue in one limb of 52 bits.
 *
 * Residues are in Montgomery form, x * 2^52 mod n. With q = a b n^-1 mod 2^52, the low 52 bits of
 * a b and of q n are the same, so the difference of the high ones is (a b - q n) / 2^52, exactly,
 * which is congruent to a b / 2^52. As q n / 2^52 < n,
 *
 *     -n < difference < a b / 2^52 + 1.
 *
 * The Euler test keeps x in (0, 3n/2]: a product has the factors x' < n, which is x less n where it
 * can be, and x' or 2 x', so a b / 2^52 < 2 n^2 / 2^52 < n / 2; to which n is added.
 *
 * The Lucas test keeps its values in [0, 2n): a b / 2^52 < 4 n^2 / 2^52 < n, so the difference is
 * in (-n, n], and in (-n, 2n) when c in [0, n) was taken away and n added, or (-n, n + n]; adding n
 * to what is negative leaves [0, 2n). All values are below 2^52.
 */
#include "worker/primality/kernel.h"

#if defined(__x86_64__)

#include "worker/primality/avx512.h"

/* Vectors in flight in the two tests; the Lucas test has two products a step. */
enum { VECTORS = 8, LANES = 8 * VECTORS, LUCAS_VECTORS = 4, LUCAS_LANES = 8 * LUCAS_VECTORS };

struct modulus {
    __m512i n;
    __m512i inverse; /* n^-1 mod 2^52 */
};

/* a * b / 2^52 + c modulo n: see above for the bounds. */
AVX512_INLINE __m512i multiply(__m512i a, __m512i b, __m512i c, const struct modulus *m)
{
    __m512i q = low52(zero(), low52(zero(), a, b), m->inverse);
    return sub(high52(c, a, b), high52(zero(), q, m->n));
}

/* Of a and b as unsigned integers, so that a negative one loses. */
AVX512_INLINE __m512i least(__m512i a, __m512i b)
{
    return _mm512_min_epu64(a, b);
}

/* From [0, 2n) to [0, n). */
AVX512_INLINE __m512i reduce(__m512i a, const struct modulus *m)
{
    return least(a, sub(a, m->n));
}

/*
 * t mod n for a double t below 2^51 n that is an integer of few bits. The quotient is rounded
 * twice, the second time to an integer by adding and taking away 1.5 * 2^52, so it misses t / n by
 * at most 2^51 * 2^-53 + 1/2 < 1; the rest, in [-n, n], is exact, as the multiply-add rounds an
 * integer of 50 bits.
 */
AVX512_INLINE __m512i remainder_of(__m512d t, const struct modulus *m)
{
    __m512d n = _mm512_cvtepi64_pd(m->n);
    const __m512d rounder = _mm512_set1_pd(0x1.8p52);
    __m512d q = _mm512_sub_pd(_mm512_add_pd(_mm512_div_pd(t, n), rounder), rounder);
    __m512i rest = _mm512_cvtpd_epi64(_mm512_fnmadd_pd(q, n, t));
    return reduce(least(rest, add(rest, m->n)), m);
}

/* k * 2^52 mod n, for doubles k. */
AVX512_INLINE __m512i to_montgomery(__m512d k, const struct modulus *m)
{
    return remainder_of(_mm512_mul_pd(k, _mm512_set1_pd(0x1p52)), m);
}

AVX512_INLINE struct modulus modulus_set(const uint64_t *numbers)
{
    __m512i n = _mm512_loadu_si512(numbers);
    return (struct modulus){.n = n, .inverse = inverse52(n)};
}

/* The bits to shift out of a block so that the longest number begins at the top. */
AVX512_INLINE unsigned unused_bits(const __m512i *vectors, int count)
{
    __m512i any = zero();
    EACH (i, count)
        any = _mm512_or_si512(any, vectors[i]);
    return (unsigned)__builtin_clzll((uint64_t)_mm512_reduce_or_epi64(any));
}

/*
 * 2^((n - 1) / 2) left to right. The exponents are those of n / 2, aligned to the longest of the
 * block; their leading four bits v, from 8 to 15 in the longest, are free: 2^v * 2^52 < 2^51 n.
 */
AVX512 static void euler_block(const uint64_t *numbers, uint8_t *passed)
{
    enum { FREE_BITS = 4 };
    struct modulus m[VECTORS];
    __m512i n[VECTORS];
    __m512i x[VECTORS];
    __m512i exponent[VECTORS];
    EACH (i, VECTORS) {
        m[i] = modulus_set(numbers + 8 * i);
        n[i] = m[i].n;
    }
    unsigned unused = unused_bits(n, VECTORS);
    EACH (i, VECTORS) {
        __m512i v = _mm512_srli_epi64(n[i], 64 - FREE_BITS - unused);
        x[i] = to_montgomery(_mm512_cvtepi64_pd(_mm512_sllv_epi64(same(1), v)), &m[i]);
        exponent[i] = _mm512_slli_epi64(n[i], FREE_BITS + unused);
    }
    for (unsigned step = 63 - FREE_BITS - unused; step > 0; step--) {
        EACH (i, VECTORS) {
            __mmask8 twice = _mm512_movepi64_mask(exponent[i]);
            __m512i a = reduce(x[i], &m[i]);
            __m512i b = _mm512_mask_add_epi64(a, twice, a, a);
            x[i] = multiply(a, b, m[i].n, &m[i]);
            exponent[i] = add(exponent[i], exponent[i]);
        }
    }
    EACH (i, VECTORS) {
        __m512i one = to_montgomery(_mm512_set1_pd(1), &m[i]);
        __m512i expected = _mm512_mask_sub_epi64(one, negative_jacobi(m[i].n), m[i].n, one);
        store_flags(passed + 8 * i, _mm512_cmpeq_epi64_mask(reduce(x[i], &m[i]), expected));
    }
}

AVX512 void avx512_small_euler(const uint64_t *n, size_t count, uint8_t *passed)
{
    for (size_t i = 0; i < count; i += LANES)
        euler_block(n + i, passed + i);
}

/* a * b less a constant, n - it being given. */
AVX512_INLINE __m512i multiply_less(__m512i a, __m512i b, __m512i minus, const struct modulus *m)
{
    __m512i x = multiply(a, b, minus, m);
    return least(x, add(x, m->n));
}

struct lucas {
    struct modulus m;
    __m512i two;             /* in Montgomery form */
    __m512i minus_two;       /* n - two */
    __m512i minus_parameter; /* the same of P */
    __m512i v;
    __m512i w;
    struct avx512_ladder ladder;
};

AVX512_INLINE struct lucas lucas_start(const uint64_t *n, const uint32_t *p)
{
    struct lucas l = {.m = modulus_set(n)};
    __m512d parameter = _mm512_cvtepi32_pd(_mm256_loadu_si256((const __m256i *)p));
    l.two = l.v = to_montgomery(_mm512_set1_pd(2), &l.m);
    l.w = to_montgomery(parameter, &l.m);
    l.minus_two = sub(l.m.n, l.two);
    l.minus_parameter = sub(l.m.n, l.w);
    l.ladder = avx512_ladder(l.m.n);
    return l;
}

/* The end of the test, from w = V_d on: the lanes that pass. */
AVX512_INLINE __mmask8 lucas_end(struct lucas *l)
{
    __m512i v = reduce(l->w, &l->m);
    unsigned good = _mm512_cmpeq_epi64_mask(v, l->two) | _mm512_cmpeq_epi64_mask(v, l->minus_two);
    for (int64_t r = 0;; r++) {
        unsigned counts = _mm512_cmpgt_epi64_mask(l->ladder.s, same(r + 1));
        if ((counts & ~good) == 0)
            return (__mmask8)good;
        good |= counts & _mm512_testn_epi64_mask(v, v);
        v = reduce(multiply_less(v, v, l->minus_two, &l->m), &l->m);
    }
}

/* See lucas64.h for the test, struct avx2_ladder for the order of v and w. */
AVX512 static void lucas_block(const uint64_t *n, const uint32_t *p, uint8_t *passed)
{
    struct lucas l[LUCAS_VECTORS];
    __m512i swap[LUCAS_VECTORS];
    EACH (i, LUCAS_VECTORS) {
        l[i] = lucas_start(n + 8 * i, p + 8 * i);
        swap[i] = l[i].ladder.swap;
    }
    unsigned unused = unused_bits(swap, LUCAS_VECTORS);
    EACH (i, LUCAS_VECTORS)
        swap[i] = _mm512_slli_epi64(swap[i], unused);
    for (unsigned bit = 64 - unused; bit > 0; bit--) {
        EACH (i, LUCAS_VECTORS) {
            __mmask8 other = _mm512_movepi64_mask(swap[i]);
            __m512i squared = _mm512_mask_mov_epi64(l[i].v, other, l[i].w);
            l[i].w = multiply_less(l[i].v, l[i].w, l[i].minus_parameter, &l[i].m);
            l[i].v = multiply_less(squared, squared, l[i].minus_two, &l[i].m);
            swap[i] = add(swap[i], swap[i]);
        }
    }
    EACH (i, LUCAS_VECTORS)
        store_flags(passed + 8 * i, lucas_end(&l[i]));
}

AVX512 void avx512_small_lucas(const uint64_t *n, const uint32_t *p, size_t count, uint8_t *passed)
{
    for (size_t i = 0; i < count; i += LUCAS_LANES)
        lucas_block(n + i, p + i, passed + i);
}

#endif
