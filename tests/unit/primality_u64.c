/* The 64-bit core against published counts and a sieve, and its account of time. */
#include "tests/support/primality_reference.h"
#include "worker/primality/kernel.h"
#include "worker/primality/primality.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SEGMENT = 1 << 20 };

/* The primes from `first` on for a segment, one octet a number, by the sieve of Eratosthenes. */
static uint8_t *sieve(uint64_t first)
{
    uint8_t *prime = malloc(SEGMENT);
    cr_assert_not_null(prime);
    memset(prime, 1, SEGMENT);
    for (uint64_t p = 2; p * p < first + SEGMENT; p++) {
        uint64_t from = (first + p - 1) / p * p;
        for (uint64_t n = from > p * p ? from : p * p; n < first + SEGMENT; n += p)
            prime[n - first] = 0;
    }
    for (uint64_t n = first; n < 2; n++)
        prime[n - first] = 0;
    return prime;
}

static void compare_with_sieve(const struct kernel *kernel, uint64_t first)
{
    uint8_t *prime = sieve(first);
    uint64_t *numbers = malloc(SEGMENT * sizeof *numbers);
    uint8_t *verdicts = malloc(SEGMENT);
    cr_assert(numbers != NULL && verdicts != NULL);
    for (uint64_t i = 0; i < SEGMENT; i++)
        numbers[i] = first + i;
    kernel_test_u64(kernel, numbers, SEGMENT, verdicts, NULL);
    for (uint64_t i = 0; i < SEGMENT; i++)
        cr_assert_eq(verdicts[i], prime[i], "%s: %lu", kernel->name, numbers[i]);
    free(prime);
    free(numbers);
    free(verdicts);
}

/* Slices at both ends, at the limits of the classes and some between. */
Test(primality_u64, sieve_below_2_to_32)
{
    const struct kernel *kernel;
    for (size_t k = 0; (kernel = kernel_available(k)) != NULL; k++)
        for (uint64_t i = 0; i < 16; i++)
            compare_with_sieve(kernel, i * i * (UINT64_C(0xfff00000) / 225));
}

Test(primality_u64, sieve_around_2_to_32)
{
    const struct kernel *kernel;
    for (size_t k = 0; (kernel = kernel_available(k)) != NULL; k++)
        compare_with_sieve(kernel, (UINT64_C(1) << 32) - SEGMENT / 2);
}

static uint64_t count_primes(const struct kernel *kernel, uint64_t first, uint64_t last)
{
    static uint64_t numbers[4096];
    static uint8_t verdicts[4096];
    uint64_t primes = 0;
    while (first <= last) {
        size_t part = last - first < 4096 ? last - first + 1 : 4096;
        for (size_t i = 0; i < part; i++)
            numbers[i] = first++;
        kernel_test_u64(kernel, numbers, part, verdicts, NULL);
        for (size_t i = 0; i < part; i++)
            primes += verdicts[i] == PRIMALITY_PRIME;
    }
    return primes;
}

/* pi(10^k) from k = 1 on: OEIS A006880. */
Test(primality_u64, published_counts)
{
    static const uint64_t counts[] = {4, 25, 168, 1229, 9592, 78498, 664579};
    const struct kernel *kernel;
    for (size_t i = 0; (kernel = kernel_available(i)) != NULL; i++) {
        uint64_t primes = 0;
        uint64_t power = 1;
        for (size_t k = 0; k < sizeof counts / sizeof *counts; k++, power *= 10) {
            primes += count_primes(kernel, power + (k > 0), 10 * power);
            cr_expect_eq(primes, counts[k], "%s: pi(10^%zu)", kernel->name, k + 1);
        }
    }
}

Test(primality_u64, random_numbers)
{
    enum { COUNT = 4000 };
    static uint64_t numbers[COUNT];
    static uint8_t verdicts[COUNT];
    uint64_t state = 3;
    for (size_t i = 0; i < COUNT; i++)
        numbers[i] = reference_random(&state) >> (reference_random(&state) % 64);
    const struct kernel *kernel;
    for (size_t k = 0; (kernel = kernel_available(k)) != NULL; k++) {
        kernel_test_u64(kernel, numbers, COUNT, verdicts, NULL);
        for (size_t i = 0; i < COUNT; i++)
            cr_assert_eq(verdicts[i], reference_is_prime(numbers[i]), "%lu", numbers[i]);
    }
}

Test(primality_u64, empty_array)
{
    primality_test_u64(NULL, 0, NULL, NULL);
}

Test(primality_u64, forced_kernel)
{
    setenv("PRIMED_CPU", "portable", 1);
    cr_expect_str_eq(primality_kernel(), "portable");
}

/* Each can be asked for by name, in a process of its own as the choice is made once. */
static void force(size_t i)
{
    const struct kernel *kernel = kernel_available(i);
    if (kernel == NULL)
        cr_skip_test("this processor has no kernel %zu", i);
    setenv("PRIMED_CPU", kernel->name, 1);
    cr_expect_str_eq(primality_kernel(), kernel->name);
}

Test(primality_u64, forced_second_kernel)
{
    force(1);
}

Test(primality_u64, forced_third_kernel)
{
    force(2);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/*
 * Do the times of one run add up to the time it took, and do primes take longer than even numbers?
 */
static bool seconds_make_sense(void)
{
    enum { COUNT = 100000 };
    static uint64_t numbers[COUNT];
    static uint8_t verdicts[COUNT];
    static float seconds[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        numbers[i] = UINT64_C(1000000000000000000) + i;
    double start = now();
    primality_test_u64(numbers, COUNT, verdicts, seconds);
    double wall = now() - start;
    double sum = 0;
    double even = 0;
    double prime = 0;
    size_t primes = 0;
    for (size_t i = 0; i < COUNT; i++) {
        cr_assert_gt(seconds[i], 0);
        sum += seconds[i];
        even += i % 2 ? 0 : seconds[i];
        prime += verdicts[i] == PRIMALITY_PRIME ? seconds[i] : 0;
        primes += verdicts[i] == PRIMALITY_PRIME;
    }
    return fabs(sum - wall) < 0.1 * wall + 1e-4 && prime / (double)primes > 5 * even / (COUNT / 2);
}

/* A busy machine may interrupt any one run, but not each of many. */
Test(primality_u64, seconds_add_up)
{
    enum { RUNS = 50 };
    int run = 0;
    while (run < RUNS && !seconds_make_sense())
        run++;
    cr_expect_lt(run, RUNS);
}
