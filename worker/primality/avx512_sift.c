/* avx512_sift - the wheel and trial division, 16 numbers a vector: see trial.h for the arithmetic. */
#include "worker/primality/kernel.h"

#if defined(__x86_64__)

#include "worker/primality/avx512.h"
#include "worker/primality/small.h"
#include "worker/primality/trial.h"

#include <string.h>

enum { VECTORS = 4, LANES = 16 * VECTORS, ROUND = 16 };

/* Sixteen numbers by their low and high 32 bits. */
struct halves {
    __m512i low;
    __m512i high;
};

AVX512_INLINE struct halves split(__m512i a, __m512i b)
{
    const __m512i even =
        _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i odd = _mm512_or_si512(even, _mm512_set1_epi32(1));
    return (struct halves){.low = _mm512_permutex2var_epi32(a, even, b),
                           .high = _mm512_permutex2var_epi32(a, odd, b)};
}

/* Their digits of 16 bits lowered by 2^15. */
AVX512_INLINE struct halves lower(struct halves n)
{
    const __m512i bias = _mm512_set1_epi16(INT16_MIN);
    return (struct halves){.low = _mm512_xor_si512(n.low, bias),
                           .high = _mm512_xor_si512(n.high, bias)};
}

AVX512_INLINE __m512i broadcast(const void *bits)
{
    int32_t value;
    memcpy(&value, bits, sizeof value);
    return _mm512_set1_epi32(value);
}

/* From the lowered digits: congruent to the numbers, and below 2^32. */
AVX512_INLINE __m512i residue(struct halves lowered, const struct trial_digits *digits)
{
    __m512i low = _mm512_madd_epi16(lowered.low, broadcast(digits->low_weights));
    __m512i high = _mm512_madd_epi16(lowered.high, broadcast(digits->high_weights));
    return _mm512_add_epi32(_mm512_add_epi32(low, high), broadcast(&digits->offset));
}

/* Those of `kept` that p does not divide. */
AVX512_INLINE __mmask16 not_divided(__mmask16 kept, const struct trial_prime *p, __m512i n)
{
    __m512i image = _mm512_mullo_epi32(n, broadcast(&p->inverse));
    return _mm512_mask_cmpgt_epu32_mask(kept, image, broadcast(&p->limit));
}

/* Append the lanes of a mask; what is written in excess of them is within KERNEL_PAD. */
AVX512_INLINE size_t append(uint64_t *n, uint16_t *index, size_t count, __mmask16 mask, __m512i a,
                            __m512i b, __m512i places)
{
    size_t first = (size_t)__builtin_popcount(mask & 0xff);
    size_t both = (size_t)__builtin_popcount(mask);
    __m512i kept_places = _mm512_maskz_compress_epi32(mask, places);
    _mm512_storeu_si512(n + count, _mm512_maskz_compress_epi64((__mmask8)mask, a));
    _mm512_storeu_si512(n + count + first, _mm512_maskz_compress_epi64((__mmask8)(mask >> 8), b));
    _mm256_storeu_si256((__m256i *)(index + count), _mm512_cvtepi32_epi16(kept_places));
    return count + both;
}

/* The lanes of numbers that are of one class; most batches have one or two. */
AVX512_INLINE void append_class(struct kernel_candidates *c, __mmask16 mask, __m512i a, __m512i b,
                                __m512i places)
{
    if (mask != 0)
        c->count = append(c->n, c->index, c->count, mask, a, b, places);
}

AVX512 size_t avx512_wheel(const uint64_t *numbers, size_t count, struct kernel_candidates *classes,
                           uint16_t *small)
{
    const __m512i one = _mm512_set1_epi32(1);
    const __m512i bits_16 = _mm512_set1_epi32((1 << 16) - 1);
    const __m512i bits_18 = _mm512_set1_epi32((1 << 18) - 1);
    size_t small_count = 0;
    __m512i places = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    for (size_t i = 0; i < count; i += 16) {
        __mmask16 valid = (__mmask16)(count - i < 16 ? (1U << (count - i)) - 1 : 0xffffU);
        __m512i a = _mm512_maskz_loadu_epi64((__mmask8)valid, numbers + i);
        __m512i b = _mm512_maskz_loadu_epi64((__mmask8)(valid >> 8), numbers + i + 8);
        struct halves halves = split(a, b);
        __m512i left = residue(lower(halves), &trial_wheel_digits);
        __mmask16 over_32 = _mm512_test_epi32_mask(halves.high, halves.high);
        __mmask16 over_50 = _mm512_cmpgt_epu32_mask(halves.high, bits_18);
        __mmask16 big = over_32 | _mm512_cmpgt_epu32_mask(halves.low, bits_16);
        __mmask16 kept = _mm512_mask_test_epi32_mask(valid & big, halves.low, one);
        EACH (k, TRIAL_WHEEL)
            kept = not_divided(kept, &trial_wheel[k], left);
        append_class(&classes[KERNEL_NARROW], kept & ~over_32, a, b, places);
        append_class(&classes[KERNEL_MIDDLE], kept & over_32 & ~over_50, a, b, places);
        append_class(&classes[KERNEL_WIDE], kept & over_50, a, b, places);
        __mmask16 is_small = valid & ~big;
        if (is_small != 0) {
            __m512i kept_places = _mm512_maskz_compress_epi32(is_small, places);
            _mm256_storeu_si256((__m256i *)(small + small_count),
                                _mm512_cvtepi32_epi16(kept_places));
            small_count += (size_t)__builtin_popcount(is_small);
        }
        places = _mm512_add_epi32(places, _mm512_set1_epi32(16));
    }
    return small_count;
}

/* Keep those of a block that none of the primes divides, `count` of them from `first` on. */
AVX512_INLINE void keep_undivided(const uint64_t *n, size_t first, size_t count, bool narrow,
                                  __mmask16 *kept)
{
    struct halves lowered[VECTORS];
    EACH (i, VECTORS) {
        const uint64_t *here = n + 16 * i;
        lowered[i] = split(_mm512_loadu_si512(here), _mm512_loadu_si512(here + 8));
        if (!narrow)
            lowered[i] = lower(lowered[i]);
    }
    for (size_t k = first; k < first + count; k += 2) {
        EACH (i, VECTORS) {
            __m512i left = narrow ? lowered[i].low : residue(lowered[i], &trial_pairs[k / 2]);
            kept[i] = not_divided(kept[i], &trial_primes[k], left);
            kept[i] = not_divided(kept[i], &trial_primes[k + 1], left);
        }
    }
}

/* In place: what append() writes in excess has been read, or is not of this block. */
AVX512 static size_t sift_round(enum kernel_class size, uint64_t *n, uint16_t *index, size_t count,
                                size_t first, size_t primes)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i += LANES) {
        uint64_t valid = count - i < LANES ? (UINT64_C(1) << (count - i)) - 1 : UINT64_MAX;
        __mmask16 kept[VECTORS];
        EACH (v, VECTORS)
            kept[v] = (__mmask16)(valid >> (16 * v));
        if (size == KERNEL_NARROW)
            keep_undivided(n + i, first, primes, true, kept);
        else
            keep_undivided(n + i, first, primes, false, kept);
        EACH (v, VECTORS) {
            const uint64_t *here = n + i + 16 * v;
            __m512i a = _mm512_loadu_si512(here);
            __m512i b = _mm512_loadu_si512(here + 8);
            __m256i places = _mm256_loadu_si256((const __m256i *)(index + i + 16 * v));
            total = append(n, index, total, kept[v], a, b, _mm512_cvtepu16_epi32(places));
        }
    }
    return total;
}

/* In rounds, so that later primes meet fewer numbers. */
size_t avx512_sift(enum kernel_class size, uint64_t *n, uint16_t *index, size_t count)
{
    for (size_t first = 0; first < trial_count[size]; first += ROUND) {
        size_t primes = trial_count[size] - first < ROUND ? trial_count[size] - first : ROUND;
        count = sift_round(size, n, index, count, first, primes);
    }
    return count;
}

#endif
