/* sqlite_reader - the pool, and the queries. See sqlite_reader.h. */
#include "server/store/sqlite_reader.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "server/store/sqlite_schema.h"

enum {
    READ_BATCH,
    READ_GONE,
    READ_KEY,
    READ_METADATA,
    READ_LIST,
    READ_LIST_CANCELED,
    READ_LIST_OWNED,
    READ_NUMBERS,
    READ_VERDICTS,
    READ_FIRST,
    STATEMENTS
};

#define LIST_QUERY                                                                                \
    "SELECT " ROWS_BATCH_COLUMNS " FROM batches WHERE id < ?1 AND (ended_ns = 0 OR expires_ns > " \
    "?2)"

static const char *const statements[STATEMENTS] = {
    [READ_BATCH] = "SELECT " ROWS_BATCH_COLUMNS " FROM batches WHERE id = ?",
    [READ_GONE] = "SELECT owner FROM gone WHERE id = ?",
    [READ_KEY] = ("SELECT id, fingerprint FROM batches"
                  " WHERE idempotency_key = ? AND (ended_ns = 0 OR expires_ns > ?)"),
    [READ_METADATA] = "SELECT metadata FROM batches WHERE key = ?",
    [READ_LIST] = LIST_QUERY " AND (?3 < 0 OR status = ?3) ORDER BY id DESC",
    [READ_LIST_CANCELED] = LIST_QUERY " AND status = 4 ORDER BY id DESC", /* has an index */
    [READ_LIST_OWNED] = LIST_QUERY " AND (?3 < 0 OR status = ?3) AND owner = ?4 AND owner <> ''"
                                   " ORDER BY id DESC", /* has one, too */
    [READ_NUMBERS] = "SELECT kind, count, cost_ns, words FROM numbers WHERE id = ?",
    [READ_VERDICTS] = ("SELECT count, verdicts, seconds FROM numbers"
                       " LEFT JOIN verdicts ON verdicts.id = numbers.id WHERE numbers.id = ?"),
    [READ_FIRST] = "SELECT first FROM numbers WHERE id = ?",
};

/* --- the pool --------------------------------------------------------------------------------- */

struct reader {
    struct db db;
    SLIST_ENTRY(reader) next;
};

void reader_pool_init(struct reader_pool *pool, const char *path)
{
    pool->path = path;
    pthread_mutex_init(&pool->lock, NULL);
    SLIST_INIT(&pool->idle);
}

static void free_reader(struct reader *reader)
{
    db_close(&reader->db);
    free(reader);
}

void reader_pool_destroy(struct reader_pool *pool)
{
    for (struct reader *reader; (reader = SLIST_FIRST(&pool->idle));) {
        SLIST_REMOVE_HEAD(&pool->idle, next);
        free_reader(reader);
    }
    pthread_mutex_destroy(&pool->lock);
}

static void log_failure(struct reader *reader)
{
    log_error("cannot read the database", log_str("error", sqlite3_errmsg(reader->db.handle)));
}

/* A connection to read with, or NULL after logging why there is none. */
static struct reader *take(struct reader_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    struct reader *reader = SLIST_FIRST(&pool->idle);
    if (reader)
        SLIST_REMOVE_HEAD(&pool->idle, next);
    pthread_mutex_unlock(&pool->lock);
    if (reader || !(reader = calloc(1, sizeof *reader)))
        return reader;
    if (schema_open_reader(&reader->db, pool->path) == SQLITE_OK &&
        db_prepare(&reader->db, statements, STATEMENTS) == SQLITE_OK)
        return reader;
    log_failure(reader);
    free_reader(reader);
    return NULL;
}

static void give_back(struct reader_pool *pool, struct reader *reader)
{
    pthread_mutex_lock(&pool->lock);
    SLIST_INSERT_HEAD(&pool->idle, reader, next);
    pthread_mutex_unlock(&pool->lock);
}

/* What a step of a query for one row means. */
static enum store_result result_of(struct reader *reader, int code)
{
    if (code == SQLITE_ROW)
        return STORE_OK;
    if (code == SQLITE_DONE)
        return STORE_GONE;
    log_failure(reader);
    return STORE_FAILED;
}

/* Copy a blob of that size; false if it has another. */
static bool copy_blob(sqlite3_stmt *row, int column, void *to, size_t size)
{
    const void *bytes = sqlite3_column_blob(row, column);
    if (!bytes || (size_t)sqlite3_column_bytes(row, column) != size)
        return false;
    memcpy(to, bytes, size);
    return true;
}

/* --- batches ---------------------------------------------------------------------------------- */

enum store_result reader_batch(struct reader_pool *pool, const struct batch_id *id,
                               struct stored_batch *stored)
{
    struct reader *reader = take(pool);
    if (!reader)
        return STORE_FAILED;
    sqlite3_stmt *row = db_query(&reader->db, READ_BATCH, "b", id->bytes, sizeof id->bytes);
    enum store_result result = result_of(reader, sqlite3_step(row));
    if (result == STORE_OK && !rows_read_batch(row, stored))
        result = STORE_FAILED;
    sqlite3_reset(row);
    if (result == STORE_OK && batch_has_ended(&stored->batch) &&
        stored->batch.expires_ns <= clock_wall_ns()) {
        result = STORE_GONE;
    } else if (result == STORE_GONE) {
        row = db_query(&reader->db, READ_GONE, "b", id->bytes, sizeof id->bytes);
        if (sqlite3_step(row) != SQLITE_ROW || !rows_read_owner(row, 0, stored->batch.owner))
            result = STORE_UNKNOWN;
        sqlite3_reset(row);
    }
    give_back(pool, reader);
    return result;
}

enum store_result reader_made(struct reader_pool *pool, const struct store_hash *key,
                              struct store_made *made)
{
    struct reader *reader = take(pool);
    if (!reader)
        return STORE_FAILED;
    sqlite3_stmt *row =
        db_query(&reader->db, READ_KEY, "bi", key->bytes, sizeof key->bytes, clock_wall_ns());
    enum store_result result = result_of(reader, sqlite3_step(row));
    if (result == STORE_OK &&
        !(copy_blob(row, 0, made->id.bytes, sizeof made->id.bytes) &&
          copy_blob(row, 1, made->fingerprint.bytes, sizeof made->fingerprint.bytes)))
        result = STORE_FAILED;
    sqlite3_reset(row);
    give_back(pool, reader);
    return result;
}

enum store_result reader_metadata(struct reader_pool *pool, int64_t key, char **metadata)
{
    struct reader *reader = take(pool);
    *metadata = NULL;
    if (!reader)
        return STORE_FAILED;
    sqlite3_stmt *row = db_query(&reader->db, READ_METADATA, "i", key);
    enum store_result result = result_of(reader, sqlite3_step(row));
    if (result == STORE_OK && sqlite3_column_type(row, 0) == SQLITE_TEXT) {
        const unsigned char *text = sqlite3_column_text(row, 0);
        *metadata = text ? strdup((const char *)text) : NULL;
        if (!*metadata)
            result = STORE_NO_MEMORY;
    }
    sqlite3_reset(row);
    give_back(pool, reader);
    return result;
}

/* The rows of a list that are older than *below. */
static sqlite3_stmt *query_list(struct reader *reader, const char *owner,
                                const struct batch_id *below, int status)
{
    const uint8_t *id = below->bytes;
    size_t size = sizeof below->bytes;
    if (owner)
        return db_query(&reader->db, READ_LIST_OWNED, "biit", id, size, clock_wall_ns(),
                        (int64_t)status, owner);
    if (status == BATCH_CANCELED)
        return db_query(&reader->db, READ_LIST_CANCELED, "bi", id, size, clock_wall_ns());
    return db_query(&reader->db, READ_LIST, "bii", id, size, clock_wall_ns(), (int64_t)status);
}

/* Is the batch of the list, as its row says? It was found by an index, which may be damaged. */
static bool belongs(const struct batch *batch, const struct batch_id *below, int status)
{
    return (status < 0 || (int)batch->status == status) && batch_id_compare(&batch->id, below) < 0;
}

size_t reader_list(struct reader_pool *pool, const char *owner, const struct batch_id *after,
                   int status, struct batch *batches, size_t max)
{
    struct batch_id newest;
    struct reader *reader = take(pool);
    if (!reader)
        return 0;
    memset(newest.bytes, 0xff, sizeof newest.bytes);
    const struct batch_id *below = after ? after : &newest;
    sqlite3_stmt *row = query_list(reader, owner, below, status);
    size_t count = 0;
    struct stored_batch stored;
    while (count < max && sqlite3_step(row) == SQLITE_ROW) {
        /* A damaged one hides no other. */
        if (!rows_read_batch(row, &stored) || !belongs(&stored.batch, below, status))
            continue;
        batches[count] = stored.batch;
        below = &batches[count++].id;
    }
    sqlite3_reset(row);
    give_back(pool, reader);
    return count;
}

/* --- chunks ----------------------------------------------------------------------------------- */

static bool read_numbers(sqlite3_stmt *row, struct chunk *chunk, uint64_t *words)
{
    size_t size = (size_t)sqlite3_column_bytes(row, 3);
    *chunk = (struct chunk){
        .kind = (uint32_t)sqlite3_column_int64(row, 0),
        .count = (uint32_t)sqlite3_column_int64(row, 1),
        .words = (uint32_t)(size / sizeof *words),
        .cost_ns = (uint64_t)sqlite3_column_int64(row, 2),
        .data = words,
    };
    return chunk->count <= CHUNK_MAX_NUMBERS && size <= CHUNK_MAX_WORDS * sizeof *words &&
           (chunk->kind == CHUNK_NARROW ? chunk->words == chunk->count
                                        : chunk->kind == CHUNK_WIDE) &&
           copy_blob(row, 3, words, chunk->words * sizeof *words);
}

enum store_result reader_numbers(struct reader_pool *pool, int64_t key, uint32_t index,
                                 struct chunk *chunk, uint64_t *words)
{
    struct reader *reader = take(pool);
    if (!reader)
        return STORE_FAILED;
    sqlite3_stmt *row = db_query(&reader->db, READ_NUMBERS, "i", schema_chunk_id(key, index));
    enum store_result result = result_of(reader, sqlite3_step(row));
    if (result == STORE_OK && !read_numbers(row, chunk, words))
        result = STORE_FAILED;
    sqlite3_reset(row);
    give_back(pool, reader);
    return result;
}

static bool are_verdicts(const uint8_t *verdicts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (verdicts[i] >= VERDICTS)
            return false;
    return true;
}

static bool read_verdicts(sqlite3_stmt *row, uint8_t *verdicts, float *seconds)
{
    size_t count = (size_t)sqlite3_column_int64(row, 0);
    if (count > CHUNK_MAX_NUMBERS)
        return false;
    if (sqlite3_column_type(row, 1) != SQLITE_NULL)
        return copy_blob(row, 1, verdicts, count) && are_verdicts(verdicts, count) &&
               copy_blob(row, 2, seconds, count * sizeof *seconds);
    memset(verdicts, VERDICT_CANCELED, count);
    memset(seconds, 0, count * sizeof *seconds);
    return true;
}

enum store_result reader_verdicts(struct reader_pool *pool, int64_t key, uint32_t index,
                                  uint8_t *verdicts, float *seconds)
{
    struct reader *reader = take(pool);
    if (!reader)
        return STORE_FAILED;
    sqlite3_stmt *row = db_query(&reader->db, READ_VERDICTS, "i", schema_chunk_id(key, index));
    enum store_result result = result_of(reader, sqlite3_step(row));
    if (result == STORE_OK && !read_verdicts(row, verdicts, seconds))
        result = STORE_FAILED;
    sqlite3_reset(row);
    give_back(pool, reader);
    return result;
}

enum store_result reader_locate(struct reader_pool *pool, int64_t key, uint32_t chunk_count,
                                uint64_t number, uint32_t *index, uint64_t *first)
{
    struct reader *reader = take(pool);
    if (!reader)
        return STORE_FAILED;
    enum store_result result = STORE_OK;
    uint32_t low = 0;
    uint32_t high = chunk_count;
    *first = 0;
    /* The last chunk that begins at or before the number. */
    while (high - low > 1 && result == STORE_OK) {
        uint32_t middle = low + (high - low) / 2;
        sqlite3_stmt *row = db_query(&reader->db, READ_FIRST, "i", schema_chunk_id(key, middle));
        result = result_of(reader, sqlite3_step(row));
        uint64_t begins = result == STORE_OK ? (uint64_t)sqlite3_column_int64(row, 0) : 0;
        sqlite3_reset(row);
        if (begins <= number) {
            low = middle;
            *first = begins;
        } else {
            high = middle;
        }
    }
    *index = low;
    give_back(pool, reader);
    return result;
}
