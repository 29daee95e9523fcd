/* limbs - the tests for one big integer: see limbs.h. */
#include "worker/primality/limbs.h"

#include "worker/primality/large.h"
#include "worker/primality/u128.h"

#include <gmp.h>

_Static_assert(GMP_NUMB_BITS == 64, "limbs are handed to GMP as they are");

static mont128 two_limbs(const uint64_t *n)
{
    return (mont128)n[1] << 64 | n[0];
}

bool limbs_base2(const struct kernel *kernel, const uint64_t *n, size_t count)
{
    return count == 2 ? u128_base2(two_limbs(n)) : large_base2(kernel, n, count);
}

bool limbs_provable(const uint64_t *n, size_t count)
{
    return count == 2 && u128_provable(two_limbs(n));
}

bool limbs_first_bases(const uint64_t *n, size_t count)
{
    return count == 2 && u128_first_bases(two_limbs(n));
}

uint32_t limbs_lucas_parameter(const uint64_t *n, size_t count)
{
    mpz_t z;
    mpz_roinit_n(z, n, (mp_size_t)count);
    for (uint32_t p = 3;; p++) {
        int symbol = mpz_ui_kronecker(p * p - 4, z);
        if (symbol < 0)
            return p;
        if (symbol == 0 || (p == 16 && mpz_perfect_square_p(z)))
            return 0;
    }
}

/* By the finalizer of splitmix64 (Steele, Lea, Flood 2014) on each limb. */
uint64_t limbs_base(const uint64_t *n, size_t count)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < count; i++) {
        hash = (hash ^ n[i]) + UINT64_C(0x9e3779b97f4a7c15);
        hash = (hash ^ hash >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        hash = (hash ^ hash >> 27) * UINT64_C(0x94d049bb133111eb);
        hash ^= hash >> 31;
    }
    return hash >> 12 | 1;
}

bool limbs_last(const struct kernel *kernel, const uint64_t *n, size_t count, uint32_t p)
{
    uint64_t base = limbs_base(n, count) << 12; /* over 2^64 */
    if (count == 2)
        return u128_lucas(two_limbs(n), p) && u128_base_shifted(two_limbs(n), base);
    return large_lucas(kernel, n, count, p) && large_base_shifted(kernel, n, count, base);
}

bool limbs_probable_prime(const uint64_t *n, size_t count)
{
    enum { BPSW_AND_ONE_ROUND = 25 }; /* of mpz_probab_prime_p() */
    mpz_t z;
    mpz_roinit_n(z, n, (mp_size_t)count);
    return mpz_probab_prime_p(z, BPSW_AND_ONE_ROUND) != 0;
}
