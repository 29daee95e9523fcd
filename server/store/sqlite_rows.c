/* sqlite_rows - the statements of the writer. See sqlite_rows.h. */
#include "server/store/sqlite_rows.h"

#include <math.h>
#include <string.h>

#include "common/clock.h"
#include "server/store/sqlite_schema.h"

enum {
    REMOVE_AT_ONCE = 16, /* chunks of a batch that are removed with it, not left to be purged */
    PURGE_STEP = 64,     /* chunks purged in one step */
};
static const int64_t ttl_max_s = INT64_MAX / NS_PER_S / 2; /* can be added to the clock */

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
    NEXT_EXPIRY,
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
                      " fingerprint) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"),
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
    [INSERT_GONE] = "INSERT OR IGNORE INTO gone (id, owner) VALUES (?, ?)",
    [TRIM_GONE] = "DELETE FROM gone WHERE seq <= ?",
    [EXPIRED] = ("SELECT id, key, status, chunk_count, bytes, owner FROM batches"
                 " WHERE expires_ns > 0 AND expires_ns <= ? ORDER BY expires_ns LIMIT ?"),
    [NEXT_EXPIRY] = "SELECT min(expires_ns) FROM batches WHERE expires_ns > 0",
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

/* Is it a batch as this store writes them? Only a damaged disk, or another hand, has others. */
static bool is_consistent(const struct stored_batch *stored)
{
    const struct batch *batch = &stored->batch;
    bool counts = batch->chunk_count <= SCHEMA_MAX_CHUNKS &&
                  batch->total <= (uint64_t)batch->chunk_count * CHUNK_MAX_NUMBERS;
    for (int i = 0; i < VERDICTS; i++)
        counts = counts && batch->counts[i] <= batch->total;
    uint64_t finished = batch_finished(batch);
    bool times = batch->created_ns > 0 && batch->started_ns >= 0 && batch->ended_ns >= 0 &&
                 batch->expires_ns >= 0 && batch->ttl_s >= 0 && batch->ttl_s <= ttl_max_s &&
                 batch->compute_seconds >= 0 && isfinite(batch->compute_seconds);
    bool ended = (unsigned)batch->status < BATCH_STATUSES && batch_has_ended(batch);
    bool all = finished == batch->total && batch->prefix == batch->total;
    return (unsigned)batch->status < BATCH_STATUSES && batch->priority >= 0 &&
           batch->priority <= 9 && counts && times && batch->prefix <= finished &&
           finished <= batch->total && ended == (batch->ended_ns > 0) &&
           ended == (batch->expires_ns > 0) && (!ended || all);
}

bool rows_read_owner(sqlite3_stmt *row, int column, char owner[BATCH_OWNER_SIZE])
{
    const unsigned char *name = sqlite3_column_text(row, column);
    int size = sqlite3_column_bytes(row, column);
    *owner = '\0';
    if (!name || size >= BATCH_OWNER_SIZE)
        return false;
    memcpy(owner, name, (size_t)size + 1);
    return true;
}

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
    stored->bytes = (uint64_t)sqlite3_column_int64(row, column++);
    return rows_read_owner(row, column, batch->owner) && is_consistent(stored);
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
    return db_run(db, INSERT_BATCH, "ibiiiiiiiiiiiiiiiiiidittbb", stored->key, batch->id.bytes,
                  sizeof batch->id.bytes, (int64_t)batch->status, (int64_t)batch->priority,
                  batch->ttl_s, batch->created_ns, batch->started_ns, batch->ended_ns,
                  batch->expires_ns, (int64_t)batch->total, (int64_t)counts[0], (int64_t)counts[1],
                  (int64_t)counts[2], (int64_t)counts[3], (int64_t)counts[4], (int64_t)counts[5],
                  (int64_t)batch->prefix, (int64_t)batch->chunk_count,
                  (int64_t)stored->dropped_from, (int64_t)batch->cost_ns, batch->compute_seconds,
                  (int64_t)stored->bytes, batch->owner, metadata, key ? key->key.bytes : NULL,
                  sizeof key->key.bytes, key ? key->fingerprint.bytes : NULL,
                  sizeof key->fingerprint.bytes);
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

int rows_remove_batch(struct db *db, const struct stored_batch *stored)
{
    const struct batch *batch = &stored->batch;
    int64_t key = stored->key;
    int code = db_run(db, DELETE_BATCH, "i", key);
    if (code == SQLITE_OK)
        code = db_run(db, INSERT_GONE, "bt", batch->id.bytes, sizeof batch->id.bytes,
                      (const char *)batch->owner);
    if (code == SQLITE_OK)
        code = db_run(db, TRIM_GONE, "i", sqlite3_last_insert_rowid(db->handle) - SCHEMA_GONE_MAX);
    if (code != SQLITE_OK)
        return code;
    return batch->chunk_count > REMOVE_AT_ONCE ? db_run(db, ADD_PURGE, "i", key)
                                               : delete_chunks(db, key, schema_chunk_end(key));
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
        (void)rows_read_owner(row, 5, next->batch.owner);
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

int rows_next_expiry(struct db *db, int64_t *expires_ns)
{
    sqlite3_stmt *row = db_query(db, NEXT_EXPIRY, "");
    int code = sqlite3_step(row);
    *expires_ns = code == SQLITE_ROW ? sqlite3_column_int64(row, 0) : 0;
    sqlite3_reset(row);
    return code == SQLITE_ROW ? SQLITE_OK : code;
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
                                 schema_chunk_end(key), (int64_t)PURGE_STEP);
    int code = sqlite3_step(row);
    bool is_empty = code == SQLITE_ROW && sqlite3_column_type(row, 0) == SQLITE_NULL;
    int64_t last = code == SQLITE_ROW ? sqlite3_column_int64(row, 0) : 0;
    sqlite3_reset(row);
    if (code != SQLITE_ROW)
        return code;
    return is_empty ? db_run(db, DELETE_PURGE, "i", key) : delete_chunks(db, key, last + 1);
}
