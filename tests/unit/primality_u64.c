/* The 64-bit core against a sieve and against published counts and numbers. */
#include "worker/primality/primality.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static int verdict(uint64_t n)
{
    uint8_t v;
    primality_test_u64(&n, 1, &v, NULL);
    return v;
}

/* pi(10^6) = 78,498. */
Test(primality_u64, counts_primes_to_a_million)
{
    enum { COUNT = 1000001 };
    uint64_t *numbers = malloc(COUNT * sizeof *numbers);
    uint8_t *verdicts = malloc(COUNT);
    cr_assert(numbers && verdicts);
    size_t primes = 0;
    for (size_t i = 0; i < COUNT; i++)
        numbers[i] = i;
    primality_test_u64(numbers, COUNT, verdicts, NULL);
    for (size_t i = 0; i < COUNT; i++)
        primes += verdicts[i] == PRIMALITY_PRIME;
    cr_expect_eq(primes, 78498);
    free(numbers);
    free(verdicts);
}

Test(primality_u64, small_and_large_ends)
{
    static const uint64_t primes[] = {
        2, 3, 5, 251, 257, 65537, 4294967291u, 18446744073709551557u, 9223372036854775783u};
    static const uint64_t others[] = {0,
                                      1,
                                      4,
                                      66049,
                                      1194649,
                                      12327121,
                                      2047,
                                      3215031751u,
                                      18446744073709551615u,
                                      18446744073709551559u,
                                      3825123056546413051u,
                                      4294967297u};
    for (size_t i = 0; i < sizeof primes / sizeof *primes; i++)
        cr_expect_eq(verdict(primes[i]), PRIMALITY_PRIME, "%lu", primes[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect_eq(verdict(others[i]), PRIMALITY_COMPOSITE, "%lu", others[i]);
}

Test(primality_u64, empty_array)
{
    primality_test_u64(NULL, 0, NULL, NULL);
}

/* The shares add up to the time of the call. */
Test(primality_u64, seconds_add_up)
{
    enum { COUNT = 4096 };
    static uint64_t numbers[COUNT];
    static uint8_t verdicts[COUNT];
    static float seconds[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        numbers[i] = UINT64_C(1000000000000000000) + i;
    primality_test_u64(numbers, COUNT, verdicts, seconds);
    double sum = 0;
    for (size_t i = 0; i < COUNT; i++) {
        cr_assert_gt(seconds[i], 0);
        sum += seconds[i];
    }
    cr_expect_lt(sum, 1.0);
}
