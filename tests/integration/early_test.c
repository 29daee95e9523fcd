/* The first numbers of a batch are tested while the rest of it still arrives. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/passes.h"
#include "tests/support/place.h"
#include "tests/support/slow_body.h"
#include "tests/support/wire.h"
#include "tests/support/work.h"

TestSuite(early, .timeout = 120);

Test(early, the_first_numbers_are_tested_before_the_last_have_come)
{
    enum { CHUNKS = 20 };
    for (int i = 0; i < 2; i++) {
        struct primed service = primed_start("--workers=2", stores[i]);
        struct slow_body upload = slow_body_begin(&service, "?wait=30", NULL, range_of(CHUNKS));
        slow_body_until(&upload, 2);
        soon(&service, blocks_done(&service) == CHUNKS);
        cr_expect_eq(verdicts(&service), 0);
        cr_expect_eq(client_metric(&service, "primed_queue_batches"), 0);
        struct client_answer answer = slow_body_finish(&upload);
        cr_expect_eq(answer.status, 200, "%ld", answer.status);
        json_t *batch = client_json(&service, &answer);
        cr_expect_str_eq(work_status(batch), "completed");
        work_expect_sieved(&service, work_id(batch), 0, CHUNKS * CHUNK + FEW);
        static const char *const times[] = {"created_at", "started_at", "ended_at"};
        for (int k = 0; k < 2; k++) {
            const char *before = json_string_value(json_object_get(batch, times[k]));
            const char *after = json_string_value(json_object_get(batch, times[k + 1]));
            cr_expect_leq(strcmp(before, after), 0, "%s, and then %s", before, after);
        }
        cr_expect_eq(verdicts(&service), CHUNKS * CHUNK + FEW);
        cr_expect_eq(discarded(&service), 0);
        cr_expect_eq(client_metric(&service, "primed_batches_ended_total{status=\"completed\"}"),
                     1);
        primed_stop(&service);
    }
}

Test(early, a_body_that_does_not_go_on_keeps_nothing_from_others)
{
    struct primed service = primed_start("--workers=1");
    struct slow_body upload = slow_body_begin(&service, "", NULL, range_of(8));
    slow_body_until(&upload, 2);
    soon(&service, blocks_done(&service) == 8);
    cr_expect_eq(client_metric(&service, "primed_blocks{state=\"queued\"}"), 0);
    cr_expect_eq(client_metric(&service, "primed_blocks{state=\"running\"}"), 0);
    struct text body = range_of(30);
    json_t *batch = work_post(&service, "?wait=60", &body, 200);
    work_expect_sieved(&service, work_id(batch), 0, 30 * CHUNK + FEW);
    slow_body_close(&upload);
    primed_stop(&service);
}

/* Numbers that keep a worker for long are not begun for a body that may turn out bad. */
Test(early, huge_numbers_wait_for_the_end_of_the_body)
{
    enum { EXPONENT = 3217 };
    struct primed service = primed_start("--workers=1", "--max-digits=5000");
    struct text body = {.data = NULL};
    work_add_range(&body, 0, 3 * CHUNK);
    for (int i = 0; i < 3; i++)
        work_add_mersenne(&body, EXPONENT);
    work_add_range(&body, 3 * CHUNK, 3 * CHUNK);
    struct slow_body upload = slow_body_begin(&service, "", NULL, body);
    slow_body_until(&upload, 2);
    soon(&service, blocks_done(&service) == 3);
    struct text other = range_of(2);
    work_post(&service, "?wait=60", &other, 200);
    cr_expect_leq(blocks_done(&service), 3 + 3, "and none of those behind the huge ones");
    struct client_answer answer = slow_body_finish(&upload);
    cr_expect_eq(answer.status, 202);
    json_t *batch = work_await(&service, work_id(client_json(&service, &answer)));
    cr_expect_eq(work_count(batch, "total"), 6 * CHUNK + 3);
    cr_expect_geq(work_count(batch, "prime"), 3);
    primed_stop(&service);
}

Test(early, a_batch_is_canceled_right_after_its_post)
{
    enum { NUMBERS = 2000, BITS = 521 };
    for (int i = 0; i < 2; i++) {
        struct primed service = primed_start("--workers=2", stores[i]);
        struct text body = {.data = NULL};
        for (int k = 0; k < NUMBERS; k++)
            work_add_mersenne(&body, BITS);
        struct slow_body upload = slow_body_begin(&service, "", NULL, body);
        slow_body_until(&upload, 2);
        soon(&service, blocks_done(&service) > 0);
        struct client_answer answer = slow_body_finish(&upload);
        cr_assert_eq(answer.status, 202);
        const char *id = work_id(client_json(&service, &answer));
        cr_expect_eq(client_send(&service, .method = "POST",
                                 .path = work_path(&service, id, "/cancel"), .body = "")
                         .status,
                     202);
        json_t *batch = work_await(&service, id);
        cr_expect_eq(work_count(batch, "prime") + work_count(batch, "canceled"), NUMBERS);
        cr_expect_gt(work_count(batch, "prime"), 0);
        cr_expect_eq(client_metric(&service, "primed_numbers_total{verdict=\"probable_prime\"}"),
                     (double)work_count(batch, "prime"));
        primed_stop(&service);
    }
}

/*
 * POST, work and download overlap: what is done can be read while the rest is not. The last number
 * keeps its worker until the batch is canceled.
 */
Test(early, a_stream_of_results_begun_after_the_post_delivers_while_the_batch_runs)
{
    enum { EASY = 3 * CHUNK };
    struct primed service = primed_start("--workers=1", "--max-digits=30000", "--number-timeout=0");
    struct text body = {.data = NULL};
    work_add_range(&body, 0, EASY);
    work_add_mersenne(&body, 86243);
    struct slow_body upload = slow_body_begin(&service, "", NULL, body);
    slow_body_until(&upload, 2);
    soon(&service, blocks_done(&service) > 0);
    struct client_answer answer = slow_body_finish(&upload);
    cr_assert_eq(answer.status, 202);
    const char *id = work_id(client_json(&service, &answer));
    int connection = wire_connect(&service);
    wire_print(connection, "GET %s HTTP/1.1\r\nHost: primed\r\n\r\n",
               work_path(&service, id, "/results?format=csv"));
    wire_read_until(&service, connection, "\n12287,12287,false,"); /* the last easy one */
    cr_expect_str_eq(work_status(work_get(&service, id)), "running");
    client_send(&service, .method = "POST", .path = work_path(&service, id, "/cancel"), .body = "");
    wire_read_until(&service, connection, "\n12288,");
    close(connection);
    primed_stop(&service);
}

/* The batch may end in the moment it is made: the log knows by then whose request made it. */
Test(early, the_end_of_a_batch_is_logged_with_its_request)
{
    for (int i = 0; i < 2; i++) {
        struct primed service = primed_start("--workers=2", stores[i], "--log-requests=all");
        for (int k = 0; k < 20; k++) {
            char header[32];
            char ended[64];
            snprintf(header, sizeof header, "X-Request-Id: upload-%d.", k);
            snprintf(ended, sizeof ended, " id=upload-%d.", k);
            struct slow_body upload = slow_body_begin(&service, "?wait=30", header, range_of(3));
            cr_expect_eq(slow_body_finish(&upload).status, 200);
            soon(&service,
                 client_metric(&service, "primed_batches_ended_total{status=\"completed\"}") ==
                     k + 1);
            const char *line = strstr(primed_log(&service), "batch ended");
            for (int n = 0; n < k && line; n++)
                line = strstr(line + 1, "batch ended");
            cr_assert_not_null(line);
            const char *found = strstr(line, ended);
            cr_expect(found && found < strchr(line, '\n'), "%.200s", line);
        }
        primed_stop(&service);
    }
}
