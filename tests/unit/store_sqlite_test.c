/* The durable store: what every store does, in every state of its disk, and what only it does. */
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "server/store/sqlite.h"
#include "tests/support/primed.h"
#include "tests/support/store_checks.h"
#include "tests/support/store_draft_checks.h"
#include "tests/support/store_key_checks.h"
#include "tests/support/store_owner_checks.h"

static char directory[64];
static struct store *store;

enum { BYTES_MAX = 64 << 20 };

static void open_store(void)
{
    store = store_sqlite_open(directory, BYTES_MAX);
    cr_assert_not_null(store);
}

static void reopen_store(void)
{
    store_close(store);
    open_store();
}

static void setup(void)
{
    strcpy(directory, "/tmp/primed-test.XXXXXX");
    cr_assert_not_null(mkdtemp(directory));
    open_store();
}

static void teardown(void)
{
    store_close(store);
    primed_remove_directory(directory);
}

TestSuite(store_sqlite, .init = setup, .fini = teardown, .timeout = 60);

STORE_CHECKS(store_sqlite, store, BYTES_MAX)
STORE_KEY_CHECKS(store_sqlite, store)
STORE_OWNER_CHECKS(store_sqlite, store)
STORE_DRAFT_CHECKS(store_sqlite, store)

/* --- what was written is there again ---------------------------------------------------------- */

Test(store_sqlite, an_ended_batch_is_the_same_after_reopening)
{
    enum { CHUNKS = 40, NUMBERS = 50 };
    struct batch batch = store_add(store, CHUNKS, NUMBERS);
    for (uint32_t i = 0; i < CHUNKS; i++)
        store_post_chunk(store, &batch.id, i, NUMBERS);
    batch = store_batch(store, &batch.id);
    reopen_store();
    struct batch again = store_batch(store, &batch.id);
    cr_expect_arr_eq(&again, &batch, sizeof batch);
    store_expect_results(store, &batch.id, CHUNKS, NUMBERS);
    uint32_t index;
    uint64_t first;
    for (uint64_t number = 0; number < CHUNKS * NUMBERS; number += 7) {
        cr_assert_eq(store_locate(store, &batch.id, number, &index, &first), STORE_OK);
        cr_expect_eq(first, number / NUMBERS * NUMBERS);
    }
}

Test(store_sqlite, an_unfinished_batch_goes_on_where_it_was)
{
    enum { CHUNKS = 5, NUMBERS = 20 };
    static const uint32_t before[] = {0, 3};
    static const uint32_t after[] = {1, 2, 4};
    struct batch batch = store_add(store, CHUNKS, NUMBERS);
    for (int i = 0; i < 2; i++)
        store_post_chunk(store, &batch.id, before[i], NUMBERS);
    reopen_store();
    struct batch again;
    cr_assert_eq(store_unfinished(store, NULL, &again, 1), 1);
    cr_expect_eq(batch_finished(&again), 2 * NUMBERS);
    cr_expect_eq(again.prefix, NUMBERS);
    uint32_t next = 0;
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(store_pending(store, &batch.id, next, &next), STORE_OK);
        cr_expect_eq(next, after[i]);
        store_post_chunk(store, &batch.id, next, NUMBERS);
    }
    batch = store_post_chunk(store, &batch.id, 3, NUMBERS);
    cr_expect_eq(batch.status, BATCH_COMPLETED);
    cr_expect_eq(batch_finished(&batch), CHUNKS * NUMBERS);
    store_expect_results(store, &batch.id, CHUNKS, NUMBERS);
}

Test(store_sqlite, a_cancellation_under_way_goes_on)
{
    struct batch batch = store_add(store, 4, 10);
    store_cancel(store, &batch.id, &batch);
    store_drop(store, &batch.id, 2, &batch);
    reopen_store();
    batch = store_batch(store, &batch.id);
    cr_expect_eq(batch.status, BATCH_CANCELING);
    cr_expect_eq(batch.counts[VERDICT_CANCELED], 20);
    store_post_chunk(store, &batch.id, 0, 10);
    store_drop(store, &batch.id, 0, &batch);
    reopen_store();
    batch = store_batch(store, &batch.id);
    cr_expect_eq(batch.status, BATCH_CANCELED);
    cr_expect_eq(batch.counts[VERDICT_CANCELED], 30);
    store_expect_results(store, &batch.id, 1, 10);
}

Test(store_sqlite, removed_ids_stay_gone)
{
    struct batch ended = store_add(store, 1, 10);
    struct batch live = store_add(store, 100, 10);
    struct batch old = store_add(store, 1, 10);
    struct batch taken;
    store_post_chunk(store, &ended.id, 0, 10);
    store_post_chunk(store, &old.id, 0, 10);
    store_remove(store, &ended.id);
    store_remove(store, &live.id);
    reopen_store();
    cr_expect_eq(store_take(store, &old.id, &taken), STORE_OK, "one that is only on disk");
    cr_expect_eq(taken.status, BATCH_COMPLETED);
    struct batch batch;
    cr_expect_eq(store_get(store, &old.id, &batch), STORE_GONE);
    cr_expect_eq(store_list(store, NULL, NULL, -1, &batch, 1), 0);
    reopen_store();
    cr_expect_eq(store_get(store, &ended.id, &batch), STORE_GONE);
    cr_expect_eq(store_get(store, &live.id, &batch), STORE_GONE);
    cr_expect_eq(store_get(store, &old.id, &batch), STORE_GONE);
    struct store_stats stats;
    store_stats(store, &stats);
    cr_expect_eq(stats.bytes, 0);
}

Test(store_sqlite, listing_merges_what_is_live_with_what_is_on_disk)
{
    enum { COUNT = 12 };
    struct batch batches[COUNT];
    struct batch page[COUNT + 1];
    for (int i = 0; i < COUNT; i++) {
        if (i == COUNT / 2)
            reopen_store();
        batches[i] = store_add(store, 1, 10);
        if (i % 3 != 0)
            store_post_chunk(store, &batches[i].id, 0, 10);
    }
    store_remove(store, &batches[1].id);
    cr_assert_eq(store_list(store, NULL, NULL, -1, page, COUNT + 1), COUNT - 1);
    for (int i = 0; i < COUNT - 1; i++)
        cr_expect_eq(batch_id_compare(&page[i].id, &batches[i == COUNT - 2 ? 0 : COUNT - 1 - i].id),
                     0);
    cr_expect_eq(store_list(store, NULL, NULL, BATCH_COMPLETED, page, COUNT), 7);
    cr_expect_eq(store_list(store, NULL, NULL, BATCH_QUEUED, page, COUNT), 4);
    cr_expect_eq(store_list(store, NULL, &batches[5].id, BATCH_COMPLETED, page, COUNT), 2);
}

Test(store_sqlite, what_is_removed_is_in_no_list_whenever_the_disk_hears_of_it)
{
    enum { BATCHES = 300, LISTS = 40 };
    for (int i = 0; i < BATCHES; i++) {
        struct batch batch = store_add(store, 1, 1);
        store_post_chunk(store, &batch.id, 0, 1);
        store_remove(store, &batch.id);
        struct batch listed;
        for (int list = 0; list < LISTS; list++)
            cr_assert_eq(store_list(store, NULL, NULL, -1, &listed, 1), 0, "batch %d, list %d", i,
                         list);
    }
}

Test(store_sqlite, figures_survive)
{
    struct store_stats before;
    struct store_stats after;
    struct batch ended = store_add(store, 1, 10);
    store_add(store, 2, 10);
    store_post_chunk(store, &ended.id, 0, 10);
    store_stats(store, &before);
    reopen_store();
    store_stats(store, &after);
    cr_expect_arr_eq(&after, &before, sizeof after);
}

Test(store_sqlite, keys_survive)
{
    struct batch ended = store_add_keyed(store, 1, 0);
    struct batch live = store_add_keyed(store, 2, 10);
    struct batch removed = store_add_keyed(store, 3, 10);
    struct store_draft *draft;
    struct store_made made;
    store_remove(store, &removed.id);
    cr_assert_eq(store_begin_owned(store, &store_nobody, store_key(4), &draft, &made), STORE_OK);
    store_discard(store, draft);
    reopen_store();
    store_expect_known(store, 1, &ended.id);
    store_expect_known(store, 2, &live.id);
    for (uint64_t key = 3; key <= 4; key++) {
        cr_assert_eq(store_begin_owned(store, &store_nobody, store_key(key), &draft, &made),
                     STORE_OK);
        store_discard(store, draft);
    }
    cr_expect_eq(store_remove(store, &ended.id), STORE_OK, "one that is only on disk");
    struct batch next = store_add_keyed(store, 1, 10);
    reopen_store();
    store_expect_known(store, 1, &next.id);
}

Test(store_sqlite, owners_survive)
{
    struct batch page[4];
    struct batch gone;
    struct batch ended = store_add_of(store, "alice", 1, 10);
    struct batch live = store_add_of(store, "alice", 3, 10);
    struct batch bobs = store_add_of(store, "bob", 2, 10);
    struct batch removed = store_add_of(store, "bob", 1, 10);
    store_post_chunk(store, &ended.id, 0, 10);
    store_post_chunk(store, &live.id, 1, 10);
    store_remove(store, &removed.id);
    store_discard(store, store_begin_of(store, "alice"));
    store_expect_queued(store, "alice", 20);
    for (int i = 0; i < 2; i++) {
        reopen_store();
        store_expect_queued(store, "alice", 20);
        store_expect_queued(store, "bob", 20);
        cr_expect_str_eq(store_batch(store, &ended.id).owner, "alice");
        cr_expect_str_eq(store_batch(store, &live.id).owner, "alice");
        cr_expect_str_eq(store_batch(store, &bobs.id).owner, "bob");
        cr_expect_eq(store_get(store, &removed.id, &gone), STORE_GONE);
        cr_expect_str_eq(gone.owner, "bob");
        cr_assert_eq(store_list(store, "alice", NULL, -1, page, 4), 2);
        cr_expect_eq(batch_id_compare(&page[0].id, &live.id), 0);
        cr_expect_eq(batch_id_compare(&page[1].id, &ended.id), 0);
        cr_expect_eq(store_list(store, "bob", NULL, -1, page, 4), 1);
    }
    struct store_usage usage;
    store_usage(store, "alice", &usage);
    cr_expect_eq(usage.batches[BATCH_COMPLETED], 1);
    cr_expect_eq(usage.batches[BATCH_QUEUED], 1);
    cr_expect_eq(store_remove(store, &ended.id), STORE_OK, "one that is only on disk");
    cr_expect_eq(store_get(store, &ended.id, &gone), STORE_GONE);
    cr_expect_str_eq(gone.owner, "alice");
    store_remove(store, &live.id);
    store_expect_queued(store, "alice", 0);
    reopen_store();
    store_expect_queued(store, "alice", 0);
    store_usage(store, "alice", &usage);
    for (int i = 0; i < BATCH_STATUSES; i++)
        cr_expect_eq(usage.batches[i], 0);
}

Test(store_sqlite, what_has_expired_is_its_owners_no_more)
{
    struct batch gone;
    struct store_usage usage;
    struct store_draft *draft = store_begin_of(store, "alice");
    struct batch batch = store_accept(store, draft, &(struct batch_spec){.ttl_s = 1});
    store_add_of(store, "alice", 1, 10);
    do {
        usleep(1000);
        store_usage(store, "alice", &usage);
    } while (usage.batches[BATCH_COMPLETED] > 0); /* the writer takes it away */
    cr_expect_eq(usage.batches[BATCH_QUEUED], 1);
    store_expect_queued(store, "alice", 10);
    cr_expect_eq(store_get(store, &batch.id, &gone), STORE_GONE);
    cr_expect_str_eq(gone.owner, "alice");
}

/* --- drafts ----------------------------------------------------------------------------------- */

static void resumed(void *context)
{
    _Atomic bool *flag = context;
    *flag = true;
}

static void await(const _Atomic bool *flag)
{
    while (!*flag)
        usleep(1000);
}

Test(store_sqlite, a_big_draft_pauses_and_is_whole)
{
    enum { CHUNKS = 1000 };
    struct store_draft *draft;
    uint64_t words[CHUNK_MAX_NUMBERS];
    struct chunk chunk = {.count = CHUNK_MAX_NUMBERS, .words = CHUNK_MAX_NUMBERS, .data = words};
    int pauses = 0;
    cr_assert_eq(store_begin(store, &draft), STORE_OK);
    for (uint64_t i = 0; i < CHUNKS; i++) {
        for (uint64_t k = 0; k < CHUNK_MAX_NUMBERS; k++)
            words[k] = i * CHUNK_MAX_NUMBERS + k;
        cr_assert_eq(store_append(store, draft, &chunk), STORE_OK);
        _Atomic bool may_go_on = false;
        if (store_pause(store, draft, resumed, (void *)&may_go_on)) {
            pauses++;
            await(&may_go_on);
        }
    }
    cr_expect_gt(pauses, 0);
    struct batch batch;
    cr_assert_eq(store_commit(store, draft, &(struct batch_spec){.ttl_s = 9}, &batch, NULL, NULL),
                 STORE_OK);
    for (uint32_t i = 0; i < CHUNKS; i += 2)
        store_post_chunk(store, &batch.id, i, CHUNK_MAX_NUMBERS);
    reopen_store();
    for (uint32_t i = 1; i < CHUNKS; i += 2)
        store_post_chunk(store, &batch.id, i, CHUNK_MAX_NUMBERS);
    store_expect_results(store, &batch.id, CHUNKS, CHUNK_MAX_NUMBERS);
}

/* How many rows the disk has in that table. */
static sqlite3_int64 rows_of(const char *table)
{
    char path[96];
    char sql[64];
    sqlite3 *db;
    sqlite3_stmt *row;
    snprintf(path, sizeof path, "%s/primed.sqlite", directory);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
    cr_assert_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_step(row), SQLITE_ROW);
    sqlite3_int64 count = sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    sqlite3_close(db);
    return count;
}

/* Chunks of a draft that is written in parts; and of those, one in so many has no verdicts. */
enum { BIG = 1000, PART = 5 };

/*
 * A draft of so many chunks, most of which have verdicts; where they are many, some are on disk.
 */
static struct store_draft *draft_in_parts(uint32_t chunks)
{
    struct store_draft *draft = store_begin_of(store, "");
    uint64_t words[CHUNK_MAX_NUMBERS];
    struct chunk chunk = {.count = CHUNK_MAX_NUMBERS, .words = CHUNK_MAX_NUMBERS, .data = words};
    for (uint32_t i = 0; i < chunks; i++) {
        for (uint64_t k = 0; k < CHUNK_MAX_NUMBERS; k++)
            words[k] = i * (uint64_t)CHUNK_MAX_NUMBERS + k;
        cr_assert_eq(store_append(store, draft, &chunk), STORE_OK);
        if (i % PART != 1)
            store_post_draft(store, draft, i, CHUNK_MAX_NUMBERS);
        _Atomic bool may_go_on = false;
        if (store_pause(store, draft, resumed, (void *)&may_go_on))
            await(&may_go_on);
    }
    while (rows_of("numbers") == 0 || (chunks == BIG && rows_of("verdicts") == 0))
        usleep(1000);
    return draft;
}

static void expect_verdicts_of_a_draft(uint32_t chunks)
{
    struct store_draft *draft = draft_in_parts(chunks);
    struct batch batch = store_accept(store, draft, &(struct batch_spec){.ttl_s = 9});
    cr_expect_eq(batch.status, BATCH_RUNNING);
    cr_expect_eq(batch.prefix, CHUNK_MAX_NUMBERS);
    store_post_chunk(store, &batch.id, 1, CHUNK_MAX_NUMBERS);
    reopen_store();
    cr_expect_eq(store_batch(store, &batch.id).prefix, (PART + 1) * CHUNK_MAX_NUMBERS);
    for (uint32_t i = PART + 1; i < chunks; i += PART) {
        uint32_t next;
        cr_assert_eq(store_pending(store, &batch.id, i - PART + 1, &next), STORE_OK);
        cr_assert_eq(next, i);
        store_post_chunk(store, &batch.id, i, CHUNK_MAX_NUMBERS);
    }
    cr_expect_eq(store_batch(store, &batch.id).status, BATCH_COMPLETED);
    store_expect_results(store, &batch.id, chunks, CHUNK_MAX_NUMBERS);
    reopen_store();
    store_expect_results(store, &batch.id, chunks, CHUNK_MAX_NUMBERS);
}

Test(store_sqlite, verdicts_of_a_draft_are_the_batchs_when_the_batch_is_written_before_them)
{
    expect_verdicts_of_a_draft(BIG / 8);
}

Test(store_sqlite, verdicts_of_a_draft_are_the_batchs_when_they_were_written_with_it)
{
    expect_verdicts_of_a_draft(BIG);
}

Test(store_sqlite, a_batch_that_is_written_before_its_verdicts_may_be_canceled_or_removed)
{
    struct batch canceled = {.total = 0};
    for (int removed = 0; removed < 2; removed++) {
        struct store_draft *draft = draft_in_parts(BIG / 8);
        struct batch batch;
        cr_assert_eq(
            store_commit(store, draft, &(struct batch_spec){.ttl_s = 9}, &batch, NULL, NULL),
            STORE_OK);
        if (removed) {
            cr_assert_eq(store_remove(store, &batch.id), STORE_OK);
        } else {
            cr_assert_eq(store_cancel(store, &batch.id, &batch), STORE_OK);
            cr_assert_eq(store_drop(store, &batch.id, 0, &batch), STORE_OK);
            cr_expect_eq(batch.status, BATCH_CANCELED);
            canceled = batch;
        }
    }
    reopen_store();
    struct batch again = store_batch(store, &canceled.id);
    cr_expect_eq(again.status, BATCH_CANCELED);
    cr_expect_arr_eq(again.counts, canceled.counts, sizeof again.counts);
    struct batch page[2];
    cr_expect_eq(store_list(store, NULL, NULL, -1, page, 2), 1);
}

Test(store_sqlite, of_a_draft_that_is_discarded_the_disk_keeps_nothing)
{
    struct store_draft *draft = draft_in_parts(BIG);
    store_discard(store, draft);
    while (rows_of("numbers") + rows_of("verdicts") + rows_of("purge") > 0)
        usleep(1000);
    struct store_stats stats;
    store_stats(store, &stats);
    cr_expect_eq(stats.bytes, 0);
}

/* --- expiry ----------------------------------------------------------------------------------- */

Test(store_sqlite, batches_expire_also_while_nobody_looks)
{
    enum { COUNT = 30 };
    struct store_draft *draft;
    struct batch batch;
    for (int i = 0; i < COUNT; i++) {
        cr_assert_eq(store_begin(store, &draft), STORE_OK);
        cr_assert_eq(
            store_commit(store, draft, &(struct batch_spec){.ttl_s = 1}, &batch, NULL, NULL),
            STORE_OK);
    }
    struct store_stats stats;
    do {
        usleep(10000);
        store_stats(store, &stats);
    } while (stats.batches[BATCH_COMPLETED] > 0);
    cr_expect_eq(stats.bytes, 0);
    cr_expect_eq(store_get(store, &batch.id, &batch), STORE_GONE);
    reopen_store();
    cr_expect_eq(store_get(store, &batch.id, &batch), STORE_GONE);
}
