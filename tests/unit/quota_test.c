/* quota_test - reading quotas, and counting requests on a clock of the test's own. */
#include "server/quota.h"

#include <criterion/criterion.h>

#include "common/clock.h"

TestSuite(quota, .timeout = 20);

static struct quota of_requests(const char *text)
{
    struct quota quota = quota_unlimited;
    cr_assert_null(quota_read(&quota, "requests", text));
    return quota;
}

Test(quota, what_is_right)
{
    struct quota quota = quota_unlimited;
    cr_assert_null(quota_read(&quota, "requests", "7"));
    cr_expect_eq(quota.requests, 7);
    cr_expect_eq(quota.period_ns, NS_PER_S);
    cr_assert_null(quota_read(&quota, "requests", "1000000/d"));
    cr_expect_eq(quota.requests, 1000000);
    cr_expect_eq(quota.period_ns, 86400 * NS_PER_S);
    cr_expect_eq(of_requests("5/m").period_ns, 60 * NS_PER_S);
    cr_expect_eq(of_requests("5/h").period_ns, 3600 * NS_PER_S);
    cr_assert_null(quota_read(&quota, "requests", "any"));
    cr_expect_eq(quota.requests, QUOTA_ANY);
    cr_assert_null(quota_read(&quota, "numbers", "0"));
    cr_expect_eq(quota.queued.numbers, 0);
    cr_assert_null(quota_read(&quota, "numbers", "any"));
    cr_expect_eq(quota.queued.numbers, QUOTA_ANY);
    cr_assert_null(quota_read(&quota, "cost", "90m"));
    cr_expect_eq(quota.queued.cost_ns, 5400 * (uint64_t)NS_PER_S);
    cr_assert_null(quota_read(&quota, "cost", "any"));
    cr_expect_eq(quota.queued.cost_ns, QUOTA_ANY);
}

Test(quota, what_is_wrong)
{
    static const char *const wrong[][2] = {
        {"requests", ""},
        {"requests", "0"},
        {"requests", "0/s"},
        {"requests", "5/"},
        {"requests", "5/y"},
        {"requests", "-5"},
        {"requests", "/s"},
        {"requests", "1000001/s"},
        {"requests", "5 /s"},
        {"requests", "5/s "},
        {"requests", "1e3"},
        {"numbers", ""},
        {"numbers", "-1"},
        {"numbers", "1.5"},
        {"numbers", "10K"},
        {"numbers", "Any"},
        {"cost", ""},
        {"cost", "1y"},
        {"cost", "-1s"},
        {"cost", "1.5h"},
        {"numbers", "18446744073709551615"},
        {"cost", "99999999999999999999s"},
        {"requests", "99999999999999999999999999999"},
        {"number", "5"},
        {"", "5"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct quota quota = quota_unlimited;
        cr_expect_not_null(quota_read(&quota, wrong[i][0], wrong[i][1]), "%s=%s", wrong[i][0],
                           wrong[i][1]);
    }
}

/* So many may come at once, then one each time a part of the span has passed. */
Test(quota, requests_in_a_span_of_time)
{
    struct quota quota = of_requests("5/s");
    struct pace pace = {.used_until_ns = 0};
    int64_t now = 1000 * NS_PER_S;
    int64_t share = NS_PER_S / 5;
    for (int i = 0; i < 5; i++)
        cr_expect_eq(quota_admit(&quota, &pace, now), 0, "request %d", i);
    for (int i = 0; i < 3; i++)
        cr_expect_eq(quota_admit(&quota, &pace, now), share, "a refused request costs nothing");
    cr_expect_eq(quota_admit(&quota, &pace, now + share - 1), 1);
    now += share;
    cr_expect_eq(quota_admit(&quota, &pace, now), 0);
    cr_expect_eq(quota_admit(&quota, &pace, now), share);

    now += 3600 * NS_PER_S;
    for (int i = 0; i < 5; i++)
        cr_expect_eq(quota_admit(&quota, &pace, now), 0, "no more is saved up than one span's");
    cr_expect_eq(quota_admit(&quota, &pace, now), share);
}

/* Over any stretch there are no more than the quota allows, and one who is patient gets all of it. */
Test(quota, in_the_long_run)
{
    struct quota quota = of_requests("7/m");
    struct pace pace = {.used_until_ns = 0};
    int64_t began = 1000 * NS_PER_S;
    int64_t now = began;
    int admitted = 0;
    while (now < began + 600 * NS_PER_S) {
        int64_t wait_ns = quota_admit(&quota, &pace, now);
        admitted += wait_ns == 0;
        now += wait_ns;
    }
    cr_expect_geq(admitted, 7 * 10);
    cr_expect_leq(admitted, 7 * 10 + 7);
}

Test(quota, one_in_a_day_and_any_number)
{
    struct quota one = of_requests("1/d");
    struct pace pace = {.used_until_ns = 0};
    cr_expect_eq(quota_admit(&one, &pace, 5), 0);
    cr_expect_eq(quota_admit(&one, &pace, 5), 86400 * NS_PER_S);
    struct pace unused = {.used_until_ns = 0};
    for (int i = 0; i < 1000; i++)
        cr_expect_eq(quota_admit(&quota_unlimited, &unused, 5), 0);
    cr_expect_eq(unused.used_until_ns, 0);
}
