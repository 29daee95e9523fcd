/* What operators go by: why batches are refused, what workers die of, how busy they are. */
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#include "tests/support/work.h"

TestSuite(metrics, .timeout = 120);

static long post(struct primed *service, const char *body, const char *key)
{
    return client_send(service, .method = "POST", .path = "/v1/batches", .body = body,
                       .type = "application/json", .headers = {key})
        .status;
}

static double refused(struct primed *service, const char *reason)
{
    char sample[80];
    snprintf(sample, sizeof sample, "primed_batches_refused_total{reason=\"%s\"}", reason);
    return client_metric(service, sample);
}

Test(metrics, refusals_are_counted_by_reason)
{
    enum { TOO_LONG = 64 * 1024, COUNT = 10000 };
    struct primed service = primed_start("--workers=1", "--store=memory", "--max-store=1M",
                                         "--max-body=32K", "--max-digits=100");
    char *too_long = primed_keep(&service, calloc(1, TOO_LONG + 1));
    memset(too_long, ' ', TOO_LONG);
    char *sevens = primed_keep(&service, calloc(1, 2 * COUNT + 2));
    for (size_t i = 0; i < COUNT; i++)
        memcpy(sevens + 2 * i, i == 0 ? "[7" : ",7", 2);
    sevens[2 * COUNT] = ']';

    cr_expect_eq(post(&service, "[1,", NULL), 400);
    cr_expect_eq(post(&service, "[\"x\"]", NULL), 422);
    cr_expect_eq(post(&service, "{\"numbers\":[1],\"priority\":10}", NULL), 422);
    cr_expect_eq(post(&service, too_long, NULL), 413);
    cr_expect_eq(post(&service, "[1]", "Idempotency-Key: k"), 202);
    cr_expect_eq(post(&service, "[2]", "Idempotency-Key: k"), 422);
    long status;
    while ((status = post(&service, sevens, NULL)) == 202)
        ;
    cr_expect_eq(status, 503);

    cr_expect_eq(refused(&service, "invalid"), 3);
    cr_expect_eq(refused(&service, "too_large"), 1);
    cr_expect_eq(refused(&service, "key"), 1);
    cr_expect_eq(refused(&service, "full"), 1);
    cr_expect_eq(refused(&service, "no_space"), 0);
    cr_expect_eq(refused(&service, "store_failed"), 0);
    cr_expect_eq(refused(&service, "draining"), 0);
    cr_expect_eq(client_metric(&service, "primed_store_disk_free_bytes"), -1, "in memory");

    /* Whatever is wrong with other requests is no batch refused. */
    cr_expect_eq(client_get(&service, "/v1/numbers/x").status, 400);
    cr_expect_eq(client_get(&service, "/v1/batches?limit=x").status, 400);
    cr_expect_eq(refused(&service, "invalid"), 3);
    primed_stop(&service);
}

static double restarts(struct primed *service, const char *cause)
{
    char sample[80];
    snprintf(sample, sizeof sample, "primed_worker_restarts_total{cause=\"%s\"}", cause);
    return client_metric(service, sample);
}

Test(metrics, a_worker_that_is_killed_on_purpose_has_not_crashed)
{
    struct primed service =
        primed_start("--workers=1", "--number-timeout=300ms", "--max-digits=100000");
    primed_await_workers(&service, 1);
    struct text body = {.data = NULL};
    work_add_mersenne(&body, 216091); /* minutes of work */
    json_t *batch = work_post(&service, "?wait=60", &body, 200);
    work_expect(&service, batch, "completed", (struct work_counts){.failed = 1});
    soon(&service, restarts(&service, "overdue") == 1); /* counted after its block is back */
    cr_expect_eq(restarts(&service, "crashed"), 0);

    kill(primed_await_workers(&service, 1).pids[0], SIGKILL);
    soon(&service, restarts(&service, "crashed") == 1);
    kill(primed_await_workers(&service, 1).pids[0], SIGSTOP);
    soon(&service, restarts(&service, "stopped") == 1);
    cr_expect_eq(restarts(&service, "overdue"), 1);
    cr_expect_eq(restarts(&service, "crashed"), 1);
    primed_await_workers(&service, 1);
    primed_stop(&service);
}

Test(metrics, a_worker_inside_one_long_number_is_seen_to_be_busy)
{
    struct primed service =
        primed_start("--workers=1", "--number-timeout=0", "--max-digits=100000");
    struct text body = {.data = NULL};
    for (int i = 0; i < 3; i++)
        work_add_mersenne(&body, 216091);
    const char *id = work_id(work_post(&service, "", &body, 202));
    static const char sample[] = "primed_worker_busy_seconds_total{worker=\"0\"}";
    double before;
    soon(&service, (before = client_metric(&service, sample)) > 0);
    soon(&service, client_metric(&service, sample) > before);
    soon(&service, client_metric(&service, "primed_block_oldest_age_seconds") > 0);
    cr_expect_gt(client_metric(&service, "primed_queue_work_seconds"), 0);
    cr_expect_eq(client_metric(&service, "primed_queue_batches"), 1);
    client_send(&service, .method = "DELETE", .path = work_path(&service, id, ""));
    soon(&service, restarts(&service, "overdue") == 1);
    /* Its successor looks at what else was out of the batch, and lets it go. */
    static const char *const way[] = {"orphaned", "queued", "running"};
    for (size_t i = 0; i < 3; i++) {
        char blocks[40];
        snprintf(blocks, sizeof blocks, "primed_blocks{state=\"%s\"}", way[i]);
        soon(&service, client_metric(&service, blocks) == 0);
    }
    before = client_metric(&service, sample);
    cr_expect_eq(client_metric(&service, "primed_block_oldest_age_seconds"), 0);
    cr_expect_eq(client_metric(&service, sample), before, "at rest");
    cr_expect_eq(client_metric(&service, "primed_queue_work_seconds"), 0);
    primed_stop(&service);
}

Test(metrics, tell_the_state_and_how_many_workers_there_should_be)
{
    struct primed service = primed_start("--workers=1");
    primed_await_workers(&service, 1);
    cr_expect_eq(client_metric(&service, "primed_state{state=\"ready\"}"), 1);
    cr_expect_eq(client_metric(&service, "primed_state{state=\"draining\"}"), 0);
    cr_expect_eq(client_metric(&service, "primed_workers_wanted"), 1);
    cr_expect_gt(client_metric(&service, "primed_store_disk_free_bytes"), 0);
    primed_signal(&service, SIGTTIN);
    primed_await_workers(&service, 2);
    cr_expect_eq(client_metric(&service, "primed_workers_wanted"), 2);
    kill(primed_front(&service), SIGKILL);
    soon(&service, client_metric(&service, "primed_front_restarts_total") == 1);
    cr_expect_eq(client_metric(&service, "primed_workers_wanted"), 2, "a front's death or not");
    primed_stop(&service);
}
