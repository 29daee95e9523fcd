/* A body that becomes no batch leaves nothing of what was tested of it. */
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

TestSuite(early_undone, .timeout = 120);

Test(early_undone, of_a_body_with_a_mistake_at_its_end_nothing_is_kept)
{
    enum { CHUNKS = 6 };
    for (int i = 0; i < 2; i++) {
        struct primed service = primed_start("--workers=2", stores[i]);
        struct text body = range_of(CHUNKS);
        text_add_string(&body, "1.5\n");
        struct slow_body upload = slow_body_begin(&service, "", NULL, body);
        slow_body_until(&upload, 4);
        soon(&service, blocks_done(&service) == CHUNKS);
        struct client_answer answer = slow_body_finish(&upload);
        client_expect_problem(&service, &answer, 422, "invalid-batch");
        char pointer[64];
        snprintf(pointer, sizeof pointer, "\"pointer\":\"#/%d\"", CHUNKS * CHUNK + FEW);
        cr_expect_not_null(strstr(answer.body, pointer), "%s", answer.body);
        expect_nothing(&service);
        cr_expect_eq(discarded(&service), CHUNKS * CHUNK);
        primed_stop(&service);
    }
}

Test(early_undone, of_a_body_with_a_mistake_nothing_is_kept_while_the_rest_comes)
{
    enum { CHUNKS = 3 };
    struct primed service = primed_start("--workers=2", "--store=memory");
    struct text body = range_of(CHUNKS);
    text_add_string(&body, "1.5\n");
    work_add_range(&body, 0, CHUNKS * CHUNK);
    struct slow_body upload = slow_body_begin(&service, "", NULL, body);
    slow_body_until(&upload, 1);
    expect_nothing(&service);
    struct client_answer answer = slow_body_finish(&upload);
    client_expect_problem(&service, &answer, 422, "invalid-batch");
    primed_stop(&service);
}

Test(early_undone, of_json_that_breaks_off_nothing_is_kept)
{
    struct primed service = primed_start("--workers=2");
    struct text body = {.data = NULL};
    text_add_string(&body, "{\"numbers\":[0");
    for (int i = 1; i < 5 * CHUNK; i++)
        text_printf(&body, ",%d", i);
    text_add_string(&body, "],\"priority\":}");
    struct slow_body upload = slow_body_begin(&service, "", NULL, body);
    slow_body_until(&upload, 3);
    soon(&service, blocks_done(&service) == 4);
    slow_body_until(&upload, 0);
    struct client_answer answer = wire_read(&service, upload.connection);
    cr_expect_eq(answer.status / 100, 4, "%ld", answer.status);
    slow_body_close(&upload);
    expect_nothing(&service);
    cr_expect_eq(discarded(&service), 4 * CHUNK);
    primed_stop(&service);
}

/* Bodies of more than a megabyte are on disk by then; see server/store/sqlite_live.h. */
Test(early_undone, of_a_client_that_leaves_nothing_is_kept)
{
    static const size_t chunks[] = {6, 100};
    for (int i = 0; i < 2; i++) {
        for (int k = 0; k < 2; k++) {
            struct primed service = primed_start("--workers=2", stores[i]);
            struct slow_body upload = slow_body_begin(&service, "", NULL, range_of(chunks[k]));
            slow_body_until(&upload, 2);
            soon(&service, blocks_done(&service) > 4);
            slow_body_close(&upload);
            soon(&service, discarded(&service) > 0);
            expect_nothing(&service);
            primed_stop(&service);
        }
    }
}

Test(early_undone, the_disk_keeps_nothing_of_a_client_that_leaves)
{
    enum { CHUNKS = 450 }; /* more than are held back from the disk */
    struct place place = place_make();
    struct primed service = primed_start("--workers=2", place.flag);
    struct slow_body upload = slow_body_begin(&service, "", NULL, range_of(CHUNKS));
    slow_body_until(&upload, 2);
    soon(&service, place_count_rows(&place, "verdicts") > 0);
    slow_body_close(&upload);
    soon(&service, place_count_rows(&place, "purge") + place_count_rows(&place, "numbers") +
                           place_count_rows(&place, "verdicts") ==
                       0);
    expect_nothing(&service);
    primed_stop(&service);
    primed_remove_directory(place.path);
}

Test(early_undone, a_quota_is_free_again_after_a_body_that_became_nothing)
{
    enum { CHUNKS = 6 };
    struct passes passes = passes_make();
    const char *alice = passes_add(&passes, "alice", "numbers=24586"); /* just that much */
    cr_assert_eq(CHUNKS * CHUNK + FEW, 24586);
    struct primed service = primed_start("--workers=2", passes.flag);
    for (int last = 0; last < 2; last++) {
        struct slow_body upload = slow_body_begin(&service, "?wait=30", alice, range_of(CHUNKS));
        if (!last)
            memcpy(upload.body.data + upload.body.length - 2, "x", 1);
        slow_body_until(&upload, 2);
        struct client_answer answer = slow_body_finish(&upload);
        cr_expect_eq(answer.status, last ? 200 : 422, "%ld: %.300s", answer.status, answer.body);
    }
    struct slow_body upload = slow_body_begin(&service, "", alice, range_of(CHUNKS + 1));
    slow_body_until(&upload, 2);
    struct client_answer answer = slow_body_finish(&upload);
    cr_expect_eq(answer.status, 413, "however fast the first ones are tested: %ld", answer.status);
    primed_stop(&service);
    passes_destroy(&passes);
}

Test(early_undone, a_key_is_free_again_after_a_body_that_became_nothing)
{
    enum { CHUNKS = 6 };
    struct primed service = primed_start("--workers=2");
    for (int last = 0; last < 2; last++) {
        double before = blocks_done(&service);
        struct slow_body upload =
            slow_body_begin(&service, "?wait=30", "Idempotency-Key: k", range_of(CHUNKS));
        slow_body_until(&upload, 2);
        soon(&service, blocks_done(&service) >= before + CHUNKS);
        if (!last) {
            slow_body_close(&upload);
            soon(&service, client_metric(&service, "primed_store_bytes") == 0);
            continue;
        }
        struct client_answer answer = slow_body_finish(&upload);
        cr_expect_eq(answer.status, 200);
        const char *id = work_id(client_json(&service, &answer));
        struct slow_body again =
            slow_body_begin(&service, "?wait=30", "Idempotency-Key: k", range_of(CHUNKS));
        answer = slow_body_finish(&again);
        cr_expect_eq(answer.status, 200);
        cr_expect_str_eq(work_id(client_json(&service, &answer)), id);
        cr_expect_eq(blocks_done(&service), before + CHUNKS + 1, "a repeat is only read");
    }
    cr_expect_eq(client_metric(&service, "primed_batches_accepted_total"), 1);
    primed_stop(&service);
}
