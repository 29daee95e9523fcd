/* Spans of time in their buckets. */
#include <criterion/criterion.h>

#include "common/clock.h"
#include "server/http/histogram.h"

Test(histogram, bounds_go_up_by_1_2_5_from_100_us_to_100_s)
{
    static const int64_t first[] = {100000, 200000, 500000, 1000000};
    for (int i = 0; i < 4; i++)
        cr_expect_eq(histogram_bound_ns(i), first[i]);
    for (int i = 1; i < HISTOGRAM_BOUNDS; i++)
        cr_expect_gt(histogram_bound_ns(i), histogram_bound_ns(i - 1));
    cr_expect_eq(histogram_bound_ns(HISTOGRAM_BOUNDS - 1), 100 * NS_PER_S);
}

Test(histogram, a_span_is_in_the_first_bucket_whose_bound_it_does_not_exceed)
{
    struct histogram histogram = {.sum_ns = 0};
    for (int i = 0; i < HISTOGRAM_BOUNDS; i++) {
        histogram_add(&histogram, histogram_bound_ns(i));
        histogram_add(&histogram, histogram_bound_ns(i) + 1);
    }
    cr_expect_eq(histogram.counts[0], 1);
    for (int i = 1; i < HISTOGRAM_BOUNDS; i++)
        cr_expect_eq(histogram.counts[i], 2, "bucket %d", i);
    cr_expect_eq(histogram.counts[HISTOGRAM_BOUNDS], 1);
}

Test(histogram, the_sum_is_exact_and_a_negative_span_is_none)
{
    struct histogram histogram = {.sum_ns = 0};
    histogram_add(&histogram, 7);
    histogram_add(&histogram, -5);
    histogram_add(&histogram, 200 * NS_PER_S);
    cr_expect_eq(histogram.sum_ns, 200 * NS_PER_S + 7);
    cr_expect_eq(histogram.counts[0], 2);
    cr_expect_eq(histogram.counts[HISTOGRAM_BOUNDS], 1);
}
