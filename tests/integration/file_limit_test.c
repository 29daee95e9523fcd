/* As many connections as are allowed, whatever the soft limit of open files. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "tests/support/client.h"

TestSuite(file_limit, .timeout = 60);

/* Start a service with so low limits of open files; the front's soft limit. */
static unsigned long front_limit(rlim_t soft, rlim_t hard, const char *connections)
{
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &(struct rlimit){soft, hard}), 0);
    struct primed service = primed_start("--workers=1", "--store=memory", connections);
    char path[64];
    char line[256];
    unsigned long limit = 0;
    snprintf(path, sizeof path, "/proc/%d/limits", (int)primed_front(&service));
    FILE *limits = fopen(path, "re");
    cr_assert_not_null(limits);
    while (limit == 0 && fgets(line, sizeof line, limits))
        sscanf(line, "Max open files %lu", &limit);
    fclose(limits);
    primed_stop(&service);
    return limit;
}

Test(file_limit, the_soft_limit_is_raised)
{
    cr_expect_geq(front_limit(100, 2000, "--max-connections=1000"), 1000);
}

Test(file_limit, the_hard_limit_is_heeded)
{
    cr_expect_eq(front_limit(100, 500, "--max-connections=1000"), 500);
}

Test(file_limit, a_higher_limit_is_left_alone)
{
    cr_expect_eq(front_limit(2000, 2000, "--max-connections=10"), 2000);
}
