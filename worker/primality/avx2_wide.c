/*
 * avx2_wide - Euler and Lucas tests for 2^50 < n < 2^64, four numbers a vector.
 *
 * Residues are in Montgomery form, x * 2^64 mod n, fully reduced. AVX2 multiplies 32 by 32 bits, so
 * a product is made of three or four partial ones, and the reduction takes two steps of 32 bits:
 * nine multiplications for a squaring. Every partial sum below fits 64 bits for any n < 2^64,
 * because (2^32 - 1)^2 + 2 (2^32 - 1) = 2^64 - 1.
 */
#include "worker/primality/kernel.h"

#if defined(__x86_64__)

#include "worker/primality/avx2.h"
#include "worker/primality/mont64.h"

/* Vectors in flight: enough chains to cover the multiplier's latency. */
enum { VECTORS = 4, LANES = 4 * VECTORS };

struct modulus {
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

AVX2_INLINE __m256i add_mod(__m256i a, __m256i b, __m256i n)
{
    return sub_mod(a, sub(n, b), n);
}

/*
 * a = (top * 2^64 + low 32 bits of middle * 2^32 + low 32 bits of bottom) / 2^64 mod n: what
 * exceeds the low halves has been carried into `top` already. The quotient q of two digits makes q
 * * n agree with the low 64 bits, so the difference of the high ones is exact.
 */
AVX2_INLINE void reduce(__m256i *a, const __m256i *top, const __m256i *middle,
                        const __m256i *bottom, const struct modulus *m)
{
    __m256i q[VECTORS];
    __m256i u[VECTORS];
    __m256i w[VECTORS];
    EACH (i, VECTORS)
        q[i] = mul(bottom[i], m[i].inverse);
    EACH (i, VECTORS)
        u[i] = add(mul(q[i], m[i].high), high_half(mul(q[i], m[i].n)));
    EACH (i, VECTORS)
        q[i] = mul(sub(middle[i], u[i]), m[i].inverse);
    EACH (i, VECTORS)
        w[i] = add(mul(q[i], m[i].n), low_half(u[i]));
    EACH (i, VECTORS)
        q[i] = add(add(mul(q[i], m[i].high), high_half(u[i])), high_half(w[i]));
    EACH (i, VECTORS)
        a[i] = sub_mod(top[i], q[i], m[i].n);
}

AVX2_INLINE void square(__m256i *a, const struct modulus *m)
{
    __m256i bottom[VECTORS];
    __m256i cross[VECTORS];
    __m256i middle[VECTORS];
    __m256i top[VECTORS];
    EACH (i, VECTORS) {
        bottom[i] = mul(a[i], a[i]);
        cross[i] = mul(a[i], high_half(a[i]));
        top[i] = mul(high_half(a[i]), high_half(a[i]));
    }
    EACH (i, VECTORS)
        middle[i] = add(low_half(add(cross[i], cross[i])), high_half(bottom[i]));
    EACH (i, VECTORS)
        top[i] = add(add(top[i], _mm256_srli_epi64(cross[i], 31)), high_half(middle[i]));
    reduce(a, top, middle, bottom, m);
}

/* a = a * b */
AVX2_INLINE void multiply(__m256i *a, const __m256i *b, const struct modulus *m)
{
    __m256i bottom[VECTORS];
    __m256i cross[VECTORS];
    __m256i middle[VECTORS];
    __m256i top[VECTORS];
    EACH (i, VECTORS)
        bottom[i] = mul(a[i], b[i]);
    EACH (i, VECTORS)
        cross[i] = add(mul(a[i], high_half(b[i])), high_half(bottom[i]));
    EACH (i, VECTORS)
        middle[i] = add(mul(high_half(a[i]), b[i]), low_half(cross[i]));
    EACH (i, VECTORS)
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
AVX2_INLINE struct modulus modulus_set(const uint64_t *numbers)
{
    const __m256i two = _mm256_set1_epi64x(2);
    struct modulus m;
    m.n = _mm256_loadu_si256((const __m256i *)numbers);
    m.high = high_half(m.n);
    m.inverse = _mm256_xor_si256(add(m.n, add(m.n, m.n)), two);
    for (int step = 0; step < 3; step++)
        m.inverse = mul(m.inverse, sub(two, mul(m.inverse, m.n)));
    return m;
}

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

    struct modulus m[VECTORS];
    __m256i x[VECTORS];
    __m256i exponent[VECTORS];
    uint64_t start[LANES];
    start_powers(start, n, 64 - FREE_BITS - unused);
    EACH (i, VECTORS) {
        m[i] = modulus_set(n + 4 * i);
        x[i] = _mm256_loadu_si256((const __m256i *)start + i);
        exponent[i] = _mm256_slli_epi64(m[i].n, unused + FREE_BITS);
    }
    for (int step = 63 - FREE_BITS - unused; step > 0; step--) {
        square(x, m);
        EACH (i, VECTORS) {
            x[i] = choose(x[i], half(x[i], m[i].n), exponent[i]);
            exponent[i] = add(exponent[i], exponent[i]);
        }
    }
    const __m256i one = _mm256_set1_epi64x(1);
    __m256i ones[VECTORS];
    EACH (i, VECTORS)
        ones[i] = one;
    multiply(x, ones, m); /* out of Montgomery form */
    EACH (i, VECTORS) {
        __m256i expected = choose(one, sub(m[i].n, one), avx2_jacobi_sign(m[i].n));
        avx2_store_flags(passed + 4 * i, _mm256_cmpeq_epi64(x[i], expected));
    }
}

void avx2_wide_euler(const uint64_t *n, size_t count, uint8_t *passed)
{
    for (size_t i = 0; i < count; i += LANES)
        euler_block(n + i, passed + i);
}

/* The Lucas test has two products a step: its block is half as wide. */
enum { PAIRS = VECTORS / 2, LUCAS_LANES = LANES / 2 };

/* two = 2, parameter = p in Montgomery form. */
AVX2_INLINE void lucas_constants(__m256i *two, __m256i *parameter, const uint64_t *n,
                                 const uint32_t *p)
{
    uint64_t unit[LUCAS_LANES];
    for (int i = 0; i < LUCAS_LANES; i++)
        unit[i] = mont64_one(n[i]);
    EACH (i, PAIRS) {
        __m256i modulus = _mm256_loadu_si256((const __m256i *)n + i);
        __m256i one = _mm256_loadu_si256((const __m256i *)unit + i);
        __m256i rest = _mm256_cvtepu32_epi64(_mm_loadu_si128((const __m128i *)p + i));
        two[i] = add_mod(one, one, modulus);
        parameter[i] = two[i];
        for (rest = sub(rest, _mm256_set1_epi64x(2));; rest = sub(rest, _mm256_set1_epi64x(1))) {
            __m256i more = _mm256_cmpgt_epi64(rest, _mm256_setzero_si256());
            if (_mm256_testz_si256(more, more))
                break;
            parameter[i] = add_mod(parameter[i], _mm256_and_si256(more, one), modulus);
        }
    }
}

/* See bpsw64.h for the test, struct avx2_ladder for the order of v and w. */
AVX2 static void lucas_block(const uint64_t *n, const uint32_t *p, uint8_t *passed)
{
    struct avx2_ladder ladder;
    avx2_ladder_set(&ladder, n, LUCAS_LANES);
    struct modulus m[VECTORS];
    __m256i minus[VECTORS]; /* 2 from the squares, p from the other products */
    __m256i v[PAIRS];
    __m256i w[PAIRS];
    __m256i swap[PAIRS];
    lucas_constants(minus, minus + PAIRS, n, p);
    EACH (i, PAIRS) {
        m[i] = m[i + PAIRS] = modulus_set(n + 4 * i);
        v[i] = minus[i]; /* V_0 = 2, V_1 = p */
        w[i] = minus[i + PAIRS];
        swap[i] = _mm256_loadu_si256((const __m256i *)ladder.swap + i);
    }
    for (int bit = ladder.bits; bit > 0; bit--) {
        __m256i a[VECTORS];
        __m256i b[VECTORS];
        EACH (i, PAIRS) {
            a[i] = b[i] = choose(v[i], w[i], swap[i]);
            a[i + PAIRS] = v[i];
            b[i + PAIRS] = w[i];
        }
        multiply(a, b, m);
        EACH (i, VECTORS)
            a[i] = sub_mod(a[i], minus[i], m[i].n);
        EACH (i, PAIRS) {
            v[i] = a[i];
            w[i] = a[i + PAIRS];
            swap[i] = add(swap[i], swap[i]);
        }
    }
    __m256i x[VECTORS];
    __m256i good[PAIRS];
    EACH (i, PAIRS) {
        good[i] = _mm256_or_si256(_mm256_cmpeq_epi64(w[i], minus[i]),
                                  _mm256_cmpeq_epi64(w[i], sub(m[i].n, minus[i])));
        x[i] = x[i + PAIRS] = w[i];
    }
    for (int r = 0; r < ladder.squares; r++) {
        EACH (i, PAIRS) {
            __m256i s = _mm256_loadu_si256((const __m256i *)ladder.s + i);
            __m256i counts = _mm256_cmpgt_epi64(s, _mm256_set1_epi64x(r + 1));
            __m256i zero = _mm256_cmpeq_epi64(x[i], _mm256_setzero_si256());
            good[i] = _mm256_or_si256(good[i], _mm256_and_si256(counts, zero));
        }
        square(x, m);
        EACH (i, PAIRS)
            x[i] = sub_mod(x[i], minus[i], m[i].n);
    }
    EACH (i, PAIRS)
        avx2_store_flags(passed + 4 * i, good[i]);
}

void avx2_wide_lucas(const uint64_t *n, const uint32_t *p, size_t count, uint8_t *passed)
{
    for (size_t i = 0; i < count; i += LUCAS_LANES)
        lucas_block(n + i, p + i, passed + i);
}

#endif
