/* The first numbers of a batch are tested while the rest of it still arrives; and undone. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/passes.h"
#include "tests/support/place.h"
#include "tests/support/wire.h"
#include "tests/support/work.h"

TestSuite(early, .timeout = 120);

/* Numbers in a chunk of small ones; see common/chunk.h. */
enum { CHUNK = 4096 };

/* --- tools ------------------------------------------------------------------------------------ */

/* A request whose body comes in parts. */
struct upload {
    struct primed *service;
    int connection;
    struct text body;
    size_t sent;
};

/* Send the head of a request with that body, which is the upload's from now on. */
static struct upload upload_begin(struct primed *service, const char *query, const char *header,
                                  struct text body)
{
    cr_assert_not(body.failed);
    struct upload upload = {service, wire_connect(service), body, 0};
    wire_print(upload.connection,
               "POST /v1/batches%s HTTP/1.1\r\nHost: primed\r\n"
               "%s%sContent-Length: %zu\r\n\r\n",
               query, header ? header : "", header ? "\r\n" : "", body.length);
    return upload;
}

/* Send the body up to so many bytes before its end. */
static void upload_until(struct upload *upload, size_t left)
{
    size_t end = upload->body.length - left;
    wire_send(upload->connection, upload->body.data + upload->sent, end - upload->sent);
    upload->sent = end;
}

static void upload_close(struct upload *upload)
{
    close(upload->connection);
    text_destroy(&upload->body);
}

static struct client_answer upload_finish(struct upload *upload)
{
    upload_until(upload, 0);
    struct client_answer answer = wire_read(upload->service, upload->connection);
    upload_close(upload);
    return answer;
}

static double blocks_done(struct primed *service)
{
    return client_metric(service, "primed_blocks_done_total");
}

static double discarded(struct primed *service)
{
    return client_metric(service, "primed_numbers_discarded_total");
}

/* Verdicts that are counted as those of batches. */
static double verdicts(struct primed *service)
{
    static const char *const names[] = {"composite", "prime",   "probable_prime",
                                        "failed",    "timeout", "canceled"};
    double sum = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char sample[64];
        snprintf(sample, sizeof sample, "primed_numbers_total{verdict=\"%s\"}", names[i]);
        sum += client_metric(service, sample);
    }
    return sum;
}

/* The service has nothing, has nothing to do, and has accepted nothing. */
static void expect_nothing(struct primed *service)
{
    soon(service, client_metric(service, "primed_store_bytes") == 0);
    soon(service, client_metric(service, "primed_blocks{state=\"queued\"}") == 0 &&
                      client_metric(service, "primed_blocks{state=\"running\"}") == 0 &&
                      client_metric(service, "primed_blocks{state=\"done\"}") == 0);
    cr_expect_eq(client_metric(service, "primed_batches_accepted_total"), 0);
    cr_expect_eq(client_metric(service, "primed_numbers_accepted_total"), 0);
    cr_expect_eq(client_metric(service, "primed_queue_numbers"), 0);
    cr_expect_eq(client_metric(service, "primed_queue_batches"), 0);
    cr_expect_eq(verdicts(service), 0);
    struct client_answer answer = client_get(service, "/v1/batches");
    json_t *list = json_object_get(client_json(service, &answer), "batches");
    cr_expect_eq(json_array_size(list), 0);
}

/* The numbers 0 .. so many chunks, and a few. */
enum { FEW = 10 };

static struct text range_of(size_t chunks)
{
    struct text body = {.data = NULL};
    work_add_range(&body, 0, chunks * CHUNK + FEW);
    return body;
}

/* A flag for each store: the durable one is the default. */
static const char *const stores[] = {"--store=memory", "--ttl=24h"};

/* --- it becomes a batch ----------------------------------------------------------------------- */

Test(early, the_first_numbers_are_tested_before_the_last_have_come)
{
    enum { CHUNKS = 20 };
    for (int i = 0; i < 2; i++) {
        struct primed service = primed_start("--workers=2", stores[i]);
        struct upload upload = upload_begin(&service, "?wait=30", NULL, range_of(CHUNKS));
        upload_until(&upload, 2);
        soon(&service, blocks_done(&service) == CHUNKS);
        cr_expect_eq(verdicts(&service), 0);
        cr_expect_eq(client_metric(&service, "primed_queue_batches"), 0);
        struct client_answer answer = upload_finish(&upload);
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
    struct upload upload = upload_begin(&service, "", NULL, range_of(8));
    upload_until(&upload, 2);
    soon(&service, blocks_done(&service) == 8);
    cr_expect_eq(client_metric(&service, "primed_blocks{state=\"queued\"}"), 0);
    cr_expect_eq(client_metric(&service, "primed_blocks{state=\"running\"}"), 0);
    struct text body = range_of(30);
    json_t *batch = work_post(&service, "?wait=60", &body, 200);
    work_expect_sieved(&service, work_id(batch), 0, 30 * CHUNK + FEW);
    upload_close(&upload);
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
    struct upload upload = upload_begin(&service, "", NULL, body);
    upload_until(&upload, 2);
    soon(&service, blocks_done(&service) == 3);
    struct text other = range_of(2);
    work_post(&service, "?wait=60", &other, 200);
    cr_expect_leq(blocks_done(&service), 3 + 3, "and none of those behind the huge ones");
    struct client_answer answer = upload_finish(&upload);
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
        struct upload upload = upload_begin(&service, "", NULL, body);
        upload_until(&upload, 2);
        soon(&service, blocks_done(&service) > 0);
        struct client_answer answer = upload_finish(&upload);
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
    struct upload upload = upload_begin(&service, "", NULL, body);
    upload_until(&upload, 2);
    soon(&service, blocks_done(&service) > 0);
    struct client_answer answer = upload_finish(&upload);
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
            struct upload upload = upload_begin(&service, "?wait=30", header, range_of(3));
            cr_expect_eq(upload_finish(&upload).status, 200);
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

/* --- it becomes none -------------------------------------------------------------------------- */

Test(early, of_a_body_with_a_mistake_at_its_end_nothing_is_kept)
{
    enum { CHUNKS = 6 };
    for (int i = 0; i < 2; i++) {
        struct primed service = primed_start("--workers=2", stores[i]);
        struct text body = range_of(CHUNKS);
        text_add_string(&body, "1.5\n");
        struct upload upload = upload_begin(&service, "", NULL, body);
        upload_until(&upload, 4);
        soon(&service, blocks_done(&service) == CHUNKS);
        struct client_answer answer = upload_finish(&upload);
        client_expect_problem(&service, &answer, 422, "invalid-batch");
        char pointer[64];
        snprintf(pointer, sizeof pointer, "\"pointer\":\"#/%d\"", CHUNKS * CHUNK + FEW);
        cr_expect_not_null(strstr(answer.body, pointer), "%s", answer.body);
        expect_nothing(&service);
        cr_expect_eq(discarded(&service), CHUNKS * CHUNK);
        primed_stop(&service);
    }
}

Test(early, of_a_body_with_a_mistake_nothing_is_kept_while_the_rest_comes)
{
    enum { CHUNKS = 3 };
    struct primed service = primed_start("--workers=2", "--store=memory");
    struct text body = range_of(CHUNKS);
    text_add_string(&body, "1.5\n");
    work_add_range(&body, 0, CHUNKS * CHUNK);
    struct upload upload = upload_begin(&service, "", NULL, body);
    upload_until(&upload, 1);
    expect_nothing(&service);
    struct client_answer answer = upload_finish(&upload);
    client_expect_problem(&service, &answer, 422, "invalid-batch");
    primed_stop(&service);
}

Test(early, of_json_that_breaks_off_nothing_is_kept)
{
    struct primed service = primed_start("--workers=2");
    struct text body = {.data = NULL};
    text_add_string(&body, "{\"numbers\":[0");
    for (int i = 1; i < 5 * CHUNK; i++)
        text_printf(&body, ",%d", i);
    text_add_string(&body, "],\"priority\":}");
    struct upload upload = upload_begin(&service, "", NULL, body);
    upload_until(&upload, 3);
    soon(&service, blocks_done(&service) == 4);
    upload_until(&upload, 0);
    struct client_answer answer = wire_read(&service, upload.connection);
    cr_expect_eq(answer.status / 100, 4, "%ld", answer.status);
    upload_close(&upload);
    expect_nothing(&service);
    cr_expect_eq(discarded(&service), 4 * CHUNK);
    primed_stop(&service);
}

/* Bodies of more than a megabyte are on disk by then; see server/store/sqlite_live.h. */
Test(early, of_a_client_that_leaves_nothing_is_kept)
{
    static const size_t chunks[] = {6, 100};
    for (int i = 0; i < 2; i++) {
        for (int k = 0; k < 2; k++) {
            struct primed service = primed_start("--workers=2", stores[i]);
            struct upload upload = upload_begin(&service, "", NULL, range_of(chunks[k]));
            upload_until(&upload, 2);
            soon(&service, blocks_done(&service) > 4);
            upload_close(&upload);
            soon(&service, discarded(&service) > 0);
            expect_nothing(&service);
            primed_stop(&service);
        }
    }
}

Test(early, the_disk_keeps_nothing_of_a_client_that_leaves)
{
    enum { CHUNKS = 450 }; /* more than are held back from the disk */
    struct place place = place_make();
    struct primed service = primed_start("--workers=2", place.flag);
    struct upload upload = upload_begin(&service, "", NULL, range_of(CHUNKS));
    upload_until(&upload, 2);
    soon(&service, place_count_rows(&place, "verdicts") > 0);
    upload_close(&upload);
    soon(&service, place_count_rows(&place, "purge") + place_count_rows(&place, "numbers") +
                           place_count_rows(&place, "verdicts") ==
                       0);
    expect_nothing(&service);
    primed_stop(&service);
    primed_remove_directory(place.path);
}

Test(early, a_quota_is_free_again_after_a_body_that_became_nothing)
{
    enum { CHUNKS = 6 };
    struct passes passes = passes_make();
    const char *alice = passes_add(&passes, "alice", "numbers=24586"); /* just that much */
    cr_assert_eq(CHUNKS * CHUNK + FEW, 24586);
    struct primed service = primed_start("--workers=2", passes.flag);
    for (int last = 0; last < 2; last++) {
        struct upload upload = upload_begin(&service, "?wait=30", alice, range_of(CHUNKS));
        if (!last)
            memcpy(upload.body.data + upload.body.length - 2, "x", 1);
        upload_until(&upload, 2);
        struct client_answer answer = upload_finish(&upload);
        cr_expect_eq(answer.status, last ? 200 : 422, "%ld: %.300s", answer.status, answer.body);
    }
    struct upload upload = upload_begin(&service, "", alice, range_of(CHUNKS + 1));
    upload_until(&upload, 2);
    struct client_answer answer = upload_finish(&upload);
    cr_expect_eq(answer.status, 413, "however fast the first ones are tested: %ld", answer.status);
    primed_stop(&service);
    passes_destroy(&passes);
}

Test(early, a_key_is_free_again_after_a_body_that_became_nothing)
{
    enum { CHUNKS = 6 };
    struct primed service = primed_start("--workers=2");
    for (int last = 0; last < 2; last++) {
        double before = blocks_done(&service);
        struct upload upload =
            upload_begin(&service, "?wait=30", "Idempotency-Key: k", range_of(CHUNKS));
        upload_until(&upload, 2);
        soon(&service, blocks_done(&service) >= before + CHUNKS);
        if (!last) {
            upload_close(&upload);
            soon(&service, client_metric(&service, "primed_store_bytes") == 0);
            continue;
        }
        struct client_answer answer = upload_finish(&upload);
        cr_expect_eq(answer.status, 200);
        const char *id = work_id(client_json(&service, &answer));
        struct upload again =
            upload_begin(&service, "?wait=30", "Idempotency-Key: k", range_of(CHUNKS));
        answer = upload_finish(&again);
        cr_expect_eq(answer.status, 200);
        cr_expect_str_eq(work_id(client_json(&service, &answer)), id);
        cr_expect_eq(blocks_done(&service), before + CHUNKS + 1, "a repeat is only read");
    }
    cr_expect_eq(client_metric(&service, "primed_batches_accepted_total"), 1);
    primed_stop(&service);
}

/* --- deaths and drains ------------------------------------------------------------------------ */

Test(early, workers_may_die_of_a_kill_while_the_body_comes)
{
    enum { CHUNKS = 60 };
    for (int i = 0; i < 2; i++) {
        struct primed service = primed_start("--workers=2", stores[i]);
        struct upload upload = upload_begin(&service, "?wait=30", NULL, range_of(CHUNKS));
        for (int part = 8; part >= 1; part--) {
            struct primed_workers workers = primed_await_workers(&service, 2);
            upload_until(&upload, upload.body.length / 9 * (size_t)part);
            kill(workers.pids[part % 2], SIGKILL);
        }
        struct client_answer answer = upload_finish(&upload);
        cr_expect_eq(answer.status, 200, "%ld", answer.status);
        json_t *batch = client_json(&service, &answer);
        work_expect_sieved(&service, work_id(batch), 0, CHUNKS * CHUNK + FEW);
        cr_expect_eq(verdicts(&service), CHUNKS * CHUNK + FEW);
        primed_stop(&service);
    }
}

Test(early, of_an_upload_cut_off_by_death_the_verdicts_go_too)
{
    enum { CHUNKS = 450 }; /* as above */
    struct place place = place_make();
    struct primed service = primed_start("--workers=2", place.flag);
    struct upload upload = upload_begin(&service, "", NULL, range_of(CHUNKS));
    upload_until(&upload, 2);
    soon(&service, place_count_rows(&place, "verdicts") > 0);
    pid_t front = primed_front(&service);
    kill(front, SIGKILL);
    soon(&service, !primed_is_alive(front));
    upload_close(&upload);
    soon(&service, client_get(&service, "/readyz").status == 200);
    soon(&service, place_count_rows(&place, "purge") + place_count_rows(&place, "numbers") +
                           place_count_rows(&place, "verdicts") ==
                       0);
    cr_expect_eq(place_count_rows(&place, "batches"), 0);
    expect_nothing(&service);
    primed_stop(&service);
    primed_remove_directory(place.path);
}

static void expect_survival(size_t chunks, bool on_disk)
{
    struct place place = place_make();
    struct primed service = primed_start("--workers=2", place.flag);
    struct upload upload = upload_begin(&service, "", NULL, range_of(chunks));
    upload_until(&upload, 2);
    soon(&service, blocks_done(&service) == (double)chunks);
    if (on_disk)
        soon(&service, place_count_rows(&place, "verdicts") > 0);
    else
        cr_expect_eq(place_count_rows(&place, "verdicts"), 0);
    struct client_answer answer = upload_finish(&upload);
    cr_assert_eq(answer.status, 202);
    char id[40];
    snprintf(id, sizeof id, "%s", work_id(client_json(&service, &answer)));
    primed_kill_all(&service);
    service = primed_start("--workers=2", place.flag);
    cr_expect_str_eq(work_status(work_await(&service, id)), "completed");
    work_expect_sieved(&service, id, 0, chunks * CHUNK + FEW);
    primed_stop(&service);
    primed_remove_directory(place.path);
}

Test(early, a_batch_survives_whatever_of_its_early_verdicts_does)
{
    expect_survival(10, false);  /* written with the batch */
    expect_survival(200, false); /* written after it */
    expect_survival(450, true);  /* some of them written before it */
}

Test(early, a_drain_ends_in_spite_of_a_body_under_way)
{
    for (int i = 0; i < 2; i++) {
        struct primed service = primed_start("--workers=2", stores[i]);
        struct upload upload = upload_begin(&service, "", NULL, range_of(40));
        upload_until(&upload, upload.body.length / 2);
        soon(&service, blocks_done(&service) > 4);
        primed_signal(&service, SIGTERM);
        primed_expect_end(&service, 0);
        upload_close(&upload);
    }
}

Test(early, a_body_whose_end_comes_during_a_drain_is_refused)
{
    struct primed service = primed_start("--workers=2", "--store=memory");
    struct upload upload = upload_begin(&service, "", NULL, range_of(40));
    upload_until(&upload, upload.body.length / 2);
    soon(&service, blocks_done(&service) > 4);
    primed_signal(&service, SIGTERM);
    primed_await_log(&service, "draining");
    struct client_answer answer = upload_finish(&upload);
    cr_expect(answer.status == 503 || answer.status == 0, "%ld", answer.status);
    primed_expect_end(&service, 0);
}
