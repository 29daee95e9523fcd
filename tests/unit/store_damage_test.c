/*
 * Databases that SQLite can read and no store has written: a damaged disk's, or another hand's.
 * What is wrong with one batch is refused with it, and does not reach the others, nor memory.
 */
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/store/sqlite.h"
#include "tests/support/primed.h"
#include "tests/support/store_checks.h"

enum { BYTES_MAX = 64 << 20, CHUNKS = 2, NUMBERS = 10 };

static char directory[64];
static struct batch ended, unfinished;

/* One batch that has ended, and a younger one that has not. */
static void setup(void)
{
    strcpy(directory, "/tmp/primed-test.XXXXXX");
    cr_assert_not_null(mkdtemp(directory));
    struct store *store = store_sqlite_open(directory, BYTES_MAX);
    cr_assert_not_null(store);
    ended = store_add(store, CHUNKS, NUMBERS);
    for (uint32_t i = 0; i < CHUNKS; i++)
        ended = store_post_chunk(store, &ended.id, i, NUMBERS);
    unfinished = store_add(store, CHUNKS, NUMBERS);
    store_close(store);
}

static void teardown(void)
{
    primed_remove_directory(directory);
}

TestSuite(store_damage, .init = setup, .fini = teardown, .timeout = 60);

/* Change what is on disk, and open it; NULL where that is refused. */
static struct store *open_damaged(const char *sql)
{
    char path[96];
    sqlite3 *db;
    char *error = NULL;
    snprintf(path, sizeof path, "%s/primed.sqlite", directory);
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_exec(db, sql, NULL, NULL, &error);
    cr_assert_null(error, "%s", error);
    cr_assert_gt(sqlite3_changes(db), 0, "%s", sql);
    sqlite3_close(db);
    return store_sqlite_open(directory, BYTES_MAX);
}

/* The batch that has ended cannot be read any more, the other one can. */
static void expect_other_readable(struct store *store)
{
    struct batch batches[4];
    cr_assert_not_null(store);
    cr_expect_eq(store_get(store, &ended.id, &batches[0]), STORE_FAILED);
    cr_assert_eq(store_list(store, NULL, NULL, -1, batches, 4), 1);
    cr_expect_eq(batch_id_compare(&batches[0].id, &unfinished.id), 0);
    store_close(store);
}

Test(store_damage, an_ended_batch_that_lacks_verdicts)
{
    expect_other_readable(open_damaged("UPDATE batches SET prime = prime - 1 WHERE ended_ns > 0"));
}

Test(store_damage, counts_whose_sum_wraps)
{
    expect_other_readable(open_damaged("UPDATE batches SET prime = -1, composite = total + 1,"
                                       " probable = 0 WHERE ended_ns > 0"));
}

Test(store_damage, a_prefix_beyond_the_end)
{
    expect_other_readable(open_damaged("UPDATE batches SET prefix = 99 WHERE ended_ns > 0"));
}

Test(store_damage, a_time_that_has_no_end)
{
    expect_other_readable(
        open_damaged("UPDATE batches SET compute_seconds = 9e999 WHERE ended_ns > 0"));
}

Test(store_damage, a_damaged_batch_hides_no_older_one)
{
    struct store *store = store_sqlite_open(directory, BYTES_MAX);
    for (uint32_t i = 0; i < CHUNKS; i++)
        store_post_chunk(store, &unfinished.id, i, NUMBERS);
    store_close(store);
    store =
        open_damaged("UPDATE batches SET prefix = 99 WHERE key = (SELECT max(key) FROM batches)");
    struct batch batches[4];
    cr_assert_not_null(store);
    cr_assert_eq(store_list(store, NULL, NULL, -1, batches, 4), 1);
    cr_expect_eq(batch_id_compare(&batches[0].id, &ended.id), 0);
    store_close(store);
}

/*
 * An index that says of all batches what is true of none: the list does not believe it. (It is made
 * over all rows, and then said to be over some.)
 */
Test(store_damage, an_index_that_lists_what_does_not_belong)
{
    struct batch batches[4];
    struct store *store =
        open_damaged("PRAGMA writable_schema = on; DROP INDEX batches_canceled;"
                     "CREATE INDEX batches_canceled ON batches (id);"
                     "UPDATE sqlite_schema SET sql = 'CREATE INDEX batches_canceled ON batches (id)"
                     " WHERE status = 4' WHERE name = 'batches_canceled'");
    cr_assert_not_null(store);
    cr_assert_eq(store_list(store, NULL, NULL, -1, batches, 4), 2);
    cr_expect_eq(store_list(store, NULL, NULL, BATCH_CANCELED, batches, 4), 0);
    store_close(store);
}

Test(store_damage, a_verdict_there_is_not)
{
    uint8_t verdicts[CHUNK_MAX_NUMBERS];
    float seconds[CHUNK_MAX_NUMBERS];
    struct store *store = open_damaged("UPDATE verdicts SET verdicts = x'4d4d4d4d4d4d4d4d4d4d'");
    cr_assert_not_null(store);
    cr_expect_eq(store_verdicts(store, &ended.id, 0, verdicts, seconds), STORE_FAILED);
    store_close(store);
}

Test(store_damage, fewer_words_than_numbers)
{
    uint64_t words[CHUNK_MAX_WORDS];
    struct chunk chunk;
    struct store *store = open_damaged("UPDATE numbers SET words = x'0100000000000000'");
    cr_assert_not_null(store);
    cr_expect_eq(store_numbers(store, &ended.id, 0, &chunk, words), STORE_FAILED);
    store_close(store);
}

/* Verdicts would be copied from behind the end of the worker's. */
Test(store_damage, more_numbers_in_a_chunk_than_there_can_be)
{
    cr_expect_null(open_damaged(
        "UPDATE batches SET total = 5010 WHERE ended_ns = 0;"
        "UPDATE numbers SET count = 5000 WHERE id = (SELECT min(numbers.id) FROM numbers"
        " LEFT JOIN verdicts ON verdicts.id = numbers.id WHERE verdicts.id IS NULL);"
        "UPDATE numbers SET first = 5000 WHERE id = (SELECT max(id) FROM numbers)"));
}

/* Its chunks' ids would be those of other batches. */
Test(store_damage, a_key_that_was_never_given)
{
    cr_expect_null(open_damaged("UPDATE batches SET key = 1 << 40 WHERE ended_ns > 0"));
}

/* The figures are kept by status, and have no place for this one. */
Test(store_damage, an_expired_batch_of_no_status)
{
    struct store *store = open_damaged("UPDATE batches SET status = 77, expires_ns = 1 WHERE"
                                       " ended_ns > 0");
    struct store_stats stats;
    struct batch batch;
    cr_assert_not_null(store);
    while (store_get(store, &ended.id, &batch) == STORE_FAILED)
        nanosleep(&(struct timespec){.tv_nsec = 1000000},
                  NULL); /* until the writer has removed it */
    store_stats(store, &stats);
    cr_expect_eq(stats.batches[BATCH_COMPLETED], 0);
    cr_expect_eq(stats.batches[BATCH_QUEUED], 1);
    store_close(store);
}
