/*
 * sqlite_reader - read-only connections to the database, and what is read through them. Private to
 * the store.
 *
 * For any thread, without any lock of the store: in WAL mode readers and the writer do not wait for
 * each other. A call takes a connection from the pool, or opens one more; there are never more than
 * threads.
 *
 * Where not said otherwise the answer is STORE_OK, STORE_GONE (the rows are not there), or
 * STORE_FAILED after logging why.
 */
#ifndef SERVER_STORE_SQLITE_READER_H
#define SERVER_STORE_SQLITE_READER_H

#include <pthread.h>
#include <sys/queue.h>

#include "server/store/sqlite_rows.h"
#include "server/store/store.h"

struct reader;

struct reader_pool {
    const char *path; /* of the database; not owned */
    pthread_mutex_t lock;
    SLIST_HEAD(, reader) idle;
};

void reader_pool_init(struct reader_pool *pool, const char *path);
void reader_pool_destroy(struct reader_pool *pool);

/* The batch of that id, if it has not expired. Also STORE_UNKNOWN. */
enum store_result reader_batch(struct reader_pool *pool, const struct batch_id *id,
                               struct stored_batch *stored);

/* What was made under that key, if it has not expired. */
enum store_result reader_made(struct reader_pool *pool, const struct store_hash *key,
                              struct store_made *made);

/* The metadata of a batch, NULL if it has none; to be freed. Also STORE_NO_MEMORY. */
enum store_result reader_metadata(struct reader_pool *pool, int64_t key, char **metadata);

/* Up to `max` batches that have not expired, as store_list(), as the disk has them. */
size_t reader_list(struct reader_pool *pool, const char *owner, const struct batch_id *after,
                   int status, struct batch *batches, size_t max);

/* A chunk's numbers; see store_numbers(). */
enum store_result reader_numbers(struct reader_pool *pool, int64_t key, uint32_t index,
                                 struct chunk *chunk, uint64_t *words);

/* A chunk's verdicts; see store_verdicts(). All canceled where it has none and is dropped. */
enum store_result reader_verdicts(struct reader_pool *pool, int64_t key, uint32_t index,
                                  uint8_t *verdicts, float *seconds);

/* The chunk, of `chunk_count`, that a number lies in; see store_locate(). */
enum store_result reader_locate(struct reader_pool *pool, int64_t key, uint32_t chunk_count,
                                uint64_t number, uint32_t *index, uint64_t *first);

#endif
