/* The sum of the spans at work, read at any time. */
#include <criterion/criterion.h>

#include "common/busy.h"

Test(busy, spans_add_up_and_the_one_that_goes_on_counts)
{
    _Atomic int64_t busy = 0;
    cr_expect_eq(busy_ns(&busy, 100), 0);
    busy_begin(&busy, 100);
    cr_expect_eq(busy_ns(&busy, 100), 0);
    cr_expect_eq(busy_ns(&busy, 130), 30);
    busy_end(&busy, 150);
    cr_expect_eq(busy_ns(&busy, 150), 50);
    cr_expect_eq(busy_ns(&busy, 1000), 50, "at rest");
    busy_begin(&busy, 1000);
    cr_expect_eq(busy_ns(&busy, 1001), 51);
    busy_end(&busy, 1007);
    cr_expect_eq(busy_ns(&busy, 2000), 57);
}

Test(busy, a_beginning_or_an_end_too_many_changes_nothing)
{
    _Atomic int64_t busy = 0;
    busy_end(&busy, 50);
    cr_expect_eq(busy_ns(&busy, 60), 0);
    busy_begin(&busy, 100);
    busy_begin(&busy, 120);
    cr_expect_eq(busy_ns(&busy, 130), 30);
    busy_end(&busy, 140);
    busy_end(&busy, 160);
    cr_expect_eq(busy_ns(&busy, 200), 40);
}

Test(busy, a_year_of_uptime_fits)
{
    const int64_t year_ns = INT64_C(365) * 86400 * 1000000000;
    _Atomic int64_t busy = 0;
    busy_begin(&busy, year_ns);
    cr_expect_eq(busy_ns(&busy, 20 * year_ns), 19 * year_ns);
    busy_end(&busy, 20 * year_ns);
    cr_expect_eq(busy_ns(&busy, 21 * year_ns), 19 * year_ns);
}

/* A worker can leave anything in the word; that may make a wrong sum, and nothing else. */
Test(busy, no_word_overflows)
{
    static const int64_t words[] = {INT64_MIN, INT64_MIN + 1, INT64_MAX - 1, INT64_MAX, -1, 1};
    static const int64_t times[] = {0, 1, (INT64_C(1) << 62) - 1};
    for (size_t w = 0; w < sizeof words / sizeof *words; w++)
        for (size_t t = 0; t < sizeof times / sizeof *times; t++) {
            _Atomic int64_t busy = words[w];
            cr_expect_geq(busy_ns(&busy, times[t]), 0);
            busy_begin(&busy, times[t]);
            cr_expect_geq(busy_ns(&busy, times[t]), 0);
            busy_end(&busy, times[t]);
            cr_expect_geq(busy_ns(&busy, times[t]), 0);
        }
}
