/* clock_test - one clock never goes back, the other is the wall's, and times are written right. */
#include "common/clock.h"

#include <criterion/criterion.h>
#include <string.h>
#include <time.h>

Test(clock, monotonic_never_goes_back)
{
    int64_t before = clock_monotonic_ns();
    cr_assert_gt(before, 0);
    for (int i = 0; i < 10000; i++) {
        int64_t now = clock_monotonic_ns();
        cr_assert_geq(now, before);
        before = now;
    }
}

Test(clock, wall_agrees_with_the_system)
{
    /* time() reads a coarser clock, which may lag by a tick. */
    int64_t before = (int64_t)time(NULL);
    int64_t wall = clock_wall_ns() / NS_PER_S;
    int64_t after = (int64_t)time(NULL);
    cr_assert_geq(wall, before);
    cr_assert_leq(wall, after + 1);
}

Test(clock, rfc3339)
{
    static const struct {
        int64_t wall_ns;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000000Z"},
        {999, "1970-01-01T00:00:00.000000Z"},
        {1000, "1970-01-01T00:00:00.000001Z"},
        {NS_PER_S - 1, "1970-01-01T00:00:00.999999Z"},
        {951782400 * NS_PER_S, "2000-02-29T00:00:00.000000Z"},
        {1769903999 * NS_PER_S + 123456789, "2026-01-31T23:59:59.123456Z"},
        {(INT64_C(1) << 31) * NS_PER_S, "2038-01-19T03:14:08.000000Z"},
        {INT64_MAX, "2262-04-11T23:47:16.854775Z"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[CLOCK_RFC3339_SIZE];
        cr_assert_eq(clock_rfc3339(text, cases[i].wall_ns), text);
        cr_assert_str_eq(text, cases[i].text);
    }
}
