/*
 * sqlite_rows - batches as rows: what the writer writes, and the columns both sides read. Private
 * to the store.
 *
 * All codes are SQLite's. The functions that write belong into a transaction of the writer.
 */
#ifndef SERVER_STORE_SQLITE_ROWS_H
#define SERVER_STORE_SQLITE_ROWS_H

#include "common/chunk.h"
#include "server/batch.h"
#include "server/store/key_table.h"
#include "server/store/sqlite_db.h"

/* A batch as it is on disk. */
struct stored_batch {
    struct batch batch;
    int64_t key;
    uint32_t dropped_from;
    uint64_t bytes;
};

/* --- reading ---------------------------------------------------------------------------------- */

/* The columns of a batch, in the order rows_read_batch() reads them. */
#define ROWS_BATCH_COLUMNS                                                                       \
    "key, id, status, priority, ttl_s, created_ns, started_ns, ended_ns, expires_ns, total, "    \
    "composite, prime, probable, failed, timeout, canceled, prefix, chunk_count, dropped_from, " \
    "cost_ns, compute_seconds, bytes, owner"

/* Read the name of an owner from a column; false if it is none, and then nobody ("") is. */
bool rows_read_owner(sqlite3_stmt *row, int column, char owner[BATCH_OWNER_SIZE]);

/* Read them from a row; false if they are not what they should be. */
bool rows_read_batch(sqlite3_stmt *row, struct stored_batch *stored);

/* --- writing ---------------------------------------------------------------------------------- */

/* Prepare the statements of the writer. */
int rows_prepare(struct db *db);

/*
 * A new batch, its metadata and key or NULL; `spilled` if some of its numbers were written before.
 */
int rows_insert_batch(struct db *db, const struct stored_batch *stored, const char *metadata,
                      const struct key_entry *key, bool spilled);

/* The state of a batch that changes. */
int rows_update_batch(struct db *db, const struct stored_batch *stored);

int rows_insert_numbers(struct db *db, int64_t key, uint32_t index, uint64_t first,
                        const struct chunk *chunk);
int rows_insert_verdicts(struct db *db, int64_t key, uint32_t index, const uint8_t *verdicts,
                         const float *seconds, uint32_t count);

/* Numbers of a draft follow: they belong to nobody until rows_insert_batch(). */
int rows_begin_draft(struct db *db, int64_t key);

/* The draft will never be a batch: its numbers are to be purged. */
int rows_discard_draft(struct db *db, int64_t key);

/* Forget a batch; the rows of many chunks are left to be purged. */
int rows_remove_batch(struct db *db, const struct stored_batch *stored);

/* Up to `max` batches that have expired: id, owner, key, status, chunk_count and bytes only. */
int rows_expired(struct db *db, int64_t now_ns, struct stored_batch *stored, size_t max,
                 size_t *count);

/* When the next batch on disk expires (wall clock), 0 if there is none. */
int rows_next_expiry(struct db *db, int64_t *expires_ns);

/* Begin a step of purging: *key is what is to be purged, or 0 if there is nothing. */
int rows_next_purge(struct db *db, int64_t *key);

/* Purge some of the rows of that key. */
int rows_purge(struct db *db, int64_t key);

#endif
