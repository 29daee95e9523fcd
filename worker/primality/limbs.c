/*
 * limbs - the verdict for one integer of any size.
 *
 * From 2^64 on: trial division by products of primes, then a strong test to base 2 and, up to
 * psi_13 (u128.h), to 12 more bases, which is a proof; beyond, an almost extra strong Lucas test
 * (with base 2 a Baillie-PSW test, see lucas64.h) and Miller-Rabin rounds.
 *
 * One round is sensible: no composite is known to pass Baillie-PSW alone, and the round's base is
 * unrelated to it. It is drawn from a hash of n, so that a number always gets the same verdict.
 */
#include "worker/primality/large.h"
#include "worker/primality/primality.h"
#include "worker/primality/small.h"
#include "worker/primality/stopwatch.h"
#include "worker/primality/u128.h"

#include <gmp.h>

_Static_assert(GMP_NUMB_BITS == 64, "limbs are handed to GMP as they are");

/*
 * Does a prime from 3 to `bound` (at most SMALL_BOUND) divide n? Primes are multiplied until the
 * product fills a limb, so that n is read once for several of them.
 */
static bool has_factor(const uint64_t *limbs, size_t count, uint32_t bound)
{
    uint64_t product = 1;
    uint32_t first = 3;
    for (uint32_t p = 3;; p += 2) {
        bool last = p > bound;
        if (!last && !small_is_prime(p))
            continue;
        if (last || product > UINT64_MAX / p) {
            uint64_t residue = mpn_mod_1(limbs, (mp_size_t)count, product);
            for (uint32_t q = first; q < p; q += 2)
                if (small_is_prime(q) && residue % q == 0)
                    return true;
            product = 1;
            first = p;
        }
        if (last)
            return false;
        product *= p;
    }
}

/*
 * Up to where trial division pays: a prime p saves a fraction 1 / p of a test whose cost grows like
 * the cube of the size, and costs time in proportion to the size.
 */
static uint32_t trial_bound(size_t count)
{
    size_t bound = 64 * count * count;
    return bound < SMALL_BOUND - 1 ? (uint32_t)bound : SMALL_BOUND - 1;
}

/* As lucas64_parameter(): 0 when the search proved n composite. */
static uint32_t lucas_parameter(const mpz_t n)
{
    for (uint32_t p = 3;; p++) {
        int symbol = mpz_ui_kronecker(p * p - 4, n);
        if (symbol < 0)
            return p;
        if (symbol == 0 || (p == 16 && mpz_perfect_square_p(n)))
            return 0;
    }
}

/* An odd base from all the limbs of n, by the finalizer of splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t hashed_base(const uint64_t *limbs, size_t count)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < count; i++) {
        hash = (hash ^ limbs[i]) + UINT64_C(0x9e3779b97f4a7c15);
        hash = (hash ^ hash >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        hash = (hash ^ hash >> 27) * UINT64_C(0x94d049bb133111eb);
        hash ^= hash >> 31;
    }
    return hash | 1;
}

static enum primality_verdict test_two_limbs(const uint64_t *limbs, const mpz_t n)
{
    mont128 value = (mont128)limbs[1] << 64 | limbs[0];
    if (!u128_base2(value))
        return PRIMALITY_COMPOSITE;
    if (u128_provable(value))
        return u128_first_bases(value) ? PRIMALITY_PRIME : PRIMALITY_COMPOSITE;
    uint32_t p = lucas_parameter(n);
    bool passed = p != 0 && u128_lucas(value, p) && u128_base_shifted(value, hashed_base(limbs, 2));
    return passed ? PRIMALITY_PROBABLE_PRIME : PRIMALITY_COMPOSITE;
}

static enum primality_verdict test_more_limbs(const uint64_t *limbs, size_t count, const mpz_t n)
{
    if (!large_base2(limbs, count))
        return PRIMALITY_COMPOSITE;
    uint32_t p = lucas_parameter(n);
    bool passed = p != 0 && large_lucas(limbs, count, p) &&
                  large_base_shifted(limbs, count, hashed_base(limbs, count));
    return passed ? PRIMALITY_PROBABLE_PRIME : PRIMALITY_COMPOSITE;
}

static enum primality_verdict test(const uint64_t *limbs, size_t count)
{
    enum { BPSW_AND_ONE_ROUND = 25 }; /* of mpz_probab_prime_p() */
    if ((limbs[0] & 1) == 0 || has_factor(limbs, count, trial_bound(count)))
        return PRIMALITY_COMPOSITE;
    mpz_t n;
    mpz_roinit_n(n, limbs, (mp_size_t)count);
    if (count == 2)
        return test_two_limbs(limbs, n);
    if (count <= LARGE_LIMBS)
        return test_more_limbs(limbs, count, n);
    return mpz_probab_prime_p(n, BPSW_AND_ONE_ROUND) ? PRIMALITY_PROBABLE_PRIME
                                                     : PRIMALITY_COMPOSITE;
}

enum primality_verdict primality_test_limbs(const uint64_t *limbs, size_t count, float *seconds)
{
    while (count > 0 && limbs[count - 1] == 0)
        count--;
    if (count <= 1) {
        uint8_t verdict;
        primality_test_u64(count == 0 ? &(uint64_t){0} : limbs, 1, &verdict, seconds);
        return verdict;
    }
    uint64_t start = stopwatch_now();
    enum primality_verdict verdict = test(limbs, count);
    if (seconds != NULL)
        *seconds = (float)(stopwatch_tick() * (double)(stopwatch_now() - start));
    return verdict;
}

/*
 * Fitted to the times of primes in bench/README.md: in batches up to 64 bits; up to 128, where the
 * 13 bases of a proof cost most; and beyond, a time a bit that grows with the limbs and their
 * square.
 */
uint64_t primality_cost_ns(size_t bits)
{
    static const struct {
        size_t bits;
        uint64_t cost_ns;
    } sizes[] = {{16, 2}, {32, 20}, {50, 50}, {64, 210}, {128, 10000}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (bits <= sizes[i].bits)
            return sizes[i].cost_ns;
    uint64_t limbs = (bits + 63) / 64;
    return bits * (16 * limbs * limbs + 160 * limbs) / 5;
}
