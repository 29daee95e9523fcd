/*
 * primality - the long test of the core: minutes, not seconds.
 *
 *     primality [VECTORS]
 *
 * Every kernel against a sieve for all n < 2^32; then random numbers of every size against GMP, and
 * against FLINT where it was installed at build time, 10^8 of them in all; families of big numbers
 * in batches of every length; and the vectors of project Wycheproof when their file is named. Exits
 * with 1 at the first disagreement.
 */
#include "worker/primality/primality.h"
#include "tests/support/primality_big.h"
#include "tests/support/primality_reference.h"
#include "tests/support/primality_vectors.h"
#include "worker/primality/kernel.h"

#include <gmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(HAVE_FLINT)
#include <flint/ulong_extras.h>
#endif

enum { SEGMENT = 1 << 20, GMP_ROUNDS = 25 };

static uint64_t numbers[SEGMENT];
static uint8_t verdicts[SEGMENT];
static uint8_t prime[SEGMENT];

static void fail(const char *kernel, uint64_t n)
{
    printf("%s is wrong about %llu\n", kernel, (unsigned long long)n);
    exit(1);
}

static void check(const struct kernel *kernel, size_t count)
{
    kernel_test_u64(kernel, numbers, count, verdicts, NULL);
    for (size_t i = 0; i < count; i++)
        if (verdicts[i] != prime[i])
            fail(kernel->name, numbers[i]);
}

static void sieve(uint64_t first)
{
    memset(prime, 1, sizeof prime);
    for (uint64_t p = 2; p < 65536; p += p == 2 ? 1 : 2) {
        uint64_t from = (first + p - 1) / p * p;
        for (uint64_t n = from > p * p ? from : p * p; n < first + SEGMENT; n += p)
            prime[n - first] = 0;
    }
    if (first == 0)
        prime[0] = prime[1] = 0;
}

static void all_below_2_to_32(void)
{
    static const uint64_t counts[] = {4,     25,     168,     1229,    9592,
                                      78498, 664579, 5761455, 50847534}; /* OEIS A006880 */
    uint64_t primes = 0;
    uint64_t power = 10;
    size_t passed = 0;
    for (uint64_t first = 0; first < UINT64_C(1) << 32; first += SEGMENT) {
        sieve(first);
        for (size_t i = 0; i < SEGMENT; i++) {
            numbers[i] = first + i;
            primes += prime[i];
            if (first + i == power && passed < sizeof counts / sizeof *counts) {
                if (primes != counts[passed++])
                    fail("the sieve", power);
                power *= 10;
            }
        }
        const struct kernel *kernel;
        for (size_t k = 0; (kernel = kernel_available(k)) != NULL; k++)
            check(kernel, SEGMENT);
    }
    printf("all n < 2^32 agree with a sieve: %llu primes, pi(10) to pi(10^%zu) as published\n",
           (unsigned long long)primes, passed);
    if (primes != 203280221) /* pi(2^32), OEIS A007053 */
        exit(1);
}

static bool gmp_is_prime(uint64_t n)
{
    mpz_t z;
    mpz_roinit_n(z, &n, n != 0);
    return mpz_probab_prime_p(z, GMP_ROUNDS) != 0;
}

#if defined(HAVE_FLINT)
static bool flint_is_prime(uint64_t n)
{
    return n_is_prime(n) != 0;
}
#endif

/* Half of the numbers are odd, a quarter free of factors below 17, so that many reach the tests. */
static uint64_t draw(uint64_t *state)
{
    uint64_t n = reference_random(state) >> (reference_random(state) % 64);
    uint64_t choice = reference_random(state) >> 62;
    if (choice >= 2)
        n |= 1;
    while (choice == 3 && n > 16 &&
           (n % 3 == 0 || n % 5 == 0 || n % 7 == 0 || n % 11 == 0 || n % 13 == 0))
        n -= 2;
    return n;
}

static void random_numbers(const char *peer, bool (*is_prime)(uint64_t), size_t total)
{
    uint64_t state = 20260102;
    for (size_t done = 0; done < total; done += SEGMENT) {
        for (size_t i = 0; i < SEGMENT; i++) {
            numbers[i] = draw(&state);
            prime[i] = is_prime(numbers[i]);
        }
        const struct kernel *kernel;
        for (size_t k = 0; (kernel = kernel_available(k)) != NULL; k++)
            check(kernel, SEGMENT);
    }
    printf("%zu random numbers agree with %s\n", total, peer);
}

/* In batches, by every kernel. */
static void random_big_numbers(void)
{
    enum { BATCH = 64 };
    gmp_randstate_t random;
    gmp_randinit_default(random);
    mpz_t n[BATCH];
    struct primality_integer integers[BATCH];
    size_t total = 0;
    for (size_t i = 0; i < BATCH; i++)
        mpz_init(n[i]);
    for (unsigned bits = 65; bits <= 4096; bits += 1 + bits / 100) {
        size_t count = 400000 / bits;
        for (size_t done = 0; done < count; done += BATCH) {
            for (size_t i = 0; i < BATCH; i++) {
                mpz_urandomb(n[i], random, bits);
                mpz_setbit(n[i], 0);
                prime[i] = mpz_probab_prime_p(n[i], GMP_ROUNDS) != 0;
                integers[i] = (struct primality_integer){mpz_limbs_read(n[i]), mpz_size(n[i])};
            }
            const struct kernel *kernel;
            for (size_t k = 0; (kernel = kernel_available(k)) != NULL; k++) {
                kernel_test_limbs(kernel, integers, BATCH, verdicts, NULL);
                for (size_t i = 0; i < BATCH; i++) {
                    if ((verdicts[i] != PRIMALITY_COMPOSITE) == (prime[i] != 0))
                        continue;
                    gmp_printf("%s is wrong about %Zd\n", kernel->name, n[i]);
                    exit(1);
                }
            }
            total += BATCH;
        }
    }
    for (size_t i = 0; i < BATCH; i++)
        mpz_clear(n[i]);
    gmp_randclear(random);
    printf("%zu random big numbers agree with GMP\n", total);
}

/* Families of each size, in every kernel, in every place of the lanes and batches of each length. */
static void big_families(void)
{
    static struct big_family family;
    enum { LONGEST = 70 };
    size_t total = 0;
    for (size_t limbs = 2; limbs <= LANES_LIMBS + 1; limbs++) {
        big_family_make(&family, limbs, true, 20260104);
        const struct kernel *kernel;
        for (size_t k = 0; (kernel = kernel_available(k)) != NULL; k++) {
            for (size_t length = 0; length <= LONGEST; length += limbs <= 16 ? 1 : LONGEST) {
                long wrong = big_family_check(&family, kernel, length,
                                              limbs <= 6    ? 1
                                              : limbs <= 16 ? 29
                                                            : LONGEST);
                if (wrong < 0)
                    continue;
                printf("%s is wrong about number %ld of %zu limbs, %zu at once\n", kernel->name,
                       wrong, limbs, length);
                exit(1);
            }
        }
        total += family.count;
    }
    printf("families of %zu big numbers agree with GMP in every lane\n", total);
}

static void check_vector(const uint64_t *limbs, size_t count, bool is_prime, int id, void *unused)
{
    (void)unused;
    const struct kernel *kernel;
    for (size_t k = 0; (kernel = kernel_available(k)) != NULL; k++) {
        kernel_test_limbs(kernel, &(struct primality_integer){limbs, count}, 1, verdicts, NULL);
        if ((verdicts[0] != PRIMALITY_COMPOSITE) == is_prime)
            continue;
        printf("%s is wrong about vector %d\n", kernel->name, id);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("kernels:");
    const struct kernel *kernel;
    for (size_t k = 0; (kernel = kernel_available(k)) != NULL; k++)
        printf(" %s", kernel->name);
    puts("");
    if (argc > 1) {
        int count = primality_vectors_read(argv[1], check_vector, NULL);
        if (count < 0) {
            printf("cannot read %s\n", argv[1]);
            return 1;
        }
        printf("%d vectors agree\n", count);
    }
    random_big_numbers();
    big_families();
#if defined(HAVE_FLINT)
    random_numbers("FLINT", flint_is_prime, 90 * SEGMENT);
#endif
    random_numbers("GMP", gmp_is_prime, 10 * SEGMENT);
    all_below_2_to_32();
    return 0;
}
