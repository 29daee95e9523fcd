/*
 * lanes_ifma - big integers by AVX-512's IFMA: eight lanes, a multiply-add of 52-bit digits in one
 * instruction for each half of the product. See lanes_steps.h.
 */
#include "worker/primality/lanes.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define LANES_TARGET __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,bmi2")))
#define OPERATION LANES_TARGET static inline __attribute__((always_inline))

enum { WIDTH = 8 };

typedef __m512i vector;
typedef __m512i operand; /* the multiplier ignores what is above 52 bits */
typedef __mmask8 mask;

OPERATION vector zero(void)
{
    return _mm512_setzero_si512();
}

OPERATION vector ones(void)
{
    return _mm512_set1_epi64(1);
}

OPERATION vector load(const uint64_t *x)
{
    return _mm512_load_si512(x);
}

OPERATION void store(uint64_t *x, vector a)
{
    _mm512_store_si512(x, a);
}

OPERATION vector lo(vector acc, operand a, operand b)
{
    return _mm512_madd52lo_epu64(acc, a, b);
}

OPERATION vector hi(vector acc, operand a, operand b)
{
    return _mm512_madd52hi_epu64(acc, a, b);
}

OPERATION vector bias(vector column, int los, int his)
{
    (void)los;
    (void)his;
    return column;
}

OPERATION operand to_operand(vector a)
{
    return a;
}

OPERATION vector to_digits(operand a)
{
    return _mm512_and_si512(a, _mm512_set1_epi64((INT64_C(1) << LANES_DIGIT) - 1));
}

OPERATION vector add(vector a, vector b)
{
    return _mm512_add_epi64(a, b);
}

OPERATION vector and (vector a, vector b)
{
    return _mm512_and_si512(a, b);
}

OPERATION vector xor (vector a, vector b) { return _mm512_xor_si512(a, b); }

    OPERATION vector shift_left(vector a, vector bits)
{
    return _mm512_sllv_epi64(a, bits);
}

OPERATION vector shift_right(vector a, int bits)
{
    return _mm512_srl_epi64(a, _mm_cvtsi32_si128(bits));
}

/* The lanes where `bit` is not 0. */
OPERATION mask mask_of(vector bit)
{
    return _mm512_test_epi64_mask(bit, bit);
}

OPERATION operand choose(operand a, operand b, mask which)
{
    return _mm512_mask_blend_epi64(which, a, b);
}

OPERATION operand permute(operand a, vector from)
{
    return _mm512_permutexvar_epi64(from, a);
}

OPERATION unsigned begin(void)
{
    return 0;
}

OPERATION void end(unsigned saved)
{
    (void)saved;
}

#include "worker/primality/lanes_steps.h"
#include "worker/primality/lanes_tests.h"

static size_t worth(size_t limbs)
{
    return limbs <= 2 ? 3 : 2;
}

const struct lanes_kernel lanes_ifma = {
    .width = WIDTH,
    .worth = worth,
    .alone_limbs = 4,
    .strong = run_strong,
    .lucas = run_lucas,
    .both = run_both,
    .multiply = run_multiply,
};

#endif
