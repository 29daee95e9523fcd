/* The tables of the core, computed anew. */
#include "tests/support/primality_reference.h"
#include "worker/primality/exceptions.h"
#include "worker/primality/lucas64.h"
#include "worker/primality/small.h"
#include "worker/primality/trial.h"

#include <criterion/criterion.h>

Test(primality_tables, small_primes)
{
    for (uint64_t n = 0; n < SMALL_BOUND; n++)
        cr_assert_eq(small_is_prime(n), reference_is_prime(n), "%lu", n);
}

Test(primality_tables, wheel)
{
    uint64_t state = 1;
    for (int i = 0; i < 1000000; i++) {
        uint64_t n = i < 2 * SMALL_WHEEL ? (uint64_t)i : reference_random(&state);
        bool free = n % 2 && n % 3 && n % 5 && n % 7 && n % 11 && n % 13;
        cr_assert_eq(small_passes_wheel(n), free, "%lu", n);
    }
}

Test(primality_tables, lucas_parameters)
{
    uint64_t state = 2;
    for (int i = 0; i < 200000; i++) {
        uint64_t n = reference_random(&state);
        uint32_t p = small_lucas[n % SMALL_LUCAS];
        if (n % 2 == 0 || n % 3 == 0 || n % 5 == 0 || n % 7 == 0 || n % 11 == 0 || n % 13 == 0)
            continue;
        uint32_t smallest = lucas64_parameter(n, 3);
        if (p != 0)
            cr_assert_eq(p, smallest, "%lu", n);
        else if (smallest != 0)
            cr_assert_geq(smallest, 9, "%lu", n);
    }
}

/* That none is missing is for make test-exhaustive to say. */
Test(primality_tables, exceptions)
{
    for (size_t i = 0; i < EXCEPTIONS; i++) {
        uint32_t n = exceptions[i];
        cr_assert(i == 0 || n > exceptions[i - 1]);
        cr_assert(n > SMALL_BOUND && !reference_is_prime(n) && reference_is_euler(n), "%u", n);
        for (uint32_t p = 3; p <= 61; p += 2)
            cr_assert_neq(n % p, 0, "%u", n);
        cr_assert(exceptions_contain(n), "%u", n);
        cr_assert(!exceptions_contain(n + 2) || (i + 1 < EXCEPTIONS && exceptions[i + 1] == n + 2));
    }
}

/* The exceptions are enumerated for the primes up to 61: trial division may do more, never less. */
Test(primality_tables, trial_primes)
{
    uint64_t p = 13;
    for (size_t i = 0; i < TRIAL_PRIMES; i++) {
        do
            p += 2;
        while (!reference_is_prime(p));
        cr_assert_eq(trial_primes[i].inverse64 * p, 1);
        cr_assert_eq(trial_primes[i].inverse, (uint32_t)trial_primes[i].inverse64);
        cr_assert_eq(trial_primes[i].limit64, UINT64_MAX / p);
        if (p == 61)
            cr_assert_geq(trial_count[KERNEL_NARROW], i + 1);
    }
}
