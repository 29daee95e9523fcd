/* The live state: what its figures count, and who is at work. */
#include <criterion/criterion.h>
#include <signal.h>

#include "tests/support/work.h"

TestSuite(status, .timeout = 120);

static json_t *status_of(struct primed *service)
{
    struct client_answer answer = client_get(service, "/v1/status");
    cr_assert_eq(answer.status, 200);
    return client_json(service, &answer);
}

/* An integer two levels down. */
static json_int_t figure(const json_t *status, const char *part, const char *name)
{
    const json_t *value = json_object_get(json_object_get(status, part), name);
    cr_assert(json_is_integer(value), "%s.%s", part, name);
    return json_integer_value(value);
}

static json_int_t sum_of(const json_t *status, const char *histogram)
{
    const json_t *counts = json_object_get(json_object_get(status, "durations"), histogram);
    json_int_t sum = 0;
    const json_t *count;
    size_t i;
    json_array_foreach(counts, i, count) sum += json_integer_value(count);
    return sum;
}

/* The worker of that number; NULL if there is none. */
static const json_t *worker_of(const json_t *status, json_int_t number)
{
    const json_t *worker;
    size_t i;
    json_array_foreach(json_object_get(status, "workers"), i, worker)
    {
        if (json_integer_value(json_object_get(worker, "worker")) == number)
            return worker;
    }
    return NULL;
}

static json_int_t member(const json_t *worker, const char *name)
{
    return json_integer_value(json_object_get(worker, name));
}

static const char *post_range(struct primed *service, size_t count)
{
    struct text body = {.data = NULL};
    work_add_range(&body, 0, count);
    return work_id(work_post(service, "", &body, 202));
}

Test(status, totals_count_what_was_done)
{
    struct primed service = primed_start("--workers=2", "--store=memory");
    work_await(&service, post_range(&service, 1000));
    work_await(&service, post_range(&service, 1001));
    json_t *status = NULL;
    /* The figures of a batch come a moment after its end. */
    soon(&service, figure(status = status_of(&service), "totals", "batches_ended") == 2);
    cr_expect_eq(figure(status, "totals", "batches_accepted"), 2);
    cr_expect_eq(figure(status, "totals", "numbers_accepted"), 2001);
    cr_expect_eq(figure(status, "totals", "numbers_done"), 2001);
    cr_expect_eq(figure(status, "batches", "completed"), 2);
    cr_expect_eq(figure(status, "queue", "numbers"), 0);
    soon(&service, sum_of(status_of(&service), "large_batches") == 1);
    cr_expect_eq(sum_of(status_of(&service), "small_batches"), 1);
    cr_expect_geq(sum_of(status, "requests"), 4);

    json_int_t numbers = 0;
    for (json_int_t i = 0; i < 2; i++)
        numbers += member(worker_of(status, i), "numbers");
    cr_expect_eq(numbers, 2001);
    cr_expect_eq(client_metric(&service, "primed_batch_duration_seconds_count{size=\"small\"}"), 1);
    cr_expect_eq(
        client_metric(&service, "primed_batch_duration_seconds_bucket{size=\"large\",le=\"+Inf\"}"),
        1);
    primed_stop(&service);
}

static bool is_running(struct primed *service, json_int_t number)
{
    const json_t *worker = worker_of(status_of(service), number);
    return worker && json_real_value(json_object_get(worker, "block_age_seconds")) > 0;
}

Test(status, a_worker_says_what_it_is_at_and_its_successor_has_its_number)
{
    struct primed service = primed_start("--workers=1");
    primed_await_workers(&service, 1);
    const json_t *idle = worker_of(status_of(&service), 0);
    cr_assert_str_eq(json_string_value(json_object_get(idle, "state")), "idle");
    cr_assert(json_is_null(json_object_get(idle, "block_age_seconds")));

    struct text body = {.data = NULL};
    for (int i = 0; i < 100; i++)
        work_add_mersenne(&body, 11213);
    const char *id = work_id(work_post(&service, "", &body, 202));
    for (int deaths = 1; deaths <= 2; deaths++) {
        soon(&service, is_running(&service, 0));
        kill((pid_t)member(worker_of(status_of(&service), 0), "pid"), SIGKILL);
        const json_t *worker = NULL;
        soon(&service,
             (worker = worker_of(status_of(&service), 0)) && member(worker, "restarts") == deaths);
        cr_expect_null(worker_of(status_of(&service), 1));
    }
    struct client_answer gone =
        client_send(&service, .method = "DELETE", .path = work_path(&service, id, ""));
    cr_expect_eq(gone.status, 204);
    soon(&service, !is_running(&service, 0));
    primed_stop(&service);
}

Test(status, the_death_of_a_front_keeps_the_count_of_dead_workers)
{
    struct primed service = primed_start("--workers=1");
    kill(primed_await_workers(&service, 1).pids[0], SIGKILL);
    soon(&service, figure(status_of(&service), "totals", "worker_restarts") == 1);
    cr_expect_eq(figure(status_of(&service), "totals", "worker_crashes"), 1);
    primed_await_workers(&service, 1);
    kill(primed_front(&service), SIGKILL);
    soon(&service, client_get(&service, "/v1/status").status == 200 &&
                       figure(status_of(&service), "totals", "front_restarts") == 1);
    primed_await_workers(&service, 1);
    cr_expect_eq(member(worker_of(status_of(&service), 0), "restarts"), 1);
    primed_stop(&service);
}

Test(status, a_worker_that_is_ended_on_purpose_has_not_crashed)
{
    struct primed service =
        primed_start("--workers=1", "--max-digits=100000", "--number-timeout=1s");
    struct text body = {.data = NULL};
    work_add_mersenne(&body, 86243);
    json_t *batch = work_post(&service, "?wait=60", &body, 200);
    cr_expect_eq(work_count(batch, "failed"), 1);
    soon(&service, figure(status_of(&service), "totals", "worker_restarts") >= 1);
    cr_expect_eq(figure(status_of(&service), "totals", "worker_crashes"), 0);
    primed_stop(&service);
}
