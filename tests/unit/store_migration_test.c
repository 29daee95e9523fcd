/* Databases of older versions are brought up to date, with all that is in them, or left alone. */
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/store/sqlite.h"
#include "tests/support/primed.h"
#include "tests/support/store_checks.h"
#include "tests/support/store_key_checks.h"
#include "tests/support/store_owner_checks.h"

static char directory[64];
static char database[96];

enum { BYTES_MAX = 64 << 20 };

static void setup(void)
{
    strcpy(directory, "/tmp/primed-test.XXXXXX");
    cr_assert_not_null(mkdtemp(directory));
    snprintf(database, sizeof database, "%s/primed.sqlite", directory);
}

static void teardown(void)
{
    primed_remove_directory(directory);
}

TestSuite(store_migration, .init = setup, .fini = teardown, .timeout = 60);

static void execute(const char *sql)
{
    sqlite3 *db;
    char *error = NULL;
    cr_assert_eq(sqlite3_open(database, &db), SQLITE_OK);
    sqlite3_exec(db, sql, NULL, NULL, &error);
    cr_assert_null(error, "%s", error);
    sqlite3_close(db);
}

static int64_t integer(const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *query;
    cr_assert_eq(sqlite3_open_v2(database, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &query, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_step(query), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(query, 0);
    sqlite3_finalize(query);
    sqlite3_close(db);
    return value;
}

/* --- version 1 -------------------------------------------------------------------------------- */

/* The schema as it was, word for word. */
static const char version_1[] =
    "PRAGMA page_size = 16384; PRAGMA journal_mode = WAL;"
    "CREATE TABLE batches ("
    " key INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, status INTEGER NOT NULL,"
    " priority INTEGER NOT NULL, ttl_s INTEGER NOT NULL, created_ns INTEGER NOT NULL,"
    " started_ns INTEGER NOT NULL, ended_ns INTEGER NOT NULL, expires_ns INTEGER NOT NULL,"
    " total INTEGER NOT NULL, composite INTEGER NOT NULL, prime INTEGER NOT NULL,"
    " probable INTEGER NOT NULL, failed INTEGER NOT NULL, timeout INTEGER NOT NULL,"
    " canceled INTEGER NOT NULL, prefix INTEGER NOT NULL, chunk_count INTEGER NOT NULL,"
    " dropped_from INTEGER NOT NULL, cost_ns INTEGER NOT NULL, compute_seconds REAL NOT NULL,"
    " bytes INTEGER NOT NULL, metadata TEXT) STRICT;"
    "CREATE INDEX batches_unfinished ON batches (id) WHERE ended_ns = 0;"
    "CREATE INDEX batches_canceled ON batches (id) WHERE status = 4;"
    "CREATE INDEX batches_ended ON batches (expires_ns, status, bytes) WHERE expires_ns > 0;"
    "CREATE TABLE numbers ("
    " id INTEGER PRIMARY KEY, first INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " count INTEGER NOT NULL, cost_ns INTEGER NOT NULL, words BLOB NOT NULL) STRICT;"
    "CREATE TABLE verdicts ("
    " id INTEGER PRIMARY KEY, verdicts BLOB NOT NULL, seconds BLOB NOT NULL) STRICT;"
    "CREATE TABLE purge (key INTEGER PRIMARY KEY, open INTEGER NOT NULL) STRICT;"
    "CREATE TABLE gone (seq INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE) STRICT;"
    "PRAGMA application_id = 0x70726d64;"
    "PRAGMA user_version = 1;";

/*
 * What was in it, as store_post_chunk() has it: batch 1 has ended, 2 has the verdicts of the first
 * of its two chunks, 3 was canceled; an upload was under way as 4, and another id is gone.
 */
static const char content_1[] =
    "INSERT INTO batches VALUES"
    " (1, x'018f0000000070008000000000000001', 3, 7, 3600, 10, 20, 30, 9000000000000000000, 2,"
    "  1, 1, 0, 0, 0, 0, 2, 1, 4294967295, 0, 1.0, 700, '{\"a\":1}'),"
    " (2, x'018f0000000070008000000000000002', 1, 5, 3600, 11, 21, 0, 0, 4,"
    "  1, 1, 0, 0, 0, 0, 2, 2, 4294967295, 2, 1.0, 800, NULL),"
    " (3, x'018f0000000070008000000000000003', 4, 5, 3600, 12, 22, 32, 9000000000000000000, 2,"
    "  0, 0, 0, 0, 0, 2, 2, 1, 0, 0, 0.0, 900, NULL);"
    "INSERT INTO numbers VALUES"
    " (1 << 24, 0, 0, 2, 2, x'00000000000000000100000000000000'),"
    " (2 << 24, 0, 0, 2, 2, x'00000000000000000100000000000000'),"
    " ((2 << 24) + 1, 2, 0, 2, 2, x'02000000000000000300000000000000'),"
    " (3 << 24, 0, 0, 2, 2, x'00000000000000000100000000000000'),"
    " (4 << 24, 0, 0, 2, 2, x'00000000000000000100000000000000');"
    "INSERT INTO verdicts VALUES"
    " (1 << 24, x'0001', x'000000000000803f'), (2 << 24, x'0001', x'000000000000803f');"
    "INSERT INTO purge VALUES (4, 1);"
    "INSERT INTO gone (id) VALUES (x'018f0000000070008000000000000005');";

static struct batch_id id_of(uint8_t last)
{
    return (struct batch_id){{0x01, 0x8f, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, last}};
}

/* Fail unless all of the content is there; the second batch has ended or not. */
static void expect_content(struct store *store, bool second_ended)
{
    char *metadata;
    struct store_stats stats;
    struct batch_id ids[] = {id_of(1), id_of(2), id_of(3), id_of(5)};
    struct batch batch = store_batch(store, &ids[0]);
    cr_expect_eq(batch.status, BATCH_COMPLETED);
    cr_expect_eq(batch.priority, 7);
    cr_expect_eq(batch.created_ns, 10);
    store_expect_results(store, &ids[0], 1, 2);
    cr_assert_eq(store_metadata(store, &ids[0], &metadata), STORE_OK);
    cr_expect_str_eq(metadata, "{\"a\":1}");
    free(metadata);
    batch = store_batch(store, &ids[1]);
    cr_expect_eq(batch.status, second_ended ? BATCH_COMPLETED : BATCH_RUNNING);
    store_expect_results(store, &ids[1], second_ended ? 2 : 1, 2);
    batch = store_batch(store, &ids[2]);
    cr_expect_eq(batch.status, BATCH_CANCELED);
    cr_expect_eq(batch.counts[VERDICT_CANCELED], 2);
    cr_expect_eq(store_get(store, &ids[3], &batch), STORE_GONE);
    store_stats(store, &stats);
    cr_expect_geq(stats.bytes, 700 + 800 + 900);
}

Test(store_migration, from_version_1_with_all_that_is_in_it)
{
    execute(version_1);
    execute(content_1);
    struct store *store = store_sqlite_open(directory, BYTES_MAX);
    cr_assert_not_null(store);
    cr_expect_eq(integer("PRAGMA user_version"), 3);
    expect_content(store, false);
    struct batch resumed;
    cr_assert_eq(store_unfinished(store, NULL, &resumed, 1), 1);
    uint32_t index;
    cr_assert_eq(store_pending(store, &resumed.id, 0, &index), STORE_OK);
    cr_expect_eq(index, 1);
    resumed = store_post_chunk(store, &resumed.id, index, 2);
    cr_expect_eq(resumed.status, BATCH_COMPLETED);
    struct batch keyed = store_add_keyed(store, 1, 10);
    store_close(store);

    cr_expect_eq(integer("SELECT count(*) FROM numbers WHERE id >= 4 << 24 AND id < 5 << 24"), 0);
    store = store_sqlite_open(directory, BYTES_MAX);
    cr_assert_not_null(store);
    expect_content(store, true);
    store_expect_known(store, 1, &keyed.id);
    store_close(store);
}

Test(store_migration, an_empty_database_of_version_1)
{
    execute(version_1);
    struct store *store = store_sqlite_open(directory, BYTES_MAX);
    cr_assert_not_null(store);
    struct batch batch = store_add_keyed(store, 1, 10);
    store_expect_known(store, 1, &batch.id);
    store_close(store);
}

/* --- version 2 -------------------------------------------------------------------------------- */

/* What it adds to version 1, word for word; the first batch has the key 1. */
static const char to_version_2[] =
    "ALTER TABLE batches ADD COLUMN idempotency_key BLOB;"
    "ALTER TABLE batches ADD COLUMN fingerprint BLOB;"
    "CREATE UNIQUE INDEX batches_keys ON batches (idempotency_key)"
    " WHERE idempotency_key IS NOT NULL;"
    "PRAGMA user_version = 2;"
    "UPDATE batches SET"
    " idempotency_key = x'0100000000000000000000000000000000000000000000000000000000000000',"
    " fingerprint = x'0100000000000000000000000000000000000000000000000000000000000000'"
    " WHERE key = 1;";

/* Whatever is from before there were owners is nobody's. */
Test(store_migration, from_version_2_to_batches_of_nobody)
{
    execute(version_1);
    execute(content_1);
    execute(to_version_2);
    struct store *store = store_sqlite_open(directory, BYTES_MAX);
    cr_assert_not_null(store);
    cr_expect_eq(integer("PRAGMA user_version"), 3);
    expect_content(store, false);
    struct batch_id ids[] = {id_of(1), id_of(2), id_of(5)};
    store_expect_known(store, 1, &ids[0]);
    cr_expect_str_eq(store_batch(store, &ids[0]).owner, "");
    cr_expect_str_eq(store_batch(store, &ids[1]).owner, "");
    struct batch gone = {.owner = "?"};
    cr_expect_eq(store_get(store, &ids[2], &gone), STORE_GONE);
    cr_expect_str_eq(gone.owner, "");
    store_expect_queued(store, "", 2);
    struct batch page[4];
    struct batch owned = store_add_of(store, "alice", 1, 10);
    cr_expect_eq(store_list(store, "alice", NULL, -1, page, 4), 1);
    cr_expect_eq(store_list(store, NULL, NULL, -1, page, 4), 4);
    store_close(store);

    store = store_sqlite_open(directory, BYTES_MAX);
    cr_assert_not_null(store);
    expect_content(store, false);
    cr_expect_str_eq(store_batch(store, &owned.id).owner, "alice");
    store_close(store);
}

/* --- what cannot be brought up to date -------------------------------------------------------- */

Test(store_migration, what_fails_half_way_is_left_as_it_was)
{
    /* The last step of the migration finds its name taken; those before it are undone. */
    execute(version_1);
    execute(content_1);
    execute("CREATE TABLE batches_keys (x)");
    cr_expect_null(store_sqlite_open(directory, BYTES_MAX));
    cr_expect_eq(integer("PRAGMA user_version"), 1);
    cr_expect_eq(integer("SELECT count(*) FROM pragma_table_info('batches')"), 23);
    cr_expect_eq(integer("SELECT count(*) FROM batches"), 3);

    execute("DROP TABLE batches_keys");
    struct store *store = store_sqlite_open(directory, BYTES_MAX);
    cr_assert_not_null(store);
    expect_content(store, false);
    store_close(store);
}

Test(store_migration, the_step_to_owners_is_all_or_nothing)
{
    execute(version_1);
    execute(content_1);
    execute(to_version_2);
    execute("CREATE TABLE batches_owned (x)");
    cr_expect_null(store_sqlite_open(directory, BYTES_MAX));
    cr_expect_eq(integer("PRAGMA user_version"), 2);
    cr_expect_eq(integer("SELECT count(*) FROM pragma_table_info('batches')"), 25);
    cr_expect_eq(integer("SELECT count(*) FROM pragma_table_info('gone')"), 2);
}

Test(store_migration, a_newer_version_is_left_as_it_was)
{
    execute(version_1);
    execute(content_1);
    execute("PRAGMA user_version = 4");
    cr_expect_null(store_sqlite_open(directory, BYTES_MAX));
    cr_expect_eq(integer("PRAGMA user_version"), 4);
    cr_expect_eq(integer("SELECT count(*) FROM pragma_table_info('batches')"), 23);
}
