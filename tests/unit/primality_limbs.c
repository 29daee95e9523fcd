/* Big integers: against GMP, against composites built to deceive, and against published vectors. */
#include "tests/support/primality_reference.h"
#include "tests/support/primality_vectors.h"
#include "worker/primality/kernel.h"
#include "worker/primality/lucas64.h"
#include "worker/primality/primality.h"
#include "worker/primality/u128.h"

#include <criterion/criterion.h>
#include <gmp.h>
#include <stdlib.h>

enum { LIMBS = 160, GMP_ROUNDS = 25 };

static enum primality_verdict verdict_of(const mpz_t n)
{
    return primality_test_limbs(mpz_limbs_read(n), mpz_size(n), NULL);
}

static void agree_with_gmp(const mpz_t n)
{
    bool prime = mpz_probab_prime_p(n, GMP_ROUNDS) != 0;
    char *digits = mpz_get_str(NULL, 16, n);
    cr_assert_eq(verdict_of(n) != PRIMALITY_COMPOSITE, prime, "0x%s", digits);
    free(digits);
}

static void from_string(mpz_t n, const char *digits)
{
    cr_assert_eq(mpz_init_set_str(n, digits, 0), 0);
}

Test(primality_limbs, high_zero_limbs_and_no_limbs)
{
    float seconds = -1;
    cr_expect_eq(primality_test_limbs(NULL, 0, &seconds), PRIMALITY_COMPOSITE);
    cr_expect_geq(seconds, 0);
    cr_expect_eq(primality_test_limbs((uint64_t[]){97, 0, 0}, 3, NULL), PRIMALITY_PRIME);
    cr_expect_eq(primality_test_limbs((uint64_t[]){0, 0}, 2, NULL), PRIMALITY_COMPOSITE);
    cr_expect_eq(primality_test_limbs((uint64_t[]){13, 1, 0}, 3, &seconds), PRIMALITY_PRIME);
    cr_expect_gt(seconds, 0);
}

/* Both sides of powers of two, where carries run through. */
Test(primality_limbs, around_powers_of_two)
{
    mpz_t n;
    mpz_init(n);
    for (unsigned bits = 64; bits <= 320; bits += bits < 132 ? 1 : 29) {
        for (int distance = -30; distance <= 30; distance++) {
            mpz_set_ui(n, 1);
            mpz_mul_2exp(n, n, bits);
            if (distance < 0)
                mpz_sub_ui(n, n, (unsigned)-distance);
            else
                mpz_add_ui(n, n, (unsigned)distance);
            agree_with_gmp(n);
        }
    }
    mpz_clear(n);
}

Test(primality_limbs, random_numbers_and_primes)
{
    gmp_randstate_t random;
    gmp_randinit_default(random);
    mpz_t n;
    mpz_init(n);
    for (unsigned bits = 65; bits <= 1100; bits += bits < 260 ? 1 : 97) {
        for (int i = 0; i < 12; i++) {
            mpz_urandomb(n, random, bits);
            mpz_setbit(n, 0);
            mpz_setbit(n, bits - 1);
            agree_with_gmp(n);
        }
        mpz_nextprime(n, n);
        agree_with_gmp(n);
    }
    mpz_clear(n);
    gmp_randclear(random);
}

/* The sizes at which one arithmetic hands over to another. */
Test(primality_limbs, large_sizes)
{
    static const unsigned exponents[] = {127, 521, 607, 1279, 2203, 3217, 4253, 9689};
    mpz_t n;
    mpz_init(n);
    for (size_t i = 0; i < sizeof exponents / sizeof *exponents; i++) {
        mpz_set_ui(n, 1);
        mpz_mul_2exp(n, n, exponents[i]);
        mpz_sub_ui(n, n, 1);
        cr_expect_eq(verdict_of(n), PRIMALITY_PROBABLE_PRIME, "2^%u - 1", exponents[i]);
        mpz_sub_ui(n, n, 2);
        cr_expect_eq(verdict_of(n), PRIMALITY_COMPOSITE, "2^%u - 3", exponents[i]);
    }
    mpz_clear(n);
}

/* Strong pseudoprimes to many bases at once, and squares. */
Test(primality_limbs, built_to_deceive)
{
    static const char *const composites[] = {
        /* psi_12 and psi_13: Sorenson and Webster, 2017 */
        "318665857834031151167461", "3317044064679887385961981",
        /* to all prime bases up to 31: G. Jaeschke, 1993 */
        "1195068768795265792518361315725116351898245581",
        /* to all prime bases below 307: F. Arnault, 1995 */
        "0x204b212272807927b357671aefdd4b4b7a0f12749625cd71b549d6b8b9895e97fcf9fadcaf26c618da83c9ec"
        "7f6b39020661ba422e6c820ac14d3b8329d6c71d16a1953afd60a0aa4c63019f9c29c08d05b0c4fcd041febeaa"
        "5b0e8475e6e96cc49478ef6e9ae877b4d3be8107bd3c64b35ebc7f2bd719c6417207aaec2151812719b5b5bae6"
        "4562bcd2ed44177a2ac314a44f344df4a12e0d4fb8ff99c4099bfc77924b2b"};
    mpz_t n;
    for (size_t i = 0; i < sizeof composites / sizeof *composites; i++) {
        from_string(n, composites[i]);
        cr_expect_eq(verdict_of(n), PRIMALITY_COMPOSITE, "%s", composites[i]);
        mpz_clear(n);
    }
    mpz_init(n);
    for (unsigned bits = 33; bits < 200; bits += 7) {
        mpz_set_ui(n, 1);
        mpz_mul_2exp(n, n, bits);
        mpz_nextprime(n, n);
        mpz_mul(n, n, n);
        cr_expect_eq(verdict_of(n), PRIMALITY_COMPOSITE, "a square of %u bits", 2 * bits);
    }
    mpz_clear(n);
}

/* (k + 1)(rk + 1), r = 2..12, both prime, over the limit of 64 bits. */
Test(primality_limbs, semiprimes)
{
    mpz_t p, q, n;
    mpz_inits(p, q, n, NULL);
    for (unsigned r = 2; r <= 12; r++) {
        for (unsigned bits = 33; bits < 90; bits += 8) {
            mpz_set_ui(p, 1);
            mpz_mul_2exp(p, p, bits);
            do {
                mpz_nextprime(p, p);
                mpz_sub_ui(q, p, 1);
                mpz_mul_ui(q, q, r);
                mpz_add_ui(q, q, 1);
            } while (mpz_probab_prime_p(q, GMP_ROUNDS) == 0);
            mpz_mul(n, p, q);
            cr_expect_eq(verdict_of(n), PRIMALITY_COMPOSITE, "r = %u, %u bits", r, bits);
        }
    }
    mpz_clears(p, q, n, NULL);
}

/* A verdict is a proof below psi_13 and not from there on. */
Test(primality_limbs, proven_up_to_psi_13)
{
    mpz_t n;
    from_string(n, "3317044064679887385961981");
    mpz_t p;
    mpz_init_set(p, n);
    do
        mpz_sub_ui(p, p, 1);
    while (mpz_probab_prime_p(p, GMP_ROUNDS) == 0);
    cr_expect_eq(verdict_of(p), PRIMALITY_PRIME);
    mpz_nextprime(p, n);
    cr_expect_eq(verdict_of(p), PRIMALITY_PROBABLE_PRIME);
    mpz_clears(n, p, NULL);
}

/* A full group of which nothing is left for the tests beyond the proof. */
Test(primality_limbs, a_group_of_proven_primes)
{
    enum { GROUP = 256 };
    static uint64_t limbs[GROUP][2];
    static struct primality_integer numbers[GROUP];
    uint8_t verdicts[GROUP];
    mpz_t n;
    mpz_init(n);
    mpz_setbit(n, 70);
    for (size_t i = 0; i < GROUP; i++) {
        mpz_nextprime(n, n);
        mpn_copyi(limbs[i], mpz_limbs_read(n), 2);
        numbers[i] = (struct primality_integer){limbs[i], 2};
    }
    const struct kernel *kernel;
    for (size_t k = 0; (kernel = kernel_available(k)) != NULL; k++) {
        kernel_test_limbs(kernel, numbers, GROUP, verdicts, NULL);
        for (size_t i = 0; i < GROUP; i++)
            cr_assert_eq(verdicts[i], PRIMALITY_PRIME, "%s: number %zu", kernel->name, i);
    }
    mpz_clear(n);
}

/* The two loops of each kernel against GMP's, for every size and all ones too. */
Test(primality_limbs, multiplication_and_reduction)
{
    static uint64_t a[LIMBS], b[LIMBS], t[2 * LIMBS], expected[2 * LIMBS];
    uint64_t state = 4;
    const struct kernel *kernel;
    for (size_t k = 0; (kernel = kernel_available(k)) != NULL; k++) {
        for (size_t size = 1; size < LIMBS; size++) {
            for (size_t i = 0; i < size; i++) {
                a[i] = size % 3 ? reference_random(&state) : UINT64_MAX;
                b[i] = size % 5 ? reference_random(&state) : UINT64_MAX;
            }
            mpn_mul_n(expected, a, b, (mp_size_t)size);
            kernel->multiply(t, a, b, size);
            cr_assert_eq(mpn_cmp(t, expected, 2 * (mp_size_t)size), 0, "%zu limbs", size);
            for (size_t i = 0; i < size; i++)
                expected[i] = mpn_addmul_1(expected + i, a, (mp_size_t)size, expected[i] * b[0]);
            kernel->reduce(t, a, size, b[0]);
            cr_assert_eq(mpn_cmp(t, expected, 2 * (mp_size_t)size), 0, "%zu limbs", size);
        }
    }
}

static size_t loops;

static void counted_multiply(uint64_t *t, const uint64_t *a, const uint64_t *b, size_t size)
{
    loops++;
    kernel_portable.multiply(t, a, b, size);
}

static void counted_reduce(uint64_t *t, const uint64_t *n, size_t size, uint64_t inverse)
{
    loops++;
    kernel_portable.reduce(t, n, size, inverse);
}

/* A number alone is tested by the loops of the kernel that was given, not of the one in use. */
Test(primality_limbs, loops_of_the_kernel_given)
{
    struct kernel counted = kernel_portable;
    counted.multiply = counted_multiply;
    counted.reduce = counted_reduce;
    mpz_t n;
    mpz_init(n);
    mpz_setbit(n, 521);
    mpz_sub_ui(n, n, 1);
    uint8_t verdict;
    kernel_test_limbs(&counted, &(struct primality_integer){mpz_limbs_read(n), mpz_size(n)}, 1,
                      &verdict, NULL);
    cr_expect_eq(verdict, PRIMALITY_PROBABLE_PRIME);
    cr_expect_gt(loops, 3 * 512, "three tests, a product or more for each bit");
    mpz_clear(n);
}

Test(primality_limbs, cost_grows)
{
    cr_expect_geq(primality_cost_ns(0), 1);
    for (size_t bits = 1; bits < 20000; bits++)
        cr_assert_geq(primality_cost_ns(bits), primality_cost_ns(bits - 1), "%zu", bits);
}

static void check_vector(const uint64_t *limbs, size_t count, bool prime, int id, void *unused)
{
    (void)unused;
    cr_expect_eq(primality_test_limbs(limbs, count, NULL) != PRIMALITY_COMPOSITE, prime,
                 "vector %d", id);
}

/* Wycheproof's primality vectors, where PRIMED_WYCHEPROOF names the file. */
Test(primality_limbs, wycheproof)
{
    const char *path = getenv("PRIMED_WYCHEPROOF");
    if (path == NULL)
        cr_skip_test("PRIMED_WYCHEPROOF is not set");
    cr_expect_gt(primality_vectors_read(path, check_vector, NULL), 0, "%s", path);
}
