/*
 * avx2 - what the files of the AVX2 kernel share.
 *
 * Functions are compiled for AVX2, FMA and BMI2 one by one, so that the build needs no flags a
 * processor without them would choke on. Each test works on a block of a few vectors, step by step
 * over all of them (EACH), so that their dependency chains interleave: one chain alone would spend
 * its time waiting for the multiplier.
 */
#ifndef PRIMALITY_AVX2_H
#define PRIMALITY_AVX2_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define AVX2 __attribute__((target("avx2,fma,bmi2")))
#define AVX2_INLINE AVX2 static inline __attribute__((always_inline))
#define EACH(i, count) _Pragma("GCC unroll 16") for (int i = 0; i < (count); i++)

/* As struct kernel's functions, see kernel.h. */
size_t avx2_wheel(const uint64_t *numbers, size_t count, struct kernel_candidates *classes,
                  uint16_t *small);
size_t avx2_sift(enum kernel_class size, uint64_t *n, uint16_t *index, size_t count);
void avx2_small_euler(const uint64_t *n, size_t count, uint8_t *passed);
void avx2_small_lucas(const uint64_t *n, const uint32_t *p, size_t count, uint8_t *passed);
void avx2_wide_euler(const uint64_t *n, size_t count, uint8_t *passed);
void avx2_wide_lucas(const uint64_t *n, const uint32_t *p, size_t count, uint8_t *passed);

/*
 * Each 64-bit lane: b where the top bit of `choose` is set, else a. In assembly, because a compiler
 * that knows what the instruction does spends another on turning the top bit into a mask.
 */
AVX2_INLINE __m256d avx2_choose(__m256d a, __m256d b, __m256i choose)
{
    __m256d chosen;
    __asm__("vblendvpd %3, %2, %1, %0" : "=x"(chosen) : "x"(a), "xm"(b), "x"(choose));
    return chosen;
}

/*
 * The exponents of a block of Lucas tests: n + 1 = d * 2^s, d odd.
 *
 * A ladder goes from (V_k, V_(k+1)), k being the leading bits of d, to V_(2k+1) and one of V_2k and
 * V_(2k+2), as the next bit tells: a product and a square. It keeps the square first and the
 * product second, so the next square is that of the first, or of the second where a bit of d
 * differs from the one before it: those are the one-bits of `swap`. As d is odd, V_d comes out
 * second. The bits are shifted so that the longest d begins at bit 63.
 */
struct avx2_ladder {
    uint64_t swap[32];
    uint64_t s[32];
    int bits;    /* of the longest d */
    int squares; /* the longest s - 1: how many V_(d * 2^r) there are to look at */
};

static inline void avx2_ladder_set(struct avx2_ladder *ladder, const uint64_t *n, int lanes)
{
    uint64_t any = 0;
    ladder->squares = 0;
    for (int i = 0; i < lanes; i++) {
        int s = __builtin_ctzll(n[i] + 1);
        uint64_t d = (n[i] + 1) >> s;
        ladder->s[i] = (uint64_t)s;
        ladder->swap[i] = d ^ d >> 1;
        any |= d;
        if (s - 1 > ladder->squares)
            ladder->squares = s - 1;
    }
    int unused = __builtin_clzll(any);
    ladder->bits = 64 - unused;
    for (int i = 0; i < lanes; i++)
        ladder->swap[i] <<= unused;
}

#endif
