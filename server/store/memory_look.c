/* memory_look - see memory_look.h. */
#include "server/store/memory_look.h"

#include <assert.h>
#include <string.h>

#include "server/store/memory_records.h"

enum store_result memory_look_get(struct store *store, const struct batch_id *id,
                                  struct batch *batch)
{
    struct memory_store *memory = memory_of(store);
    struct store_draft *record;
    pthread_mutex_lock(&memory->lock);
    enum store_result result = records_find(memory, id, &record);
    if (result == STORE_OK)
        *batch = record->batch;
    else if (result == STORE_GONE)
        strcpy(batch->owner, records_gone_owner(memory, id));
    pthread_mutex_unlock(&memory->lock);
    return result;
}

enum store_result memory_look_metadata(struct store *store, const struct batch_id *id,
                                       char **metadata)
{
    struct memory_store *memory = memory_of(store);
    struct store_draft *record;
    *metadata = NULL;
    pthread_mutex_lock(&memory->lock);
    enum store_result result = records_find(memory, id, &record);
    if (result == STORE_OK && record->metadata) {
        *metadata = strdup(record->metadata);
        if (!*metadata)
            result = STORE_NO_MEMORY;
    }
    pthread_mutex_unlock(&memory->lock);
    return result;
}

size_t memory_look_list(struct store *store, const char *owner, const struct batch_id *after,
                        int status, struct batch *batches, size_t max)
{
    struct memory_store *memory = memory_of(store);
    size_t count = 0;
    pthread_mutex_lock(&memory->lock);
    struct store_draft *record = records_older(memory, after);
    while (record && count < max) {
        if ((status < 0 || (int)record->batch.status == status) &&
            (!owner || strcmp(record->batch.owner, owner) == 0))
            batches[count++] = record->batch;
        record = records_older(memory, &record->batch.id);
    }
    pthread_mutex_unlock(&memory->lock);
    return count;
}

size_t memory_look_unfinished(struct store *store, const struct batch_id *after,
                              struct batch *batches, size_t max)
{
    struct memory_store *memory = memory_of(store);
    size_t count = 0;
    struct store_draft *record;
    pthread_mutex_lock(&memory->lock);
    TAILQ_FOREACH(record, &memory->by_age, by_age)
    {
        if (count == max)
            break;
        if (!batch_has_ended(&record->batch) &&
            (!after || batch_id_compare(&record->batch.id, after) > 0))
            batches[count++] = record->batch;
    }
    pthread_mutex_unlock(&memory->lock);
    return count;
}

enum store_result memory_look_numbers(struct store *store, const struct batch_id *id,
                                      uint32_t index, struct chunk *chunk, uint64_t *words)
{
    struct memory_store *memory = memory_of(store);
    struct store_draft *record;
    pthread_mutex_lock(&memory->lock);
    enum store_result result = records_find(memory, id, &record);
    if (result == STORE_OK)
        records_copy_numbers(record, index, chunk, words);
    pthread_mutex_unlock(&memory->lock);
    return result;
}

enum store_result memory_look_verdicts(struct store *store, const struct batch_id *id,
                                       uint32_t index, uint8_t *verdicts, float *seconds)
{
    struct memory_store *memory = memory_of(store);
    struct store_draft *record;
    pthread_mutex_lock(&memory->lock);
    enum store_result result = records_find(memory, id, &record);
    if (result == STORE_OK) {
        const struct stored_chunk *stored = record->chunks[index];
        assert(stored->posted);
        if (stored->dropped) {
            memset(verdicts, VERDICT_CANCELED, stored->chunk.count);
            memset(seconds, 0, stored->chunk.count * sizeof *seconds);
        } else {
            memcpy(verdicts, stored->verdicts, stored->chunk.count);
            memcpy(seconds, stored->seconds, stored->chunk.count * sizeof *seconds);
        }
    }
    pthread_mutex_unlock(&memory->lock);
    return result;
}

enum store_result memory_look_locate(struct store *store, const struct batch_id *id,
                                     uint64_t number, uint32_t *index, uint64_t *first)
{
    struct memory_store *memory = memory_of(store);
    struct store_draft *record;
    pthread_mutex_lock(&memory->lock);
    enum store_result result = records_find(memory, id, &record);
    if (result == STORE_OK) {
        /* The last chunk that begins at or before the number. */
        uint32_t low = 0;
        uint32_t high = record->batch.chunk_count;
        while (high - low > 1) {
            uint32_t middle = low + (high - low) / 2;
            if (record->chunks[middle]->first <= number)
                low = middle;
            else
                high = middle;
        }
        *index = low;
        *first = record->chunks[low]->first;
    }
    pthread_mutex_unlock(&memory->lock);
    return result;
}

void memory_look_stats(struct store *store, struct store_stats *stats)
{
    struct memory_store *memory = memory_of(store);
    pthread_mutex_lock(&memory->lock);
    records_sweep(memory);
    *stats = memory->stats;
    struct store_draft *oldest = TAILQ_FIRST(&memory->queued);
    stats->oldest_queued_ns = oldest ? oldest->batch.created_ns : 0;
    pthread_mutex_unlock(&memory->lock);
}

void memory_look_usage(struct store *store, const char *name, struct store_usage *usage)
{
    struct memory_store *memory = memory_of(store);
    pthread_mutex_lock(&memory->lock);
    records_sweep(memory);
    const struct owner *owner = owners_find(&memory->owners, name);
    *usage = owner ? owner->usage : (struct store_usage){.oldest_queued_ns = 0};
    const struct store_draft *record = owner ? TAILQ_FIRST(&memory->queued) : NULL;
    while (record && record->owner != owner)
        record = TAILQ_NEXT(record, by_status);
    if (record)
        usage->oldest_queued_ns = record->batch.created_ns;
    pthread_mutex_unlock(&memory->lock);
}
