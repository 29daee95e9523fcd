/*
 * store_rows - a sound database with the wrong contents: any column of any row is any value. What
 * store_files hardly ever gets past SQLite, this puts in front of recovery and the readers.
 *
 * An input is a list of damages: which column, which row, what it becomes.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "tests/fuzz/support/fuzz.h"
#include "tests/fuzz/support/store_place.h"

enum { DAMAGES_MAX = 16 };

static const struct {
    const char *table;
    const char *column;
} columns[] = {
    {"batches", "key"},
    {"batches", "id"},
    {"batches", "status"},
    {"batches", "priority"},
    {"batches", "ttl_s"},
    {"batches", "created_ns"},
    {"batches", "started_ns"},
    {"batches", "ended_ns"},
    {"batches", "expires_ns"},
    {"batches", "total"},
    {"batches", "composite"},
    {"batches", "prime"},
    {"batches", "probable"},
    {"batches", "failed"},
    {"batches", "timeout"},
    {"batches", "canceled"},
    {"batches", "prefix"},
    {"batches", "chunk_count"},
    {"batches", "dropped_from"},
    {"batches", "cost_ns"},
    {"batches", "compute_seconds"},
    {"batches", "bytes"},
    {"batches", "metadata"},
    {"batches", "idempotency_key"},
    {"batches", "fingerprint"},
    {"numbers", "id"},
    {"numbers", "first"},
    {"numbers", "kind"},
    {"numbers", "count"},
    {"numbers", "cost_ns"},
    {"numbers", "words"},
    {"verdicts", "id"},
    {"verdicts", "verdicts"},
    {"verdicts", "seconds"},
    {"purge", "key"},
    {"purge", "open"},
    {"gone", "seq"},
    {"gone", "id"},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

/* A value of the input: a small or a big number, a real one, a blob, or nothing. */
static void bind_value(sqlite3_stmt *update, struct fuzz_input *input)
{
    uint8_t blob[256];
    uint64_t kind = fuzz_take(input, 1);
    size_t length = 0;
    switch (kind % 6) {
    case 0:
        sqlite3_bind_int64(update, 1, (int64_t)fuzz_take(input, 1));
        break;
    case 1:
        sqlite3_bind_int64(update, 1, (int64_t)fuzz_take(input, 8));
        break;
    case 2: {
        uint64_t bits = fuzz_take(input, 8);
        double real;
        memcpy(&real, &bits, sizeof real);
        sqlite3_bind_double(update, 1, real);
        break;
    }
    case 3:
    case 4:
        length = (size_t)fuzz_take(input, 1);
        for (size_t i = 0; i < length; i++)
            blob[i] = (uint8_t)fuzz_take(input, 1);
        if (kind % 6 == 3)
            sqlite3_bind_blob(update, 1, blob, (int)length, SQLITE_TRANSIENT);
        else
            sqlite3_bind_text(update, 1, (const char *)blob, (int)length, SQLITE_TRANSIENT);
        break;
    case 5:
        sqlite3_bind_null(update, 1);
        break;
    }
}

/* Damages that the schema itself refuses are none. */
static void damage(sqlite3 *db, struct fuzz_input *input)
{
    uint64_t column = fuzz_take(input, 1) % (COLUMNS + 2);
    uint64_t row = fuzz_take(input, 1) % 16;
    char sql[256];
    sqlite3_stmt *update;
    if (column >= COLUMNS)
        snprintf(sql, sizeof sql,
                 "DELETE FROM %s WHERE rowid = (SELECT rowid FROM %s LIMIT 1 OFFSET %d)",
                 column == COLUMNS ? "numbers" : "verdicts",
                 column == COLUMNS ? "numbers" : "verdicts", (int)row);
    else
        snprintf(sql, sizeof sql,
                 "UPDATE %s SET %s = ?1 WHERE rowid = (SELECT rowid FROM %s LIMIT 1 OFFSET %d)",
                 columns[column].table, columns[column].column, columns[column].table, (int)row);
    fuzz_expect(sqlite3_prepare_v2(db, sql, -1, &update, NULL) == SQLITE_OK, "%s: %s", sql,
                sqlite3_errmsg(db));
    if (column < COLUMNS)
        bind_value(update, input);
    sqlite3_step(update);
    sqlite3_finalize(update);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct fuzz_input input = {bytes, size};
    struct store_place place = store_place_new();
    sqlite3 *db;
    store_place_write(&place);
    store_place_free(&place);
    fuzz_expect(sqlite3_open(store_place_database(), &db) == SQLITE_OK, "no database");
    sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
    for (int i = 0; i < DAMAGES_MAX && input.size > 0; i++)
        damage(db, &input);
    fuzz_expect(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK, "%s",
                sqlite3_errmsg(db));
    sqlite3_close(db);
    store_place_use();
    return 0;
}
