/* The big-integer core. */
#include "worker/primality/primality.h"

#include <criterion/criterion.h>

Test(primality_limbs, high_zero_limbs_and_no_limbs)
{
    cr_expect_eq(primality_test_limbs(NULL, 0, NULL), PRIMALITY_COMPOSITE);
    cr_expect_eq(primality_test_limbs((uint64_t[]){97, 0, 0}, 3, NULL), PRIMALITY_PRIME);
    cr_expect_eq(primality_test_limbs((uint64_t[]){0, 0}, 2, NULL), PRIMALITY_COMPOSITE);
}

Test(primality_limbs, around_2_to_64_and_mersenne)
{
    float seconds = -1;
    cr_expect_neq(primality_test_limbs((uint64_t[]){13, 1}, 2, &seconds), PRIMALITY_COMPOSITE);
    cr_expect_geq(seconds, 0);
    cr_expect_eq(primality_test_limbs((uint64_t[]){15, 1}, 2, NULL), PRIMALITY_COMPOSITE);
    cr_expect_neq(primality_test_limbs((uint64_t[]){UINT64_MAX, INT64_MAX}, 2, NULL),
                  PRIMALITY_COMPOSITE);
    cr_expect_eq(primality_test_limbs((uint64_t[]){UINT64_MAX, UINT64_MAX}, 2, NULL),
                 PRIMALITY_COMPOSITE);
}

Test(primality_limbs, cost_grows)
{
    cr_expect_geq(primality_cost_ns(0), 1);
    for (size_t bits = 1; bits < 8192; bits++)
        cr_expect_geq(primality_cost_ns(bits), primality_cost_ns(bits - 1));
}
