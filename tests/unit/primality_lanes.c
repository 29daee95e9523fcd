/* Big integers in lanes: the arithmetic against GMP's, and every kernel in every lane. */
#include "tests/support/primality_big.h"
#include "tests/support/primality_reference.h"
#include "worker/primality/factors.h"
#include "worker/primality/lanes.h"
#include "worker/primality/large.h"
#include "worker/primality/limbs.h"
#include "worker/primality/small.h"

#include <criterion/criterion.h>
#include <gmp.h>
#include <string.h>

enum { ROOM = LANES_LIMBS + 2 };

static void put(const struct lanes *lanes, struct lanes_numbers *r, int lane, const mpz_t x)
{
    uint64_t limbs[ROOM] = {0};
    memcpy(limbs, mpz_limbs_read(x), mpz_size(x) * sizeof *limbs);
    lanes_put(lanes, r, lane, limbs, ROOM);
}

/* r R = a b modulo n, and r < 2n. */
static void check_product(const struct lanes *lanes, const struct lanes_numbers *r, int lane,
                          const mpz_t a, const mpz_t b, const mpz_t n)
{
    uint64_t limbs[ROOM];
    mpz_t x, z, twice;
    lanes_get(lanes, r, lane, limbs, ROOM);
    mpz_roinit_n(x, limbs, ROOM);
    mpz_init(z);
    mpz_init(twice);
    mpz_mul_ui(twice, n, 2);
    cr_assert_lt(mpz_cmp(x, twice), 0, "lane %d", lane);
    mpz_mul_2exp(z, x, (mp_bitcnt_t)lanes->digits * LANES_DIGIT);
    mpz_submul(z, a, b);
    cr_assert(mpz_divisible_p(z, n), "lane %d of %d digits", lane, lanes->digits);
    mpz_clears(z, twice, NULL);
}

/* The i-th operand for n: 0, 1, n - 1, 4 n - 1, the digits all ones or nearly, random ones. */
static void draw_operand(mpz_t x, const mpz_t n, unsigned i, gmp_randstate_t random)
{
    mpz_mul_2exp(x, n, 2);
    switch (i % 6) {
    case 0:
        mpz_set_ui(x, i % 4 == 0);
        break;
    case 1:
        mpz_sub_ui(x, n, 1);
        break;
    case 2:
        mpz_sub_ui(x, x, 1);
        break;
    case 3:
        mpz_rrandomb(x, random, mpz_sizeinbase(n, 2));
        break;
    case 4:
        mpz_set_ui(x, 1);
        mpz_mul_2exp(x, x, mpz_sizeinbase(n, 2));
        mpz_sub_ui(x, x, 1);
        break;
    default:
        mpz_urandomm(x, random, x);
    }
}

static void check_arithmetic(const struct lanes_kernel *kernel, size_t bits, gmp_randstate_t random)
{
    static struct lanes lanes;
    static struct lanes_numbers a, b, r;
    mpz_t n[LANES_WIDTH], x[LANES_WIDTH], y[LANES_WIDTH];
    size_t limbs = (bits + 63) / 64;
    lanes_begin(&lanes, kernel->width, bits);
    for (int lane = 0; lane < kernel->width; lane++) {
        mpz_inits(n[lane], x[lane], y[lane], NULL);
        if (lane % 2)
            mpz_rrandomb(n[lane], random, bits);
        else if (lane % 4)
            mpz_urandomb(n[lane], random, bits);
        mpz_setbit(n[lane], bits - 1); /* lane 0 and 4: just above a power of two */
        mpz_setbit(n[lane], 0);
        if (lane == 1)
            mpz_sub_ui(n[lane], n[lane], mpz_scan0(n[lane], 0) >= bits ? 2 : 0); /* not all ones */
        lanes_set_strong(&lanes, lane, mpz_limbs_read(n[lane]), limbs, 3);
    }
    for (unsigned i = 0; i < 36; i++) {
        for (int lane = 0; lane < kernel->width; lane++) {
            draw_operand(x[lane], n[lane], i + (unsigned)lane, random);
            draw_operand(y[lane], n[lane], i / 6 + (unsigned)lane, random);
            put(&lanes, &a, lane, x[lane]);
            put(&lanes, &b, lane, y[lane]);
        }
        kernel->multiply(&lanes, &r, &a, &b);
        for (int lane = 0; lane < kernel->width; lane++)
            check_product(&lanes, &r, lane, x[lane], y[lane], n[lane]);
        kernel->multiply(&lanes, &r, &a, NULL);
        for (int lane = 0; lane < kernel->width; lane++)
            check_product(&lanes, &r, lane, x[lane], x[lane], n[lane]);
    }
    for (int lane = 0; lane < kernel->width; lane++)
        mpz_clears(n[lane], x[lane], y[lane], NULL);
}

/* Every number of digits, with n as small and as large as those allow. */
Test(primality_lanes, arithmetic)
{
    gmp_randstate_t random;
    gmp_randinit_default(random);
    const struct kernel *kernel;
    for (size_t k = 0; (kernel = kernel_available(k)) != NULL; k++) {
        if (kernel->lanes == NULL)
            continue;
        for (size_t digits = 2; digits <= LANES_DIGITS; digits++) {
            size_t most = digits * LANES_DIGIT - 4;
            check_arithmetic(kernel->lanes, most < 64 * LANES_LIMBS ? most : 64 * LANES_LIMBS,
                             random);
            if (digits > 2)
                check_arithmetic(kernel->lanes, (digits - 1) * LANES_DIGIT - 3, random);
        }
    }
    gmp_randclear(random);
}

/* Windows of each length slide over the families, so that every number meets every lane. */
Test(primality_lanes, every_length_of_batch)
{
    static struct big_family family;
    const struct kernel *kernel;
    for (size_t limbs = 2; limbs <= 5; limbs++) {
        big_family_make(&family, limbs, true, 1);
        for (size_t k = 0; (kernel = kernel_available(k)) != NULL; k++)
            for (size_t length = 0; length <= 70; length++) {
                long wrong = big_family_check(&family, kernel, length, length < 4 ? 1 : 23);
                cr_assert_eq(wrong, -1, "%s: number %ld of %zu limbs in a batch of %zu",
                             kernel->name, wrong, limbs, length);
            }
    }
}

Test(primality_lanes, every_number_of_limbs)
{
    static struct big_family family;
    const struct kernel *kernel;
    for (size_t limbs = 6; limbs <= LANES_LIMBS + 1; limbs += limbs < 12 ? 1 : limbs < 59 ? 5 : 1) {
        big_family_make(&family, limbs, limbs < 10, 1);
        for (size_t k = 0; (kernel = kernel_available(k)) != NULL; k++)
            cr_assert_eq(big_family_check(&family, kernel, family.count, BIG_MAX), -1,
                         "%s: %zu limbs", kernel->name, limbs);
    }
}

/* Sizes at random in more than one group, words among them, and high limbs of zero: each number gets
   the verdict that GMP has for it, wherever it stands. */
Test(primality_lanes, mixed_sizes)
{
    enum { COUNT = 600, FAMILIES = 4 };
    static const size_t limbs[FAMILIES] = {2, 3, 7, LANES_LIMBS + 1};
    static struct big_family families[FAMILIES];
    static struct primality_integer numbers[COUNT];
    static uint64_t words[COUNT];
    bool prime[COUNT];
    uint8_t verdicts[COUNT];
    float seconds[COUNT];
    uint64_t state = 5;
    for (size_t i = 0; i < FAMILIES; i++)
        big_family_make(&families[i], limbs[i], limbs[i] < 8, 3);
    for (size_t i = 0; i < COUNT; i++) {
        size_t from = reference_random(&state) % 16;
        if (from > 12) {
            words[i] = reference_random(&state) >> reference_random(&state) % 64;
            numbers[i] = (struct primality_integer){&words[i], words[i] != 0};
            prime[i] = reference_is_prime(words[i]);
            continue;
        }
        size_t own = i % 50 == 0 ? FAMILIES - 1 : from % (FAMILIES - 1);
        const struct big_family *family = &families[own];
        size_t k = reference_random(&state) % family->count;
        numbers[i] = family->numbers[k];
        numbers[i].count += reference_random(&state) % 2; /* the rest of its limbs is zero */
        prime[i] = family->prime[k];
    }
    const struct kernel *kernel;
    for (size_t k = 0; (kernel = kernel_available(k)) != NULL; k++) {
        kernel_test_limbs(kernel, numbers, COUNT, verdicts, seconds);
        for (size_t i = 0; i < COUNT; i++) {
            cr_assert_eq(verdicts[i] != PRIMALITY_COMPOSITE, prime[i], "%s: number %zu",
                         kernel->name, i);
            cr_assert(seconds[i] >= 0, "%s: number %zu", kernel->name, i);
        }
    }
}

/* Composites that pass the strong test and fail the Lucas test, and primes that pass both. */
Test(primality_lanes, each_test_by_itself)
{
    static struct big_family family;
    static struct lanes lanes;
    const struct kernel *kernel;
    for (size_t limbs = 2; limbs <= 24; limbs++) {
        big_family_make(&family, limbs, limbs < 8, 2);
        for (size_t k = 0; (kernel = kernel_available(k)) != NULL; k++) {
            int width = kernel->lanes == NULL ? 0 : kernel->lanes->width;
            for (size_t i = 0; width > 0 && i < family.count; i++) {
                const uint64_t *n = family.numbers[i].limbs;
                if ((n[0] & 1) == 0 || factors_found(n, limbs))
                    continue;
                uint32_t p = limbs_lucas_parameter(n, limbs);
                uint64_t base = limbs_base(n, limbs);
                uint32_t all = (UINT32_C(1) << width) - 1;
                lanes_begin(&lanes, width, 64 * limbs);
                for (int lane = 0; lane < width; lane++)
                    lanes_set_strong(&lanes, lane, n, limbs, base);
                cr_assert_eq(kernel->lanes->strong(&lanes, LANES_BASE_2),
                             limbs_base2(kernel, n, limbs) ? all : 0, "%zu of %zu limbs", i, limbs);
                uint32_t strong = kernel->lanes->strong(&lanes, LANES_BASE_SHIFTED);
                if (limbs > 2)
                    cr_assert_eq(strong,
                                 large_base_shifted(kernel, n, limbs, base << 12) ? all : 0);
                if (p == 0 || limbs == 2)
                    continue;
                bool lucas = large_lucas(kernel, n, limbs, p);
                lanes_begin(&lanes, width, 64 * limbs);
                for (int lane = 0; lane < width; lane++)
                    lanes_set_lucas(&lanes, lane, n, limbs, p);
                cr_assert_eq(kernel->lanes->lucas(&lanes), lucas ? all : 0, "%zu of %zu limbs", i,
                             limbs);
                lanes_begin(&lanes, width, 64 * limbs);
                for (int lane = 0; lane < width; lane++)
                    lanes_set_strong(&lanes, lane, n, limbs, base);
                for (int number = 0; number < lanes_of_both(width); number++)
                    lanes_set_both(&lanes, number, n, limbs, base, p);
                uint32_t both = (UINT32_C(1) << lanes_of_both(width)) - 1;
                cr_assert_eq(kernel->lanes->both(&lanes), lucas && strong != 0 ? both : 0);
            }
        }
    }
}

/* One more small prime finds a factor, whichever it is; none is found where there is none. */
Test(primality_lanes, trial_division)
{
    enum { BOUND = 128 + 32 * 8 * 8 };
    mpz_t prime, n;
    mpz_inits(prime, n, NULL);
    mpz_setbit(prime, 480);
    mpz_nextprime(prime, prime);
    for (uint32_t p = 3; p < SMALL_BOUND; p += 2) {
        if (!small_is_prime(p))
            continue;
        mpz_mul_ui(n, prime, p);
        bool found = factors_found(mpz_limbs_read(n), mpz_size(n));
        cr_assert(found || p > BOUND - 60, "%u", p);
        cr_assert(!found || p < BOUND + 60, "%u", p);
    }
    cr_assert_not(factors_found(mpz_limbs_read(prime), mpz_size(prime)));
    mpz_clears(prime, n, NULL);
}
