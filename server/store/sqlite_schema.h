/*
 * sqlite_schema - the tables, and opening the database that has them. Private to the store.
 *
 *   batches   a row a batch that was accepted; its key, not its id, names it in the other tables.
 *             If its request had an Idempotency-Key, the hashes of that and of what was asked.
 *             The name of its owner, '' where it is nobody's
 *   numbers   a row a chunk: its words. Its id is schema_chunk_id(key, chunk)
 *   verdicts  a row a chunk that was worked on, with the id of its numbers; chunks from the batch's
 *             dropped_from on that have no row are canceled
 *   purge     keys whose rows in numbers and verdicts belong to no batch; `open`: not yet, an upload is
 *             under way
 *   gone      the ids that went last, and whose they were
 *
 * PRAGMA user_version is the version of the schema; a database of an older one is brought up to
 * date.
 */
#ifndef SERVER_STORE_SQLITE_SCHEMA_H
#define SERVER_STORE_SQLITE_SCHEMA_H

#include <stdint.h>

#include "server/store/sqlite_db.h"

enum {
    SCHEMA_CHUNK_BITS = 24,
    SCHEMA_MAX_CHUNKS = 1 << SCHEMA_CHUNK_BITS, /* of one batch */
    SCHEMA_KEY_BITS = 38,                       /* of a batch's key, which counts from 1 */
    SCHEMA_GONE_MAX = 1 << 20, /* ids remembered as gone; older ones become unknown */
};

/*
 * The id of a chunk's rows. Those of a batch lie side by side. A key that only a damaged database
 * has names rows that are not there.
 */
static inline int64_t schema_chunk_id(int64_t key, uint32_t chunk)
{
    return (int64_t)((uint64_t)key << SCHEMA_CHUNK_BITS | chunk);
}

/* Behind the ids of all chunks of that batch. */
static inline int64_t schema_chunk_end(int64_t key)
{
    return (int64_t)(((uint64_t)key + 1) << SCHEMA_CHUNK_BITS);
}

/*
 * Lock the directory, which is made if need be, against other instances. The descriptor, held until
 * it is closed, or -1 after logging why not.
 */
int schema_lock(const char *directory);

/*
 * Open the database for writing, made or brought up to date if need be. -1 after logging why not.
 */
int schema_open(struct db *db, const char *path);

/* Open it for reading. SQLITE_OK or an error; *db is to be closed in any case. */
int schema_open_reader(struct db *db, const char *path);

/* Log that a code of SQLite's keeps the database from being used, and what to do. */
void schema_log_refusal(const struct db *db, const char *path, int code);

#endif
