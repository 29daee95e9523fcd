/*
 * Processes that die, are stopped, added, replaced and drained, under load: nothing is lost or done
 * twice.
 */
#include <criterion/criterion.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/verdict.h"
#include "tests/support/wire.h"
#include "tests/support/work.h"

TestSuite(supervision, .timeout = 120);

enum { MILLION = 1000000 };

/* 2^HUGE_EXPONENT - 1 keeps a worker busy for minutes. */
enum { HUGE_EXPONENT = 216091 };

static const char huge_digits[] = "--max-digits=100000";

static json_t *post_range(struct primed *service, size_t count)
{
    struct text body = {.data = NULL};
    work_add_range(&body, 0, count);
    return work_post(service, "", &body, 202);
}

/* So many 2,203-bit primes, some 30 ms of work each. */
static json_t *post_primes(struct primed *service, size_t count)
{
    struct text body = {.data = NULL};
    for (size_t i = 0; i < count; i++)
        work_add_mersenne(&body, 2203);
    return work_post(service, "", &body, 202);
}

static void kill_workers(const struct primed *service, size_t count)
{
    struct primed_workers workers = primed_workers(service);
    for (size_t i = 0; i < workers.count && i < count; i++)
        kill(workers.pids[i], SIGKILL);
}

/* --- workers that die ------------------------------------------------------------------------- */

Test(supervision, a_worker_killed_in_mid_job)
{
    enum { COUNT = 60 };
    struct primed service = primed_start("--workers=2");
    const char *id = work_id(post_primes(&service, COUNT));
    for (int64_t done = 5; done <= 40; done += 35) {
        work_await_progress(&service, id, done);
        kill_workers(&service, 1);
    }
    work_expect(&service, work_await(&service, id), "completed",
                (struct work_counts){.prime = COUNT});
    primed_await_workers(&service, 2);
    cr_expect_eq(client_metric(&service, "primed_worker_restarts_total{cause=\"crashed\"}"), 2);
    cr_expect_eq(client_metric(&service, "primed_numbers_total{verdict=\"probable_prime\"}"),
                 COUNT);
    primed_stop(&service);
}

Test(supervision, all_workers_killed_again_and_again)
{
    enum { ROUNDS = 25 };
    struct primed service = primed_start("--workers=3");
    const char *id = work_id(post_range(&service, MILLION));
    for (int round = 0; round < ROUNDS; round++) {
        struct primed_workers workers;
        soon(&service, (workers = primed_workers(&service)).count > 0);
        for (size_t i = 0; i < workers.count; i++)
            kill(workers.pids[i], SIGKILL);
        for (size_t i = 0; i < workers.count; i++)
            soon(&service, !primed_is_alive(workers.pids[i]));
    }
    work_expect_sieved(&service, id, 0, MILLION);
    json_t *batch = work_await(&service, id);
    cr_expect_eq(work_count(batch, "failed"), 0, "nobody dies three times on a number by chance");
    primed_await_workers(&service, 3);
    cr_expect_geq(client_metric(&service, "primed_worker_restarts_total{cause=\"crashed\"}"),
                  ROUNDS);
    primed_signal(&service, SIGTERM);
    primed_await_log(&service, "arena is whole");
    primed_expect_end(&service, 0);
}

Test(supervision, a_number_that_kills_three_workers_is_failed_and_the_rest_is_right)
{
    struct primed service = primed_start("--workers=1", huge_digits);
    struct text body = {.data = NULL};
    work_add_range(&body, 0, 10);
    work_add_mersenne(&body, HUGE_EXPONENT);
    work_add_range(&body, 11, 10);
    const char *id = work_id(work_post(&service, "", &body, 202));
    for (int deaths = 0; deaths < 3; deaths++) {
        soon(&service,
             client_metric(&service, "primed_worker_restarts_total{cause=\"crashed\"}") == deaths);
        soon(&service, client_metric(&service, "primed_blocks{state=\"running\"}") == 1);
        struct primed_workers workers = primed_await_workers(&service, 1);
        kill(workers.pids[0], SIGKILL);
    }
    work_await(&service, id);
    const uint8_t *verdicts = work_verdicts(&service, id, 21);
    bool *prime = work_sieve(21);
    for (size_t i = 0; i < 21; i++)
        cr_expect_eq(verdicts[i], i == 10 ? VERDICT_FAILED : prime[i], "%zu", i);
    free(prime);
    primed_stop(&service);
}

Test(supervision, a_stopped_worker_does_not_stall_other_batches)
{
    struct primed service = primed_start("--workers=2", "--number-timeout=0");
    struct primed_workers workers = primed_await_workers(&service, 2);
    const char *big = work_id(post_primes(&service, 100));
    work_await_progress(&service, big, 1);
    kill(workers.pids[0], SIGSTOP);
    for (int i = 0; i < 20; i++)
        work_post_lines(&service, "?wait=60", "2\n3\n4\n", 200);
    kill(workers.pids[0], SIGCONT);
    work_expect(&service, work_await(&service, big), "completed",
                (struct work_counts){.prime = 100});
    primed_stop(&service);
}

Test(supervision, a_number_over_its_time_is_timed_out_and_the_rest_is_right)
{
    struct primed service = primed_start("--workers=2", "--number-timeout=300ms", huge_digits);
    struct text body = {.data = NULL};
    work_add_range(&body, 0, 10);
    work_add_mersenne(&body, HUGE_EXPONENT);
    work_add_range(&body, 11, 10);
    const char *id = work_id(work_post(&service, "", &body, 202));
    work_await(&service, id);
    const uint8_t *verdicts = work_verdicts(&service, id, 21);
    bool *prime = work_sieve(21);
    for (size_t i = 0; i < 21; i++)
        cr_expect_eq(verdicts[i], i == 10 ? VERDICT_TIMEOUT : prime[i], "%zu", i);
    free(prime);
    primed_stop(&service);
}

/* --- the front and the supervisor ------------------------------------------------------------- */

Test(supervision, a_killed_front_comes_back_on_the_same_port)
{
    struct primed service = primed_start("--workers=2", "--store=memory");
    for (int round = 1; round <= 3; round++) {
        const char *id = work_id(post_primes(&service, 100));
        pid_t front = primed_front(&service);
        kill(front, SIGKILL);
        soon(&service, !primed_is_alive(front));
        soon(&service, client_get(&service, "/readyz").status == 200);
        cr_expect_eq(client_metric(&service, "primed_front_restarts_total"), round);
        cr_expect_eq(client_get(&service, work_path(&service, id, "")).status, 404);
        json_t *batch = work_post_lines(&service, "?wait=60", "2\n3\n4\n", 200);
        work_expect(&service, batch, "completed", (struct work_counts){.prime = 2, .composite = 1});
    }
    primed_await_workers(&service, 2);
    primed_stop(&service);
}

Test(supervision, nobody_outlives_the_supervisor)
{
    struct primed service = primed_start("--workers=3");
    primed_await_workers(&service, 3);
    post_primes(&service, 100);
    primed_signal(&service, SIGKILL);
    primed_expect_end(&service, -SIGKILL);
}

/* --- more, fewer, other workers --------------------------------------------------------------- */

Test(supervision, ttin_and_ttou_change_the_number_of_workers)
{
    struct primed service = primed_start("--workers=2");
    primed_await_workers(&service, 2);
    const char *id = work_id(post_range(&service, MILLION));
    primed_signal(&service, SIGTTIN);
    primed_await_workers(&service, 3);
    primed_signal(&service, SIGTTIN);
    primed_await_workers(&service, 4);
    for (size_t count = 3; count >= 1; count--) {
        primed_signal(&service, SIGTTOU);
        primed_await_workers(&service, count);
    }
    primed_signal(&service, SIGTTOU);
    primed_await_log(&service, "the last worker stays");
    work_expect_sieved(&service, id, 0, MILLION);
    primed_await_workers(&service, 1);
    cr_expect_eq(client_metric(&service, "primed_worker_restarts_total{cause=\"crashed\"}"), 0);
    primed_stop(&service);
}

/* How many workers there were at the least after the line with that text, by the service's log. */
static int fewest_workers_since(struct primed *service, const char *text)
{
    const char *log = primed_log(service);
    const char *from = strstr(log, text);
    int live = 0;
    int fewest = INT_MAX;
    cr_assert_not_null(from);
    for (const char *line = log; *line; line += strcspn(line, "\n") + 1) {
        size_t length = strcspn(line, "\n");
        live += memmem(line, length, "worker started", 14) != NULL;
        live -= memmem(line, length, "worker ended", 12) != NULL;
        if (line > from && live < fewest)
            fewest = live;
    }
    return fewest;
}

Test(supervision, hup_replaces_every_worker_and_loses_nothing)
{
    struct primed service = primed_start("--workers=3");
    struct primed_workers before = primed_await_workers(&service, 3);
    const char *id = work_id(post_range(&service, MILLION));
    primed_signal(&service, SIGHUP);
    for (size_t i = 0; i < before.count; i++)
        soon(&service, !primed_is_alive(before.pids[i]));
    work_expect_sieved(&service, id, 0, MILLION);
    primed_await_workers(&service, 3);
    cr_expect_eq(client_metric(&service, "primed_worker_restarts_total{cause=\"crashed\"}"), 0);
    cr_expect_eq(fewest_workers_since(&service, "replacing"), 3);
    primed_stop(&service);
}

/* It waits for the one that is busy, and does not replace the other again and again meanwhile. */
Test(supervision, a_rolling_restart_beside_a_busy_worker)
{
    struct primed service = primed_start("--workers=2", huge_digits, "--number-timeout=0");
    struct primed_workers before = primed_await_workers(&service, 2);
    struct text body = {.data = NULL};
    work_add_mersenne(&body, HUGE_EXPONENT);
    const char *id = work_id(work_post(&service, "", &body, 202));
    soon(&service, client_metric(&service, "primed_blocks{state=\"running\"}") == 1);
    primed_signal(&service, SIGHUP);
    primed_await_log(&service, "replacing");
    nanosleep(&(struct timespec){.tv_nsec = 500 * NS_PER_MS}, NULL);
    size_t started = 0;
    for (const char *line = primed_log(&service); (line = strstr(line, "worker started")); line++)
        started++;
    cr_expect_leq(started, 4, "%zu workers were started", started);
    client_send(&service, .method = "DELETE", .path = work_path(&service, id, ""));
    for (size_t i = 0; i < before.count; i++)
        soon(&service, !primed_is_alive(before.pids[i]));
    primed_await_workers(&service, 2);
    primed_stop(&service);
}

/* One worker is left to the others, however many huge numbers are queued. */
Test(supervision, a_small_batch_does_not_wait_behind_huge_numbers)
{
    enum { HUGE_BATCHES = 6 };
    struct primed service = primed_start("--workers=2", huge_digits, "--number-timeout=0");
    char ids[HUGE_BATCHES][40];
    for (size_t i = 0; i < HUGE_BATCHES; i++) {
        struct text body = {.data = NULL};
        work_add_mersenne(&body, HUGE_EXPONENT);
        snprintf(ids[i], sizeof ids[i], "%s", work_id(work_post(&service, "", &body, 202)));
    }
    soon(&service, client_metric(&service, "primed_blocks{state=\"running\"}") == 1);
    work_expect(&service, work_post_lines(&service, "?wait=20", "7\n9\n", 200), "completed",
                (struct work_counts){.prime = 1, .composite = 1});
    for (size_t i = 0; i < HUGE_BATCHES; i++)
        client_send(&service, .method = "DELETE", .path = work_path(&service, ids[i], ""));
    primed_stop(&service);
}

/* --- single numbers --------------------------------------------------------------------------- */

/* Ask for a number that keeps a worker busy for minutes, and wait until one has it. */
static int ask_huge(struct primed *service)
{
    struct text number = {.data = NULL};
    work_add_mersenne(&number, HUGE_EXPONENT);
    int connection = wire_connect(service);
    wire_send(connection, "GET /v1/numbers/", strlen("GET /v1/numbers/"));
    wire_send(connection, number.data, number.length - 1); /* without its line end */
    wire_print(connection, " HTTP/1.1\r\nHost: x\r\n\r\n");
    text_destroy(&number);
    soon(service, client_metric(service, "primed_blocks{state=\"running\"}") == 1);
    return connection;
}

Test(supervision, a_number_nobody_waits_for_any_more_is_let_go)
{
    struct primed service = primed_start("--workers=2", huge_digits, "--number-timeout=0");
    close(ask_huge(&service));
    soon(&service, client_metric(&service, "primed_blocks{state=\"running\"}") == 0 &&
                       client_metric(&service, "primed_http_requests_in_flight") == 1);
    primed_stop(&service);
}

Test(supervision, a_number_asked_for_does_not_hold_up_a_drain)
{
    struct primed service = primed_start("--workers=2", huge_digits, "--number-timeout=0",
                                         "--drain-timeout=60s", "--store=memory");
    int connection = ask_huge(&service);
    primed_stop(&service);
    close(connection);
}

/* --- draining --------------------------------------------------------------------------------- */

Test(supervision, a_drain_under_load_completes_what_was_accepted)
{
    enum { BATCHES = 30, NUMBERS = 3 };
    struct primed service = primed_start("--workers=2", "--drain-timeout=60s", "--store=memory");
    int clients[BATCHES];
    for (size_t i = 0; i < BATCHES; i++) {
        const char *id = work_id(post_primes(&service, NUMBERS));
        clients[i] = wire_connect(&service);
        wire_print(clients[i], "GET %s?wait=60 HTTP/1.1\r\nHost: x\r\n\r\n",
                   work_path(&service, id, ""));
    }
    int half_sent = wire_connect(&service);
    wire_print(half_sent, "POST /v1/batches HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n2\n");
    soon(&service, client_metric(&service, "primed_http_requests_in_flight") >= BATCHES + 2);

    primed_signal(&service, SIGTERM);
    soon(&service, client_get(&service, "/readyz").status == 503);
    struct client_answer refused = client_send(&service, .method = "POST", .path = "/v1/batches",
                                               .type = "text/plain", .body = "7");
    client_expect_problem(&service, &refused, 503, "draining");
    cr_expect_not_null(client_header(&service, &refused, "Retry-After"));
    wire_print(half_sent, "3\n");
    refused = wire_read(&service, half_sent);
    client_expect_problem(&service, &refused, 503, "draining");

    for (size_t i = 0; i < BATCHES; i++) {
        struct client_answer answer = wire_read(&service, clients[i]);
        cr_assert_eq(answer.status, 200, "client %zu: %ld", i, answer.status);
        work_expect(&service, client_json(&service, &answer), "completed",
                    (struct work_counts){.prime = NUMBERS});
        close(clients[i]);
    }
    close(half_sent);
    primed_expect_end(&service, 0);
}

/* Requests that come while the last ones are finished find nothing that has been taken apart. */
Test(supervision, requests_between_the_drain_and_the_end)
{
    struct primed service = primed_start("--workers=2");
    int open = wire_connect(&service);
    wire_print(open, "POST /v1/batches HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n2\n");
    int other = wire_connect(&service);
    wire_print(other, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    cr_assert_eq(wire_read(&service, other).status, 200);
    primed_signal(&service, SIGTERM);
    soon(&service, primed_workers(&service).count == 0);
    wire_print(other, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    cr_expect_eq(wire_read(&service, other).status, 200);
    wire_print(other, "GET /v1/numbers/170141183460469231731687303715884105727 HTTP/1.1\r\n"
                      "Host: x\r\n\r\n");
    struct client_answer answer = wire_read(&service, other);
    client_expect_problem(&service, &answer, 503, "draining");
    wire_print(open, "3\n");
    answer = wire_read(&service, open);
    client_expect_problem(&service, &answer, 503, "draining");
    close(open);
    close(other);
    primed_expect_end(&service, 0);
}

Test(supervision, a_drain_with_nothing_to_do)
{
    struct primed service = primed_start("--workers=3");
    primed_signal(&service, SIGINT);
    primed_expect_end(&service, 0);
}

Test(supervision, a_drain_survives_workers_that_die)
{
    struct primed service = primed_start("--workers=2", "--drain-timeout=60s", "--store=memory");
    const char *id = work_id(post_primes(&service, 60));
    int client = wire_connect(&service);
    wire_print(client, "GET %s?wait=60 HTTP/1.1\r\nHost: x\r\n\r\n", work_path(&service, id, ""));
    soon(&service, client_metric(&service, "primed_http_requests_in_flight") >= 2);
    primed_signal(&service, SIGTERM);
    primed_await_log(&service, "draining");
    kill_workers(&service, 2);
    struct client_answer answer = wire_read(&service, client);
    cr_assert_eq(answer.status, 200);
    work_expect(&service, client_json(&service, &answer), "completed",
                (struct work_counts){.prime = 60});
    close(client);
    primed_expect_end(&service, 0);
}

Test(supervision, a_second_term_and_quit_stop_at_once)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGQUIT};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct primed service = primed_start("--workers=2", huge_digits, "--number-timeout=0");
        struct text body = {.data = NULL};
        work_add_mersenne(&body, HUGE_EXPONENT);
        work_post(&service, "", &body, 202);
        if (signals[i] != SIGQUIT) {
            primed_signal(&service, SIGTERM);
            primed_await_log(&service, "draining");
        }
        primed_signal(&service, signals[i]);
        primed_expect_end(&service, 1);
    }
}

Test(supervision, a_drain_that_takes_too_long_is_cut_short)
{
    struct primed service =
        primed_start("--workers=1", "--drain-timeout=200ms", huge_digits, "--number-timeout=0");
    struct text body = {.data = NULL};
    work_add_mersenne(&body, HUGE_EXPONENT);
    work_post(&service, "", &body, 202);
    primed_signal(&service, SIGTERM);
    primed_expect_end(&service, 1);
}
