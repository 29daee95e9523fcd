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

static void check_prime(const struct trial_prime *trial, uint64_t p)
{
    cr_assert_eq(trial->inverse64 * p, 1);
    cr_assert_eq(trial->inverse, (uint32_t)trial->inverse64);
    cr_assert_eq(trial->limit64, UINT64_MAX / p);
    cr_assert_eq(trial->limit, UINT32_MAX / p);
}

static uint64_t next_prime(uint64_t p)
{
    do
        p++;
    while (!reference_is_prime(p));
    return p;
}

/* The exceptions are enumerated for the primes up to 61: trial division may do more, never less. */
Test(primality_tables, trial_primes)
{
    uint64_t p = 2;
    for (size_t i = 0; i < TRIAL_WHEEL; i++)
        check_prime(&trial_wheel[i], p = next_prime(p));
    for (size_t i = 0; i < TRIAL_PRIMES; i++) {
        check_prime(&trial_primes[i], p = next_prime(p));
        if (p == 61)
            cr_assert_geq(trial_count[KERNEL_NARROW], i + 1);
    }
    for (int size = 0; size < KERNEL_CLASSES; size++)
        cr_assert(trial_count[size] <= TRIAL_PRIMES && trial_count[size] % 2 == 0);
}

/* The sum that vectors make is congruent to the number, and stays within 32 bits at both ends. */
static void check_digits(const struct trial_digits *digits, int64_t m)
{
    int64_t weights[] = {digits->low_weights[0], digits->low_weights[1], digits->high_weights[0],
                         digits->high_weights[1]};
    int64_t sum = 0;
    int64_t least = 0;
    int64_t most = 0;
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(((weights[i] - (int64_t)((UINT64_C(1) << (16 * i)) % (uint64_t)m)) % m), 0);
        cr_assert(2 * weights[i] <= m && -2 * weights[i] <= m);
        sum += weights[i];
        least += weights[i] < 0 ? 65535 * weights[i] : 0;
        most += weights[i] > 0 ? 65535 * weights[i] : 0;
    }
    int64_t lift = (int64_t)(uint32_t)(digits->offset - (uint32_t)(32768 * sum));
    cr_assert_eq(lift % m, 0);
    cr_assert(lift + least >= 0 && lift + most <= UINT32_MAX, "%ld", m);
}

Test(primality_tables, trial_digits)
{
    check_digits(&trial_wheel_digits, 3 * 5 * 7 * 11 * 13);
    uint64_t p = 13;
    for (size_t i = 0; i < TRIAL_PRIMES / 2; i++) {
        uint64_t q = next_prime(p);
        p = next_prime(q);
        check_digits(&trial_pairs[i], (int64_t)(q * p));
    }
}
