/* What is small does not wait for what is big. */
#include <criterion/criterion.h>
#include <signal.h>
#include <sys/resource.h>

#include "tests/support/work.h"

TestSuite(fairness, .timeout = 120);

Test(fairness, a_small_batch_needs_no_worker)
{
    struct primed service = primed_start("--workers=2");
    struct primed_workers workers = primed_await_workers(&service, 2);
    for (size_t i = 0; i < workers.count; i++)
        kill(workers.pids[i], SIGSTOP);
    json_t *batch = work_post_lines(&service, "?wait=30",
                                    "0\n1\n2\n18446744073709551557\n18446744073709551556", 200);
    work_expect(&service, batch, "completed", (struct work_counts){.prime = 2, .composite = 3});
    cr_expect_eq(client_metric(&service, "primed_numbers_total{verdict=\"prime\"}"), 2);
    cr_expect_eq(client_metric(&service, "primed_blocks_done_total"), 0);
    for (size_t i = 0; i < workers.count; i++)
        kill(workers.pids[i], SIGCONT);
    primed_stop(&service);
}

Test(fairness, workers_give_way_to_the_front)
{
    struct primed service = primed_start("--workers=1");
    /* A worker that has taken a block has settled. */
    work_post_lines(&service, "?wait=30", "170141183460469231731687303715884105727", 200);
    struct primed_workers workers = primed_await_workers(&service, 1);
    int front = getpriority(PRIO_PROCESS, (id_t)primed_front(&service));
    cr_expect_gt(getpriority(PRIO_PROCESS, (id_t)workers.pids[0]), front);
    primed_stop(&service);
}
