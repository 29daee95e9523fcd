/* avx2_sift - the wheel and trial division of 32 numbers at once: see trial.h for the arithmetic. */
#include "worker/primality/kernel.h"

#if defined(__x86_64__)

#include "worker/primality/avx2.h"
#include "worker/primality/small.h"
#include "worker/primality/trial.h"

#include <string.h>

enum { VECTORS = 4, LANES = 8 * VECTORS, ROUND = 16 };

/* Eight numbers by their low and high 32 bits. */
struct halves {
    __m256i low;
    __m256i high;
};

AVX2_INLINE struct halves split(const uint64_t *n)
{
    __m256 a = _mm256_castsi256_ps(_mm256_loadu_si256((const __m256i *)n));
    __m256 b = _mm256_castsi256_ps(_mm256_loadu_si256((const __m256i *)n + 1));
    __m256i even = _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0x88));
    __m256i odd = _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0xdd));
    return (struct halves){.low = _mm256_permute4x64_epi64(even, 0xd8),
                           .high = _mm256_permute4x64_epi64(odd, 0xd8)};
}

/* Their digits of 16 bits lowered by 2^15. */
AVX2_INLINE struct halves lower(struct halves n)
{
    const __m256i bias = _mm256_set1_epi16(INT16_MIN);
    return (struct halves){.low = _mm256_xor_si256(n.low, bias),
                           .high = _mm256_xor_si256(n.high, bias)};
}

AVX2_INLINE __m256i broadcast(const void *bits)
{
    int32_t value;
    memcpy(&value, bits, sizeof value);
    return _mm256_set1_epi32(value);
}

/* From the lowered digits: congruent to the numbers, and below 2^32. */
AVX2_INLINE __m256i residue(struct halves lowered, const struct trial_digits *digits)
{
    __m256i low = _mm256_madd_epi16(lowered.low, broadcast(digits->low_weights));
    __m256i high = _mm256_madd_epi16(lowered.high, broadcast(digits->high_weights));
    return _mm256_add_epi32(_mm256_add_epi32(low, high), broadcast(&digits->offset));
}

AVX2_INLINE __m256i divides(const struct trial_prime *p, __m256i n)
{
    __m256i image = _mm256_mullo_epi32(n, broadcast(&p->inverse));
    return _mm256_cmpeq_epi32(_mm256_min_epu32(image, broadcast(&p->limit)), image);
}

/* Bit i: the top bit of lane i of the vectors, taken together. */
AVX2_INLINE uint32_t top_bits(const __m256i *vectors)
{
    uint32_t bits = 0;
    EACH (i, VECTORS)
        bits |= (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(vectors[i])) << (8 * i);
    return bits;
}

/* Bit i: n[i] is below 2^16; and, of the others, no prime of the wheel divides it. */
struct turned {
    uint32_t small;
    uint32_t kept;
};

AVX2_INLINE struct turned turn(const uint64_t *n)
{
    __m256i small[VECTORS];
    __m256i dropped[VECTORS];
    EACH (i, VECTORS) {
        struct halves halves = split(n + 8 * i);
        __m256i rest = _mm256_or_si256(halves.high, _mm256_srli_epi32(halves.low, 16));
        __m256i left = residue(lower(halves), &trial_wheel_digits);
        small[i] = _mm256_cmpeq_epi32(rest, _mm256_setzero_si256());
        dropped[i] = _mm256_slli_epi32(_mm256_xor_si256(halves.low, _mm256_set1_epi32(1)), 31);
        EACH (k, TRIAL_WHEEL)
            dropped[i] = _mm256_or_si256(dropped[i], divides(&trial_wheel[k], left));
    }
    struct turned turned = {.small = top_bits(small)};
    turned.kept = ~(turned.small | top_bits(dropped));
    return turned;
}

AVX2 size_t avx2_wheel(const uint64_t *numbers, size_t count, struct kernel_candidates *classes,
                       uint16_t *small)
{
    size_t small_count = 0;
    for (size_t i = 0; i < count; i += LANES) {
        const uint64_t *n = numbers + i;
        uint64_t padded[LANES];
        if (count - i < LANES) {
            for (size_t lane = 0; lane < LANES; lane++)
                padded[lane] = lane < count - i ? n[lane] : SMALL_BOUND; /* even: dropped */
            n = padded;
        }
        struct turned turned = turn(n);
        for (; turned.small != 0; turned.small &= turned.small - 1)
            small[small_count++] = (uint16_t)(i + (unsigned)__builtin_ctz(turned.small));
        for (; turned.kept != 0; turned.kept &= turned.kept - 1) {
            unsigned lane = (unsigned)__builtin_ctz(turned.kept);
            kernel_append(classes, n[lane], (uint16_t)(i + lane));
        }
    }
    return small_count;
}

/* Bit i: one of the primes, count of them from `first` on, divides n[i]. */
AVX2_INLINE uint32_t divided(const uint64_t *n, size_t first, size_t count, bool narrow)
{
    struct halves lowered[VECTORS];
    __m256i found[VECTORS];
    EACH (i, VECTORS) {
        lowered[i] = split(n + 8 * i);
        found[i] = _mm256_setzero_si256();
        if (!narrow)
            lowered[i] = lower(lowered[i]);
    }
    for (size_t k = first; k < first + count; k += 2) {
        EACH (i, VECTORS) {
            __m256i left = narrow ? lowered[i].low : residue(lowered[i], &trial_pairs[k / 2]);
            found[i] = _mm256_or_si256(found[i], divides(&trial_primes[k], left));
            found[i] = _mm256_or_si256(found[i], divides(&trial_primes[k + 1], left));
        }
    }
    return top_bits(found);
}

AVX2 static size_t sift_round(enum kernel_class size, uint64_t *n, uint16_t *index, size_t count,
                              size_t first, size_t primes)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i += LANES) {
        uint32_t composite = size == KERNEL_NARROW ? divided(n + i, first, primes, true)
                                                   : divided(n + i, first, primes, false);
        size_t end = count - i < LANES ? count - i : LANES;
        for (size_t lane = 0; lane < end; lane++) {
            n[kept] = n[i + lane];
            index[kept] = index[i + lane];
            kept += ~(composite >> lane) & 1;
        }
    }
    return kept;
}

/* In rounds, so that later primes meet fewer numbers. */
size_t avx2_sift(enum kernel_class size, uint64_t *n, uint16_t *index, size_t count)
{
    for (size_t first = 0; first < trial_count[size]; first += ROUND) {
        size_t primes = trial_count[size] - first < ROUND ? trial_count[size] - first : ROUND;
        count = sift_round(size, n, index, count, first, primes);
    }
    return count;
}

#endif
