/* limbs - the verdict for one integer of any size, and what it is expected to cost. */
#include "worker/primality/primality.h"
#include "worker/primality/stopwatch.h"

#include <gmp.h>

_Static_assert(GMP_NUMB_BITS == 64, "limbs are handed to GMP as they are");

/* GMP runs a Baillie-PSW test, then reps - 24 Miller-Rabin rounds with random bases. */
enum { BPSW_REPS = 24, MILLER_RABIN_ROUNDS = 2 };

static enum primality_verdict test_large(const uint64_t *limbs, size_t count)
{
    mpz_t n;
    mpz_roinit_n(n, (const mp_limb_t *)limbs, (mp_size_t)count);
    return mpz_probab_prime_p(n, BPSW_REPS + MILLER_RABIN_ROUNDS) ? PRIMALITY_PROBABLE_PRIME
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
    enum primality_verdict verdict = test_large(limbs, count);
    if (seconds != NULL)
        *seconds = (float)(stopwatch_tick() * (double)(stopwatch_now() - start));
    return verdict;
}

uint64_t primality_cost_ns(size_t bits)
{
    if (bits <= 64)
        return 500;
    /* Some bits * 1.5 multiplications of (bits / 64)^2 limb products, up to the size where faster
       multiplication sets in; a rough figure by its own account. */
    uint64_t limbs = (bits + 63) / 64;
    return bits * 3 * (limbs * limbs + 16);
}
