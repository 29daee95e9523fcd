/* verdict_test - sums over many verdicts. */
#include "common/verdict.h"

#include <criterion/criterion.h>
#include <math.h>

TestSuite(verdict, .timeout = 20);

Test(verdict, sums_are_those_of_one_by_one)
{
    enum { MAX = 4096 };
    static uint8_t verdicts[MAX];
    static float seconds[MAX];
    uint32_t random = 1;
    for (size_t i = 0; i < MAX; i++) {
        random = random * 1664525 + 1013904223;
        verdicts[i] = (uint8_t)(random >> 16) % VERDICTS;
        seconds[i] = (float)(random >> 24) * 0x1p-20F;
    }
    for (size_t count = 0; count <= MAX; count = count < 600 ? count + 1 : count + 499) {
        struct verdict_sum expected = {.seconds = 0};
        for (size_t i = 0; i < count; i++) {
            expected.counts[verdicts[i]]++;
            expected.seconds += (double)seconds[i];
        }
        struct verdict_sum sum = verdict_sum(verdicts, seconds, count);
        cr_assert_arr_eq(sum.counts, expected.counts, sizeof sum.counts);
        cr_assert_float_eq(sum.seconds, expected.seconds, 1e-9);
    }
}

Test(verdict, what_is_none_counts_as_failed_and_takes_no_time)
{
    static const uint8_t verdicts[] = {VERDICTS, 255, VERDICT_CANCELED, VERDICT_PRIME};
    const float seconds[] = {NAN, -1, INFINITY, 0.5F};
    struct verdict_sum sum = verdict_sum(verdicts, seconds, 4);
    cr_expect_eq(sum.counts[VERDICT_FAILED], 2);
    cr_expect_eq(sum.counts[VERDICT_CANCELED], 1);
    cr_expect_eq(sum.counts[VERDICT_PRIME], 1);
    cr_expect_float_eq(sum.seconds, 0.5, 0);
}
