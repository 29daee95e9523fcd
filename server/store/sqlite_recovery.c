/* sqlite_recovery - from rows to records. See sqlite_recovery.h. */
#include "server/store/sqlite_recovery.h"

#include <stdlib.h>
#include <string.h>

#include "common/fault.h"
#include "common/log.h"
#include "server/store/sqlite_schema.h"

enum { UNFINISHED, CHUNKS, FIGURES, NEWEST, STATEMENTS };

static const char *const statements[STATEMENTS] = {
    [UNFINISHED] = ("SELECT " ROWS_BATCH_COLUMNS ", metadata FROM batches"
                    " WHERE ended_ns = 0 ORDER BY id"),
    [CHUNKS] = ("SELECT first, count, cost_ns, verdicts.id FROM numbers"
                " LEFT JOIN verdicts ON verdicts.id = numbers.id"
                " WHERE numbers.id >= ? AND numbers.id < ? ORDER BY numbers.id"),
    [FIGURES] = ("SELECT status, count(*), sum(bytes), owner FROM batches WHERE expires_ns > 0"
                 " GROUP BY owner, status"),
    [NEWEST] = "SELECT id FROM batches ORDER BY id DESC LIMIT 1",
};

/* --- one batch -------------------------------------------------------------------------------- */

/* Read the chunks of a record. SQLITE_CORRUPT where they contradict the batch. */
static int load_chunks(struct sqlite_store *store, struct db *db, struct store_draft *record)
{
    const struct stored_batch *stored = &record->stored;
    const struct batch *batch = &stored->batch;
    if (!record_grow(store, record, batch->chunk_count))
        return SQLITE_NOMEM;
    sqlite3_stmt *row =
        db_query(db, CHUNKS, "ii", schema_chunk_id(stored->key, 0), schema_chunk_end(stored->key));
    uint32_t loaded = 0;
    uint64_t total = 0;
    uint64_t finished = 0;
    int code;
    bool consistent = true;
    while ((code = sqlite3_step(row)) == SQLITE_ROW && loaded < batch->chunk_count) {
        struct live_chunk *chunk = &record->chunks[loaded];
        int64_t count = sqlite3_column_int64(row, 1);
        *chunk = (struct live_chunk){
            .first = (uint64_t)sqlite3_column_int64(row, 0),
            .count = (uint32_t)count,
            .cost_ns = (uint64_t)sqlite3_column_int64(row, 2),
            .dropped = sqlite3_column_type(row, 3) == SQLITE_NULL && loaded >= stored->dropped_from,
        };
        chunk->posted = chunk->dropped || sqlite3_column_type(row, 3) != SQLITE_NULL;
        if (chunk->posted && record->prefix_chunks == loaded)
            record->prefix_chunks++;
        consistent &= chunk->first == total && count > 0 && count <= CHUNK_MAX_NUMBERS;
        total += chunk->count;
        finished += chunk->posted ? chunk->count : 0;
        loaded++;
    }
    sqlite3_reset(row);
    if (code != SQLITE_DONE)
        return code == SQLITE_ROW ? SQLITE_CORRUPT : code;
    consistent &=
        loaded == batch->chunk_count && total == batch->total && finished == batch_finished(batch);
    return consistent ? SQLITE_OK : SQLITE_CORRUPT;
}

static int load_batch(struct sqlite_store *store, struct db *db, sqlite3_stmt *row)
{
    struct store_draft *record = record_new();
    if (!record)
        return SQLITE_NOMEM;
    int code = rows_read_batch(row, &record->stored) ? SQLITE_OK : SQLITE_CORRUPT;
    const unsigned char *metadata = sqlite3_column_text(row, sqlite3_column_count(row) - 1);
    if (code == SQLITE_OK && metadata && !(record->metadata = strdup((const char *)metadata)))
        code = SQLITE_NOMEM;
    if (code == SQLITE_OK && !live_add(store, record))
        code = SQLITE_NOMEM;
    if (code != SQLITE_OK) {
        free(record->metadata);
        free(record);
        return code;
    }
    return load_chunks(store, db, record);
}

/* --- all of them ------------------------------------------------------------------------------ */

static int load_unfinished(struct sqlite_store *store, struct db *db)
{
    sqlite3_stmt *row = db_query(db, UNFINISHED, "");
    int code;
    while ((code = sqlite3_step(row)) == SQLITE_ROW) {
        code = load_batch(store, db, row);
        if (code != SQLITE_OK)
            break;
    }
    sqlite3_reset(row);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int load_figures(struct sqlite_store *store, struct db *db)
{
    sqlite3_stmt *row = db_query(db, FIGURES, "");
    int code;
    while ((code = sqlite3_step(row)) == SQLITE_ROW) {
        struct batch batch = {.status = (enum batch_status)sqlite3_column_int(row, 0)};
        int64_t count = sqlite3_column_int64(row, 1);
        int64_t bytes = sqlite3_column_int64(row, 2);
        (void)rows_read_owner(row, 3, batch.owner);
        if (!batch_has_ended(&batch)) {
            store->stats.bytes += (uint64_t)bytes;
        } else if (!live_count_stored(store, batch.owner, batch.status, count, bytes)) {
            code = SQLITE_NOMEM;
            break;
        }
    }
    sqlite3_reset(row);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* New ids must be greater than all there are, also if the clock was set back. */
static void load_newest(struct sqlite_store *store, struct db *db)
{
    sqlite3_stmt *row = db_query(db, NEWEST, "");
    if (sqlite3_step(row) == SQLITE_ROW && sqlite3_column_bytes(row, 0) >= 6) {
        const uint8_t *id = sqlite3_column_blob(row, 0);
        uint64_t ms = 0;
        for (int i = 0; i < 6; i++)
            ms = ms << 8 | id[i];
        store->ids.last_ms = ms + 1;
    }
    sqlite3_reset(row);
}

/* The greatest key there is goes to *greatest. SQLITE_CORRUPT where one cannot be. */
static int read_keys(struct db *db, int64_t *greatest)
{
    int64_t least = db_integer(db,
                               "SELECT min(ifnull((SELECT min(key) FROM batches), 1),"
                               " ifnull((SELECT min(key) FROM purge), 1))",
                               0);
    *greatest = db_integer(db,
                           "SELECT max(ifnull((SELECT max(key) FROM batches), 0),"
                           " ifnull((SELECT max(key) FROM purge), 0))",
                           -1);
    bool good = least > 0 && *greatest >= 0 && *greatest < INT64_C(1) << SCHEMA_KEY_BITS;
    return good ? SQLITE_OK : SQLITE_CORRUPT;
}

int recovery_run(struct sqlite_store *store, struct db *db)
{
    struct db queries = {.handle = db->handle};
    int64_t greatest = 0;
    int code = db_prepare(&queries, statements, STATEMENTS);
    if (code == SQLITE_OK)
        code = read_keys(db, &greatest);
    if (code == SQLITE_OK)
        code = db_execute(db, "UPDATE purge SET open = 0");
    FAULT_POINT("recovery_run.opened");
    if (code == SQLITE_OK)
        code = load_figures(store, &queries);
    if (code == SQLITE_OK)
        code = load_unfinished(store, &queries);
    if (code == SQLITE_OK) {
        load_newest(store, &queries);
        store->next_key = greatest + 1;
    }
    if (code != SQLITE_OK)
        schema_log_refusal(db, store->path, code);
    db_finalize(&queries);
    return code == SQLITE_OK ? 0 : -1;
}
