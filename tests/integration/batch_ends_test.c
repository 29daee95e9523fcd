/* Batches that end before their time, are deleted, or expire. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "common/verdict.h"
#include "tests/support/work.h"

TestSuite(batch_ends, .timeout = 120);

static json_t *cancel(struct primed *service, const char *id, long *status)
{
    struct client_answer answer =
        client_send(service, .method = "POST", .path = work_path(service, id, "/cancel"));
    *status = answer.status;
    cr_assert(answer.status == 200 || answer.status == 202, "%ld", answer.status);
    return client_json(service, &answer);
}

Test(batch_ends, canceling_a_running_and_a_queued_batch)
{
    enum { COUNT = 400 };
    struct primed service = primed_start("--workers=1");
    struct text body = {.data = NULL};
    work_add_mersenne(&body, 2203);
    char *prime = strndup(body.data, body.length - 1);
    text_destroy(&body);
    const char *ids[2];
    for (size_t i = 0; i < 2; i++) {
        work_add_repeated(&body, prime, COUNT);
        ids[i] = work_id(work_post(&service, "", &body, 202));
    }
    work_await_progress(&service, ids[0], 1);
    for (size_t i = 0; i < 2; i++) {
        long status;
        cancel(&service, ids[i], &status);
        json_t *batch = work_await(&service, ids[i]);
        int64_t done = work_count(batch, "prime");
        work_expect(&service, batch, "canceled",
                    (struct work_counts){.prime = done, .canceled = COUNT - done});
        cr_expect_geq(done, i == 0);
        cr_expect_lt(done, COUNT);
        const uint8_t *verdicts = work_verdicts(&service, ids[i], COUNT);
        int64_t primes = 0;
        for (size_t k = 0; k < COUNT; k++)
            primes += verdicts[k] == VERDICT_PROBABLE_PRIME;
        cr_expect_eq(primes, done);

        json_t *again = cancel(&service, ids[i], &status);
        cr_expect_eq(status, 200);
        cr_expect(json_equal(again, batch), "canceling again changes nothing");
    }
    free(prime);
    primed_stop(&service);
}

Test(batch_ends, canceling_inside_one_huge_number)
{
    struct primed service = primed_start("--workers=1", "--max-digits=100000");
    struct text body = {.data = NULL};
    work_add_mersenne(&body, 86243);
    const char *id = work_id(work_post(&service, "", &body, 202));
    soon(&service, client_metric(&service, "primed_blocks{state=\"running\"}") == 1);
    long status;
    cancel(&service, id, &status);
    work_expect(&service, work_await(&service, id), "canceled",
                (struct work_counts){.canceled = 1});
    json_t *next = work_post_lines(&service, "?wait=60", "97", 200);
    work_expect(&service, next, "completed", (struct work_counts){.prime = 1});
    primed_stop(&service);
}

Test(batch_ends, canceling_what_has_ended_changes_nothing)
{
    struct primed service = primed_start("--workers=1");
    json_t *batch = work_post_lines(&service, "?wait=60", "2\n3\n4\n", 200);
    long status;
    json_t *after = cancel(&service, work_id(batch), &status);
    cr_expect_eq(status, 200);
    work_expect(&service, after, "completed", (struct work_counts){.prime = 2, .composite = 1});
    primed_stop(&service);
}

Test(batch_ends, deleted_is_gone_and_unknown_is_not_found)
{
    static const char *const rests[] = {"", "/results", "/events"};
    static const char unknown[] = "01234567-89ab-7def-8123-456789abcdef";
    struct primed service = primed_start("--workers=1", "--max-digits=100000");
    const char *ended = work_id(work_post_lines(&service, "?wait=60", "7", 200));
    struct text body = {.data = NULL};
    work_add_mersenne(&body, 86243);
    const char *running = work_id(work_post(&service, "", &body, 202));
    const char *ids[] = {ended, running};
    for (size_t i = 0; i < 2; i++) {
        const char *path = work_path(&service, ids[i], "");
        struct client_answer answer = client_send(&service, .method = "DELETE", .path = path);
        cr_expect_eq(answer.status, 204);
        answer = client_send(&service, .method = "DELETE", .path = path);
        client_expect_problem(&service, &answer, 410, "gone");
        answer =
            client_send(&service, .method = "POST", .path = work_path(&service, ids[i], "/cancel"));
        client_expect_problem(&service, &answer, 410, "gone");
    }
    for (size_t i = 0; i < sizeof rests / sizeof *rests; i++) {
        struct client_answer answer = client_get(&service, work_path(&service, ended, rests[i]));
        client_expect_problem(&service, &answer, 410, "gone");
        answer = client_get(&service, work_path(&service, unknown, rests[i]));
        client_expect_problem(&service, &answer, 404, "not-found");
        answer = client_get(&service, work_path(&service, "nonsense", rests[i]));
        client_expect_problem(&service, &answer, 404, "not-found");
    }
    struct client_answer list = client_get(&service, "/v1/batches");
    cr_expect_eq(json_array_size(json_object_get(client_json(&service, &list), "batches")), 0);
    cr_expect_eq(client_metric(&service, "primed_queue_numbers"), 0);
    cr_expect_eq(client_metric(&service, "primed_batches_ended_total{status=\"completed\"}"), 1);
    primed_stop(&service);
}

Test(batch_ends, deleting_what_is_queued_does_not_complete_it)
{
    struct primed service = primed_start("--workers=1", "--max-digits=100000");
    struct text body = {.data = NULL};
    for (size_t i = 0; i < 30; i++)
        work_add_mersenne(&body, 86243);
    work_post(&service, "", &body, 202);
    for (size_t i = 0; i < 60; i++) /* more than there are blocks */
        work_post_lines(&service, "", "170141183460469231731687303715884105727", 202);
    soon(&service, client_metric(&service, "primed_blocks{state=\"running\"}") == 1);
    struct client_answer list = client_get(&service, "/v1/batches");
    const json_t *batch;
    size_t i;
    json_array_foreach(json_object_get(client_json(&service, &list), "batches"), i, batch)
    {
        client_send(&service, .method = "DELETE", .path = work_path(&service, work_id(batch), ""));
    }
    cr_expect_eq(client_metric(&service, "primed_batches_ended_total{status=\"completed\"}"), 0);
    primed_stop(&service);
}

Test(batch_ends, an_ended_batch_expires)
{
    struct primed service = primed_start("--workers=1", "--ttl=1s");
    const char *id = work_id(work_post_lines(&service, "?wait=60", "7", 200));
    const char *path = work_path(&service, id, "");
    soon(&service, client_get(&service, path).status == 410);
    primed_stop(&service);
}
