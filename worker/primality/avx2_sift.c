/*
 * avx2_sift - trial division of 32 numbers at once.
 *
 * A number is four digits of 16 bits; their dot product with the powers of 2^16 modulo p is a small
 * integer congruent to the number, and two multiply-add instructions make it for eight numbers.
 * They take signed digits, so each digit is lowered by 2^15 first, which lowers the dot product by
 * 2^15 times the sum of the weights: `offset` puts that back, and a multiple of p above 2^26 on
 * top, so that the sum t is in [0, 2^28). (|weight| < 2^8, so the dot product is below 4 * 2^15 *
 * 2^8 = 2^25 in size, and so is the correction.) p divides t exactly when t * p^-1 mod 2^32 <=
 * limit; `offset` is stored multiplied by p^-1 already.
 */
#include "worker/primality/kernel.h"

#if defined(__x86_64__)

#include "worker/primality/avx2.h"
#include "worker/primality/trial.h"

#include <string.h>

enum { VECTORS = 4, LANES = 8 * VECTORS, ROUND = 16 };

/* The low and high halves of eight numbers, digits lowered by 2^15. */
AVX2_INLINE void split(__m256i *low, __m256i *high, const uint64_t *n)
{
    const __m256i bias = _mm256_set1_epi16(INT16_MIN);
    __m256 a = _mm256_castsi256_ps(_mm256_loadu_si256((const __m256i *)n));
    __m256 b = _mm256_castsi256_ps(_mm256_loadu_si256((const __m256i *)n + 1));
    __m256i even = _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0x88));
    __m256i odd = _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0xdd));
    *low = _mm256_xor_si256(_mm256_permute4x64_epi64(even, 0xd8), bias);
    *high = _mm256_xor_si256(_mm256_permute4x64_epi64(odd, 0xd8), bias);
}

AVX2_INLINE __m256i broadcast(const void *bits)
{
    int32_t value;
    memcpy(&value, bits, sizeof value);
    return _mm256_set1_epi32(value);
}

/* Bit i: one of the primes divides n[i]. */
AVX2_INLINE uint32_t divided(const uint64_t *n, const struct trial_prime *primes, size_t count)
{
    __m256i low[VECTORS];
    __m256i high[VECTORS];
    __m256i found[VECTORS];
    EACH (i, VECTORS) {
        split(&low[i], &high[i], n + 8 * i);
        found[i] = _mm256_setzero_si256();
    }
    for (const struct trial_prime *p = primes; p < primes + count; p++) {
        __m256i low_weights = broadcast(p->low_weights);
        __m256i high_weights = broadcast(p->high_weights);
        __m256i inverse = broadcast(&p->inverse);
        __m256i offset = broadcast(&p->offset);
        __m256i limit = broadcast(&p->limit);
        EACH (i, VECTORS) {
            __m256i t = _mm256_add_epi32(_mm256_madd_epi16(low[i], low_weights),
                                         _mm256_madd_epi16(high[i], high_weights));
            t = _mm256_add_epi32(_mm256_mullo_epi32(t, inverse), offset);
            __m256i divides = _mm256_cmpeq_epi32(_mm256_min_epu32(t, limit), t);
            found[i] = _mm256_or_si256(found[i], divides);
        }
    }
    uint32_t mask = 0;
    EACH (i, VECTORS)
        mask |= (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(found[i])) << (8 * i);
    return mask;
}

AVX2 static size_t sift_round(uint64_t *n, uint16_t *index, size_t count,
                              const struct trial_prime *primes, size_t prime_count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i += LANES) {
        uint32_t composite = divided(n + i, primes, prime_count);
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
        count = sift_round(n, index, count, trial_primes + first, primes);
    }
    return count;
}

#endif
