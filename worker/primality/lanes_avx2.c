/*
 * lanes_avx2 - big integers by AVX2 and FMA: four lanes, products of 52-bit digits in doubles. See
 * lanes_steps.h.
 *
 * Doubles multiply 53 by 53 bits where AVX2's integers multiply 32 by 32, and a fused multiply-add
 * rounds once, which gives both halves of a product exactly (N. Emmart, J. Zheng, C. Weems, "Faster
 * modular exponentiation using double precision floating point arithmetic on the GPU", ARITH 2018).
 * Rounding is toward zero while a test runs: begin() sets it, end() sets it back. For digits a, b
 * below 2^52, a b < 2^104:
 *
 *   h = 2^104 + a b, rounded: in [2^104, 2^105), where doubles are 2^52 apart, so that
 *       h = 2^104 + 2^52 floor(a b / 2^52), and the 52 bits of its fraction are that floor;
 *   l = a b + (2^104 + 2^52 - h) = 2^52 + a b mod 2^52: the term in brackets is a multiple of 2^52 of
 *       at most 53 bits, thus exact, and so is l, in [2^52, 2^53); its fraction is the low half.
 *
 * The representations are added to the columns as integers: each brings its exponent field with it,
 * 0x467 for h and 0x433 for l, in the upper 12 bits. How many a column receives is known when the
 * code is written, so that bias() takes them away beforehand, modulo 2^64.
 */
#include "worker/primality/lanes.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define LANES_TARGET __attribute__((target("avx2,fma,bmi2")))
#define OPERATION LANES_TARGET static inline __attribute__((always_inline))

enum { WIDTH = 4 };

typedef __m256i vector;
typedef __m256d operand;
typedef __m256d mask;

OPERATION vector zero(void)
{
    return _mm256_setzero_si256();
}

OPERATION vector ones(void)
{
    return _mm256_set1_epi64x(1);
}

OPERATION vector load(const uint64_t *x)
{
    return _mm256_load_si256((const __m256i *)x);
}

OPERATION void store(uint64_t *x, vector a)
{
    _mm256_store_si256((__m256i *)x, a);
}

OPERATION vector add(vector a, vector b)
{
    return _mm256_add_epi64(a, b);
}

OPERATION vector and (vector a, vector b)
{
    return _mm256_and_si256(a, b);
}

OPERATION vector xor (vector a, vector b) { return _mm256_xor_si256(a, b); }

    OPERATION __m256d high_part(operand a, operand b)
{
    return _mm256_fmadd_pd(a, b, _mm256_set1_pd(0x1p104));
}

OPERATION vector hi(vector acc, operand a, operand b)
{
    return add(acc, _mm256_castpd_si256(high_part(a, b)));
}

OPERATION vector lo(vector acc, operand a, operand b)
{
    __m256d rest = _mm256_sub_pd(_mm256_set1_pd(0x1p104 + 0x1p52), high_part(a, b));
    return add(acc, _mm256_castpd_si256(_mm256_fmadd_pd(a, b, rest)));
}

OPERATION vector bias(vector column, int los, int his)
{
    uint64_t fields = (uint64_t)(los * 0x433 + his * 0x467) << 52;
    return add(column, _mm256_set1_epi64x((int64_t)(0 - fields)));
}

/* A digit x set in the fraction of 2^52 makes 2^52 + x. */
OPERATION operand to_operand(vector a)
{
    const __m256d base = _mm256_set1_pd(0x1p52);
    vector fraction = and(a, _mm256_set1_epi64x((INT64_C(1) << LANES_DIGIT) - 1));
    return _mm256_sub_pd(_mm256_or_pd(_mm256_castsi256_pd(fraction), base), base);
}

OPERATION vector to_digits(operand a)
{
    const __m256d base = _mm256_set1_pd(0x1p52);
    return xor(_mm256_castpd_si256(_mm256_add_pd(a, base)), _mm256_castpd_si256(base));
}

OPERATION vector shift_left(vector a, vector bits)
{
    return _mm256_sllv_epi64(a, bits);
}

OPERATION vector shift_right(vector a, int bits)
{
    return _mm256_srl_epi64(a, _mm_cvtsi32_si128(bits));
}

/* The lanes where `bit` is 1, being 0 elsewhere. */
OPERATION mask mask_of(vector bit)
{
    return _mm256_castsi256_pd(_mm256_slli_epi64(bit, 63));
}

OPERATION operand choose(operand a, operand b, mask which)
{
    return _mm256_blendv_pd(a, b, which);
}

/* The instruction counts in halves of 32 bits. */
OPERATION operand permute(operand a, vector from)
{
    vector even = add(from, from);
    vector halves = _mm256_or_si256(even, _mm256_slli_epi64(add(even, ones()), 32));
    return _mm256_castsi256_pd(_mm256_permutevar8x32_epi32(_mm256_castpd_si256(a), halves));
}

OPERATION unsigned begin(void)
{
    unsigned saved = _mm_getcsr();
    _mm_setcsr((saved & ~(unsigned)_MM_ROUND_MASK) | _MM_ROUND_TOWARD_ZERO);
    return saved;
}

OPERATION void end(unsigned saved)
{
    _mm_setcsr(saved);
}

#include "worker/primality/lanes_steps.h"
#include "worker/primality/lanes_tests.h"

/* Two limbs are faster in general registers, several chains at once. */
static size_t worth(size_t limbs)
{
    return limbs <= 2 ? SIZE_MAX : limbs == 3 ? 3 : 2;
}

const struct lanes_kernel lanes_avx2 = {
    .width = WIDTH,
    .worth = worth,
    .alone_limbs = 32,
    .strong = run_strong,
    .lucas = run_lucas,
    .both = run_both,
    .multiply = run_multiply,
};

#endif
