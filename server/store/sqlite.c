/*
 * sqlite - the durable store. See sqlite.h for its parts, store.h for what each operation promises.
 */
#include "server/store/sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "server/store/sqlite_keys.h"
#include "server/store/sqlite_look.h"
#include "server/store/sqlite_recovery.h"
#include "server/store/sqlite_schema.h"
#include "server/store/sqlite_writer.h"

static struct sqlite_store *sqlite_of(struct store *store)
{
    return (struct sqlite_store *)store;
}

/* --- receiving -------------------------------------------------------------------------------- */

static enum store_result sqlite_begin(struct store *base, const struct store_owner *owner,
                                      const struct store_hash *key, struct store_draft **draft,
                                      struct store_made *made)
{
    struct sqlite_store *store = sqlite_of(base);
    if (key)
        return keys_begin(store, owner, key, draft, made);
    pthread_mutex_lock(&store->lock);
    enum store_result result = live_begin(store, owner, NULL, draft);
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

static enum store_result sqlite_draft_post(struct store *base, struct store_draft *draft,
                                           uint32_t index, const uint8_t *verdicts,
                                           const float *seconds)
{
    struct sqlite_store *store = sqlite_of(base);
    pthread_mutex_lock(&store->lock);
    enum store_result result = live_post(store, draft, index, verdicts, seconds);
    pthread_mutex_unlock(&store->lock);
    return result;
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
    if (spec->fingerprint)
        draft->key->fingerprint = *spec->fingerprint;
    pthread_mutex_lock(&store->lock); /* a part of the draft may be with the writer */
    draft->stored.batch.priority = spec->priority;
    draft->stored.batch.ttl_s = spec->ttl_s;
    if (result == STORE_OK)
        result = live_commit(store, draft);
    if (result == STORE_OK) {
        *batch = draft->stored.batch;
        draft->done = done;
        draft->done_context = context;
    } else {
        live_discard(store, draft);
    }
    pthread_mutex_unlock(&store->lock);
    return result;
}

/* --- working ---------------------------------------------------------------------------------- */

static enum store_result sqlite_pending(struct store *base, const struct batch_id *id,
                                        uint32_t from, uint32_t *index)
{
    struct sqlite_store *store = sqlite_of(base);
    struct store_draft *record;
    struct stored_batch stored;
    enum store_result result = look_and_lock(store, id, &record, &stored);
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
    enum store_result result = look_and_lock(store, id, &record, &stored);
    if (result != STORE_OK)
        return result;
    if (record && record->stored.batch.status == BATCH_QUEUED)
        live_enter(store, record, BATCH_RUNNING);
    return look_and_leave(store, record, &stored, batch);
}

static enum store_result sqlite_post(struct store *base, const struct batch_id *id, uint32_t index,
                                     const uint8_t *verdicts, const float *seconds,
                                     struct batch *batch)
{
    struct sqlite_store *store = sqlite_of(base);
    struct store_draft *record;
    struct stored_batch stored;
    enum store_result result = look_and_lock(store, id, &record, &stored);
    if (result != STORE_OK)
        return result;
    if (record)
        result = live_post(store, record, index, verdicts, seconds);
    look_and_leave(store, record, &stored, batch);
    return result;
}

static enum store_result sqlite_cancel(struct store *base, const struct batch_id *id,
                                       struct batch *batch)
{
    struct sqlite_store *store = sqlite_of(base);
    struct store_draft *record;
    struct stored_batch stored;
    enum store_result result = look_and_lock(store, id, &record, &stored);
    if (result != STORE_OK)
        return result;
    if (record && !batch_has_ended(&record->stored.batch))
        live_enter(store, record, BATCH_CANCELING);
    return look_and_leave(store, record, &stored, batch);
}

static enum store_result sqlite_drop(struct store *base, const struct batch_id *id, uint32_t from,
                                     struct batch *batch)
{
    struct sqlite_store *store = sqlite_of(base);
    struct store_draft *record;
    struct stored_batch stored;
    enum store_result result = look_and_lock(store, id, &record, &stored);
    if (result != STORE_OK)
        return result;
    if (record)
        live_drop(store, record, from);
    return look_and_leave(store, record, &stored, batch);
}

static enum store_result sqlite_take(struct store *base, const struct batch_id *id,
                                     struct batch *batch)
{
    struct sqlite_store *store = sqlite_of(base);
    struct store_draft *record;
    struct stored_batch stored;
    enum store_result result = look_and_lock(store, id, &record, &stored);
    if (result != STORE_OK)
        return result;
    *batch = record ? record->stored.batch : stored.batch;
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

/* --- opening and closing ---------------------------------------------------------------------- */

static void sqlite_close(struct store *base)
{
    struct sqlite_store *store = sqlite_of(base);
    reader_pool_destroy(&store->readers);
    writer_stop(store->writer);
    live_clear(store);
    id_map_destroy(&store->records);
    owners_destroy(&store->owners);
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
    .draft_numbers = look_draft_numbers,
    .draft_post = sqlite_draft_post,
    .commit = sqlite_commit,
    .discard = sqlite_discard,
    .get = look_get,
    .metadata = look_metadata,
    .list = look_list,
    .unfinished = look_unfinished,
    .numbers = look_numbers,
    .verdicts = look_verdicts,
    .locate = look_locate,
    .pending = sqlite_pending,
    .is_behind = sqlite_is_behind,
    .start = sqlite_start,
    .post = sqlite_post,
    .cancel = sqlite_cancel,
    .drop = sqlite_drop,
    .take = sqlite_take,
    .stats = look_stats,
    .usage = look_usage,
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
