/* A few deaths cost nobody a wait; a crash loop is slowed down; time heals. */
#include <criterion/criterion.h>

#include "server/pace.h"

/* Ten at once, then one a 100 units of time. */
static struct pace new_pace(void)
{
    return (struct pace){.interval_ns = 100, .burst_ns = 1000};
}

Test(pace, a_burst_waits_for_nothing)
{
    struct pace pace = new_pace();
    for (int i = 0; i < 10; i++) {
        cr_expect_leq(pace_wait_ns(&pace, 5000), 0, "death %d", i);
        pace_note(&pace, 5000);
    }
    cr_expect_leq(pace_wait_ns(&pace, 5000), 0);
    pace_note(&pace, 5000);
    cr_expect_eq(pace_wait_ns(&pace, 5000), 100);
}

Test(pace, a_crash_loop_is_slowed_down_to_one_start_an_interval)
{
    struct pace pace = new_pace();
    int64_t now = 5000;
    int starts = 0;
    while (now < 5000 + 10000) {
        int64_t wait = pace_wait_ns(&pace, now);
        now += wait > 0 ? wait : 0;
        starts++; /* and it dies at once */
        pace_note(&pace, now);
    }
    cr_expect_eq(starts, 10 + 10000 / 100 + 1);
}

Test(pace, time_heals)
{
    struct pace pace = new_pace();
    for (int i = 0; i < 20; i++)
        pace_note(&pace, 5000);
    cr_expect_gt(pace_wait_ns(&pace, 5000), 0);
    cr_expect_leq(pace_wait_ns(&pace, 5000 + 1000), 0);
    pace_note(&pace, 5000 + 2000);
    cr_expect_leq(pace_wait_ns(&pace, 5000 + 2000), 0, "as if nothing had been");
}
