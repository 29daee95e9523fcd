/*
 * avx512 - what the files of the AVX-512 kernel share.
 *
 * The kernel needs AVX-512 F, CD, DQ, BW, VL and IFMA, whose vpmadd52luq and vpmadd52huq add the
 * low or high 52 bits of a 52 x 52-bit product to a 64-bit lane. (They look at the low 52 bits of
 * their factors alone, which saves masking.) As in the AVX2 kernel, functions are compiled for
 * these one by one, and a test works on a block of a few vectors, whose chains interleave.
 */
#ifndef PRIMALITY_AVX512_H
#define PRIMALITY_AVX512_H

#include "worker/primality/kernel.h"

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define AVX512                                                                      \
    __attribute__((target("avx512f,avx512cd,avx512dq,avx512bw,avx512vl,avx512ifma," \
                          "avx2,fma,bmi,bmi2,popcnt")))
#define AVX512_INLINE AVX512 static inline __attribute__((always_inline))
#define EACH(i, count) _Pragma("GCC unroll 8") for (int i = 0; i < (count); i++)

/* As struct kernel's functions, see kernel.h. */
size_t avx512_wheel(const uint64_t *numbers, size_t count, struct kernel_candidates *classes,
                    uint16_t *small);
size_t avx512_sift(enum kernel_class size, uint64_t *n, uint16_t *index, size_t count);
void avx512_small_euler(const uint64_t *n, size_t count, uint8_t *passed);
void avx512_small_lucas(const uint64_t *n, const uint32_t *p, size_t count, uint8_t *passed);
void avx512_wide_euler(const uint64_t *n, size_t count, uint8_t *passed);
void avx512_wide_lucas(const uint64_t *n, const uint32_t *p, size_t count, uint8_t *passed);

/* a + the low, the high 52 bits of b * c. */
AVX512_INLINE __m512i low52(__m512i a, __m512i b, __m512i c)
{
    return _mm512_madd52lo_epu64(a, b, c);
}

AVX512_INLINE __m512i high52(__m512i a, __m512i b, __m512i c)
{
    return _mm512_madd52hi_epu64(a, b, c);
}

AVX512_INLINE __m512i add(__m512i a, __m512i b)
{
    return _mm512_add_epi64(a, b);
}

AVX512_INLINE __m512i sub(__m512i a, __m512i b)
{
    return _mm512_sub_epi64(a, b);
}

AVX512_INLINE __m512i same(int64_t value)
{
    return _mm512_set1_epi64(value);
}

AVX512_INLINE __m512i zero(void)
{
    return _mm512_setzero_si512();
}

/* The inverse of odd n modulo 2^52: (3n)^2 is right to 5 bits, each Newton step doubles them. */
AVX512_INLINE __m512i inverse52(__m512i n)
{
    __m512i x = _mm512_xor_si512(add(n, add(n, n)), same(2));
    for (int step = 0; step < 4; step++)
        x = low52(zero(), x, sub(same(2), low52(zero(), x, n)));
    return x;
}

/* The lanes where n = 3 or 5 modulo 8, that is, where the Jacobi symbol (2/n) is -1. */
AVX512_INLINE __mmask8 negative_jacobi(__m512i n)
{
    return _mm512_test_epi64_mask(_mm512_xor_si512(n, _mm512_srli_epi64(n, 1)), same(2));
}

/* Eight octets, 1 where the mask has a bit and 0 elsewhere. */
AVX512_INLINE void store_flags(uint8_t *flags, __mmask8 mask)
{
    _mm_storel_epi64((__m128i *)flags, _mm_maskz_set1_epi8(mask, 1));
}

/*
 * The exponents of a vector of Lucas tests, n + 1 = d * 2^s with d odd; see struct avx2_ladder for
 * the order of the ladder and the meaning of `swap`. The bits begin at the top of d, which is not
 * aligned yet.
 */
struct avx512_ladder {
    __m512i swap;
    __m512i s;
};

AVX512_INLINE struct avx512_ladder avx512_ladder(__m512i n)
{
    __m512i m = add(n, same(1));
    __m512i lowest = _mm512_and_si512(m, sub(zero(), m));
    __m512i s = sub(same(63), _mm512_lzcnt_epi64(lowest));
    __m512i d = _mm512_srlv_epi64(m, s);
    return (struct avx512_ladder){.swap = _mm512_xor_si512(d, _mm512_srli_epi64(d, 1)), .s = s};
}

#endif
