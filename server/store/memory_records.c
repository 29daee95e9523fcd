/* memory_records - the lists, counts and limits behind the memory store. See memory_records.h. */
#include "server/store/memory_records.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "server/store/memory.h"

enum { SWEEP_STEPS = 2 }; /* ended batches looked at for expiry each time a new one begins */

static bool has_expired(const struct store_draft *record)
{
    return batch_has_ended(&record->batch) && record->expires_mono_ns <= clock_monotonic_ns();
}

/* Is that value of the map the mark of a batch that is gone? */
static bool is_gone(const struct memory_store *memory, const void *value)
{
    uintptr_t place = (uintptr_t)value - (uintptr_t)memory->gone;
    return place < RECORDS_GONE_MAX * sizeof *memory->gone;
}

/* A batch of the owner's is in that status, or no longer. */
static void count(struct memory_store *memory, struct store_draft *record, bool in)
{
    enum batch_status status = record->batch.status;
    memory->stats.batches[status] += in ? 1 : UINT64_MAX;
    record->owner->usage.batches[status] += in ? 1 : UINT64_MAX;
}

void records_free(struct store_draft *record)
{
    for (uint32_t i = 0; i < record->batch.chunk_count; i++)
        free(record->chunks[i]);
    free(record->chunks);
    free(record->metadata);
    key_entry_free(record->key);
    free(record);
}

/* Out of the list its status has put it in. */
static void unlist(struct memory_store *memory, struct store_draft *record)
{
    count(memory, record, false);
    if (record->batch.status == BATCH_QUEUED)
        TAILQ_REMOVE(&memory->queued, record, by_status);
    if (batch_has_ended(&record->batch)) {
        if (memory->sweep == record)
            memory->sweep = TAILQ_NEXT(record, by_status);
        TAILQ_REMOVE(&memory->ended, record, by_status);
    }
}

int records_add(struct memory_store *memory, struct store_draft *record)
{
    if (id_map_put(&memory->records, &record->batch.id, record) < 0)
        return -1;
    record->committed = true;
    record->batch.status = BATCH_QUEUED;
    TAILQ_INSERT_TAIL(&memory->by_age, record, by_age);
    TAILQ_INSERT_TAIL(&memory->queued, record, by_status);
    count(memory, record, true);
    memory->stats.numbers_pending += record->batch.total - batch_finished(&record->batch);
    return 0;
}

void records_set_status(struct memory_store *memory, struct store_draft *record,
                        enum batch_status status)
{
    struct batch *batch = &record->batch;
    unlist(memory, record);
    batch_enter(batch, status);
    count(memory, record, true);
    if (batch_has_ended(batch)) {
        record->ended_mono_ns = clock_monotonic_ns();
        record->expires_mono_ns = record->ended_mono_ns + batch->ttl_s * NS_PER_S;
        TAILQ_INSERT_TAIL(&memory->ended, record, by_status);
    }
}

/* A chunk has its verdicts, and they are counted. */
static void settle_chunk(struct memory_store *memory, struct store_draft *record,
                         struct stored_chunk *stored)
{
    struct batch *batch = &record->batch;
    stored->posted = true;
    batch->cost_ns -= stored->chunk.cost_ns;
    owner_settle(record->owner, stored->chunk.count, stored->chunk.cost_ns);
    while (record->prefix_chunks < batch->chunk_count &&
           record->chunks[record->prefix_chunks]->posted)
        batch->prefix += record->chunks[record->prefix_chunks++]->chunk.count;
    if (!record->committed)
        return;
    memory->stats.numbers_pending -= stored->chunk.count;
    if (batch_finished(batch) == batch->total)
        records_set_status(memory, record, batch_final_status(batch));
}

void records_copy_numbers(const struct store_draft *record, uint32_t index, struct chunk *chunk,
                          uint64_t *words)
{
    const struct stored_chunk *stored = record->chunks[index];
    *chunk = stored->chunk;
    chunk->data = words;
    memcpy(words, stored->words, chunk->words * sizeof *words);
}

void records_post_chunk(struct memory_store *memory, struct store_draft *record, uint32_t index,
                        const uint8_t *verdicts, const float *seconds)
{
    struct stored_chunk *stored = record->chunks[index];
    uint32_t count = stored->chunk.count;
    if (stored->posted)
        return;
    memcpy(stored->verdicts, verdicts, count);
    memcpy(stored->seconds, seconds, count * sizeof *seconds);
    batch_count(&record->batch, verdicts, seconds, count);
    settle_chunk(memory, record, stored);
}

void records_begin(struct memory_store *memory, struct store_draft *record)
{
    const struct batch *batch = &record->batch;
    uint64_t finished = batch_finished(batch);
    if (finished > 0)
        records_set_status(memory, record, BATCH_RUNNING);
    if (finished == batch->total)
        records_set_status(memory, record, BATCH_COMPLETED);
}

void records_drop_chunk(struct memory_store *memory, struct store_draft *record,
                        struct stored_chunk *stored)
{
    stored->dropped = true;
    record->batch.counts[VERDICT_CANCELED] += stored->chunk.count;
    settle_chunk(memory, record, stored);
}

void records_take(struct memory_store *memory, struct store_draft *record)
{
    const struct batch *batch = &record->batch;
    unlist(memory, record);
    TAILQ_REMOVE(&memory->by_age, record, by_age);
    if (record->key)
        key_table_remove(record->key);
    memory->stats.bytes -= record->bytes;
    uint64_t pending = batch->total - batch_finished(batch);
    memory->stats.numbers_pending -= pending;
    owner_settle(record->owner, pending, batch->cost_ns);

    struct gone_batch *place = &memory->gone[memory->gone_count++ % RECORDS_GONE_MAX];
    if (memory->gone_count > RECORDS_GONE_MAX)
        id_map_remove(&memory->records, &place->id);
    *place = (struct gone_batch){batch->id, record->owner};
    /* The id is in the map already, so this replaces its value and cannot fail. */
    (void)id_map_put(&memory->records, &batch->id, place);
}

void records_forget(struct memory_store *memory, struct store_draft *record)
{
    records_take(memory, record);
    records_free(record);
}

enum store_result records_find(struct memory_store *memory, const struct batch_id *id,
                               struct store_draft **record)
{
    void *value = id_map_get(&memory->records, id);
    if (!value)
        return STORE_UNKNOWN;
    if (is_gone(memory, value))
        return STORE_GONE;
    *record = value;
    if (has_expired(*record)) {
        records_forget(memory, *record);
        return STORE_GONE;
    }
    return STORE_OK;
}

const char *records_gone_owner(const struct memory_store *memory, const struct batch_id *id)
{
    const struct gone_batch *gone = id_map_get(&memory->records, id);
    return gone->owner->name;
}

enum store_result records_find_key(struct memory_store *memory, const struct store_hash *key,
                                   struct store_made *made)
{
    const struct key_entry *entry = key_table_find(&memory->keys, key);
    if (!entry)
        return STORE_OK;
    if (!entry->record->committed)
        return STORE_BUSY;
    if (has_expired(entry->record)) {
        records_forget(memory, entry->record);
        return STORE_OK;
    }
    *made = (struct store_made){entry->record->batch.id, entry->fingerprint};
    return STORE_KNOWN;
}

struct store_draft *records_older(struct memory_store *memory, const struct batch_id *after)
{
    struct store_draft *record = TAILQ_LAST(&memory->by_age, record_list);
    if (after) {
        void *known = id_map_get(&memory->records, after);
        if (known && !is_gone(memory, known))
            record = known;
        while (record && batch_id_compare(&record->batch.id, after) >= 0)
            record = TAILQ_PREV(record, record_list, by_age);
    }
    while (record && has_expired(record))
        record = TAILQ_PREV(record, record_list, by_age);
    return record;
}

void records_sweep(struct memory_store *memory)
{
    for (int i = 0; i < SWEEP_STEPS; i++) {
        struct store_draft *record = memory->sweep ? memory->sweep : TAILQ_FIRST(&memory->ended);
        if (!record)
            return;
        memory->sweep = TAILQ_NEXT(record, by_status);
        if (has_expired(record))
            records_forget(memory, record);
    }
}

bool records_reserve(struct memory_store *memory, uint64_t bytes)
{
    int64_t keep_after = clock_monotonic_ns() - STORE_MEMORY_KEEP_S * NS_PER_S;
    struct store_stats *stats = &memory->stats;
    while (bytes > stats->bytes_max || stats->bytes > stats->bytes_max - bytes) {
        struct store_draft *oldest = TAILQ_FIRST(&memory->ended);
        if (bytes > stats->bytes_max || !oldest || oldest->ended_mono_ns > keep_after)
            return false;
        records_forget(memory, oldest);
        stats->evicted++;
    }
    stats->bytes += bytes;
    return true;
}
