/* sqlite - the durable store. See sqlite.h for its parts, store.h for what each operation promises. */
#include "server/store/sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "server/store/sqlite_recovery.h"
#include "server/store/sqlite_schema.h"
#include "server/store/sqlite_writer.h"

static struct sqlite_store *sqlite_of(struct store *store)
{
    return (struct sqlite_store *)store;
}

/* --- receiving ---------------------------------------------------------------------------------- */

static enum store_result sqlite_begin(struct store *base, struct store_draft **draft)
{
    struct sqlite_store *store = sqlite_of(base);
    pthread_mutex_lock(&store->lock);
    enum store_result result = live_begin(store, draft);
    pthread_mutex_unlock(&store->lock);
    return result;
}

static enum store_result sqlite_append(struct store *base, struct store_draft *draft,
                                       const struct chunk *chunk)
{
    struct sqlite_store *store = sqlite_of(base);
    pthread_mutex_lock(&store->lock);
    enum store_result result = live_append(store, draft, chunk);
    pthread_mutex_unlock(&store->lock);
    return result;
}

static bool sqlite_pause(struct store *base, struct store_draft *draft, store_resumed *resumed,
                         void *context)
{
    struct sqlite_store *store = sqlite_of(base);
    pthread_mutex_lock(&store->lock);
    bool pauses = live_pause(store, draft, resumed, context);
    pthread_mutex_unlock(&store->lock);
    return pauses;
}

static void sqlite_discard(struct store *base, struct store_draft *draft)
{
    struct sqlite_store *store = sqlite_of(base);
    if (!draft)
        return;
    pthread_mutex_lock(&store->lock);
    live_discard(store, draft);
    pthread_mutex_unlock(&store->lock);
}

static enum store_result sqlite_commit(struct store *base, struct store_draft *draft,
                                       const struct batch_spec *spec, struct batch *batch,
                                       store_committed *done, void *context)
{
    struct sqlite_store *store = sqlite_of(base);
    draft->metadata = spec->metadata ? strdup(spec->metadata) : NULL;
    enum store_result result = draft->metadata || !spec->metadata ? STORE_OK : STORE_NO_MEMORY;
    draft->stored.batch.priority = spec->priority;
    draft->stored.batch.ttl_s = spec->ttl_s;
    draft->done = done;
    draft->done_context = context;
    pthread_mutex_lock(&store->lock);
    if (result == STORE_OK)
        result = live_commit(store, draft);
    if (result == STORE_OK)
        *batch = draft->stored.batch;
    else
        live_discard(store, draft);
    pthread_mutex_unlock(&store->lock);
    return result;
}

/* --- reading ------------------------------------------------------------------------------------ */

/*
 * Where a batch is: with STORE_OK and *record, live, and the lock is held; with STORE_OK and no record,
 * on disk, in *stored, and it is not held; nor with any other result.
 */
static enum store_result find_and_lock(struct sqlite_store *store, const struct batch_id *id,
                                       struct store_draft **record, struct stored_batch *stored)
{
    pthread_mutex_lock(&store->lock);
    enum store_result result = live_find(store, id, record);
    if (result == STORE_OK)
        return result;
    pthread_mutex_unlock(&store->lock);
    *record = NULL;
    return result == STORE_UNKNOWN ? reader_batch(&store->readers, id, stored) : result;
}

/* Copy the state of what find_and_lock() found, and unlock. STORE_OK. */
static enum store_result leave(struct sqlite_store *store, const struct store_draft *record,
                               const struct stored_batch *stored, struct batch *batch)
{
    *batch = record ? record->stored.batch : stored->batch;
    if (record)
        pthread_mutex_unlock(&store->lock);
    return STORE_OK;
}

static enum store_result sqlite_get(struct store *base, const struct batch_id *id,
                                    struct batch *batch)
{
    struct sqlite_store *store = sqlite_of(base);
    struct store_draft *record;
    struct stored_batch stored;
    enum store_result result = find_and_lock(store, id, &record, &stored);
    return result == STORE_OK ? leave(store, record, &stored, batch) : result;
}

static enum store_result sqlite_metadata(struct store *base, const struct batch_id *id,
                                         char **metadata)
{
    struct sqlite_store *store = sqlite_of(base);
    struct store_draft *record;
    struct stored_batch stored;
    *metadata = NULL;
    enum store_result result = find_and_lock(store, id, &record, &stored);
    if (result != STORE_OK)
        return result;
    if (!record)
        return reader_metadata(&store->readers, stored.key, metadata);
    bool has_any = record->metadata != NULL;
    if (has_any)
        *metadata = strdup(record->metadata);
    pthread_mutex_unlock(&store->lock);
    return has_any && !*metadata ? STORE_NO_MEMORY : STORE_OK;
}

/* The live batches of a list, newest first. */
static size_t list_live(struct sqlite_store *store, const struct batch_id *after, int status,
                        struct batch *batches, size_t max)
{
    size_t count = 0;
    const struct store_draft *record;
    pthread_mutex_lock(&store->lock);
    TAILQ_FOREACH_REVERSE(record, &store->live, live_list, by_age)
    {
        const struct batch *batch = &record->stored.batch;
        if (count == max)
            break;
        if (record->inserted && (status < 0 || (int)batch->status == status) &&
            (!after || batch_id_compare(&batch->id, after) < 0))
            batches[count++] = *batch;
    }
    pthread_mutex_unlock(&store->lock);
    return count;
}

/* Those of the list that are on disk and have not been removed meanwhile. */
static size_t list_stored(struct sqlite_store *store, const struct batch_id *after, int status,
                          struct batch *batches, size_t max)
{
    size_t count = 0;
    struct batch_id last;
    for (bool is_last = false; !is_last && count < max;) {
        size_t end =
            count + reader_list(&store->readers, after, status, batches + count, max - count);
        is_last = end < max;
        last = end > count ? batches[end - 1].id : (struct batch_id){{0}};
        pthread_mutex_lock(&store->lock);
        for (size_t i = count; i < end; i++) {
            struct store_draft *record;
            if (live_find(store, &batches[i].id, &record) != STORE_GONE)
                batches[count++] = batches[i];
        }
        pthread_mutex_unlock(&store->lock);
        after = &last;
    }
    return count;
}

/*
 * Batches that have not ended are live; others may be live, on disk, or for a moment both, so the
 * two lists are merged. The live one is read first: what leaves it is on disk by then.
 */
static size_t sqlite_list(struct store *base, const struct batch_id *after, int status,
                          struct batch *batches, size_t max)
{
    struct sqlite_store *store = sqlite_of(base);
    struct batch *live = calloc(max + 1, sizeof *live);
    if (!live)
        return 0;
    size_t live_count = list_live(store, after, status, live, max);
    bool may_be_stored = status < 0 || status == BATCH_COMPLETED || status == BATCH_CANCELED;
    size_t count = may_be_stored ? list_stored(store, after, status, batches, max) : 0;
    for (size_t i = 0, at = 0; i < live_count && at < max; i++, at++) {
        int order = -1;
        while (at < count && (order = batch_id_compare(&batches[at].id, &live[i].id)) > 0)
            at++;
        if (at == max)
            break;
        if (at == count || order < 0) {
            size_t moved = count == max ? max - 1 - at : count - at;
            memmove(&batches[at + 1], &batches[at], moved * sizeof *batches);
            count += count < max;
        }
        batches[at] = live[i];
    }
    free(live);
    return count;
}

static size_t sqlite_unfinished(struct store *base, const struct batch_id *after,
                                struct batch *batches, size_t max)
{
    struct sqlite_store *store = sqlite_of(base);
    size_t count = 0;
    const struct store_draft *record;
    pthread_mutex_lock(&store->lock);
    TAILQ_FOREACH(record, &store->live, by_age)
    {
        const struct batch *batch = &record->stored.batch;
        if (count == max)
            break;
        if (!batch_has_ended(batch) && (!after || batch_id_compare(&batch->id, after) > 0))
            batches[count++] = *batch;
    }
    pthread_mutex_unlock(&store->lock);
    return count;
}

static enum store_result sqlite_numbers(struct store *base, const struct batch_id *id,
                                        uint32_t index, struct chunk *chunk, uint64_t *words)
{
    struct sqlite_store *store = sqlite_of(base);
    struct store_draft *record;
    struct stored_batch stored;
    enum store_result result = find_and_lock(store, id, &record, &stored);
    if (result != STORE_OK)
        return result;
    if (record) {
        const struct numbers_row *row = record->chunks[index].numbers;
        stored.key = record->stored.key;
        if (row) {
            *chunk = row->chunk;
            chunk->data = words;
            memcpy(words, row->words, chunk->words * sizeof *words);
        }
        pthread_mutex_unlock(&store->lock);
        if (row)
            return STORE_OK;
    }
    return reader_numbers(&store->readers, stored.key, index, chunk, words);
}

static enum store_result sqlite_verdicts(struct store *base, const struct batch_id *id,
                                         uint32_t index, uint8_t *verdicts, float *seconds)
{
    struct sqlite_store *store = sqlite_of(base);
    struct store_draft *record;
    struct stored_batch stored;
    enum store_result result = find_and_lock(store, id, &record, &stored);
    if (result != STORE_OK)
        return result;
    if (record) {
        const struct live_chunk *chunk = &record->chunks[index];
        const struct verdicts_row *row = chunk->verdicts;
        stored.key = record->stored.key;
        if (row) {
            memcpy(verdicts, row->verdicts, row->count);
            memcpy(seconds, row->seconds, row->count * sizeof *seconds);
        } else if (chunk->dropped) {
            memset(verdicts, VERDICT_CANCELED, chunk->count);
            memset(seconds, 0, chunk->count * sizeof *seconds);
        }
        bool is_here = row || chunk->dropped;
        pthread_mutex_unlock(&store->lock);
        if (is_here)
            return STORE_OK;
    }
    return reader_verdicts(&store->readers, stored.key, index, verdicts, seconds);
}

static enum store_result sqlite_locate(struct store *base, const struct batch_id *id,
                                       uint64_t number, uint32_t *index, uint64_t *first)
{
    struct sqlite_store *store = sqlite_of(base);
    struct store_draft *record;
    struct stored_batch stored;
    enum store_result result = find_and_lock(store, id, &record, &stored);
    if (result != STORE_OK)
        return result;
    if (!record)
        return reader_locate(&store->readers, stored.key, stored.batch.chunk_count, number, index,
                             first);
    *index = live_locate(record, number);
    *first = record->chunks[*index].first;
    pthread_mutex_unlock(&store->lock);
    return STORE_OK;
}

static void sqlite_stats(struct store *base, struct store_stats *stats)
{
    struct sqlite_store *store = sqlite_of(base);
    const struct store_draft *record;
    pthread_mutex_lock(&store->lock);
    *stats = store->stats;
    TAILQ_FOREACH(record, &store->live, by_age)
    if (record->stored.batch.status == BATCH_QUEUED) {
        stats->oldest_queued_ns = record->stored.batch.created_ns;
        break;
    }
    pthread_mutex_unlock(&store->lock);
}

/* --- working ------------------------------------------------------------------------------------ */

static enum store_result sqlite_pending(struct store *base, const struct batch_id *id,
                                        uint32_t from, uint32_t *index)
{
    struct sqlite_store *store = sqlite_of(base);
    struct store_draft *record;
    struct stored_batch stored;
    enum store_result result = find_and_lock(store, id, &record, &stored);
    if (result != STORE_OK)
        return result;
    *index = record ? from : stored.batch.chunk_count;
    if (record) {
        while (*index < record->stored.batch.chunk_count && record->chunks[*index].posted)
            ++*index;
        pthread_mutex_unlock(&store->lock);
    }
    return STORE_OK;
}

static bool sqlite_is_behind(struct store *base)
{
    struct sqlite_store *store = sqlite_of(base);
    pthread_mutex_lock(&store->lock);
    bool is_behind = store->unwritten > LIVE_BEHIND_BYTES;
    pthread_mutex_unlock(&store->lock);
    return is_behind;
}

static enum store_result sqlite_start(struct store *base, const struct batch_id *id,
                                      struct batch *batch)
{
    struct sqlite_store *store = sqlite_of(base);
    struct store_draft *record;
    struct stored_batch stored;
    enum store_result result = find_and_lock(store, id, &record, &stored);
    if (result != STORE_OK)
        return result;
    if (record && record->stored.batch.status == BATCH_QUEUED)
        live_enter(store, record, BATCH_RUNNING);
    return leave(store, record, &stored, batch);
}

static enum store_result sqlite_post(struct store *base, const struct batch_id *id, uint32_t index,
                                     const uint8_t *verdicts, const float *seconds,
                                     struct batch *batch)
{
    struct sqlite_store *store = sqlite_of(base);
    struct store_draft *record;
    struct stored_batch stored;
    enum store_result result = find_and_lock(store, id, &record, &stored);
    if (result != STORE_OK)
        return result;
    if (record)
        result = live_post(store, record, index, verdicts, seconds);
    leave(store, record, &stored, batch);
    return result;
}

static enum store_result sqlite_cancel(struct store *base, const struct batch_id *id,
                                       struct batch *batch)
{
    struct sqlite_store *store = sqlite_of(base);
    struct store_draft *record;
    struct stored_batch stored;
    enum store_result result = find_and_lock(store, id, &record, &stored);
    if (result != STORE_OK)
        return result;
    if (record && !batch_has_ended(&record->stored.batch))
        live_enter(store, record, BATCH_CANCELING);
    return leave(store, record, &stored, batch);
}

static enum store_result sqlite_drop(struct store *base, const struct batch_id *id, uint32_t from,
                                     struct batch *batch)
{
    struct sqlite_store *store = sqlite_of(base);
    struct store_draft *record;
    struct stored_batch stored;
    enum store_result result = find_and_lock(store, id, &record, &stored);
    if (result != STORE_OK)
        return result;
    if (record)
        live_drop(store, record, from);
    return leave(store, record, &stored, batch);
}

static enum store_result sqlite_remove(struct store *base, const struct batch_id *id)
{
    struct sqlite_store *store = sqlite_of(base);
    struct store_draft *record;
    struct stored_batch stored;
    enum store_result result = find_and_lock(store, id, &record, &stored);
    if (result != STORE_OK)
        return result;
    if (!record) {
        pthread_mutex_lock(&store->lock);
        result = live_find(store, id, &record);
        if (result == STORE_UNKNOWN)
            result = live_remove_stored(store, &stored);
        pthread_mutex_unlock(&store->lock);
        return result;
    }
    live_remove(store, record);
    pthread_mutex_unlock(&store->lock);
    return STORE_OK;
}

/* --- opening and closing ------------------------------------------------------------------------ */

static void sqlite_close(struct store *base)
{
    struct sqlite_store *store = sqlite_of(base);
    reader_pool_destroy(&store->readers);
    writer_stop(store->writer);
    live_clear(store);
    id_map_destroy(&store->records);
    pthread_cond_destroy(&store->work);
    pthread_mutex_destroy(&store->lock);
    if (store->lock_file >= 0)
        close(store->lock_file);
    free(store->path);
    free(store);
}

static const struct store_ops sqlite_ops = {
    .begin = sqlite_begin,
    .append = sqlite_append,
    .pause = sqlite_pause,
    .commit = sqlite_commit,
    .discard = sqlite_discard,
    .get = sqlite_get,
    .metadata = sqlite_metadata,
    .list = sqlite_list,
    .unfinished = sqlite_unfinished,
    .numbers = sqlite_numbers,
    .verdicts = sqlite_verdicts,
    .locate = sqlite_locate,
    .pending = sqlite_pending,
    .is_behind = sqlite_is_behind,
    .start = sqlite_start,
    .post = sqlite_post,
    .cancel = sqlite_cancel,
    .drop = sqlite_drop,
    .remove = sqlite_remove,
    .stats = sqlite_stats,
    .close = sqlite_close,
};

/* A store without any batch, not opened yet; NULL without memory. */
static struct sqlite_store *new_store(const char *directory, uint64_t bytes_max)
{
    struct sqlite_store *store = calloc(1, sizeof *store);
    if (!store)
        return NULL;
    if (asprintf(&store->path, "%s/primed.sqlite", directory) < 0) {
        free(store);
        return NULL;
    }
    store->base = (struct store){.ops = &sqlite_ops, .name = "sqlite", .durable = true};
    store->stats.bytes_max = bytes_max;
    store->lock_file = -1;
    reader_pool_init(&store->readers, store->path);
    pthread_mutex_init(&store->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&store->work, &attributes);
    pthread_condattr_destroy(&attributes);
    TAILQ_INIT(&store->live);
    TAILQ_INIT(&store->dirty);
    return store;
}

struct store *store_sqlite_open(const char *directory, uint64_t bytes_max)
{
    struct sqlite_store *store = new_store(directory, bytes_max);
    struct db db = {.handle = NULL};
    if (!store) {
        log_error("cannot open the store", log_str("error", "out of memory"));
        return NULL;
    }
    store->lock_file = schema_lock(directory);
    if (store->lock_file < 0 || schema_open(&db, store->path) < 0 || recovery_run(store, &db) < 0)
        goto failed;
    int code = rows_prepare(&db);
    if (code != SQLITE_OK) {
        schema_log_refusal(&db, store->path, code);
        goto failed;
    }
    store->writer = writer_start(store, &db);
    if (!store->writer) {
        log_error("cannot open the store", log_str("error", "out of memory or threads"));
        goto failed;
    }
    return &store->base;

failed:
    db_close(&db);
    sqlite_close(&store->base);
    return NULL;
}
