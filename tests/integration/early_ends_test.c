/* Deaths and drains while a body arrives that is worked on already. */
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

TestSuite(early_ends, .timeout = 120);

Test(early_ends, workers_may_die_of_a_kill_while_the_body_comes)
{
    enum { CHUNKS = 60 };
    for (int i = 0; i < 2; i++) {
        struct primed service = primed_start("--workers=2", stores[i]);
        struct slow_body upload = slow_body_begin(&service, "?wait=30", NULL, range_of(CHUNKS));
        for (int part = 8; part >= 1; part--) {
            struct primed_workers workers = primed_await_workers(&service, 2);
            slow_body_until(&upload, upload.body.length / 9 * (size_t)part);
            kill(workers.pids[part % 2], SIGKILL);
        }
        struct client_answer answer = slow_body_finish(&upload);
        cr_expect_eq(answer.status, 200, "%ld", answer.status);
        json_t *batch = client_json(&service, &answer);
        work_expect_sieved(&service, work_id(batch), 0, CHUNKS * CHUNK + FEW);
        cr_expect_eq(verdicts(&service), CHUNKS * CHUNK + FEW);
        primed_stop(&service);
    }
}

Test(early_ends, of_an_upload_cut_off_by_death_the_verdicts_go_too)
{
    enum { CHUNKS = 450 }; /* of more than a megabyte, so that they are on disk */
    struct place place = place_make();
    struct primed service = primed_start("--workers=2", place.flag);
    struct slow_body upload = slow_body_begin(&service, "", NULL, range_of(CHUNKS));
    slow_body_until(&upload, 2);
    soon(&service, place_count_rows(&place, "verdicts") > 0);
    pid_t front = primed_front(&service);
    kill(front, SIGKILL);
    soon(&service, !primed_is_alive(front));
    slow_body_close(&upload);
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
    struct slow_body upload = slow_body_begin(&service, "", NULL, range_of(chunks));
    slow_body_until(&upload, 2);
    soon(&service, blocks_done(&service) == (double)chunks);
    if (on_disk)
        soon(&service, place_count_rows(&place, "verdicts") > 0);
    else
        cr_expect_eq(place_count_rows(&place, "verdicts"), 0);
    struct client_answer answer = slow_body_finish(&upload);
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

Test(early_ends, a_batch_survives_whatever_of_its_early_verdicts_does)
{
    expect_survival(10, false);  /* written with the batch */
    expect_survival(200, false); /* written after it */
    expect_survival(450, true);  /* some of them written before it */
}

Test(early_ends, a_drain_ends_in_spite_of_a_body_under_way)
{
    for (int i = 0; i < 2; i++) {
        struct primed service = primed_start("--workers=2", stores[i]);
        struct slow_body upload = slow_body_begin(&service, "", NULL, range_of(40));
        slow_body_until(&upload, upload.body.length / 2);
        soon(&service, blocks_done(&service) > 4);
        primed_signal(&service, SIGTERM);
        primed_expect_end(&service, 0);
        slow_body_close(&upload);
    }
}

Test(early_ends, a_body_whose_end_comes_during_a_drain_is_refused)
{
    struct primed service = primed_start("--workers=2", "--store=memory");
    struct slow_body upload = slow_body_begin(&service, "", NULL, range_of(40));
    slow_body_until(&upload, upload.body.length / 2);
    soon(&service, blocks_done(&service) > 4);
    primed_signal(&service, SIGTERM);
    primed_await_log(&service, "draining");
    struct client_answer answer = slow_body_finish(&upload);
    cr_expect(answer.status == 503 || answer.status == 0, "%ld", answer.status);
    primed_expect_end(&service, 0);
}
