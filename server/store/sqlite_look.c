/* sqlite_look - in memory first, then on disk. See sqlite_look.h. */
#include "server/store/sqlite_look.h"

#include <stdlib.h>
#include <string.h>

enum store_result look_and_lock(struct sqlite_store *store, const struct batch_id *id,
                                struct store_draft **record, struct stored_batch *stored)
{
    *stored = (struct stored_batch){.key = 0};
    pthread_mutex_lock(&store->lock);
    enum store_result result = live_find(store, id, record);
    if (result == STORE_OK)
        return result;
    if (result == STORE_GONE)
        stored->batch = (*record)->stored.batch;
    pthread_mutex_unlock(&store->lock);
    *record = NULL;
    return result == STORE_UNKNOWN ? reader_batch(&store->readers, id, stored) : result;
}

enum store_result look_and_leave(struct sqlite_store *store, const struct store_draft *record,
                                 const struct stored_batch *stored, struct batch *batch)
{
    *batch = record ? record->stored.batch : stored->batch;
    if (record)
        pthread_mutex_unlock(&store->lock);
    return STORE_OK;
}

enum store_result look_get(struct store *base, const struct batch_id *id, struct batch *batch)
{
    struct sqlite_store *store = (struct sqlite_store *)base;
    struct store_draft *record;
    struct stored_batch stored;
    enum store_result result = look_and_lock(store, id, &record, &stored);
    if (result == STORE_GONE)
        strcpy(batch->owner, stored.batch.owner);
    return result == STORE_OK ? look_and_leave(store, record, &stored, batch) : result;
}

enum store_result look_metadata(struct store *base, const struct batch_id *id, char **metadata)
{
    struct sqlite_store *store = (struct sqlite_store *)base;
    struct store_draft *record;
    struct stored_batch stored;
    *metadata = NULL;
    enum store_result result = look_and_lock(store, id, &record, &stored);
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
static size_t list_live(struct sqlite_store *store, const char *owner, const struct batch_id *after,
                        int status, struct batch *batches, size_t max)
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
            (!owner || strcmp(batch->owner, owner) == 0) &&
            (!after || batch_id_compare(&batch->id, after) < 0))
            batches[count++] = *batch;
    }
    pthread_mutex_unlock(&store->lock);
    return count;
}

/*
 * Those of the list that are on disk and have not been removed meanwhile. The disk is read without
 * the store's lock, and read again if a removal has been forgotten in that time: then what was read
 * may be older than that.
 */
static size_t list_stored(struct sqlite_store *store, const char *owner,
                          const struct batch_id *after, int status, struct batch *batches,
                          size_t max)
{
    size_t count = 0;
    struct batch_id last;
    for (bool is_last = false; !is_last && count < max;) {
        pthread_mutex_lock(&store->lock);
        uint64_t removals = store->removals;
        pthread_mutex_unlock(&store->lock);
        size_t end = count + reader_list(&store->readers, owner, after, status, batches + count,
                                         max - count);
        pthread_mutex_lock(&store->lock);
        if (store->removals != removals) {
            pthread_mutex_unlock(&store->lock);
            continue;
        }
        is_last = end < max;
        last = end > count ? batches[end - 1].id : (struct batch_id){{0}};
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
size_t look_list(struct store *base, const char *owner, const struct batch_id *after, int status,
                 struct batch *batches, size_t max)
{
    struct sqlite_store *store = (struct sqlite_store *)base;
    struct batch *live = calloc(max + 1, sizeof *live);
    if (!live)
        return 0;
    size_t live_count = list_live(store, owner, after, status, live, max);
    bool may_be_stored = status < 0 || status == BATCH_COMPLETED || status == BATCH_CANCELED;
    size_t count = may_be_stored ? list_stored(store, owner, after, status, batches, max) : 0;
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

size_t look_unfinished(struct store *base, const struct batch_id *after, struct batch *batches,
                       size_t max)
{
    struct sqlite_store *store = (struct sqlite_store *)base;
    size_t count = 0;
    struct store_draft *record = NULL;
    pthread_mutex_lock(&store->lock);
    /* Begin where the last page ended, if that batch is still live. */
    if (!after || live_find(store, after, &record) != STORE_OK)
        record = TAILQ_FIRST(&store->live);
    for (; record && count < max; record = TAILQ_NEXT(record, by_age)) {
        const struct batch *batch = &record->stored.batch;
        if (!batch_has_ended(batch) && (!after || batch_id_compare(&batch->id, after) > 0))
            batches[count++] = *batch;
    }
    pthread_mutex_unlock(&store->lock);
    return count;
}

/* Copy the numbers of a chunk of a record, from memory or from the disk, and unlock. */
static enum store_result copy_and_leave(struct sqlite_store *store,
                                        const struct store_draft *record, uint32_t index,
                                        struct chunk *chunk, uint64_t *words)
{
    const struct numbers_row *row = record->chunks[index].numbers;
    int64_t key = record->stored.key;
    if (row) {
        *chunk = row->chunk;
        chunk->data = words;
        memcpy(words, row->words, chunk->words * sizeof *words);
    }
    pthread_mutex_unlock(&store->lock);
    return row ? STORE_OK : reader_numbers(&store->readers, key, index, chunk, words);
}

enum store_result look_numbers(struct store *base, const struct batch_id *id, uint32_t index,
                               struct chunk *chunk, uint64_t *words)
{
    struct sqlite_store *store = (struct sqlite_store *)base;
    struct store_draft *record;
    struct stored_batch stored;
    enum store_result result = look_and_lock(store, id, &record, &stored);
    if (result != STORE_OK)
        return result;
    return record ? copy_and_leave(store, record, index, chunk, words)
                  : reader_numbers(&store->readers, stored.key, index, chunk, words);
}

enum store_result look_draft_numbers(struct store *base, struct store_draft *draft, uint32_t index,
                                     struct chunk *chunk, uint64_t *words)
{
    struct sqlite_store *store = (struct sqlite_store *)base;
    pthread_mutex_lock(&store->lock);
    enum store_result failed = draft->failed;
    if (failed == STORE_OK)
        return copy_and_leave(store, draft, index, chunk, words);
    pthread_mutex_unlock(&store->lock);
    return failed;
}

enum store_result look_verdicts(struct store *base, const struct batch_id *id, uint32_t index,
                                uint8_t *verdicts, float *seconds)
{
    struct sqlite_store *store = (struct sqlite_store *)base;
    struct store_draft *record;
    struct stored_batch stored;
    enum store_result result = look_and_lock(store, id, &record, &stored);
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

enum store_result look_locate(struct store *base, const struct batch_id *id, uint64_t number,
                              uint32_t *index, uint64_t *first)
{
    struct sqlite_store *store = (struct sqlite_store *)base;
    struct store_draft *record;
    struct stored_batch stored;
    enum store_result result = look_and_lock(store, id, &record, &stored);
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

/* When the oldest queued batch was created, of that owner or (NULL) of anybody; 0: there is none. */
static int64_t oldest_queued_ns(struct sqlite_store *store, const struct owner *owner)
{
    const struct store_draft *record;
    TAILQ_FOREACH(record, &store->live, by_age)
    if (record->stored.batch.status == BATCH_QUEUED && (!owner || record->owner == owner))
        return record->stored.batch.created_ns;
    return 0;
}

void look_stats(struct store *base, struct store_stats *stats)
{
    struct sqlite_store *store = (struct sqlite_store *)base;
    pthread_mutex_lock(&store->lock);
    *stats = store->stats;
    stats->oldest_queued_ns = oldest_queued_ns(store, NULL);
    pthread_mutex_unlock(&store->lock);
}

void look_usage(struct store *base, const char *name, struct store_usage *usage)
{
    struct sqlite_store *store = (struct sqlite_store *)base;
    pthread_mutex_lock(&store->lock);
    const struct owner *owner = owners_find(&store->owners, name);
    *usage = owner ? owner->usage : (struct store_usage){.oldest_queued_ns = 0};
    if (owner)
        usage->oldest_queued_ns = oldest_queued_ns(store, owner);
    pthread_mutex_unlock(&store->lock);
}
