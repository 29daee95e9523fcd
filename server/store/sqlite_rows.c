/* sqlite_rows - the statements of the writer. See sqlite_rows.h. */
#include "server/store/sqlite_rows.h"

#include <string.h>

#include "server/store/sqlite_schema.h"

enum {
    REMOVE_AT_ONCE = 16, /* chunks of a batch that are removed with it, not left to be purged */
    PURGE_STEP = 64,     /* chunks purged in one step */
};

enum {
    BEGIN_DRAFT,
    DELETE_PURGE,
    DISCARD_DRAFT,
    FREE_KEY,
    INSERT_BATCH,
    UPDATE_BATCH,
    INSERT_NUMBERS,
    INSERT_VERDICTS,
    DELETE_BATCH,
    DELETE_NUMBERS,
    DELETE_VERDICTS,
    INSERT_GONE,
    TRIM_GONE,
    EXPIRED,
    ADD_PURGE,
    NEXT_PURGE,
    PURGE_END,
    STATEMENTS
};

static const char *const statements[STATEMENTS] = {
    [BEGIN_DRAFT] = "INSERT OR IGNORE INTO purge (key, open) VALUES (?, 1)",
    [DELETE_PURGE] = "DELETE FROM purge WHERE key = ?",
    [DISCARD_DRAFT] = "UPDATE purge SET open = 0 WHERE key = ?",
    [FREE_KEY] = "UPDATE batches SET idempotency_key = NULL WHERE idempotency_key = ?",
    [INSERT_BATCH] = ("INSERT INTO batches (" ROWS_BATCH_COLUMNS ", metadata, idempotency_key,"
                      " fingerprint) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"),
    [UPDATE_BATCH] = ("UPDATE batches SET status = ?2, started_ns = ?3, ended_ns = ?4,"
                      " expires_ns = ?5, composite = ?6, prime = ?7, probable = ?8, failed = ?9,"
                      " timeout = ?10, canceled = ?11, prefix = ?12, dropped_from = ?13,"
                      " cost_ns = ?14, compute_seconds = ?15 WHERE key = ?1"),
    [INSERT_NUMBERS] = ("INSERT INTO numbers (id, first, kind, count, cost_ns, words)"
                        " VALUES (?, ?, ?, ?, ?, ?)"),
    [INSERT_VERDICTS] = "INSERT INTO verdicts (id, verdicts, seconds) VALUES (?, ?, ?)",
    [DELETE_BATCH] = "DELETE FROM batches WHERE key = ?",
    [DELETE_NUMBERS] = "DELETE FROM numbers WHERE id >= ? AND id < ?",
    [DELETE_VERDICTS] = "DELETE FROM verdicts WHERE id >= ? AND id < ?",
    [INSERT_GONE] = "INSERT OR IGNORE INTO gone (id) VALUES (?)",
    [TRIM_GONE] = "DELETE FROM gone WHERE seq <= ?",
    [EXPIRED] = ("SELECT id, key, status, chunk_count, bytes FROM batches"
                 " WHERE expires_ns > 0 AND expires_ns <= ? ORDER BY expires_ns LIMIT ?"),
    [ADD_PURGE] = "INSERT OR REPLACE INTO purge (key, open) VALUES (?, 0)",
    [NEXT_PURGE] = "SELECT key FROM purge WHERE open = 0 LIMIT 1",
    /* Verdicts are never without their numbers, so the numbers say what is left. */
    [PURGE_END] = ("SELECT max(id) FROM (SELECT id FROM numbers WHERE id >= ? AND id < ?"
                   " ORDER BY id LIMIT ?)"),
};

int rows_prepare(struct db *db)
{
    return db_prepare(db, statements, STATEMENTS);
}

/* --- batches ---------------------------------------------------------------------------------- */

bool rows_read_batch(sqlite3_stmt *row, struct stored_batch *stored)
{
    struct batch *batch = &stored->batch;
    int column = 0;
    *stored = (struct stored_batch){.batch = {.durable = true, .accepted = true}};
    stored->key = sqlite3_column_int64(row, column++);
    const void *id = sqlite3_column_blob(row, column);
    if (!id || sqlite3_column_bytes(row, column++) != (int)sizeof batch->id.bytes)
        return false;
    memcpy(batch->id.bytes, id, sizeof batch->id.bytes);
    batch->status = (enum batch_status)sqlite3_column_int(row, column++);
    batch->priority = sqlite3_column_int(row, column++);
    batch->ttl_s = sqlite3_column_int64(row, column++);
    batch->created_ns = sqlite3_column_int64(row, column++);
    batch->started_ns = sqlite3_column_int64(row, column++);
    batch->ended_ns = sqlite3_column_int64(row, column++);
    batch->expires_ns = sqlite3_column_int64(row, column++);
    batch->total = (uint64_t)sqlite3_column_int64(row, column++);
    for (int i = 0; i < VERDICTS; i++)
        batch->counts[i] = (uint64_t)sqlite3_column_int64(row, column++);
    batch->prefix = (uint64_t)sqlite3_column_int64(row, column++);
    batch->chunk_count = (uint32_t)sqlite3_column_int64(row, column++);
    stored->dropped_from = (uint32_t)sqlite3_column_int64(row, column++);
    batch->cost_ns = (uint64_t)sqlite3_column_int64(row, column++);
    batch->compute_seconds = sqlite3_column_double(row, column++);
    stored->bytes = (uint64_t)sqlite3_column_int64(row, column);
    return (unsigned)batch->status < BATCH_STATUSES && batch->priority >= 0 &&
           batch->priority <= 9 && batch_finished(batch) <= batch->total;
}

int rows_insert_batch(struct db *db, const struct stored_batch *stored, const char *metadata,
                      const struct key_entry *key, bool spilled)
{
    const struct batch *batch = &stored->batch;
    const uint64_t *counts = batch->counts;
    int code = spilled ? db_run(db, DELETE_PURGE, "i", stored->key) : SQLITE_OK;
    /* One that has expired may still have the key, or one that is about to be removed. */
    if (key && code == SQLITE_OK)
        code = db_run(db, FREE_KEY, "b", key->key.bytes, sizeof key->key.bytes);
    if (code != SQLITE_OK)
        return code;
    return db_run(
        db, INSERT_BATCH, "ibiiiiiiiiiiiiiiiiiiditbb", stored->key, batch->id.bytes,
        sizeof batch->id.bytes, (int64_t)batch->status, (int64_t)batch->priority, batch->ttl_s,
        batch->created_ns, batch->started_ns, batch->ended_ns, batch->expires_ns,
        (int64_t)batch->total, (int64_t)counts[0], (int64_t)counts[1], (int64_t)counts[2],
        (int64_t)counts[3], (int64_t)counts[4], (int64_t)counts[5], (int64_t)batch->prefix,
        (int64_t)batch->chunk_count, (int64_t)stored->dropped_from, (int64_t)batch->cost_ns,
        batch->compute_seconds, (int64_t)stored->bytes, metadata, key ? key->key.bytes : NULL,
        sizeof key->key.bytes, key ? key->fingerprint.bytes : NULL, sizeof key->fingerprint.bytes);
}

int rows_update_batch(struct db *db, const struct stored_batch *stored)
{
    const struct batch *batch = &stored->batch;
    const uint64_t *counts = batch->counts;
    return db_run(db, UPDATE_BATCH, "iiiiiiiiiiiiiid", stored->key, (int64_t)batch->status,
                  batch->started_ns, batch->ended_ns, batch->expires_ns, (int64_t)counts[0],
                  (int64_t)counts[1], (int64_t)counts[2], (int64_t)counts[3], (int64_t)counts[4],
                  (int64_t)counts[5], (int64_t)batch->prefix, (int64_t)stored->dropped_from,
                  (int64_t)batch->cost_ns, batch->compute_seconds);
}

/* --- chunks ----------------------------------------------------------------------------------- */

int rows_insert_numbers(struct db *db, int64_t key, uint32_t index, uint64_t first,
                        const struct chunk *chunk)
{
    return db_run(db, INSERT_NUMBERS, "iiiiib", schema_chunk_id(key, index), (int64_t)first,
                  (int64_t)chunk->kind, (int64_t)chunk->count, (int64_t)chunk->cost_ns,
                  (const void *)chunk->data, chunk->words * sizeof *chunk->data);
}

int rows_insert_verdicts(struct db *db, int64_t key, uint32_t index, const uint8_t *verdicts,
                         const float *seconds, uint32_t count)
{
    return db_run(db, INSERT_VERDICTS, "ibb", schema_chunk_id(key, index), (const void *)verdicts,
                  (size_t)count, (const void *)seconds, count * sizeof *seconds);
}

int rows_begin_draft(struct db *db, int64_t key)
{
    return db_run(db, BEGIN_DRAFT, "i", key);
}

int rows_discard_draft(struct db *db, int64_t key)
{
    return db_run(db, DISCARD_DRAFT, "i", key);
}

/* --- forgetting ------------------------------------------------------------------------------- */

/* Delete a batch's numbers and verdicts whose ids are below `end`. */
static int delete_chunks(struct db *db, int64_t key, int64_t end)
{
    int64_t begin = schema_chunk_id(key, 0);
    int code = db_run(db, DELETE_NUMBERS, "ii", begin, end);
    return code == SQLITE_OK ? db_run(db, DELETE_VERDICTS, "ii", begin, end) : code;
}

int rows_remove_batch(struct db *db, const struct batch_id *id, int64_t key, uint32_t chunk_count)
{
    int code = db_run(db, DELETE_BATCH, "i", key);
    if (code == SQLITE_OK)
        code = db_run(db, INSERT_GONE, "b", id->bytes, sizeof id->bytes);
    if (code == SQLITE_OK)
        code = db_run(db, TRIM_GONE, "i", sqlite3_last_insert_rowid(db->handle) - SCHEMA_GONE_MAX);
    if (code != SQLITE_OK)
        return code;
    return chunk_count > REMOVE_AT_ONCE ? db_run(db, ADD_PURGE, "i", key)
                                        : delete_chunks(db, key, schema_chunk_id(key + 1, 0));
}

int rows_expired(struct db *db, int64_t now_ns, struct stored_batch *stored, size_t max,
                 size_t *count)
{
    sqlite3_stmt *row = db_query(db, EXPIRED, "ii", now_ns, (int64_t)max);
    int code;
    *count = 0;
    while ((code = sqlite3_step(row)) == SQLITE_ROW && *count < max) {
        struct stored_batch *next = &stored[*count];
        const void *id = sqlite3_column_blob(row, 0);
        if (!id || sqlite3_column_bytes(row, 0) != (int)sizeof next->batch.id.bytes) {
            code = SQLITE_CORRUPT;
            break;
        }
        memcpy(next->batch.id.bytes, id, sizeof next->batch.id.bytes);
        next->key = sqlite3_column_int64(row, 1);
        next->batch.status = (enum batch_status)sqlite3_column_int(row, 2);
        next->batch.chunk_count = (uint32_t)sqlite3_column_int64(row, 3);
        next->bytes = (uint64_t)sqlite3_column_int64(row, 4);
        ++*count;
    }
    sqlite3_reset(row);
    return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : code;
}

int rows_next_purge(struct db *db, int64_t *key)
{
    sqlite3_stmt *row = db_query(db, NEXT_PURGE, "");
    int code = sqlite3_step(row);
    *key = code == SQLITE_ROW ? sqlite3_column_int64(row, 0) : 0;
    sqlite3_reset(row);
    return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : code;
}

int rows_purge(struct db *db, int64_t key)
{
    sqlite3_stmt *row = db_query(db, PURGE_END, "iii", schema_chunk_id(key, 0),
                                 schema_chunk_id(key + 1, 0), (int64_t)PURGE_STEP);
    int code = sqlite3_step(row);
    bool is_empty = code == SQLITE_ROW && sqlite3_column_type(row, 0) == SQLITE_NULL;
    int64_t last = code == SQLITE_ROW ? sqlite3_column_int64(row, 0) : 0;
    sqlite3_reset(row);
    if (code != SQLITE_ROW)
        return code;
    return is_empty ? db_run(db, DELETE_PURGE, "i", key) : delete_chunks(db, key, last + 1);
}
